"""Commands for stacks in AWS, run by make: deploy, deploy-readers, check, destroy.

They work on the account of the AWS credentials in the environment.

| module | what it is |
| --- | --- |
| `stacks` | the account and the Region, and a stack as it is installed |
| `settings` | the template parameters that a deployment leads to, and whether they contradict each other |
| `subscribers` | who is told about alerts |
| `organization` | the organization of the account, and the accounts in its units |
| `stack_set` | a StackSet that is rolled out over an organization |
| `deploy`, `deploy_readers`, `check`, `destroy` | the commands |
| `release` | `make release`, a package with a command line of its own: it needs neither an account nor a Region |
"""

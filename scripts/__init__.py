"""Commands for stacks in AWS, run by make: deploy, check, destroy.

They work on the account of the AWS credentials in the environment.

| module | what it is |
| --- | --- |
| `stacks` | the account and the Region, and a stack as it is installed |
| `settings` | the template parameters that a deployment leads to, and whether they contradict each other |
| `subscribers` | who is told about alerts |
| `deploy`, `check`, `destroy` | the commands |
"""

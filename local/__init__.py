"""A local AWS: deploy the monitor to this machine and use it, without an AWS account.

| module | what it is |
| --- | --- |
| `session` | `Session`: the clients and the environment of one account |
| `deployment` | deploys the template |
| `stack` | `Stack`: a deployed stack: invoke its function, read its log, change its settings |
| `inbox` | `Inbox`: a queue subscribed to a topic |
| `mail` | sends mail through the local SES |
| `ses_numbers` | sets what the local SES says about accounts: their quotas, what was sent, their status |
| `control` | sends what the local AWS is to say |
| `measurements` | reads metrics back from CloudWatch |
| `calls` | `Call`: one call to AWS, as the function sent it |
| `command_line` | runs `ses-quota`, as a person does |
| `faults` | the faults that can be injected into calls |
| `proxy` | `FaultProxy`: records the calls of the function and injects faults |
| `publications` | `Publication`: one alert, as the subscribers of each protocol read it |
| `account` | `Account`: a session, with shortcuts to all of the above |
| `organization` | `Organization`: an organization, with units and member accounts |
| `emulator`, `organizations`, `ses_control`, `sms_sandbox` | ministack, with what it lacks of AWS |
| `server` | `LocalAws`: starts and stops the local AWS and the proxy in front of it |
| `screen`, `stage`, `show` | what the demos have in common: the output, the monitor with its subscribers, start and end |
| `demo` | the life of an alert (`make demo`) |
| `demo_fleet` | one monitor for three accounts in two Regions (`make demo-fleet`) |

    with LocalAws() as aws:
        account = aws.account()
        stack = account.deploy({"AlertEmail": "ops@example.com"})
        print(stack.invoke({"dryRun": True}).payload)
"""

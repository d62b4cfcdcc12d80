"""The local AWS: this project's whole installation on one machine, without an account.

| module | what it is |
| --- | --- |
| `server` | `LocalAws`: starts and stops the local AWS (ministack, and the proxy in front of it) |
| `calls` | `Call`: one call to AWS, as the function sent it |
| `faults` | the faults that can be injected into calls: refusals, delays, broken responses |
| `proxy` | `FaultProxy`: every call of the function to AWS passes it; it records calls and injects faults |
| `account` | `Account`: one account on it: clients for each Region, mail to send, metrics to read |
| `stack` | `Stack`: one deployment of `template.yaml`: invoke it, read its log, change its settings |
| `inbox` | `Inbox`: a queue subscribed to a topic; `Publication`: one alert as each protocol gets it |
| `demo` | the life of an alert, shown in a terminal (`make demo`) |

    with LocalAws() as aws:
        account = aws.account()
        stack = account.deploy({"AlertEmail": "ops@example.com"})
        print(stack.invoke({"dryRun": True}).payload)
"""

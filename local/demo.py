"""The life of an alert: real mail, the real schedule and the real function, on a local AWS.

Nothing is prepared: the texts and documents are those that the function sent, the metrics those that
CloudWatch stored, and the report the one that the function logged.
"""

import math
import sys
import time
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from toolkit.paths import PROJECT
from toolkit.waiting import WaitTimedOut

from .account import Account
from .deployment import DeployFailed
from .inbox import Inbox
from .screen import Screen, colored
from .server import LocalAws, LocalAwsFailed
from .stack import Run, Stack

LOG_FILE = PROJECT / ".aws-sam" / "local-aws.log"
EMAIL = "ops@example.com"
PHONE = "+14255550123"
# The quota of the local SES is 50,000. These thresholds are so low that mail sent in seconds crosses them.
PARAMETERS = {
    "AlertEmail": EMAIL,
    "AlertPhone": PHONE,
    "CheckIntervalMinutes": "1",
    "WarningPercent": "0.4",
    "CriticalPercent": "0.8",
    "ClearMarginPercent": "0.1",
}
RAISED_THRESHOLDS = {"WarningPercent": "80", "CriticalPercent": "95", "ClearMarginPercent": "5"}
# A minute for the schedule, up to 10 seconds for the local scheduler to notice, and a margin.
CHECK_SECONDS = 90


class Unexpected(Exception):
    """The function did something that the demo does not expect."""


class Demo:
    """The deployed monitor and its subscribers."""

    def __init__(self, screen: Screen, aws: LocalAws) -> None:
        self.screen = screen
        self.aws = aws
        self.account: Account = aws.account()
        self.stack: Stack
        self.inbox: Inbox
        self.seen: set[str] = set()
        self.delivered = {"email": 0, "SMS": 0}
        self.summary: list[list[str]] = []

    def deploy(self) -> None:
        self.screen.say("`sam deploy`, as for a real account (about 10 seconds) ...")
        self.stack = self.account.deploy(PARAMETERS)
        self.inbox = self.account.subscribe(self.stack.topic_arn)
        outputs = self.stack.outputs
        names = ["FunctionName", "AlertTopicArn", "StateTableName", "LogGroupName"]
        self.screen.table(["created", "name"], [[name, outputs[name]] for name in names])
        self.screen.table(["parameter", "value"], [[name, value] for name, value in PARAMETERS.items()])
        self.screen.say("Subscribed to the topic: the email address, the phone number, and a queue of this demo.")

    def send_mail_until(self, percent: float) -> None:
        """Sends as many messages as it takes to reach a utilization, in percent."""
        quota = self.account.client("ses").get_send_quota()
        wanted = math.ceil(percent / 100 * quota["Max24HourSend"]) - int(quota["SentLast24Hours"])
        self.screen.progress("Sending mail", wanted, lambda sent: self.account.send_mail(wanted, on_sent=sent))
        total = self.account.sent_last_24_hours()
        self.screen.say(f"SES now counts {total:,} of {quota['Max24HourSend']:,.0f} in 24 hours: "
                        f"{100 * total / quota['Max24HourSend']:.1f}%.")

    def next_check(self, notification: str | None) -> Run:
        """Waits for the schedule to run a check, and raises `Unexpected` unless it sends `notification`."""
        asked_at = time.time()

        def unseen() -> Run | None:
            return next((run for run in self.stack.runs() if run.request_id not in self.seen), None)

        while True:
            run = self.screen.waiting("the schedule to run the next check", unseen, CHECK_SECONDS, self.aws.check_alive)
            self.seen.add(run.request_id)
            if run.report is None or any("error" in target for target in run.report["targets"]):
                raise Unexpected("The check failed. The log of the function:\n" + "\n".join(run.lines))
            target = run.report["targets"][0]
            sent = target["notification"]
            self.screen.say(f"The function ran at {clock(run.at)}: {target['utilizationPercent']}% used, "
                            f"level {colored(target['level'])}, notification [bold]{sent or 'none'}[/].")
            if sent == notification:
                return run
            if sent is None and run.at < asked_at + 1:
                self.screen.say("It started before the previous step was complete, so the next check counts.")
                continue
            raise Unexpected(f"The notification of this check should be {notification or 'none'}, and is {sent or 'none'}.")

    def show_delivery(self, notification: str | None) -> None:
        """Waits for a check, and shows what each subscriber received from it."""
        run = self.next_check(notification)
        known_alarms = len(self.inbox.alarms)
        alerts = self.inbox.receive()
        alarms = self.inbox.alarms[known_alarms:]
        totals = {"email": self.aws.delivered("email", EMAIL), "SMS": self.aws.delivered("SMS", PHONE)}
        new = {protocol: total - self.delivered[protocol] for protocol, total in totals.items()}
        self.delivered = totals
        # The email address gets the alarms about the monitor, too: each reports OK when it is evaluated first.
        new["email"] -= len(alarms)
        for alarm in alarms:
            self.screen.say(f"An alarm about the monitor is now {alarm.document['NewStateValue']}: {alarm.document['AlarmName']}. "
                            "It went to the email address and the queue.")
        if len(alerts) != (0 if notification is None else 1):
            raise Unexpected(f"The queue received {len(alerts)} alerts from this check.")
        if notification is None:
            self.screen.say("No alert was sent: the subscribers already know this level.")
        else:
            sent = self.account.publications()[-1]
            self.screen.text(f"Email to {EMAIL}", f"Subject: {sent.subject}\n\n{sent.text('email')}")
            if new["SMS"]:
                self.screen.text(f"SMS to {PHONE} ({len(sent.text('sms'))} characters)", sent.text("sms"))
            else:
                self.screen.say(f"No SMS to {PHONE}: its filter policy does not accept level {sent.attributes['level']}.\n")
            self.screen.document("JSON in the queue", alerts[0].document)
        target = (run.report or {})["targets"][0]
        arrived = ["yes" if count else "-" for count in (new["email"], new["SMS"], len(alerts))]
        self.summary.append([clock(run.at), f"{target['utilizationPercent']}%", colored(target["level"]),
                           notification or "none", *arrived])

    def recover(self) -> None:
        self.screen.say(
            "The utilization cannot fall within minutes: the window is 24 hours long. Instead, another `sam deploy` "
            "raises the thresholds, and the utilization is below them."
        )
        self.stack = self.account.deploy(PARAMETERS | RAISED_THRESHOLDS)
        self.screen.table(["parameter", "value"], [[name, value] for name, value in RAISED_THRESHOLDS.items()])

    def show_records(self) -> None:
        """What CloudWatch, DynamoDB and the log have recorded."""
        points = self.account.metrics("SESQuotaMonitor")
        if not points:
            raise Unexpected("CloudWatch has stored no metrics.")
        latest = {point.metric: point for point in points}
        rows = [[point.metric, f"{point.value:g}", point.unit, f"{point.at:%H:%M:%S}"] for point in latest.values()]
        self.screen.table(["metric", "latest value", "unit", "time"], rows, "CloudWatch, namespace SESQuotaMonitor")
        self.screen.chart(
            "QuotaUtilization in percent, and the initial thresholds",
            [point for point in points if point.metric == "QuotaUtilization"],
            {"WARNING": float(PARAMETERS["WarningPercent"]), "CRITICAL": float(PARAMETERS["CriticalPercent"])},
        )
        for item in self.stack.state_items():
            self.screen.document("DynamoDB: the state of the target", {key: next(iter(value.values())) for key, value in item.items()})
        self.screen.text("The log of the last check", "\n".join(self.stack.runs()[-1].lines))


def clock(epoch: float) -> str:
    return datetime.fromtimestamp(epoch).strftime("%H:%M:%S")


def run_steps(screen: Screen, aws: LocalAws) -> None:
    """The steps of the demo, on a running local AWS."""
    demo = Demo(screen, aws)
    screen.say(f"Endpoint {aws.url}, account {demo.account.id}, Region {demo.account.region}.\nLog: {LOG_FILE.relative_to(PROJECT)}")
    screen.step(2, "Deploy")
    demo.deploy()
    screen.step(3, "Send mail until the level is WARNING")
    demo.send_mail_until(0.42)
    demo.show_delivery("RAISED")
    screen.step(4, "The next check: no notification")
    demo.show_delivery(None)
    screen.step(5, "Send more mail until the level is CRITICAL")
    demo.send_mail_until(0.9)
    demo.show_delivery("ESCALATED")
    screen.step(6, "Recover")
    demo.recover()
    demo.show_delivery("RECOVERED")
    screen.step(7, "Metrics, state and log")
    demo.show_records()
    screen.step(8, "Summary")
    screen.table(["check", "used", "level", "notification", "email", "SMS", "queue"], demo.summary)


def play(screen: Screen) -> None:
    """Starts a local AWS, runs the steps on it, and stops it."""
    screen.title("ses-quota-monitor: the life of an alert", (
        "This demo starts a local AWS on this machine, deploys the monitor to it, and sends real mail "
        "through its SES until the monitor sends an alert. It takes about 5 minutes, because the schedule "
        "runs a check once a minute. Press Ctrl-C to stop it; nothing is left running."
    ))
    LOG_FILE.parent.mkdir(exist_ok=True)
    screen.step(1, "Start a local AWS")
    with LocalAws(LOG_FILE) as aws:
        try:
            run_steps(screen, aws)
        except (BotoCoreError, ClientError):
            # If the server has ended, report that, and not the call that failed because of it.
            aws.check_alive()
            raise
    screen.say("The local AWS is stopped.\n\nTo install the monitor in your account:\n"
               "  [bold]make deploy PARAMETERS='AlertEmail=you@example.com'[/]\n"
               "Then confirm the subscription with the link in the email from AWS; you get no alerts before that.")


def main() -> int:
    screen = Screen()
    see_log = f"For details, see the log of the local AWS: {LOG_FILE.relative_to(PROJECT)}\nThen try again: make demo"
    try:
        play(screen)
    except KeyboardInterrupt:
        screen.say("\nStopped. Nothing is left running.")
        return 130
    except DeployFailed as error:
        screen.failure(str(error), "If the function is not built yet: make build\n" + see_log)
        return 1
    except (Unexpected, WaitTimedOut, LocalAwsFailed, BotoCoreError, ClientError) as error:
        screen.failure(str(error), see_log)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The life of an alert: real mail, the real schedule and the real function, on a local AWS.

Nothing is prepared: the texts and documents are those that the function sent, the metrics those that
CloudWatch stored, and the report the one that the function logged.
"""

import json
import math
import sys
import time
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from toolkit.paths import PROJECT
from toolkit.waiting import WaitTimedOut, next_second

from .account import Account
from .deployment import DeployFailed
from .faults import Refusal
from .inbox import Inbox, Message
from .measurements import Datapoint
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
SECOND_REGION = "eu-west-1"
# What AWS answers where a policy of the organization closes a Region.
DENIED = ("User: arn:aws:sts::{}:assumed-role/ses-quota-monitor/monitor is not authorized to perform: ses:{} with an "
          "explicit deny in a service control policy")
UNREADABLE_MINUTES = 15
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

    def receive(self) -> tuple[list[Message], dict[str, int]]:
        """The alerts that have arrived in the queue since the last call, and how many messages the email address and the
        phone have got."""
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
                            "It went to the email address and the queue. (An alarm reports OK when it is first evaluated.)")
        return alerts, new

    def show_message(self, is_texted: bool) -> None:
        """Shows the email that was sent last, and the SMS, or why there is none."""
        sent = self.account.publications()[-1]
        self.screen.text(f"Email to {EMAIL}", f"Subject: {sent.subject}\n\n{sent.text('email')}")
        if is_texted:
            self.screen.text(f"SMS to {PHONE} ({len(sent.text('sms'))} characters)", sent.text("sms"))
            self.screen.say("")
        else:
            self.screen.say(f"No SMS to {PHONE}: its filter policy does not accept level {sent.attributes['level']}.\n")

    def summarize(self, at: float, about: str, level: str, notification: str | None, alerts: int, new: dict[str, int]) -> None:
        arrived = ["yes" if count else "-" for count in (new["email"], new["SMS"], alerts)]
        self.summary.append([clock(at), about, colored(level), notification or "none", *arrived])

    def show_delivery(self, notification: str | None) -> None:
        """Waits for a check, and shows what each subscriber received from it."""
        run = self.next_check(notification)
        alerts, new = self.receive()
        if len(alerts) != (0 if notification is None else 1):
            raise Unexpected(f"The queue received {len(alerts)} alerts from this check.")
        if notification is None:
            self.screen.say("No alert was sent: the subscribers already know this level.")
        else:
            self.show_message(bool(new["SMS"]))
            self.screen.document("JSON in the queue", alerts[0].document)
        target = (run.report or {})["targets"][0]
        self.summarize(run.at, f"quota, {target['utilizationPercent']}% used", target["level"], notification, len(alerts), new)

    def check_now(self, about: str, notification: str | None) -> None:
        """Starts a check, and shows what people get of it."""
        for _ in range(3):
            next_second()
            done = self.stack.invoke()
            if done.error:
                raise Unexpected(f"The check failed: {done.payload['errorMessage']}")
            alerts, new = self.receive()
            # If there is none, the schedule's check is about to send it.
            if alerts or notification is None:
                break
        kinds = [alert.document["kind"] for alert in alerts]
        if kinds != ([] if notification is None else [notification]):
            raise Unexpected(f"This check should send {notification or 'nothing'}, and sent {', '.join(kinds) or 'nothing'}.")
        if notification is None:
            return
        document = alerts[0].document
        self.screen.say(f"Level {colored(document['level'])}, notification [bold]{notification}[/].")
        self.show_message(bool(new["SMS"]))
        self.summarize(time.time(), about, document["level"], notification, len(alerts), new)

    def review_and_pause(self) -> None:
        self.screen.say("From here on, checks are started at once, as `make check` does. What SES says of the account is set by "
                        "the demo: only AWS can review an account.\n")
        self.screen.say("AWS puts the account under review (EnforcementStatus PROBATION).")
        self.account.set_ses(enforcement_status="PROBATION")
        self.check_now("account status", "RAISED")
        sent = self.account.publications()[-1]
        self.screen.document("To Slack, over https: the format of Amazon Q Developer", json.loads(sent.text("https")))
        self.screen.say("\nAWS pauses the account (SHUTDOWN, sending not enabled): SES rejects all mail.")
        self.account.set_ses(enforcement_status="SHUTDOWN", sending_enabled=False)
        self.check_now("account status", "ESCALATED")
        self.screen.say("The cause is corrected, and AWS resumes sending (HEALTHY).")
        self.account.set_ses(enforcement_status="HEALTHY", sending_enabled=True)
        self.check_now("account status", "RECOVERED")

    def denying(self, operation: str) -> AbstractContextManager[Refusal]:
        return self.aws.proxy.refusing("ses", operation, account=self.account.id, region=SECOND_REGION, code="AccessDenied",
                                       message=DENIED.format(self.account.id, operation), status=403)

    def lose_a_region(self) -> None:
        self.screen.say(f"Another `sam deploy` adds a Region, {SECOND_REGION}. Then a policy of the organization closes it: the "
                        "demo refuses the calls to SES there, with the error that AWS gives. The first Region is read as before.")
        self.stack = self.account.deploy(PARAMETERS | RAISED_THRESHOLDS | {"Regions": f"{self.account.region},{SECOND_REGION}"})
        about = f"reading {SECOND_REGION}"
        with self.denying("GetSendQuota"), self.denying("GetAccount"):
            self.check_now(about, None)
            self.screen.say("The first check that fails is remembered, and nobody is told yet: most such failures pass.\n\n"
                            f"{UNREADABLE_MINUTES} minutes later. (The demo does not wait: it moves the time of the first "
                            f"failed check, `unreadSince` in the state table, {UNREADABLE_MINUTES} minutes back.)")
            key = f"{self.account.id}#{SECOND_REGION}#READING"
            self.stack.move_back(key, "unreadSince", timedelta(minutes=UNREADABLE_MINUTES))
            self.check_now(about, "RAISED")
        self.screen.say("The policy is corrected, and the Region can be read again.")
        self.check_now(about, "RECOVERED")

    def recover(self) -> None:
        self.screen.say(
            "The utilization cannot fall within minutes: the window is 24 hours long. Instead, another `sam deploy` "
            "raises the thresholds, and the utilization is below them."
        )
        self.stack = self.account.deploy(PARAMETERS | RAISED_THRESHOLDS)
        self.screen.table(["parameter", "value"], [[name, value] for name, value in RAISED_THRESHOLDS.items()])

    def metrics(self) -> list[Datapoint]:
        points = self.account.metrics("SESQuotaMonitor")
        if not points:
            raise Unexpected("CloudWatch has stored no metrics.")
        return points

    def show_chart(self) -> None:
        self.screen.chart(
            "QuotaUtilization in percent, and the initial thresholds",
            [point for point in self.metrics() if point.metric == "QuotaUtilization"],
            {"WARNING": float(PARAMETERS["WarningPercent"]), "CRITICAL": float(PARAMETERS["CriticalPercent"])},
        )

    def show_records(self) -> None:
        """What CloudWatch, DynamoDB and the log have recorded."""
        latest = {(point.dimensions.get("Region", "(all)"), point.metric): point for point in self.metrics()}
        rows = [[metric, region, f"{point.value:g}", point.unit, f"{point.at:%H:%M:%S}"]
                for (region, metric), point in sorted(latest.items(), reverse=True)]
        self.screen.table(["metric", "Region", "latest value", "unit", "time"], rows, "CloudWatch, namespace SESQuotaMonitor")
        for item in self.stack.state_items():
            plain = {key: next(iter(value.values())) for key, value in item.items()}
            self.screen.document(f"DynamoDB: the item {plain['target']}", plain)
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
    demo.show_chart()
    screen.step(7, "AWS reviews the account, and pauses it")
    demo.review_and_pause()
    screen.step(8, "A Region cannot be read")
    demo.lose_a_region()
    screen.step(9, "Metrics, state and log")
    demo.show_records()
    screen.step(10, "Summary")
    screen.table(["check", "about", "level", "notification", "email", "SMS", "queue"], demo.summary)


def play(screen: Screen) -> None:
    """Starts a local AWS, runs the steps on it, and stops it."""
    screen.title("ses-quota-monitor: the life of an alert", (
        "This demo starts a local AWS on this machine, deploys the monitor to it, and sends real mail "
        "through its SES until the monitor sends an alert. Then AWS pauses the account, and a Region cannot "
        "be read. It takes about 5 minutes, because the schedule runs a check once a minute. Press Ctrl-C to "
        "stop it; nothing is left running."
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

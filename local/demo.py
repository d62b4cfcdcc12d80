"""The life of an alert: real mail, the real schedule, the real function, on a local AWS.

Nothing that is shown is prepared: texts and documents are what the function sent, metrics what
CloudWatch stored, the report what the function logged.
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
# The local SES has a fixed quota; so low, its thresholds are crossed by mail that is sent in seconds.
PARAMETERS = {
    "AlertEmail": EMAIL,
    "AlertPhone": PHONE,
    "CheckIntervalMinutes": "1",
    "WarningPercent": "0.4",
    "CriticalPercent": "0.8",
    "ClearMarginPercent": "0.1",
}
RAISED_THRESHOLDS = {"WarningPercent": "80", "CriticalPercent": "95", "ClearMarginPercent": "5"}
# The schedule's minute, the 10 seconds within which the local scheduler looks, and some patience.
CHECK_SECONDS = 90


class Unexpected(Exception):
    """The function did something other than the story says."""


class Demo:
    """The deployed monitor, and those who listen to it."""

    def __init__(self, screen: Screen, aws: LocalAws) -> None:
        self.screen = screen
        self.aws = aws
        self.account: Account = aws.account()
        self.stack: Stack
        self.inbox: Inbox
        self.seen: set[str] = set()
        self.delivered = {"email": 0, "SMS": 0}
        self.story: list[list[str]] = []

    def deploy(self) -> None:
        self.screen.say("`sam deploy`, as for a real account (about 10 seconds) ...")
        self.stack = self.account.deploy(PARAMETERS)
        self.inbox = self.account.subscribe(self.stack.topic_arn)
        outputs = self.stack.outputs
        names = ["FunctionName", "AlertTopicArn", "StateTableName", "LogGroupName"]
        self.screen.table(["created", "name"], [[name, outputs[name]] for name in names])
        self.screen.table(["parameter", "value"], [[name, value] for name, value in PARAMETERS.items()])
        self.screen.say("Subscribed to the topic: the e-mail address, the phone, and a queue of ours.")

    def send_mail_until(self, percent: float) -> None:
        """Sends as many messages as it takes to reach a utilization."""
        quota = self.account.client("ses").get_send_quota()
        wanted = math.ceil(percent / 100 * quota["Max24HourSend"]) - int(quota["SentLast24Hours"])
        self.screen.progress("Sending mail", wanted, lambda sent: self.account.send_mail(wanted, on_sent=sent))
        total = self.account.sent_last_24_hours()
        self.screen.say(f"SES now counts {total:,} of {quota['Max24HourSend']:,.0f} in 24 hours: "
                        f"{100 * total / quota['Max24HourSend']:.1f}%.")

    def next_check(self, notification: str | None) -> Run:
        """Waits for the schedule to run the function; the check must say `notification`."""
        asked_at = time.time()

        def unseen() -> Run | None:
            return next((run for run in self.stack.runs() if run.request_id not in self.seen), None)

        while True:
            run = self.screen.waiting("the schedule to run the next check", unseen, CHECK_SECONDS, self.aws.check_alive)
            self.seen.add(run.request_id)
            if run.report is None or any("error" in target for target in run.report["targets"]):
                raise Unexpected("The check failed. Its log:\n" + "\n".join(run.lines))
            target = run.report["targets"][0]
            said = target["notification"]
            self.screen.say(f"The function ran at {clock(run.at)}: {target['utilizationPercent']}% used, "
                            f"level {colored(target['level'])}, notification [bold]{said or 'none'}[/].")
            if said == notification:
                return run
            if said is None and run.at < asked_at + 1:
                self.screen.say("It began while the step before was still going on, so the next one counts.")
                continue
            raise Unexpected(f"That check was expected to say {notification or 'nothing'}, and said {said or 'nothing'}.")

    def show_delivery(self, notification: str | None) -> None:
        """Waits for a check, and shows what each subscriber got of it."""
        run = self.next_check(notification)
        alerts = self.inbox.receive()
        totals = {"email": self.aws.delivered("email", EMAIL), "SMS": self.aws.delivered("SMS", PHONE)}
        got = {protocol: total - self.delivered[protocol] for protocol, total in totals.items()}
        self.delivered = totals
        if len(alerts) != (0 if notification is None else 1):
            raise Unexpected(f"The queue got {len(alerts)} alerts from this check.")
        if notification is None:
            self.screen.say("No message arrived, and none was sent: who has been told is not told again.")
        else:
            sent = self.account.publications()[-1]
            self.screen.text(f"E-mail to {EMAIL}", f"Subject: {sent.subject}\n\n{sent.text('email')}")
            if got["SMS"]:
                self.screen.text(f"SMS to {PHONE} ({len(sent.text('sms'))} characters)", sent.text("sms"))
            else:
                self.screen.say(f"No SMS to {PHONE}: its filter lets no level {sent.attributes['level']} through.\n")
            self.screen.document("JSON in the queue", alerts[0].document)
        target = (run.report or {})["targets"][0]
        arrived = ["yes" if count else "-" for count in (got["email"], got["SMS"], len(alerts))]
        self.story.append([clock(run.at), f"{target['utilizationPercent']}%", colored(target["level"]),
                           notification or "none", *arrived])

    def recover(self) -> None:
        self.screen.say(
            "The 24-hour window does not roll on in minutes, and the local SES has no higher quota "
            "to grant. So the thresholds are moved, with another `sam deploy`: the same mail is then OK."
        )
        self.stack = self.account.deploy(PARAMETERS | RAISED_THRESHOLDS)
        self.screen.table(["parameter", "value"], [[name, value] for name, value in RAISED_THRESHOLDS.items()])

    def show_records(self) -> None:
        """What CloudWatch, DynamoDB and the log keep of it."""
        readings = self.account.metrics("SESQuotaMonitor")
        if not readings:
            raise Unexpected("CloudWatch has stored no metric.")
        newest = {reading.metric: reading for reading in readings}
        rows = [[r.metric, f"{r.value:g}", r.unit, f"{r.at:%H:%M:%S}"] for r in newest.values()]
        self.screen.table(["metric", "newest value", "unit", "at"], rows, "CloudWatch, namespace SESQuotaMonitor")
        self.screen.chart(
            "QuotaUtilization, percent, and the thresholds at first",
            [reading for reading in readings if reading.metric == "QuotaUtilization"],
            {"WARNING": float(PARAMETERS["WarningPercent"]), "CRITICAL": float(PARAMETERS["CriticalPercent"])},
        )
        for item in self.stack.state_items():
            self.screen.document("DynamoDB: the state of this target", {key: next(iter(value.values())) for key, value in item.items()})
        self.screen.text("The log: one line a check; this is the last", "\n".join(self.stack.runs()[-1].lines))


def clock(epoch: float) -> str:
    return datetime.fromtimestamp(epoch).strftime("%H:%M:%S")


def tell(screen: Screen, aws: LocalAws) -> None:
    """The story, on a running local AWS."""
    demo = Demo(screen, aws)
    screen.say(f"It listens on {aws.url}; account {demo.account.id}, Region {demo.account.region}.\nIts log: {LOG_FILE.relative_to(PROJECT)}")
    screen.step(2, "Deploy")
    demo.deploy()
    screen.step(3, "Mail goes out, and the level rises to WARNING")
    demo.send_mail_until(0.42)
    demo.show_delivery("RAISED")
    screen.step(4, "One check later: silence")
    demo.show_delivery(None)
    screen.step(5, "More mail: CRITICAL")
    demo.send_mail_until(0.9)
    demo.show_delivery("ESCALATED")
    screen.step(6, "All is well again")
    demo.recover()
    demo.show_delivery("RECOVERED")
    screen.step(7, "What is kept of it")
    demo.show_records()
    screen.step(8, "In short")
    screen.table(["check", "used", "level", "notification", "e-mail", "SMS", "queue"], demo.story)


def play(screen: Screen) -> None:
    """The whole story, from nothing to nothing."""
    screen.title("ses-quota-monitor: the life of an alert", (
        "A local AWS is started on this machine, the monitor is deployed to it, and real mail is sent "
        "through its SES until it raises the alarm. It takes about 5 minutes, for the schedule fires "
        "once a minute. Ctrl-C stops it; nothing is left running."
    ))
    LOG_FILE.parent.mkdir(exist_ok=True)
    screen.step(1, "A local AWS")
    with LocalAws(LOG_FILE) as aws:
        try:
            tell(screen, aws)
        except (BotoCoreError, ClientError):
            # If the server is gone, that is what to say, and not which call happened to notice.
            aws.check_alive()
            raise
    screen.say("Everything that was started is stopped.\n\nTo install it in your account:\n"
               "  [bold]make deploy PARAMETERS='AlertEmail=you@example.com'[/]\n"
               "Then follow the link in the e-mail from AWS: nothing arrives before that.")


def main() -> int:
    screen = Screen()
    see_log = f"The log of the local AWS says more: {LOG_FILE.relative_to(PROJECT)}\nThen try again: make demo"
    try:
        play(screen)
    except KeyboardInterrupt:
        screen.say("\nStopped. Nothing is left running.")
        return 130
    except DeployFailed as error:
        screen.failure(str(error), "If nothing is built yet: make build\n" + see_log)
        return 1
    except (Unexpected, WaitTimedOut, LocalAwsFailed, BotoCoreError, ClientError) as error:
        screen.failure(str(error), see_log)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

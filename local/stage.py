"""The monitor on the local AWS, and what people get of it, for the acts of the demo."""

import time
from datetime import datetime
from typing import Any

from toolkit.waiting import next_second

from .account import Account
from .inbox import Inbox
from .measurements import Datapoint
from .publications import Publication
from .screen import Screen, colored
from .server import LocalAws
from .stack import Run, Stack

EMAIL = "ops@example.com"
PHONE = "+14255550123"
# A minute for the schedule, up to 10 seconds for the local scheduler to notice, and a margin.
CHECK_SECONDS = 90


class Unexpected(Exception):
    """The function did something that the demo does not expect."""


class Stage:
    """The deployed monitor and its subscribers."""

    def __init__(self, screen: Screen, aws: LocalAws) -> None:
        self.screen = screen
        self.aws = aws
        self.account: Account = aws.account()
        self.stack: Stack
        self.inbox: Inbox
        self.seen: set[str] = set()
        # How many of each have been shown so far.
        self.alerts = self.alarms = 0
        self.delivered = {"email": 0, "SMS": 0}
        self.summary: list[list[str]] = []

    def deploy(self, parameters: dict[str, str]) -> None:
        parameters = {"AlertEmail": EMAIL, "AlertPhone": PHONE} | parameters
        self.screen.say("`sam deploy`, as for a real account (about 10 seconds) ...")
        self.stack = self.account.deploy(parameters)
        self.inbox = self.account.subscribe(self.stack.topic_arn)
        outputs = self.stack.outputs
        names = ["FunctionName", "AlertTopicArn", "StateTableName", "LogGroupName"]
        self.screen.table(["created", "name"], [[name, outputs[name]] for name in names])
        self.screen.table(["parameter", "value"], [[name, value] for name, value in parameters.items()])
        self.screen.say("Subscribed to the topic: the email address, the phone number, and a queue of this demo.")

    def next_check(self, about: str, expected: dict[str, str]) -> list[Publication]:
        """Waits for the schedule to run a check, and returns what it sent. `expected`: the kind of each Region's alert."""
        asked_at = time.time()

        def unseen() -> Run | None:
            return next((run for run in self.stack.runs() if run.request_id not in self.seen), None)

        while True:
            run = self.screen.waiting("the schedule to run the next check", unseen, CHECK_SECONDS, self.aws.check_alive)
            self.seen.add(run.request_id)
            if run.report is None or any("error" in target for target in run.report["targets"]):
                raise Unexpected("The check failed. The log of the function:\n" + "\n".join(run.lines))
            self.screen.say(f"The function ran at {clock(run.at)}:")
            for target in run.report["targets"]:
                self.screen.say(f"  {target['region']}: {target['utilizationPercent']}% used, level {colored(target['level'])}, "
                                f"notification [bold]{target['notification'] or 'none'}[/]")
            sent = {target["region"]: target["notification"] for target in run.report["targets"] if target["notification"]}
            if not sent and expected and run.at < asked_at + 1:
                self.screen.say("It started before the previous step was complete, so the next check counts.")
                continue
            return self._delivered(run.at, about, expected)

    def check_now(self, about: str, expected: dict[str, str]) -> list[Publication]:
        """Starts a check, and returns what it sent. `expected`: the kind of each Region's alert."""
        for _ in range(3):
            next_second()
            done = self.stack.invoke()
            if done.error:
                raise Unexpected(f"The check failed: {done.payload['errorMessage']}")
            self.inbox.receive()
            # What is missing is what the schedule's check is about to send.
            if len(self.inbox.alerts) >= self.alerts + len(expected):
                break
        sent = self._delivered(time.time(), about, expected)
        for each in sent:
            region, level, kind = (each.attributes[name] for name in ("region", "level", "kind"))
            self.screen.say(f"{region}: level {colored(level)}, notification [bold]{kind}[/].")
        return sent

    def _delivered(self, at: float, about: str, expected: dict[str, str]) -> list[Publication]:
        """What was sent since the last call, if it is what is expected. `{}` in `about` stands for what is used."""
        self.inbox.receive()
        documents = [alert.document for alert in self.inbox.alerts[self.alerts:]]
        sent = self.account.publications()[self.alerts:]
        self.alerts += len(documents)
        kinds = {document["region"]: document["kind"] for document in documents}
        if kinds != expected or len(documents) != len(expected):
            raise Unexpected(f"This check should send {listed(expected)}, and sent {listed(kinds)}.")
        new = self._new_messages()
        arrived = [arrival(count, len(documents)) for count in (new["email"], new["SMS"], len(documents))]
        for document in documents:
            region, level, kind = document["region"], colored(document["level"]), document["kind"]
            used = f"{document.get('utilizationPercent', 0):g}%"
            self.summary.append([clock(at), region, about.replace("{}", used), level, kind, *arrived])
        if not documents:
            self.summary.append([clock(at), "both", about, "as before", "none", *arrived])
        return sent

    def _new_messages(self) -> dict[str, int]:
        """How many messages the email address and the phone have got since the last call, alarms apart."""
        totals = {"email": self.aws.delivered("email", EMAIL), "SMS": self.aws.delivered("SMS", PHONE)}
        new = {protocol: total - self.delivered[protocol] for protocol, total in totals.items()}
        self.delivered = totals
        # The email address gets the alarms about the monitor, too: each reports OK when it is evaluated first.
        alarms = self.inbox.alarms[self.alarms:]
        self.alarms += len(alarms)
        for alarm in alarms:
            self.screen.say(f"An alarm about the monitor is now {alarm.document['NewStateValue']}: {alarm.document['AlarmName']}. "
                            "It went to the email address and the queue. (An alarm reports OK when it is first evaluated.)")
        return new | {"email": new["email"] - len(alarms)}

    def show_message(self, sent: Publication) -> None:
        """Shows an email, and the SMS, or why there is none."""
        self.screen.text(f"Email to {EMAIL}", f"Subject: {sent.subject}\n\n{sent.text('email')}")
        if sent.attributes["level"] in ("CRITICAL", "EXHAUSTED"):
            self.screen.text(f"SMS to {PHONE} ({len(sent.text('sms'))} characters)", sent.text("sms"))
            self.screen.say("")
        else:
            self.screen.say(f"No SMS to {PHONE}: its filter policy does not accept level {sent.attributes['level']}.\n")

    def show_beginning(self, sent: Publication) -> None:
        """Shows the first paragraph of an email."""
        self.screen.text(f"Email to {EMAIL}, its beginning", f"Subject: {sent.subject}\n\n{beginning(sent)}")

    def metrics(self) -> list[Datapoint]:
        points = self.account.metrics("SESQuotaMonitor")
        if not points:
            raise Unexpected("CloudWatch has stored no metrics.")
        return points

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


def beginning(sent: Publication) -> str:
    """What happened, and what is expected."""
    return sent.text("email").split("\n\n")[0]


def listed(kinds: dict[str, Any]) -> str:
    return ", ".join(f"{kind} of {region}" for region, kind in kinds.items()) or "nothing"


def arrival(count: int, of: int) -> str:
    return "-" if count == 0 else "yes" if count == of else f"{count} of {of}"


def clock(epoch: float) -> str:
    return datetime.fromtimestamp(epoch).strftime("%H:%M:%S")

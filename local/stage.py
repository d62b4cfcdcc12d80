"""The monitor on the local AWS, and what people get of it, for the acts of the demos."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from toolkit.waiting import WaitTimedOut, next_second, wait_for

from .account import Account
from .inbox import Inbox
from .measurements import Datapoint
from .publications import Publication
from .screen import Screen, colored
from .server import LocalAws
from .stack import Stack

EMAIL = "ops@example.com"
PHONE = "+14255550123"
# The levels that the filter policy of the phone accepts.
URGENT = ("CRITICAL", "EXHAUSTED")


class Unexpected(Exception):
    """The function did something that the demo does not expect."""


class Stage:
    """The deployed monitor, in `account`, and its subscribers."""

    def __init__(self, screen: Screen, aws: LocalAws, account: Account) -> None:
        self.screen = screen
        self.aws = aws
        self.account = account
        self.stack: Stack
        self.inbox: Inbox
        # What the last check that was started here reported.
        self.report: dict[str, Any] = {}
        # How many of each there have been so far.
        self.alerts = self.urgent = self.alarms = 0
        # A row for each alert, by column.
        self.summary: list[dict[str, str]] = []

    def place(self, target: Mapping[str, Any]) -> Any:
        """What the target of an alert is called here."""
        return target["region"]

    def deploy(self, parameters: dict[str, str], *names: str) -> None:
        """Deploys the monitor, and shows the outputs with these names."""
        parameters = {"AlertEmail": EMAIL, "AlertPhone": PHONE} | parameters
        self.screen.say("`sam deploy`, as for a real account (about 10 seconds) ...")
        self.stack = self.account.deploy(parameters)
        self.inbox = self.account.subscribe(self.stack.topic_arn)
        self.screen.table(["created", "name"], [[name, self.stack.outputs[name]] for name in names])
        self.screen.table(["parameter", "value"], [[name, value] for name, value in parameters.items()])
        self.screen.say("Subscribed to the topic: the email address, the phone number, and a queue of this demo.")

    def check_now(self, expected: Mapping[Any, str]) -> list[Publication]:
        """Starts a check, and returns what it sent. `expected`: the kind of the alert about each place."""
        for _ in range(3):
            next_second()
            done = self.stack.invoke()
            if done.error:
                raise Unexpected(f"The check failed: {done.payload['errorMessage']}")
            self.report = done.payload
            self.inbox.receive()
            # What is missing is what the schedule's check is about to send.
            if len(self.inbox.alerts) >= self.alerts + len(expected):
                break
        sent = self.delivered_since(time.time(), expected)
        for each in sent:
            level, kind = (each.attributes[name] for name in ("level", "kind"))
            self.screen.say(f"{self.place(each.attributes)}: level {colored(level)}, notification [bold]{kind}[/].")
        return sent

    def delivered_since(self, at: float, expected: Mapping[Any, str]) -> list[Publication]:
        """What was sent since the last call, if it is what is expected, and reached whom it should."""
        self.inbox.receive()
        documents = sorted((alert.document for alert in self.inbox.alerts[self.alerts:]), key=self.place)
        sent = sorted(self.account.publications()[self.alerts:], key=lambda each: self.place(each.attributes))
        self.alerts += len(documents)
        kinds = {self.place(document): document["kind"] for document in documents}
        if kinds != expected or not len(documents) == len(sent) == len(expected):
            raise Unexpected(f"This check should send {listed(expected)}, and sent {listed(kinds)}.")
        urgent = [document for document in documents if document["level"] in URGENT]
        self.urgent += len(urgent)
        try:
            wait_for(lambda: self._arrived() == (self.alerts, self.urgent), "the subscribers", timeout=2)
        except WaitTimedOut:
            email, sms = self._arrived()
            raise Unexpected(f"The email address should have received {self.alerts} alerts so far, and the phone {self.urgent}; they "
                             f"received {email} and {sms}.") from None
        self._show_alarms()
        for document in documents:
            used = f" {document.get('utilizationPercent', 0):g}%" if document["subject"] == "QUOTA" else ""
            self.summary.append({
                "check": clock(at), "account": document.get("accountName", document["account"]), "Region": document["region"],
                "about": document["subject"].lower() + used, "level": colored(document["level"]), "alert": document["kind"],
                "email": "yes", "SMS": "yes" if document in urgent else "-", "SQS": "yes",
            })
        if not documents:
            self.summary.append({
                "check": clock(at), "account": "all", "Region": "all", "about": "all", "level": "as before", "alert": "none",
                "email": "-", "SMS": "-", "SQS": "-",
            })
        return sent

    def _arrived(self) -> tuple[int, int]:
        """How many alerts the email address and the phone have received so far."""
        self.inbox.receive()
        # The email address receives the alarms about the monitor, too.
        return self.aws.delivered("email", EMAIL) - len(self.inbox.alarms), self.aws.delivered("SMS", PHONE)

    def _show_alarms(self) -> None:
        alarms = [alarm.document for alarm in self.inbox.alarms[self.alarms:]]
        self.alarms += len(alarms)
        names = ", ".join(alarm["AlarmName"] for alarm in alarms)
        if any(alarm["NewStateValue"] != "OK" for alarm in alarms):
            raise Unexpected(f"No alarm about the monitor should be raised. These have changed: {names}.")
        if alarms:
            self.screen.say("[dim]Alarms about the monitor, which are evaluated for the first time, have reported OK to the email "
                            f"address and the queue: {names}.[/]")

    def show_message(self, sent: Publication) -> None:
        """Shows an email, and the SMS, or why there is none."""
        self.screen.text(f"Email to {EMAIL}", f"Subject: {sent.subject}\n\n{sent.text('email')}")
        self.show_sms(sent)

    def show_sms(self, sent: Publication) -> None:
        """Shows an SMS, or why there is none."""
        if sent.attributes["level"] in URGENT:
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

    def plan(self, request: dict[str, Any]) -> dict[str, Any]:
        """Asks whether more may be sent, and returns the answer."""
        done = self.stack.invoke({"plan": request})
        if done.error:
            raise Unexpected(f"The plan was not answered: {done.payload['errorMessage']}")
        plan: dict[str, Any] = done.payload["plan"]
        return plan

    def show_summary(self, *columns: str) -> None:
        """Shows what was sent in all checks, in these columns of `summary`."""
        self.screen.table(list(columns), [[row[column] for column in columns] for row in self.summary])


def beginning(sent: Publication) -> str:
    """What happened, and what is expected."""
    return sent.text("email").split("\n\n")[0]


def document(sent: Publication) -> dict[str, Any]:
    """What machines get."""
    found: dict[str, Any] = json.loads(sent.text("sqs"))
    return found


def listed(kinds: Mapping[Any, str]) -> str:
    return ", ".join(f"{kind} of {place}" for place, kind in kinds.items()) or "nothing"


def clock(epoch: float) -> str:
    return datetime.fromtimestamp(epoch).strftime("%H:%M:%S")

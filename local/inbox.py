"""What subscribers get."""

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .calls import Call

if TYPE_CHECKING:
    from .account import Account


@dataclass(frozen=True)
class Message:
    """One message in a queue: the JSON document, and what SNS says beside it."""

    document: dict[str, Any]
    subject: str
    attributes: dict[str, str]


class Inbox:
    """A queue subscribed to a topic: `alerts` of the monitor, and `alarms` about it, received so far."""

    def __init__(self, account: "Account", queue_url: str) -> None:
        self._sqs = account.client("sqs")
        self._queue_url = queue_url
        self.alerts: list[Message] = []
        self.alarms: list[Message] = []

    @classmethod
    def subscribed_to(cls, account: "Account", topic_arn: str, attributes: dict[str, str]) -> "Inbox":
        sqs = account.client("sqs")
        url = sqs.create_queue(QueueName=f"inbox-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        # A real queue takes nothing from a topic that its policy does not name.
        allow = {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        account.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return cls(account, url)

    def receive(self) -> list[Message]:
        """Takes what has arrived since the last call, and returns the alerts among it."""
        alerts: list[Message] = []
        while batch := self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for received in batch:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=received["ReceiptHandle"])
                message = _read(received)
                # CloudWatch sends the alarms about the monitor itself to the same topic.
                (self.alarms if "AlarmName" in message.document else alerts).append(message)
        self.alerts += alerts
        return alerts


def _read(received: dict[str, Any]) -> Message:
    body = json.loads(received["Body"])
    if "schemaVersion" in body:
        # Raw delivery: the document is the body, and there is no subject.
        attributes = received.get("MessageAttributes", {})
        return Message(body, "", {name: value["StringValue"] for name, value in attributes.items()})
    attributes = body.get("MessageAttributes", {})
    return Message(
        json.loads(body["Message"]), body.get("Subject", ""), {name: value["Value"] for name, value in attributes.items()}
    )


@dataclass(frozen=True)
class Publication:
    """One `Publish` as the function sent it: what each protocol's subscribers read."""

    topic_arn: str
    subject: str
    texts: dict[str, str]
    attributes: dict[str, str]

    @classmethod
    def of(cls, call: Call) -> "Publication":
        sent = call.parameters
        attributes = {}
        for number in range(1, 11):
            if name := sent.get(f"MessageAttributes.entry.{number}.Name"):
                attributes[name] = sent[f"MessageAttributes.entry.{number}.Value.StringValue"]
        return cls(sent["TopicArn"], sent.get("Subject", ""), json.loads(sent["Message"]), attributes)

    def text(self, protocol: str) -> str:
        """What SNS delivers to subscribers of a protocol: its own text, or else the default one."""
        return self.texts.get(protocol, self.texts["default"])

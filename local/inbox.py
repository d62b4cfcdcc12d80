"""What a subscriber of a topic receives."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from .session import Session


@dataclass(frozen=True)
class Message:
    """One message in a queue: the JSON document, and the subject and attributes that SNS delivers with it."""

    document: dict[str, Any]
    subject: str
    attributes: dict[str, str]


class Inbox:
    """A queue subscribed to a topic, with the `alerts` of the monitor and the `alarms` about it received so far."""

    def __init__(self, session: Session, queue_url: str) -> None:
        self._sqs = session.client("sqs")
        self._queue_url = queue_url
        self.alerts: list[Message] = []
        self.alarms: list[Message] = []

    @classmethod
    def subscribed_to(cls, session: Session, topic_arn: str, attributes: dict[str, str]) -> "Inbox":
        sqs = session.client("sqs")
        url = sqs.create_queue(QueueName=f"inbox-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        # Amazon SQS accepts messages only from topics that the policy of the queue names.
        allow = {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        session.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return cls(session, url)

    def receive(self) -> list[Message]:
        """Takes what has arrived since the last call, and returns the alerts in it."""
        alerts: list[Message] = []
        while batch := self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for received in batch:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=received["ReceiptHandle"])
                message = _read(received)
                # CloudWatch sends the alarms about the monitor to the same topic.
                (self.alarms if "AlarmName" in message.document else alerts).append(message)
        self.alerts += alerts
        return alerts


def _read(received: dict[str, Any]) -> Message:
    body = json.loads(received["Body"])
    if "schemaVersion" in body:
        # Raw message delivery: the body is the document, and there is no subject.
        attributes = received.get("MessageAttributes", {})
        return Message(body, "", {name: value["StringValue"] for name, value in attributes.items()})
    attributes = body.get("MessageAttributes", {})
    return Message(
        json.loads(body["Message"]), body.get("Subject", ""), {name: value["Value"] for name, value in attributes.items()}
    )

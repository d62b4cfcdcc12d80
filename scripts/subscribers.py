"""Who is told about alerts: the subscriptions of the alert topic."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

HOW_TO_SUBSCRIBE = (
    "Subscribe an address: make deploy PARAMETERS='AlertEmail=ops@example.com'\n"
    "or anything else that SNS delivers to: aws sns subscribe --topic-arn {topic} ..."
)


@dataclass(frozen=True)
class Subscription:
    protocol: str
    endpoint: str
    confirmed: bool

    def __str__(self) -> str:
        return f"  {self.protocol:<8} {self.endpoint}"


def subscriptions(topic: str, region: str) -> list[Subscription]:
    pages = boto3.client("sns", region_name=region).get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return [
        # Until it is confirmed, the ARN of a subscription is PendingConfirmation; for a while after its end, Deleted.
        Subscription(each["Protocol"], each["Endpoint"], each["SubscriptionArn"].startswith("arn:"))
        for page in pages for each in page["Subscriptions"] if each["SubscriptionArn"] != "Deleted"
    ]


def describe(topic: str, region: str, has_operator_topic: bool) -> str:
    """Who is told, who is not yet, and what to do about it."""
    try:
        found = subscriptions(topic, region)
    except ClientError as error:
        return f"Who is subscribed could not be read: {error}"
    return text(topic, found, has_operator_topic)


def text(topic: str, found: list[Subscription], has_operator_topic: bool) -> str:
    confirmed = [each for each in found if each.confirmed]
    pending = [each for each in found if not each.confirmed]
    lines = []
    if confirmed:
        lines += [f"Confirmed subscriptions of the alert topic: {len(confirmed)}", *map(str, confirmed)]
    else:
        lines += ["WARNING: NOBODY IS TOLD ABOUT ALERTS. Confirmed subscriptions of the alert topic: 0"]
    if pending:
        lines += [
            f"Pending, and told nothing until confirmed: {len(pending)}", *map(str, pending),
            "To confirm a subscription, follow the link that AWS sent to it.",
        ]
    if not found:
        lines.append(HOW_TO_SUBSCRIBE.format(topic=topic))
    if confirmed and all(each.protocol == "sms" for each in confirmed) and not has_operator_topic:
        lines.append("Alarms about the monitor reach nobody: phones do not get them. Set AlertEmail or OperatorTopicArn too.")
    return "\n".join(lines)

"""What the function published to SNS, as it sent it."""

import json
from dataclasses import dataclass

from .calls import Call


@dataclass(frozen=True)
class Publication:
    """One `Publish` call: what the subscribers of each protocol read."""

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

"""A call to AWS, as the function sent it."""

import re
import time
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qsl

from toolkit.protocol import operation


@dataclass(frozen=True)
class Call:
    """One call to AWS. `service` is the name in its signature: ses, sns, dynamodb, monitoring."""

    account: str
    region: str
    service: str
    operation: str
    body: bytes
    session_token: str = field(repr=False)
    at: float = field(default_factory=time.time)

    @classmethod
    def of(cls, method: str, path: str, headers: Message, body: bytes) -> "Call":
        """The call that a signed HTTP request makes; fields that the signature does not contain are empty."""
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", ""))
        account, region, service = scope.groups() if scope else ("", "", "")
        called = operation(method, path, headers, body) or f"{method} {path}"
        return cls(account, region, service, called, body, headers.get("X-Amz-Security-Token", ""))

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of a call in the Query protocol, which SES and SNS use."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def assumed_account(self) -> str:
        """The account of the role that a call of `AssumeRole` asks for; `account` is the one that asks."""
        return self.parameters["RoleArn"].split(":")[4]

    def matches(self, service: str, operation: str, account: str | None = None, region: str | None = None) -> bool:
        """Whether this is such a call. `operation` is a regular expression; None stands for any account or Region."""
        return (
            self.service == service
            and re.fullmatch(operation, self.operation) is not None
            and account in (None, self.account)
            and region in (None, self.region)
        )

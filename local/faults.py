"""The faults that can be injected into the function's calls to AWS."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from .calls import Call


@dataclass(eq=False)
class Fault:
    """Which calls are affected: those that `Call.matches`, all of them or the first `times`."""

    service: str
    operation: str
    account: str | None = None
    region: str | None = None
    times: int | None = None
    # Tells calls apart that differ only in their content.
    where: Callable[[Call], bool] | None = None
    # How many calls it has affected so far.
    injected: int = 0

    def affects(self, call: Call) -> bool:
        return (
            call.matches(self.service, self.operation, self.account, self.region)
            and (self.times is None or self.injected < self.times)
            and (self.where is None or self.where(call))
        )


@dataclass(eq=False)
class Refusal(Fault):
    """Responds with an AWS error; the call does not reach AWS."""

    code: str = "InternalFailure"
    message: str = ""
    status: int = 500


@dataclass(eq=False)
class Hold(Fault):
    """Delays a call until `released`: before AWS carries it out, or, with `carried_out`, before its response."""

    carried_out: bool = False
    # For a caller that has died: the call never reaches AWS.
    dropped: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Breakage(Enum):
    """What happens to the response of a call that AWS has carried out."""

    RESET = "the connection is reset in the middle of the response"
    TRUNCATED = "the connection is closed in the middle of the response"
    GARBLED = "the response does not follow the protocol"


@dataclass(eq=False)
class BrokenResponse(Fault):
    """Lets AWS carry the call out, and breaks its response."""

    how: Breakage = Breakage.RESET


@dataclass(eq=False)
class Shutdown(Fault):
    """Passes the response on, and then refuses all connections, for good."""

"""Faults of a chaos run. The same seed, test and order of requests and deliveries get the same faults."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field, frozen

from ...sandbox.faults.fault import Fault
from ...sandbox.faults.kinds import DelayFault, DuplicateFault, EarlyFault, FaultKind, ReorderFault, StatusFault

if TYPE_CHECKING:
    from ...sandbox import Sandbox
    from ...sandbox.deliveries.delivery_faults import DeliveryFaultKind
    from ...sandbox.faults.faulty_request import FaultyRequest

__all__ = ["ChaosFaults"]

TOKEN_PATH: Final = "/v1/oauth/token"
LOST_RESPONSES: Final = 0.4
ERROR_RESPONSES: Final = 0.15
SLOW_TOKENS: Final = 0.5
REVOKED_TOKENS: Final = 0.2
EARLY_DELIVERIES: Final = 0.3
DUPLICATE_DELIVERIES: Final = 0.3
REORDERED_DELIVERIES: Final = 0.3
TOKEN_DELAY_SECONDS: Final = 0.2
DRAW_BYTES: Final = 8

_REQUEST_ID: Final = re.compile(rb"^x-request-id: (\S+)", re.IGNORECASE | re.MULTILINE)


@frozen
class LostResponse:
    """TCP reset instead of the response. The call is processed, and its request id is recorded.

    Attributes:
        request_ids: Ids of the requests.
    """

    kind: ClassVar[FaultKind] = "reset_after"

    request_ids: list[str] = field(factory=list[str])

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, and reset the connection."""
        response = await request.process()
        self.request_ids.extend(match.decode() for match in _REQUEST_ID.findall(response.head))
        await request.connection.reset()


@define(eq=False)
class ChaosFault(Fault):
    """Fault that applies to a share of the requests or deliveries.

    Attributes:
        share: Share of the matching requests or deliveries.
        seed: Text that selects them.
    """

    share: float = field(default=1.0, kw_only=True)
    seed: str = field(default="", kw_only=True)
    _matched: int = field(default=0, init=False)

    def is_drawn(self) -> bool:
        """Return whether the fault applies to the next request or delivery that matches."""
        self._matched += 1
        return draw(f"{self.seed}:{self._matched}") < self.share


@define(eq=False)
class RequestFault(ChaosFault):
    """Fault of writes, or of token exchanges.

    Attributes:
        selects_tokens: Whether the fault applies to token exchanges, and not to writes.
    """

    selects_tokens: bool = field(default=False, kw_only=True)

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault applies to the next request with this method and path."""
        return method != "GET" and (path == TOKEN_PATH) == self.selects_tokens and self.is_drawn()


@define(eq=False)
class DeliveryFault(ChaosFault):
    """Fault of webhook deliveries."""

    def matches_delivery(self, kind: DeliveryFaultKind, event_type: str) -> bool:
        """Return whether the fault has a kind and applies to the next delivery."""
        return super().matches_delivery(kind, event_type) and self.is_drawn()


class ChaosFaults:
    """Faults of one test.

    Args:
        sandbox: Sandbox of the test.
        seed: Seed of the run and name of the test.
    """

    def __init__(self, sandbox: Sandbox, seed: str) -> None:
        lost = LostResponse()
        self.lost_request_ids: list[str] = lost.request_ids
        slow_token = DelayFault(TOKEN_DELAY_SECONDS)
        # The first fault that matches a request applies to it.
        self._faults: list[ChaosFault] = [
            RequestFault(lost, times=None, share=LOST_RESPONSES, seed=f"{seed}:lost"),
            RequestFault(StatusFault(503), times=None, share=ERROR_RESPONSES, seed=f"{seed}:error"),
            RequestFault(slow_token, times=None, share=SLOW_TOKENS, seed=f"{seed}:token", selects_tokens=True),
            RequestFault(EarlyFault(), times=None, share=EARLY_DELIVERIES, seed=f"{seed}:early"),
            DeliveryFault(DuplicateFault(), times=None, share=DUPLICATE_DELIVERIES, seed=f"{seed}:duplicate"),
            DeliveryFault(ReorderFault(), times=None, share=REORDERED_DELIVERIES, seed=f"{seed}:reorder"),
        ]
        for fault in self._faults:
            sandbox.faults.append(fault)
        # A client that has a token needs a new one, which may be slow.
        if draw(f"{seed}:revoke") < REVOKED_TOKENS:
            sandbox.revoke_tokens()

    @property
    def times_applied(self) -> int:
        """Number of requests and deliveries that a fault was applied to."""
        return sum(fault.times_applied for fault in self._faults)


def draw(text: str) -> float:
    """Return a number from 0 up to 1, which is a function of the text.

    Example:
        >>> draw("42") == draw("42")
        True
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=DRAW_BYTES).digest()) / 256**DRAW_BYTES

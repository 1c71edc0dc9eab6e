"""Faults of a chaos run. The same seed, test and order of requests get the same faults."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field, frozen

from ...sandbox.faults.fault import Fault
from ...sandbox.faults.kinds import DelayFault, FaultEffect, FaultKind, StatusFault

if TYPE_CHECKING:
    from ...sandbox import Sandbox
    from ...sandbox.faults.faulty_request import FaultyRequest

__all__ = ["ChaosFaults"]

TOKEN_PATH: Final = "/v1/oauth/token"
LOST_RESPONSES: Final = 0.4
ERROR_RESPONSES: Final = 0.15
SLOW_TOKENS: Final = 0.5
REVOKED_TOKENS: Final = 0.2
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
    """Fault that applies to a share of the requests.

    Attributes:
        share: Share of the matching requests.
        seed: Text that selects the requests.
        selects_tokens: Whether the fault applies to token exchanges, and not to writes.
    """

    share: float = field(default=1.0, kw_only=True)
    seed: str = field(default="", kw_only=True)
    selects_tokens: bool = field(default=False, kw_only=True)
    _matched: int = field(default=0, init=False)

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault applies to the next request with this method and path."""
        if method == "GET" or (path == TOKEN_PATH) != self.selects_tokens:
            return False
        self._matched += 1
        return draw(f"{self.seed}:{self._matched}") < self.share


class ChaosFaults:
    """Faults of one test.

    Args:
        sandbox: Sandbox of the test.
        seed: Seed of the run and name of the test.
    """

    def __init__(self, sandbox: Sandbox, seed: str) -> None:
        lost = LostResponse()
        self.lost_request_ids: list[str] = lost.request_ids
        self._faults = [
            _add(sandbox, lost, LOST_RESPONSES, f"{seed}:lost"),
            _add(sandbox, StatusFault(503), ERROR_RESPONSES, f"{seed}:error"),
            _add(sandbox, DelayFault(TOKEN_DELAY_SECONDS), SLOW_TOKENS, f"{seed}:token", selects_tokens=True),
        ]
        # A client that has a token needs a new one, which may be slow.
        if draw(f"{seed}:revoke") < REVOKED_TOKENS:
            sandbox.revoke_tokens()

    @property
    def times_applied(self) -> int:
        """Number of requests that a fault was applied to."""
        return sum(fault.times_applied for fault in self._faults)


def draw(text: str) -> float:
    """Return a number from 0 up to 1, which is a function of the text.

    Example:
        >>> draw("42") == draw("42")
        True
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=DRAW_BYTES).digest()) / 256**DRAW_BYTES


def _add(sandbox: Sandbox, effect: FaultEffect, share: float, seed: str, *, selects_tokens: bool = False) -> ChaosFault:
    fault = ChaosFault(effect, times=None, share=share, seed=seed, selects_tokens=selects_tokens)
    sandbox.faults.append(fault)
    return fault

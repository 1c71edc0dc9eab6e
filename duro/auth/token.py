"""The access token: what the endpoint grants, and how long it is used."""

from __future__ import annotations

import json
import logging
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from .._json import as_object
from ..errors import TokenExchangeError
from ..http.request import Headers

if TYPE_CHECKING:
    from .._clock import Clock
    from ..http.request import Response

__all__ = ["Moment", "Token", "parse_token"]

_logger = logging.getLogger("duro.auth")

_ACCESS_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
LIFETIME_IF_MISSING: Final = 300.0
LONGEST_LIFETIME: Final = 24 * 3600.0


@frozen
class Moment:
    """One moment on both clocks, because each can mislead alone.

    The monotonic clock misses a laptop's sleep, the wall clock is set by people.
    """

    monotonic: float
    wall: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """Read both clocks."""
        return cls(clock.monotonic(), clock.wall())


@frozen
class Token:
    """An access token and its limits.

    Attributes:
        access_token: The token itself; no repr shows it.
        token_type: Always ``Bearer``.
        expires_in: Seconds it lives from the moment it was asked for.
        asked_at: That moment, taken before the request left.
        soft_limit: The age in seconds from which it is renewed while still in use.
        hard_limit: The age in seconds from which it is not used any more.
    """

    access_token: str = field(repr=False)
    expires_in: float
    asked_at: Moment = field(repr=False)
    soft_limit: float
    hard_limit: float
    token_type: str = "Bearer"
    headers: Headers = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        value = f"{self.token_type} {self.access_token}".encode("ascii")
        object.__setattr__(self, "headers", Headers([(b"authorization", value)]))

    @classmethod
    def granted(cls, access_token: str, *, expires_in: float, asked_at: Moment, clock: Clock) -> Token:
        """Make a token and draw its limits.

        Args:
            access_token: The token itself.
            expires_in: Its life in seconds.
            asked_at: When it was asked for.
            clock: Draws the soft limit, so that a fleet does not renew in step.

        Returns:
            The token.
        """
        return cls(
            access_token,
            expires_in,
            asked_at,
            soft_limit=expires_in - min(300.0, 0.25 * expires_in) * clock.uniform(0.5, 1.0),
            hard_limit=expires_in - min(30.0, 0.10 * expires_in),
        )

    @property
    def expires_at(self) -> datetime:
        """When it ends, on the wall clock."""
        return datetime.fromtimestamp(self.asked_at.wall, UTC) + timedelta(seconds=self.expires_in)

    def age(self, clock: Clock) -> float:
        """Give its age in seconds, by whichever clock says more."""
        asked_at = self.asked_at
        return max(clock.monotonic() - asked_at.monotonic, clock.wall() - asked_at.wall)

    def __reduce__(self) -> str:
        raise TypeError("a token cannot be pickled; let each process ask for its own")


def parse_token(answer: Response, *, asked_at: Moment, clock: Clock) -> Token:
    """Read the answer of the token endpoint (``oauthToken``).

    Args:
        answer: A success of the endpoint.
        asked_at: When the request was made.
        clock: Draws the token's limits.

    Returns:
        The token.

    Raises:
        TokenExchangeError: The answer is no grant of a usable bearer token.
    """
    grant = _grant_of(answer.body)
    lifetime = _lifetime(grant)
    fault = _fault_of(grant, lifetime)
    if fault is not None:
        raise TokenExchangeError(
            f"the token endpoint answered {answer.status}, but {fault}; check base_url",
            status=answer.status,
            request_id=answer.request_id,
        )
    return Token.granted(grant["access_token"], expires_in=lifetime, asked_at=asked_at, clock=clock)


class _Grant(dict[str, Any]):
    """A decoded grant, which no traceback shows."""

    def __repr__(self) -> str:
        return f"_Grant({', '.join(map(repr, self))})"


def _grant_of(body: bytes) -> _Grant:
    try:
        document = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return _Grant()
    return _Grant(as_object(document.get("data")) if document.get("ok") is True else document)


def _fault_of(grant: _Grant, lifetime: float) -> str | None:
    if not (isinstance(grant.get("access_token"), str) and _ACCESS_TOKEN.fullmatch(grant["access_token"])):
        return "without a usable access_token"
    if not (isinstance(grant.get("token_type"), str) and grant["token_type"].lower() == "bearer"):
        return "its token_type is not 'Bearer'"
    if not 0 < lifetime <= LONGEST_LIFETIME:
        return f"its expires_in is no number of seconds above 0 and at most {LONGEST_LIFETIME:g}"
    return None


def _lifetime(grant: _Grant) -> float:
    """Give the life in seconds, or NaN for what is no number."""
    if "expires_in" not in grant:
        _logger.warning("the token endpoint gave no expires_in; %g s are assumed", LIFETIME_IF_MISSING)
        return LIFETIME_IF_MISSING
    value = grant["expires_in"]
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LONGEST_LIFETIME:
        return float(value)
    return math.nan

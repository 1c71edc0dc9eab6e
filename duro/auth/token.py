"""Access token: its limits, and the response of the token endpoint that grants it."""

from __future__ import annotations

import json
import logging
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from .._checks import is_number
from .._json_types import as_object
from ..errors import TokenExchangeError
from ..http.request import Headers

if TYPE_CHECKING:
    from .._clock import Clock
    from ..http.request import Response

__all__ = ["ClockReading", "Token", "has_valid_form", "parse_token"]

_logger = logging.getLogger("duro.auth")

_ACCESS_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
DEFAULT_LIFETIME_SECONDS: Final = 300.0
MAX_LIFETIME_SECONDS: Final = 24 * 3600.0


@frozen
class ClockReading:
    """One point in time on two clocks, because either can be wrong.

    The monotonic clock does not count the sleep of a laptop. The wall clock can be set.

    Attributes:
        monotonic: Seconds of the monotonic clock.
        wall: Seconds since the epoch.
    """

    monotonic: float
    wall: float

    @classmethod
    def read(cls, clock: Clock) -> ClockReading:
        """Read both clocks."""
        return cls(clock.monotonic(), clock.wall())


@frozen
class Token:
    """Access token and its limits.

    Attributes:
        access_token: Token string. The repr does not show it.
        token_type: Always ``Bearer``.
        expires_in: Lifetime in seconds, from the time of the request.
        requested_at: Time of the request, read before it was sent.
        soft_limit: Age in seconds from which the token is refreshed while it stays in use.
        hard_limit: Age in seconds from which the token is not used any more.
    """

    access_token: str = field(repr=False)
    expires_in: float
    requested_at: ClockReading = field(repr=False)
    soft_limit: float
    hard_limit: float
    token_type: str = "Bearer"
    headers: Headers = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        value = f"{self.token_type} {self.access_token}".encode("ascii")
        object.__setattr__(self, "headers", Headers.from_lines([(b"authorization", value)]))

    @classmethod
    def from_grant(cls, access_token: str, *, expires_in: float, requested_at: ClockReading, clock: Clock) -> Token:
        """Create a token and draw its soft limit.

        Args:
            access_token: Token string.
            expires_in: Lifetime in seconds.
            requested_at: Time of the request.
            clock: Source of the random number for the soft limit, so that many processes do not refresh at once.

        Returns:
            The token.
        """
        return cls(
            access_token,
            expires_in,
            requested_at,
            soft_limit=expires_in - min(300.0, 0.25 * expires_in) * clock.uniform(0.5, 1.0),
            hard_limit=expires_in - min(30.0, 0.10 * expires_in),
        )

    @property
    def expires_at(self) -> datetime:
        """End of the lifetime, by the wall clock."""
        return datetime.fromtimestamp(self.requested_at.wall, UTC) + timedelta(seconds=self.expires_in)

    def age(self, clock: Clock) -> float:
        """Return the age in seconds, by the clock on which more time has passed."""
        requested_at = self.requested_at
        return max(clock.monotonic() - requested_at.monotonic, clock.wall() - requested_at.wall)

    def __reduce__(self) -> str:
        raise TypeError("a token cannot be pickled; get one in each process with client.token()")


def parse_token(response: Response, *, requested_at: ClockReading, clock: Clock) -> Token:
    """Parse a successful response of the token endpoint (``oauthToken``).

    Args:
        response: Response with a 2xx status.
        requested_at: Time of the request.
        clock: Source of the random number for the soft limit.

    Returns:
        The token.

    Raises:
        TokenExchangeError: The response does not grant a usable bearer token.
    """
    grant = _parse_grant(response.body)
    lifetime = _parse_lifetime(grant)
    problem = _find_problem(grant, lifetime)
    if problem is not None:
        raise TokenExchangeError(
            f"the token endpoint returned {response.status} with an invalid response: {problem}; check base_url",
            status=response.status,
            request_id=response.request_id,
        )
    return Token.from_grant(grant["access_token"], expires_in=lifetime, requested_at=requested_at, clock=clock)


def has_valid_form(access_token: object, expires_in: object) -> bool:
    """Return whether a token string and a lifetime in seconds are those of a token."""
    is_string = isinstance(access_token, str) and _ACCESS_TOKEN.fullmatch(access_token) is not None
    return is_string and is_number(expires_in) and 0 < expires_in <= MAX_LIFETIME_SECONDS


class _Grant(dict[str, Any]):
    """Decoded grant whose values no traceback shows."""

    def __repr__(self) -> str:
        return f"_Grant({', '.join(map(repr, self))})"


def _parse_grant(body: bytes) -> _Grant:
    try:
        document = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return _Grant()
    return _Grant(as_object(document.get("data")) if document.get("ok") is True else document)


def _find_problem(grant: _Grant, lifetime: float) -> str | None:
    if not (isinstance(grant.get("access_token"), str) and _ACCESS_TOKEN.fullmatch(grant["access_token"])):
        return "access_token is missing or malformed"
    if not (isinstance(grant.get("token_type"), str) and grant["token_type"].lower() == "bearer"):
        return "token_type is not 'Bearer'"
    if not 0 < lifetime <= MAX_LIFETIME_SECONDS:
        return f"expires_in is not a number of seconds above 0 and at most {MAX_LIFETIME_SECONDS:g}"
    return None


def _parse_lifetime(grant: _Grant) -> float:
    """Return the lifetime in seconds, or NaN if it is invalid."""
    if "expires_in" not in grant:
        _logger.warning("the token endpoint returned no expires_in; assuming %g s", DEFAULT_LIFETIME_SECONDS)
        return DEFAULT_LIFETIME_SECONDS
    value = grant["expires_in"]
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return float(value)
    # The bound comes before float(), which fails for huge integers.
    if is_number(value) and abs(value) <= MAX_LIFETIME_SECONDS:
        return float(value)
    return math.nan

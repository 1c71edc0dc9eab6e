"""The settings of a client: where it speaks to, how long it waits, how often it tries."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from ._clock import Clock
from .errors import ConfigurationError

__all__ = [
    "DEFAULT_ANSWER_BYTES",
    "DEFAULT_CONNECTIONS",
    "DEFAULT_TIMEOUT",
    "HOSTS",
    "Mode",
    "RetryPolicy",
    "Settings",
    "check_max_connections",
    "check_max_response_bytes",
    "check_timeout",
    "find_url_problem",
    "is_loopback",
    "resolve_base_url",
    "to_retry_policy",
]

Mode: TypeAlias = Literal["test", "live"]

HOSTS: Final[dict[Mode, str]] = {
    "live": "https://api.useduro.com",
    "test": "https://sandbox.useduro.com",
}
DEFAULT_TIMEOUT: Final = 30.0
DEFAULT_CONNECTIONS: Final = 100
# A full page is a thousandth of it; what an answer unfolds to in Python can be many times its bytes.
DEFAULT_ANSWER_BYTES: Final = 16 * 1024 * 1024
# Nothing waits for ever, not even by a slip of the pen.
LONGEST_TIMEOUT: Final = 24 * 3600

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?!.{{254}}){_LABEL}(?:\.{_LABEL})*\.?")


@frozen
class RetryPolicy:
    """How often and how patiently a call is tried again.

    Attributes:
        retries: Tries after the first one; 0 never tries again.
        base_delay: Seconds; the bound of the first wait, doubled for each further one.
        max_delay: Seconds; no wait is longer, unless the server asks for it.
        budget: Retries that a client may have in hand at most.
        budget_ratio: What each call puts into that budget, so that in an
            outage the requests stay under ``1 + budget_ratio`` for each call.

    Example:
        >>> RetryPolicy(retries=5).retries
        5
    """

    retries: int = 3
    base_delay: float = 0.5
    max_delay: float = 8.0
    budget: float = 50.0
    budget_ratio: float = 0.1

    def __attrs_post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ConfigurationError(f"retries is {self.retries!r}; give a whole number of at least 0")
        for name in ("base_delay", "max_delay", "budget", "budget_ratio"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigurationError(f"{name} is {value!r}; give a number of at least 0")


def to_retry_policy(retries: int | RetryPolicy) -> RetryPolicy:
    """Take a policy as it is, and a number as the number of retries."""
    return retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries=retries)


def check_timeout(value: float) -> float:
    """Check a call's deadline.

    Args:
        value: Seconds, more than 0 and at most a day.

    Returns:
        The deadline in seconds.

    Raises:
        ConfigurationError: It is no such number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_TIMEOUT:
        raise ConfigurationError(f"timeout is {value!r}; give seconds, above 0 and at most {LONGEST_TIMEOUT}")
    return float(value)


def resolve_base_url(base_url: str | None, mode: Mode | None) -> str:
    """Decide where the client speaks to.

    Args:
        base_url: What the user gave; wins over all else.
        mode: The credential's mode, which picks Duro's own host.

    Returns:
        An address without a trailing slash.

    Raises:
        ConfigurationError: The address is malformed, or there is none.
    """
    if base_url is None:
        base_url = os.environ.get("DURO_BASE_URL") or (HOSTS[mode] if mode else None)
    if base_url is None:
        raise ConfigurationError("this credential has no mode to pick a host by; give base_url= or set DURO_BASE_URL")
    if fault := _fault_of_base(base_url):
        raise ConfigurationError(f"base_url {fault}; give an address such as {HOSTS['live']!r}")
    return base_url.rstrip("/")


def _fault_of_base(base_url: str) -> str | None:
    if fault := find_url_problem(base_url):
        return fault
    parts = urlsplit(base_url)
    return "has a query or fragment" if parts.query or parts.fragment else None


def find_url_problem(address: str) -> str | None:
    """Say what is wrong with an address that secrets are sent to, never repeating it: it could hold a password.

    Args:
        address: The address, ``https://``, or ``http://`` on loopback.

    Returns:
        The end of a sentence; ``None`` if nothing is wrong.
    """
    if not isinstance(address, str) or not address.isascii() or any(mark <= " " for mark in address):
        return "is not a plain address"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "cannot be read as an address"
    if parts.scheme not in ("https", "http"):
        return "does not start with https://"
    if not host or not _is_host(host):
        return "names no host"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if parts.scheme == "http" and not is_loopback(host):
        return f"is http:// to {host}, where anyone on the way could read what is sent (http:// is for loopback only)"
    return None


def _is_host(host: str) -> bool:
    if _HOST_NAME.fullmatch(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and no other."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_max_connections(value: int) -> int:
    """Check how many connections a client may keep.

    Args:
        value: The number, at least 1.

    Returns:
        The same.

    Raises:
        ConfigurationError: It is no such number.
    """
    return _positive("max_connections", value)


def check_max_response_bytes(value: int) -> int:
    """Check how large an answer may be.

    Args:
        value: Bytes, at least 1.

    Returns:
        The same.

    Raises:
        ConfigurationError: It is no such number.
    """
    return _positive("max_response_bytes", value)


def _positive(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} is {value!r}; give a whole number of at least 1")
    return value


@frozen
class Settings:
    """What a client was told; whoever makes it has checked it.

    Attributes:
        base_url: Where the client speaks to, without a trailing slash.
        timeout: The deadline of a call, in seconds.
        retry: How a call is tried again.
        max_connections: How many connections the client keeps at most in each event loop.
        max_response_bytes: How large an answer may be, as it comes and unpacked.
        clock: Time and chance.
    """

    base_url: str
    timeout: float = DEFAULT_TIMEOUT
    retry: RetryPolicy = field(factory=RetryPolicy)
    max_connections: int = DEFAULT_CONNECTIONS
    max_response_bytes: int = DEFAULT_ANSWER_BYTES
    clock: Clock = field(factory=Clock)

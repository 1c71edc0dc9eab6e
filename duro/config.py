"""Settings of a client: address, deadline, retries and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import field, frozen

from ._checks import check_integer, check_number
from ._clock import Clock
from ._unset import UNSET, Unset
from .errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

__all__ = [
    "DEFAULT_MAX_CONNECTIONS",
    "DEFAULT_MAX_OAUTH_CLIENTS",
    "DEFAULT_MAX_RESPONSE_BYTES",
    "DEFAULT_TIMEOUT_SECONDS",
    "HOSTS",
    "ClientSettings",
    "Mode",
    "RetryPolicy",
    "check_max_connections",
    "check_max_oauth_clients",
    "check_max_response_bytes",
    "check_ssl_context",
    "check_timeout",
    "to_retry_policy",
]

Mode: TypeAlias = Literal["test", "live"]

HOSTS: Final[dict[Mode, str]] = {
    "live": "https://api.useduro.com",
    "test": "https://sandbox.useduro.com",
}
DEFAULT_TIMEOUT_SECONDS: Final = 30.0
DEFAULT_MAX_CONNECTIONS: Final = 100
DEFAULT_MAX_OAUTH_CLIENTS: Final = 256
# A thousand times a full page. Decoded into Python objects, a response can take many times its bytes.
DEFAULT_MAX_RESPONSE_BYTES: Final = 16 * 1024 * 1024
# Bounds the wait of a call even if the user confuses seconds and milliseconds.
MAX_TIMEOUT_SECONDS: Final = 24 * 3600


@frozen
class RetryPolicy:
    """Number of retries of a call, the delays between them, and the budget of all calls of a client.

    Attributes:
        retries: Attempts after the first one; 0 disables retries.
        base_delay: Upper bound of the first delay in seconds. It doubles for each further retry.
            After a lost connection, the delay is between 0.65 and 0.85 of it, otherwise from 0.
        max_delay: Upper bound of each delay in seconds, unless the server asks for a longer one.
        budget: Retries that the client can save up at most. A new client has all of them.
        budget_ratio: Retries that each call adds to the budget. During an outage, the
            requests stay under ``1 + budget_ratio`` per call. Attempts of which nothing was
            sent do not count, nor do lost responses of calls that succeed in the end.

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
        check_integer("retries", self.retries, minimum=0, advice="pass the number of retries, or a RetryPolicy")
        for name in ("base_delay", "max_delay"):
            check_number(name, getattr(self, name), minimum=0, advice="pass seconds")
        for name in ("budget", "budget_ratio"):
            check_number(name, getattr(self, name), minimum=0, advice="pass a number of retries")


def to_retry_policy(retries: int | RetryPolicy) -> RetryPolicy:
    """Return a policy unchanged, or the default policy with a number of retries."""
    return retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries=retries)


def check_timeout(value: float) -> float:
    """Check the deadline of a call.

    Args:
        value: Deadline in seconds, above 0 and at most a day.

    Returns:
        The deadline in seconds.

    Raises:
        ConfigurationError: The value is not a number, or out of bounds.
    """
    return check_number("timeout", value, above=0, maximum=MAX_TIMEOUT_SECONDS, advice="pass seconds")


def check_max_connections(value: int) -> int:
    """Check the limit of connections per event loop.

    Args:
        value: Number of connections, at least 1.

    Returns:
        The number.

    Raises:
        ConfigurationError: The value is not an integer, or below 1.
    """
    return check_integer("max_connections", value, minimum=1, advice="pass a number of connections")


def check_max_oauth_clients(value: int) -> int:
    """Check the limit of OAuth clients whose tokens are cached.

    Args:
        value: Number of OAuth clients, at least 1.

    Returns:
        The number.

    Raises:
        ConfigurationError: The value is not an integer, or below 1.
    """
    return check_integer("max_oauth_clients", value, minimum=1, advice="pass a number of OAuth clients")


def check_max_response_bytes(value: int) -> int:
    """Check the limit of the size of a response.

    Args:
        value: Size in bytes, at least 1.

    Returns:
        The size.

    Raises:
        ConfigurationError: The value is not an integer, or below 1.
    """
    return check_integer("max_response_bytes", value, minimum=1, advice="pass a number of bytes")


def check_ssl_context(value: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Check the TLS context of a client.

    Args:
        value: Client-side context that verifies certificates, or ``None``.

    Returns:
        The context.

    Raises:
        ConfigurationError: The value is not an ``ssl.SSLContext``, or is for servers.
    """
    import ssl

    if value is not None and not isinstance(value, ssl.SSLContext):
        raise ConfigurationError(
            f"ssl_context must be an ssl.SSLContext, got {type(value).__name__}; "
            "create one with ssl.create_default_context(cafile=…)"
        )
    if value is not None and value.protocol is ssl.PROTOCOL_TLS_SERVER:
        raise ConfigurationError(
            "ssl_context must be for clients, got one for servers; create one with ssl.create_default_context(cafile=…)"
        )
    return value


@frozen
class ClientSettings:
    """Validated settings of a client.

    Attributes:
        base_url: Address of the API, without a trailing slash.
        timeout: Deadline of a call in seconds.
        retry: Retry policy of a call.
        max_connections: Connections per event loop at most.
        max_response_bytes: Size of a response in bytes at most, compressed and decompressed.
        ssl_context: TLS context, ``None`` for the default certificate authorities.
        proxy: Address of the proxy, ``None`` for none. If unset, the environment decides.
        max_oauth_clients: OAuth clients at most whose tokens are cached.
        clock: Sources of time and random numbers.
        is_sandbox: Whether the credential is that of a served sandbox.
    """

    base_url: str
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    retry: RetryPolicy = field(factory=RetryPolicy)
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES
    ssl_context: ssl.SSLContext | None = None
    proxy: str | Unset | None = field(default=UNSET, repr=False)
    max_oauth_clients: int = DEFAULT_MAX_OAUTH_CLIENTS
    clock: Clock = field(factory=Clock)
    is_sandbox: bool = False

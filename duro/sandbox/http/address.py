"""Address that a sandbox listens on."""

from __future__ import annotations

import warnings
from typing import Final

from ..._checks import describe_type, describe_value, is_integer
from ..._urls import is_loopback
from ...errors import ConfigurationError

__all__ = ["check_address"]

MAX_PORT: Final = 65_535

# Of the caller of the sandbox's constructor, which calls the function below.
_CALLER: Final = 3


def check_address(host: str, port: int) -> None:
    """Check the address of a sandbox, and warn of one that other machines can reach.

    Args:
        host: Address to listen on.
        port: Port to listen on. 0 picks a free one.

    Raises:
        ConfigurationError: The host is not a string, or the port is out of range.
    """
    if not is_integer(port) or not 0 <= port <= MAX_PORT:
        raise ConfigurationError(
            f"port must be from 0 to {MAX_PORT}, got {describe_value(port)}; pass 0 for a free one"
        )
    if not isinstance(host, str):
        raise ConfigurationError(f"host must be a string, got {describe_type(host)}; pass '127.0.0.1'")
    if not is_loopback(host):
        warnings.warn(
            f"host {host!r} is not a loopback address: everyone who can reach this machine can read and change "
            "the sandbox; use 127.0.0.1",
            stacklevel=_CALLER,
        )

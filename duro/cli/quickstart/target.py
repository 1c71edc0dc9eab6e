"""Target of the quickstart: the server and the credential that the scenarios use."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import urlsplit

from attrs import frozen

from ..._base_url import resolve_base_url
from ...auth.credential_choice import is_sandbox_credential
from ...auth.credentials import ClientCredentials, Credential
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..account import Account

__all__ = ["ConnectionArguments", "Target", "open_target"]

STATS_TIMEOUT_SECONDS: Final = 10.0


class ConnectionArguments(TypedDict):
    """Arguments that connect a client to a server."""

    credential: Credential
    base_url: str


@frozen
class Target:
    """Server and credential.

    Attributes:
        credential: Credential of the calls.
        base_url: URL of the server.
        is_temporary: Whether the server is a sandbox that was started for this run.
    """

    credential: Credential
    base_url: str
    is_temporary: bool = False

    def __str__(self) -> str:
        return f"a new sandbox at {self.base_url}" if self.is_temporary else self.base_url

    @property
    def options(self) -> ConnectionArguments:
        """Arguments of a client."""
        return {"credential": self.credential, "base_url": self.base_url}

    @property
    def exchanges_per_client(self) -> int:
        """Expected number of token exchanges per client: 1, or 0 for a secret key."""
        return 1 if isinstance(self.credential, ClientCredentials) else 0

    def count_exchanges(self) -> int | None:
        """Return the server's count of token exchanges, or ``None`` if the server is not a sandbox."""
        address = urlsplit(self.base_url)
        # The SDK allows http:// for loopback only, so a server with https:// is not asked for sandbox counts.
        if address.scheme != "http" or address.hostname is None:
            return None
        connection = HTTPConnection(address.hostname, address.port, timeout=STATS_TIMEOUT_SECONDS)
        try:
            connection.request("GET", f"{address.path}/_sandbox/stats")
            return int(json.loads(connection.getresponse().read())["token_exchanges"])
        except (OSError, HTTPException, LookupError, TypeError, ValueError):
            return None
        finally:
            connection.close()


@contextmanager
def open_target(account: Account) -> Generator[Target]:
    """Return the target of an account, or start a sandbox if the account is not configured.

    Args:
        account: Options of the command line.

    Yields:
        The target. A sandbox that was started stops with the ``with`` block.

    Raises:
        ConfigurationError: The account cannot be used or is in live mode, or the sandbox's extra is missing.
    """
    if account.is_configured:
        credential = account.credential()
        if credential.mode == "live":
            raise ConfigurationError(
                "the credential of quickstart must be in test mode, got a live one, and quickstart creates plans, "
                "customers and subscriptions; pass a test credential, or none to start a sandbox"
            )
        allow_http = is_sandbox_credential(credential)
        yield Target(credential, resolve_base_url(account.base_url, credential.mode, allow_http=allow_http))
        return
    from ...sandbox import Sandbox

    with Sandbox() as sandbox:
        options = sandbox.options
        credential = ClientCredentials(options["client_id"], options["client_secret"])
        yield Target(credential, options["base_url"], is_temporary=True)

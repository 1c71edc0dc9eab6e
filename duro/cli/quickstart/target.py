"""Target of the quickstart: the server and the credential that the scenarios use."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import frozen

from ..._base_url import resolve_base_url
from ...auth.credential_choice import is_sandbox_credential
from ...auth.credentials import ClientCredentials, Credential
from ...blocking.client import Duro
from ...client import AsyncDuro
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..account import Account

__all__ = ["Target", "open_target"]

# A call's deadline includes its wait for a connection, here behind thousands of other calls.
CALL_TIMEOUT_SECONDS: Final = 300.0
STATS_TIMEOUT_SECONDS: Final = 10.0


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

    def async_client(self) -> AsyncDuro:
        """Create an asynchronous client with an empty token cache."""
        return AsyncDuro(self.credential, base_url=self.base_url, timeout=CALL_TIMEOUT_SECONDS)

    def client(self) -> Duro:
        """Create a blocking client with an empty token cache."""
        return Duro(self.credential, base_url=self.base_url, timeout=CALL_TIMEOUT_SECONDS)

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

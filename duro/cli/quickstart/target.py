"""The stage: which Duro the acts play on, and what its server tells."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import frozen

from ...auth.credentials import ClientCredentials, Credential
from ...blocking.client import Duro
from ...client import AsyncDuro
from ...config import resolve_base_url
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..account import Account

__all__ = ["Stage", "open_stage"]

# The deadline of a call runs while it waits for one of the client's connections, behind thousands if need be.
CALL_TIMEOUT: Final = 300.0
STATS_TIMEOUT: Final = 10.0


@frozen
class Stage:
    """A Duro, and who calls it.

    Attributes:
        credential: Who calls.
        base_url: Where it is.
        is_own: Whether it was started for these acts.
    """

    credential: Credential
    base_url: str
    is_own: bool = False

    def __str__(self) -> str:
        return f"a sandbox of its own, {self.base_url}" if self.is_own else self.base_url

    def async_client(self) -> AsyncDuro:
        """Make an awaited client that has no token yet."""
        return AsyncDuro(self.credential, base_url=self.base_url, timeout=CALL_TIMEOUT)

    def client(self) -> Duro:
        """Make a blocking client that has no token yet."""
        return Duro(self.credential, base_url=self.base_url, timeout=CALL_TIMEOUT)

    @property
    def exchanges_per_client(self) -> int:
        """How many exchanges a client takes: one, or none where a secret key is the token."""
        return 1 if isinstance(self.credential, ClientCredentials) else 0

    def exchanges(self) -> int | None:
        """Ask the server how many exchanges it has seen; ``None`` where it does not tell."""
        address = urlsplit(self.base_url)
        # Plain http goes to loopback only, where a sandbox may be; a real Duro is not asked for what it has not.
        if address.scheme != "http" or address.hostname is None:
            return None
        connection = HTTPConnection(address.hostname, address.port, timeout=STATS_TIMEOUT)
        try:
            connection.request("GET", f"{address.path}/_sandbox/stats")
            return int(json.loads(connection.getresponse().read())["token_exchanges"])
        except (OSError, HTTPException, LookupError, TypeError, ValueError):
            return None
        finally:
            connection.close()


@contextmanager
def open_stage(account: Account) -> Generator[Stage]:
    """Find the Duro that an account names; start a sandbox if it names none.

    Args:
        account: Who calls, and where.

    Yields:
        The stage; a sandbox of its own ends with the block.

    Raises:
        ConfigurationError: The account cannot be used or is a live one, or the sandbox's extra is missing.
    """
    if account.is_told:
        credential = account.credential()
        if credential.mode == "live":
            raise ConfigurationError(
                "quickstart makes plans, customers and subscriptions, so it takes no live credential; "
                "give a test credential, or none for a sandbox of its own"
            )
        yield Stage(credential, resolve_base_url(account.base_url, credential.mode))
        return
    from ...sandbox import Sandbox

    with Sandbox() as sandbox:
        options = sandbox.options
        credential = ClientCredentials(options["client_id"], options["client_secret"])
        yield Stage(credential, options["base_url"], is_own=True)

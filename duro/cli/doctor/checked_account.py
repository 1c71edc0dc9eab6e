"""Checks of one account: its credential, its address, and a call."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import frozen

from ...auth.credential_choice import is_sandbox_credential
from ...auth.credentials import ClientCredentials
from ...http.observe import capture
from ...http.transport.proxies import find_proxy

if TYPE_CHECKING:
    from ...auth.credentials import Credential
    from ...blocking.client import Duro
    from ...http.observe import Call
    from ..account import Account

__all__ = [
    "CheckedAccount",
    "authenticate",
    "call_api",
    "describe_address",
    "describe_authentication",
    "describe_call",
    "describe_credential",
]


@frozen
class CheckedAccount:
    """Client of an account.

    Attributes:
        client: Open client.
        credential: Its credential.
        base_url: URL of the API.
    """

    client: Duro
    credential: Credential
    base_url: str

    @classmethod
    def open(cls, account: Account, credential: Credential) -> CheckedAccount:
        """Create the client of an account; the caller closes it.

        Args:
            account: Account with the address.
            credential: Credential of the account.

        Raises:
            ConfigurationError: The address cannot be used.
        """
        base_url = account.resolve_base_url(credential.mode, allow_http=is_sandbox_credential(credential))
        return cls(account.client(), credential, base_url)


def describe_credential(credential: Credential) -> str:
    """Return the kind and the mode of a credential, without the credential."""
    kind = "OAuth client" if isinstance(credential, ClientCredentials) else "secret key"
    return f"{kind} of the {credential.mode or 'unknown'} mode"


def describe_address(checked: CheckedAccount) -> str:
    """Return the address of an account, and the proxy in front of it."""
    proxy = find_proxy(checked.base_url)
    if proxy is None:
        return f"{checked.base_url}, without a proxy"
    parts = urlsplit(proxy)
    return f"{checked.base_url}, through the proxy {parts.scheme}://{parts.hostname}:{parts.port or ''}".rstrip(":")


def authenticate(checked: CheckedAccount) -> CheckedAccount:
    """Exchange the credentials of an OAuth client, unless its token is cached. A secret key is used as it is.

    Args:
        checked: CheckedAccount of the account.

    Raises:
        TokenExchangeError: The exchange failed.
    """
    if isinstance(checked.credential, ClientCredentials):
        checked.client.token()
    return checked


def describe_authentication(checked: CheckedAccount) -> str:
    """Return the expiry of the token, and not the token."""
    if not isinstance(checked.credential, ClientCredentials):
        return "a secret key does not need one"
    return f"valid for {checked.client.token().expires_in:.0f} s"


def call_api(checked: CheckedAccount) -> Call:
    """Read the first plan (``listPlans``), and return the record of the call.

    Args:
        checked: CheckedAccount of the account.

    Raises:
        DuroError: The call failed.
    """
    with capture() as calls:
        checked.client.plans.list(page_size=1).page()
    return calls[-1]


def describe_call(call: Call) -> str:
    """Return the operation, its status and its duration."""
    return f"{call.operation} returned {call.status} after {call.elapsed * 1000:.0f} ms"

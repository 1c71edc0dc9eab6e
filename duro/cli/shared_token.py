"""``duro token --store``: status of the token that processes share, without the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from ..auth.credential_choice import is_sandbox_credential
from ..auth.credentials import ClientCredentials
from ..auth.shared_exchange import build_store_key
from ..auth.stores.selection import resolve_token_store
from ..auth.stores.status import read_status
from ..errors import ConfigurationError
from .output import print_json, print_note

if TYPE_CHECKING:
    from ..auth.stores.status import SharedTokenStatus
    from .account import Account

__all__ = ["describe_shared_token", "read_shared_token", "show_shared_token"]

_NO_TOKEN: Final = "the store does not have a valid token of this client; the next call exchanges the credentials"


def show_shared_token(account: Account, url: str, *, as_json: bool = False) -> None:
    """Print the generation, age, lifetime and writer of a shared token. Nothing is exchanged.

    Args:
        account: Account of the token.
        url: URL of the token store.
        as_json: Print one JSON object on standard output.

    Raises:
        ConfigurationError: The account is not an OAuth client, or the store is not usable.
    """
    status = read_shared_token(account, url)
    if status is None:
        print_note(_NO_TOKEN)
    if as_json:
        print_json(None if status is None else _to_json(status))
    elif status is not None:
        print(f"generation  {status.generation}")
        print(f"age         {status.age:.0f} s")
        print(f"expires     in {status.remaining:.0f} s")
        print(f"holder      {status.writer}")


def read_shared_token(account: Account, url: str) -> SharedTokenStatus | None:
    """Read the status of a shared token. Nothing is exchanged.

    Args:
        account: Account of the token.
        url: URL of the token store.

    Returns:
        The status, ``None`` if the store does not have a valid token of the account.

    Raises:
        ConfigurationError: The account is not an OAuth client, or the store is not usable.
    """
    return anyio.run(_read, account, url)


def describe_shared_token(status: SharedTokenStatus | None) -> str:
    """Return the status of a shared token as one line.

    Args:
        status: Status, ``None`` without a valid token.
    """
    if status is None:
        return _NO_TOKEN
    return (
        f"generation {status.generation}, age {status.age:.0f} s, expires in {status.remaining:.0f} s, "
        f"holder {status.writer}"
    )


async def _read(account: Account, url: str) -> SharedTokenStatus | None:
    credential = account.credential()
    if not isinstance(credential, ClientCredentials):
        raise ConfigurationError("only OAuth clients share tokens; pass --client-id and --client-secret")
    chosen = resolve_token_store(url)
    if chosen is None:
        raise ConfigurationError("store must be shared by processes, got 'memory:'; pass 'file:' or the URL of Redis")
    address = account.resolve_base_url(credential.mode, allow_http=is_sandbox_credential(credential))
    try:
        key = build_store_key(address, credential.client_id)
        return await read_status(chosen.store, key, await credential.read_secret())
    finally:
        await chosen.store.aclose()


def _to_json(status: SharedTokenStatus) -> dict[str, str | float]:
    return {
        "generation": status.generation,
        "age": status.age,
        "expiresIn": status.remaining,
        "holder": status.writer,
    }

"""Protocol of a token store: one token and one lease for each key, shared by processes.

The lease lets one process exchange the credentials while the others wait. It is for efficiency only, because a second
exchange is harmless. A store may therefore lose all its data at any time.

* **A token ends by itself**, after the seconds with which it was written. The store counts them by one clock of its
  own, so that the clocks of the processes do not have to agree.
* **The generation of a key grows with each token that is written**, also after a token ended or was discarded. It may
  start again only if the store lost the token and the lease as well.
* **A lease ends by itself**, because its owner may be killed.
* **Any method may raise any exception, and may be cancelled at any time.** The client then exchanges by itself.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from attrs import field, frozen

__all__ = ["StoredToken", "TokenStore", "TokenStoreError"]


class TokenStoreError(Exception):
    """Failure of a token store. No call raises it, because the client then exchanges the credentials by itself."""


@frozen
class StoredToken:
    """Token as a store holds it.

    Attributes:
        payload: Encrypted token. The store does not interpret it.
        generation: Number of the token under its key.
        remaining: Lifetime that is left, in seconds by the clock of the store.
    """

    payload: bytes = field(repr=False)
    generation: int
    remaining: float


@runtime_checkable
class TokenStore(Protocol):
    """Store of encrypted tokens that several processes use.

    One object is called from all event loops and threads of a client.
    """

    async def read(self, key: str) -> StoredToken | None:
        """Return the token of a key.

        Args:
            key: Printable ASCII string without spaces, at most 100 characters.

        Returns:
            The token, ``None`` without a valid one.
        """
        ...

    async def acquire(self, key: str, owner: str, seconds: float) -> bool:
        """Acquire the lease of a key, unless another owner holds it.

        Args:
            key: Key of the token.
            owner: Random string of this attempt.
            seconds: Time after which the lease ends by itself.

        Returns:
            Whether the owner now holds the lease.
        """
        ...

    async def write(self, key: str, owner: str, payload: bytes, seconds: float) -> int | None:
        """Replace the token and release the lease in one step, if the owner still holds the lease.

        Args:
            key: Key of the token.
            owner: Owner of the lease.
            payload: Encrypted token.
            seconds: Time after which the token ends by itself.

        Returns:
            Generation of the new token, ``None`` if the owner lost the lease. Nothing was stored then.
        """
        ...

    async def release(self, key: str, owner: str) -> None:
        """Release the lease after a failed exchange, if the owner still holds it.

        Args:
            key: Key of the token.
            owner: Owner of the lease.
        """
        ...

    async def discard(self, key: str, generation: int) -> bool:
        """Remove the token that the API rejected, unless it was already replaced.

        Args:
            key: Key of the token.
            generation: Generation of the rejected token.

        Returns:
            Whether the token was removed.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop. Closing twice is allowed."""
        ...

"""Counters of token exchanges and of a token store."""

from __future__ import annotations

from attrs import define, frozen

__all__ = ["MutableCounters", "TokenStoreCounters"]


@frozen
class TokenStoreCounters:
    """Token exchanges of a client and its copies in this process, and the use of its token store.

    Attributes:
        exchanges: Token exchanges that were started, also those without a store.
        store_hits: Tokens that came from the store.
        store_misses: Exchanges of this process because a usable token was missing in the store.
        store_errors: Failures of the store, and stored values that were rejected.
    """

    exchanges: int = 0
    store_hits: int = 0
    store_misses: int = 0
    store_errors: int = 0


@define
class MutableCounters:
    """Counters while they count. Two event loops that count at the same instant may count once."""

    exchanges: int = 0
    store_hits: int = 0
    store_misses: int = 0
    store_errors: int = 0

    def read(self) -> TokenStoreCounters:
        """Return the present values."""
        return TokenStoreCounters(self.exchanges, self.store_hits, self.store_misses, self.store_errors)

"""What all inboxes share: the claim on an event, and how long it holds."""

from __future__ import annotations

import logging
import uuid
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from enum import Enum
from typing import TYPE_CHECKING, Final

import anyio

from ..._clock import Clock
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ...api.models.events import Event

__all__ = [
    "DEFAULT_LEASE",
    "DEFAULT_RETENTION",
    "LAST_RETRY",
    "RETRY_SECONDS",
    "Inbox",
    "Standing",
    "new_holder",
    "warn_of_lost_claim",
]

# So long after each failed delivery Duro makes the next one: 1m, 5m, 30m, 2h, 6h, 24h. After the last there is none.
RETRY_SECONDS: Final = (60, 300, 1_800, 7_200, 21_600, 86_400)
# So long after the first delivery comes the last.
LAST_RETRY: Final = sum(RETRY_SECONDS)
DEFAULT_LEASE: Final = 300.0
DEFAULT_RETENTION: Final = 7 * 24 * 3600.0

_log: Final = logging.getLogger("duro.webhooks")


class Standing(Enum):
    """How an event stands with an inbox; only ``FIRST`` is true."""

    FIRST = "first"
    """Nobody has handled it, and it is claimed for whoever asked."""

    UNDER_WAY = "under_way"
    """Somebody else handles it at this moment, and may yet fail."""

    HANDLED = "handled"
    """It was handled."""

    def __bool__(self) -> bool:
        return self is Standing.FIRST


class Inbox(ABC):
    """Remembers events by their ids, so that each is handled once.

    A subclass says where: it gives the three steps ``take``, ``keep`` and ``drop``,
    each of them atomic. Everything else rests on these.

    Args:
        lease: Seconds that a claim holds, so that the event of a worker that crashed is not
            lost for ever; longer than any handler takes.
        retention: Seconds that a handled event is remembered; longer than Duro repeats one.
        clock: Time, for tests.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self, *, lease: float = DEFAULT_LEASE, retention: float = DEFAULT_RETENTION, clock: Clock | None = None
    ) -> None:
        self._lease = _lease_of(lease)
        self._retention = _retention_of(retention)
        self._clock = clock or Clock()

    @abstractmethod
    async def take(self, event_id: str, holder: str) -> Standing:
        """Claim an event for a holder, if it is neither handled nor under an unexpired claim.

        Args:
            event_id: The event.
            holder: Names the claim; no two claims have the same.

        Returns:
            ``FIRST`` if the claim was made, else how the event stands.
        """

    @abstractmethod
    async def keep(self, event_id: str, holder: str) -> bool:
        """Remember an event as handled, unless somebody else has claimed or handled it meanwhile.

        Args:
            event_id: The event.
            holder: The claim under which it was handled.

        Returns:
            Whether nobody else had it.
        """

    @abstractmethod
    async def drop(self, event_id: str, holder: str | None) -> None:
        """Forget an event.

        Args:
            event_id: The event.
            holder: Only if it is under this claim; ``None`` forgets it in any case.
        """

    @asynccontextmanager
    async def claim(self, event: Event) -> AsyncGenerator[Standing]:
        """Claim an event for as long as a block runs.

        The block ends: the event is handled. It raises, or is cancelled: the claim is
        released, and the next delivery of the event is the first again.

        Args:
            event: The event.

        Yields:
            How it stands: true only if this block is the one to handle it.

        Example:
            >>> from duro.webhooks import Event, MemoryInbox
            >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
            >>> event, inbox = Event.from_dict(wire), MemoryInbox()
            >>> for attempt in range(3):
            ...     async with inbox.claim(event) as first:
            ...         print(attempt, bool(first))
            0 True
            1 False
            2 False
        """
        holder = new_holder()
        standing = await self.take(event.id, holder)
        if not standing:
            yield standing
            return
        async with self.holding(event, holder):
            yield standing

    @asynccontextmanager
    async def holding(self, event: Event, holder: str) -> AsyncGenerator[None]:
        """Settle a claim that was taken: handled if the block ends, released if it raises or is cancelled.

        Args:
            event: The event.
            holder: The claim.
        """
        try:
            yield
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.drop(event.id, holder)
            raise
        with anyio.CancelScope(shield=True):
            if not await self.keep(event.id, holder):
                warn_of_lost_claim(event)

    async def accept(self, event: Event) -> bool:
        """Take an event as handled.

        Whoever handles it afterwards and fails calls :meth:`release`; :meth:`claim` does both by itself.

        Args:
            event: The event.

        Returns:
            True the first time only.
        """
        async with self.claim(event) as standing:
            return bool(standing)

    async def release(self, event: Event) -> None:
        """Forget an event, so that its next delivery is the first again.

        Args:
            event: The event.
        """
        await self.drop(event.id, None)


def new_holder() -> str:
    """Make the name of a claim."""
    return uuid.uuid4().hex


def warn_of_lost_claim(event: Event) -> None:
    """Tell that a handler took longer than its claim held, so that another may have handled the event too."""
    _log.warning(
        "the claim on event %s of type %s ended before its handler did; it may have been handled twice: "
        "give the inbox a longer lease",
        event.id,
        event.type,
    )


def _lease_of(lease: float) -> float:
    if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease <= LAST_RETRY:
        raise ConfigurationError(
            f"lease is {lease!r}; give seconds, above 0 and at most {LAST_RETRY}, when Duro delivers for the last time"
        )
    return float(lease)


def _retention_of(retention: float) -> float:
    if isinstance(retention, bool) or not isinstance(retention, int | float) or not LAST_RETRY <= retention < 1e9:
        raise ConfigurationError(
            f"retention is {retention!r}; give seconds, at least {LAST_RETRY}, when Duro delivers for the last time"
        )
    return float(retention)

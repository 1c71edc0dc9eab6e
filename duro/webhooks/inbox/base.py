"""Claims on events: the rules that all inboxes share.

An inbox has at most one entry for each event id. An entry is a claim or a completion:

- A claim belongs to one holder and ends with its lease. An ended claim can be acquired by another holder.
- A completion records a handled event and ends with the retention.

``acquire`` creates a claim, ``complete`` turns it into a completion, and ``release`` deletes it.
Only the holder of a claim may complete or release it, so that a slow handler cannot change the claim
of the handler that replaced it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from ..._checks import check_number, describe_type
from ..._clock import Clock
from ...errors import ConfigurationError
from .claims import ClaimBlock, HoldBlock, new_holder

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from ...api.models.events import Event
    from .claims import Claim, ClaimStatus

__all__ = [
    "DEFAULT_LEASE_SECONDS",
    "DEFAULT_RETENTION_SECONDS",
    "RETRY_SECONDS",
    "RETRY_SPAN_SECONDS",
    "Inbox",
    "check_inbox",
]

# Duro's delay after each failed delivery: 1m, 5m, 30m, 2h, 6h, 24h. It gives up after the last one.
RETRY_SECONDS: Final = (60, 300, 1_800, 7_200, 21_600, 86_400)
# From the first delivery of an event to the last one.
RETRY_SPAN_SECONDS: Final = sum(RETRY_SECONDS)
DEFAULT_LEASE_SECONDS: Final = 300.0
DEFAULT_RETENTION_SECONDS: Final = 7 * 24 * 3600.0
MAX_RETENTION_SECONDS: Final = 1_000_000_000


class Inbox(ABC):
    """Record of events by id, so that each event is handled once.

    A subclass implements the storage: ``acquire``, ``complete`` and ``release``, each of them atomic.
    All other methods use these three.

    Args:
        lease: Lifetime of a claim in seconds, above 0 and at most the time from Duro's first delivery to its
            last one. It must exceed the time of the slowest handler. The event of a crashed worker stays blocked
            until its lease ends.
        retention: Time in seconds for which a handled event is remembered; at least the time from Duro's first
            delivery to its last one.
        clock: Clock that tests can replace.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self,
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        retention: float = DEFAULT_RETENTION_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._lease = check_number(
            "lease",
            lease,
            above=0,
            maximum=RETRY_SPAN_SECONDS,
            advice="pass seconds; a longer lease would outlast Duro's last delivery",
        )
        self._retention = check_number(
            "retention",
            retention,
            minimum=RETRY_SPAN_SECONDS,
            maximum=MAX_RETENTION_SECONDS,
            advice="pass seconds; a shorter retention would forget events that Duro still repeats",
        )
        self._clock = clock or Clock()

    @abstractmethod
    async def acquire(self, event_id: str, holder: str) -> ClaimStatus:
        """Claim an event for a holder, unless it is handled or has an unexpired claim.

        Args:
            event_id: Id of the event.
            holder: Unique identifier of the new claim.

        Returns:
            ``CLAIMED`` if the claim was created, else the reason why it was not.
        """

    @abstractmethod
    async def complete(self, event_id: str, holder: str) -> bool:
        """Record an event as handled, unless another holder has claimed or handled it.

        Args:
            event_id: Id of the event.
            holder: Identifier of the claim under which the event was handled.

        Returns:
            Whether the event was recorded; False if another holder has it.
        """

    @abstractmethod
    async def release(self, event_id: str, holder: str | None) -> None:
        """Delete the entry of an event.

        Args:
            event_id: Id of the event.
            holder: Identifier of the claim to delete; ``None`` deletes any entry of the event.
        """

    def claim(self, event: Event) -> AbstractAsyncContextManager[Claim]:
        """Claim an event for the duration of a ``with`` block.

        The event counts as handled when the block ends. If the block raises or is cancelled, the claim is
        released, and the next delivery of the event is treated as the first one.

        Args:
            event: Event to claim.

        Returns:
            Context manager that yields the claim. Handle the event only if ``claim.status`` is ``CLAIMED``.

        Example:
            >>> from duro.webhooks import Event, MemoryInbox
            >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
            >>> event, inbox = Event.from_dict(wire), MemoryInbox()
            >>> for attempt in range(3):
            ...     async with inbox.claim(event) as claim:
            ...         print(attempt, claim.status.name)
            0 CLAIMED
            1 HANDLED
            2 HANDLED
        """
        return ClaimBlock(self, event, new_holder())

    def hold(self, event: Event, holder: str) -> AbstractAsyncContextManager[None]:
        """Complete an acquired claim when a ``with`` block ends; release it if the block raises or is cancelled.

        Args:
            event: Event that is claimed.
            holder: Identifier with which the claim was acquired.

        Returns:
            Context manager around the handling of the event.
        """
        return HoldBlock(self, event, holder)

    async def accept(self, event: Event) -> bool:
        """Record an event as handled before it is handled.

        If handling it fails, call ``forget``; ``claim`` does both itself.

        Args:
            event: Event to record.

        Returns:
            True for the first call with this event, False for each repeat.
        """
        async with self.claim(event) as claim:
            return bool(claim)

    async def forget(self, event: Event) -> None:
        """Delete the entry of an event, so that its next delivery is treated as the first one.

        Args:
            event: Event to forget.
        """
        await self.release(event.id, None)


def check_inbox(inbox: Inbox) -> Inbox:
    """Check that an argument is an inbox.

    Args:
        inbox: Value that the user passed.

    Returns:
        The inbox.

    Raises:
        ConfigurationError: It is not an ``Inbox``, such as a class or a ``BlockingInbox``.
    """
    if not isinstance(inbox, Inbox):
        raise ConfigurationError(
            f"inbox must be an Inbox, got {describe_type(inbox)}; pass for example SQLiteInbox('inbox.db')"
        )
    return inbox

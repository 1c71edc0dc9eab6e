"""An inbox for code that blocks: the same steps, through the portal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...blocking import portal
from .base import Inbox, Standing, new_holder, warn_of_lost_claim

if TYPE_CHECKING:
    from collections.abc import Generator

    from ...api.models.events import Event

__all__ = ["BlockingInbox"]


class BlockingInbox:
    """The blocking face of an inbox, for Flask, Django, Celery and scripts.

    Args:
        inbox: Where events are remembered; code that awaits may use it at the same time.

    Example:
        >>> from duro.webhooks import BlockingInbox, Event, MemoryInbox
        >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
        >>> inbox = BlockingInbox(MemoryInbox())
        >>> inbox.accept(Event.from_dict(wire)), inbox.accept(Event.from_dict(wire))
        (True, False)
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    @contextmanager
    def claim(self, event: Event) -> Generator[Standing]:
        """Claim an event for as long as a block runs.

        The block ends: the event is handled. It raises: the claim is released, and the
        next delivery of the event is the first again.

        Args:
            event: The event.

        Yields:
            How it stands: true only if this block is the one to handle it.
        """
        holder = new_holder()
        standing = self.take(event.id, holder)
        if not standing:
            yield standing
            return
        with self.holding(event, holder):
            yield standing

    def take(self, event_id: str, holder: str) -> Standing:
        """Claim an event for a holder; see :meth:`Inbox.take`."""
        return portal.run(lambda: self._inbox.take(event_id, holder))

    @contextmanager
    def holding(self, event: Event, holder: str) -> Generator[None]:
        """Settle a claim that was taken: handled if the block ends, released if it raises.

        Args:
            event: The event.
            holder: The claim.
        """
        try:
            yield
        except BaseException:
            portal.run(lambda: self._inbox.drop(event.id, holder))
            raise
        if not portal.run(lambda: self._inbox.keep(event.id, holder)):
            warn_of_lost_claim(event)

    def accept(self, event: Event) -> bool:
        """Take an event as handled.

        Whoever handles it afterwards and fails calls :meth:`release`; :meth:`claim` does both by itself.

        Args:
            event: The event.

        Returns:
            True the first time only.
        """
        return portal.run(lambda: self._inbox.accept(event))

    def release(self, event: Event) -> None:
        """Forget an event, so that its next delivery is the first again.

        Args:
            event: The event.
        """
        portal.run(lambda: self._inbox.release(event))

"""Deliverer of an advance, as the scheduler needs it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

__all__ = ["Deliverer", "NoDeliverer"]


class Deliverer(Protocol):
    """Sender of webhook deliveries during an advance."""

    def next_due(self) -> datetime | None:
        """Return the time of the delivery that is due first, or ``None`` if there is not any."""
        ...

    @property
    def delivered(self) -> int:
        """Number of deliveries so far that an endpoint acknowledged with a 2xx."""
        ...

    def deliver_until(self, moment: datetime) -> None:
        """Make the deliveries that are due, in the order of their time. This ends a hold.

        Args:
            moment: Latest due time. Afterwards, no delivery is due at or before it.
        """
        ...

    def hold(self) -> None:
        """Leave all deliveries pending."""
        ...

    def pause(self) -> AbstractContextManager[None]:
        """Do not begin with new deliveries for the duration of the block."""
        ...

    def check_thread(self) -> None:
        """Check that this thread may wait for deliveries.

        Raises:
            RuntimeError: It runs an event loop, and there are endpoints.
        """
        ...


class NoDeliverer:
    """Deliverer of a sandbox that makes its deliveries elsewhere."""

    def next_due(self) -> datetime | None:
        """Return ``None``."""
        return None

    @property
    def delivered(self) -> int:
        """0."""
        return 0

    def deliver_until(self, moment: datetime) -> None:
        """Do nothing."""

    def hold(self) -> None:
        """Do nothing."""

    def pause(self) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def check_thread(self) -> None:
        """Do nothing."""

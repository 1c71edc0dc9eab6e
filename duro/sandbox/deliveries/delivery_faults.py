"""Interface between the deliveries and the faults that apply to them."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

__all__ = ["DeliveryFaultKind", "DeliveryFaults"]

DeliveryFaultKind: TypeAlias = Literal["duplicate", "reorder"]


class DeliveryFaults(Protocol):
    """Faults of one sandbox."""

    def __len__(self) -> int:
        """Return the number of faults."""
        ...

    def applies(self, kind: DeliveryFaultKind, event_type: str) -> bool:
        """Return whether a fault applies to a delivery, and count the application.

        Args:
            kind: Kind of the fault.
            event_type: Type of the delivered event.
        """
        ...

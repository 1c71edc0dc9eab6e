"""``CheckoutControls``: the customers of a sandbox's checkout sessions, as attributes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ..backend import Backend
from .customer import HostedCheckout, Transfers, token_of

if TYPE_CHECKING:
    from ...api.models.checkout import CheckoutSession

__all__ = ["CheckoutControls"]


class CheckoutControls(ABC):
    """Customers of checkout sessions, and the payments that have not settled."""

    @property
    @abstractmethod
    def _backend(self) -> Backend: ...

    def checkout(self, session: CheckoutSession | str) -> HostedCheckout:
        """Return the hosted checkout of a session, on which a test acts as the customer.

        Args:
            session: Session, or its token.

        Raises:
            InvalidArgumentError: The value is neither of them.
        """
        return HostedCheckout(self._backend, token_of(session))

    @property
    def transfers(self) -> Transfers:
        """Payments of checkout sessions that have not settled: ``settle(session.token)``."""
        return Transfers(self._backend)

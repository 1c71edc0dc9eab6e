"""``Controls``: what a program changes in a sandbox, as attributes."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from functools import partial

from ..._checks import check_number
from ..._ids import check_id
from ...errors import InvalidArgumentError
from ..auth.credentials import revoke_tokens
from ..backend import Backend
from ..billing.clock_control import ClockControl
from ..deliveries.delivery_log import Deliveries
from ..deliveries.endpoints import Endpoints
from ..faults.rules import Faults
from ..recovery.card_controls import Cards

__all__ = ["Controls"]


class Controls(ABC):
    """Controls of a sandbox: clock, faults, cards, endpoints, deliveries and tokens."""

    @property
    @abstractmethod
    def _backend(self) -> Backend: ...

    @property
    def clock(self) -> ClockControl:
        """Clock of the sandbox: ``now()``, ``advance(days=30)``, ``next_due()``."""
        return self._backend.clock

    @property
    def faults(self) -> Faults:
        """Faults that apply to API requests: ``add("reset_after", path="/v1/customers")``, and ``clear()``."""
        return self._backend.faults

    @property
    def cards(self) -> Cards:
        """Outcomes of charges: ``decline(customer.id, "insufficient_funds")``, ``replace(customer.id)``."""
        return self._backend.cards

    @property
    def endpoints(self) -> Endpoints:
        """Webhook endpoints: ``add("http://127.0.0.1:8000/webhooks/duro")``, ``remove(endpoint)``, and ``clear()``."""
        return self._backend.endpoints

    @property
    def deliveries(self) -> Deliveries:
        """All attempts to deliver an event to an endpoint, newest last, ``pending``, and ``replay(delivery)``."""
        return self._backend.deliveries

    def revoke_tokens(self, token: str | None = None) -> int:
        """Revoke access tokens before they expire.

        Args:
            token: Access token to revoke. ``None`` revokes all.

        Returns:
            Number of revoked tokens.

        Raises:
            InvalidArgumentError: The token is not a string, or contains a character that tokens do not have.
        """
        if token is not None:
            check_id("token", token)
        return self._backend.transact(partial(revoke_tokens, token=token))

    def wait_for_deliveries(self, timeout: float = 10.0) -> None:
        """Wait until no delivery is due or in progress.

        A failed delivery is due again 1 minute, 5 and 30 minutes, 2, 6 and 24 hours after the respective failure, by
        the sandbox's clock. This method blocks. In an event loop that serves an endpoint, call it in a worker thread.

        Args:
            timeout: Maximum wait in seconds.

        Raises:
            InvalidArgumentError: The timeout is negative or not a number.
            TimeoutError: Deliveries are still due after the timeout.
            RuntimeError: The sandbox is not running, or stopped during the wait. Or the caller is the handler of a
                delivery.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> sandbox.wait_for_deliveries()
            >>> [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]
            [(1, None), (1, None), (1, None), (1, None)]
        """
        seconds = check_number("timeout", timeout, minimum=0, advice="pass seconds", error=InvalidArgumentError)
        self._backend.wait_for_deliveries(min(seconds, threading.TIMEOUT_MAX))

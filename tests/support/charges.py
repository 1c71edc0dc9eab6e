"""A charge that is ready to be made, and the sandbox that counts how often it was made."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.timeouts import TIMEOUT

if TYPE_CHECKING:
    from duro.sandbox import Sandbox


class PreparedCharge(NamedTuple):
    """A sandbox with a customer and a plan.

    Attributes:
        sandbox: The running sandbox.
        options: Arguments for a client of it in another program.
        arguments: Arguments of ``subscriptions.create``, which makes the charge.
    """

    sandbox: Sandbox
    options: dict
    arguments: dict

    def repeat(self, key):
        """Create the subscription under a key. The response is the first one if the key was used before."""
        from duro import Duro

        with Duro(**self.options, ssl_context=self.sandbox.ssl_context) as client:
            return client.subscriptions.create(**self.arguments, idempotency_key=key)

    def was_made_once(self, key):
        """Repeat the charge under its key, and return whether the sandbox has charged once."""
        first, again = self.repeat(key), self.repeat(key)
        return first == again and [charge.idempotency_key for charge in self.sandbox.ledger] == [key]


@pytest.fixture
def prepared_charge(sandbox):
    from duro import Duro

    options = {"credential": sandbox.secret_key, "base_url": sandbox.url}
    with Duro(**options, ssl_context=sandbox.ssl_context) as client:
        customer = client.customers.create(email="payer@example.com")
        plan = client.plans.create(name="Pro", amount=500, interval="month")
    return PreparedCharge(sandbox, options, {"customer_id": customer.id, "plan_id": plan.id})


@pytest.fixture
def wait_until_held(monkeypatch):
    """Wait until the sandbox holds a response back, or a part of it: ``wait_until_held()``."""
    from duro.sandbox.http.connection import Connection

    holding = queue.Queue()
    is_lost = Connection.wait_for_disconnect

    async def report(self, **within):
        holding.put(None)
        return await is_lost(self, **within)

    monkeypatch.setattr(Connection, "wait_for_disconnect", report)
    return lambda: holding.get(timeout=TIMEOUT)

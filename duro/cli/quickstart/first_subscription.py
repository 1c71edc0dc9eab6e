"""First part of the quickstart: the code that creates a subscription, and the charges that follow."""

from __future__ import annotations

import ast
import inspect
from textwrap import dedent
from typing import TYPE_CHECKING

from ...blocking.client import Duro

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...api.models.customers import Customer
    from ...api.models.plans import Plan
    from ...api.models.subscriptions import Subscription
    from ...api.models.transactions import Transaction
    from .target import ConnectionArguments

__all__ = ["list_charges", "read_code", "subscribe"]


def subscribe(options: ConnectionArguments) -> tuple[Plan, Customer, Subscription]:
    """Create a plan, a customer, and a subscription of the customer to the plan.

    Args:
        options: Arguments of the client.
    """
    with Duro(**options) as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")
        customer = client.customers.create(email="ada@example.com")
        subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return plan, customer, subscription


def list_charges(options: ConnectionArguments, customer: Customer) -> Sequence[Transaction]:
    """Return the charges of a customer from the ledger of the server.

    Args:
        options: Arguments of the client.
        customer: Customer who was charged.
    """
    with Duro(**options) as client:
        return client.customers.list_transactions(customer.id).collect()


def read_code() -> str:
    """Return the source of the ``with`` statement of ``subscribe``, without indentation."""
    source = dedent(inspect.getsource(subscribe))
    (function,) = ast.parse(source).body
    (statement,) = [node for node in ast.walk(function) if isinstance(node, ast.With)]
    return dedent("\n".join(source.splitlines()[statement.lineno - 1 : statement.end_lineno]))

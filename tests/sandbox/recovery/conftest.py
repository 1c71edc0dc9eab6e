"""Sandbox whose clock stands still, a subscription in it, and its story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import attrs
import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.sandbox.billing.conftest import work_at

__all__ = ["Subscribe", "Subscribed", "work_at"]

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


@attrs.frozen
class Subscribed:
    """New subscription, with its customer."""

    id: str
    customer_id: str
    status: str


Subscribe: TypeAlias = Callable[..., Subscribed]


@pytest.fixture
def frozen() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(frozen: Sandbox) -> Iterator[Duro]:
    with Duro(**frozen.options) as client:
        yield client


@pytest.fixture
def subscribe(client: Duro) -> Subscribe:
    """Subscribe a new customer to a new plan with the given arguments."""

    def make(email: str = "ada@example.com", **plan: object) -> Subscribed:
        arguments = {"name": "Pro", "amount": 500_000, "interval": "month", **plan}
        customer = client.customers.create(email=email)
        created = client.subscriptions.create(customer_id=customer.id, plan_id=client.plans.create(**arguments).id)
        return Subscribed(created.id, customer.id, created.status)

    return make

"""Fixtures of the tests in this directory: a sandbox whose clock stands still, and a customer of its merchant."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from duro import Customer, Duro, Plan
from duro.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=datetime(2026, 1, 10, 9, tzinfo=UTC), seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options) as client:
        yield client


@pytest.fixture
def plan(client: Duro) -> Plan:
    return client.plans.create(name="Pro", amount=500_000, interval="month")


@pytest.fixture
def customer(client: Duro) -> Customer:
    return client.customers.create(email="ada@example.com")

"""Receivers of deliveries, their endpoints, and a function that causes one event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from duro.sandbox import Endpoint, Sandbox
from tests.support.webhook_receiver import Receiver, listening


@pytest.fixture
def start_receiver() -> Iterator[Callable[[], Receiver]]:
    """Function that starts another receiver."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(listening())


@pytest.fixture
def receiver(start_receiver: Callable[[], Receiver]) -> Receiver:
    return start_receiver()


@pytest.fixture
def endpoint(sandbox: Sandbox, receiver: Receiver) -> Endpoint:
    return sandbox.endpoints.add(receiver.url)


@pytest.fixture
def cause_event(api: httpx.Client, make_plan: Callable[..., dict[str, Any]]) -> Callable[[], None]:
    """Function that causes a single event: a trial's start, since a paid start causes several."""
    plan = make_plan(trialDays=7)

    def start_trial() -> None:
        customer = api.post("/v1/customers").json()
        api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})

    return start_trial

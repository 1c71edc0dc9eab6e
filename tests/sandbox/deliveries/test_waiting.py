"""Pending deliveries: waiting for them, restarting the sandbox, and removing their endpoint."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from duro import Duro
from duro.errors import InvalidArgumentError
from duro.sandbox import Endpoint, Sandbox
from duro.webhooks import Webhook
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver, ReceiverResponse

Make = Callable[..., dict[str, Any]]


def attempts(sandbox: Sandbox) -> list[tuple[int, int | None]]:
    return [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]


class TestWaiting:
    def test_it_returns_at_once_if_no_delivery_is_due(self, sandbox: Sandbox) -> None:
        sandbox.wait_for_deliveries(timeout=0)
        sandbox.wait_for_deliveries(timeout=1e300)

    def test_it_raises_after_its_timeout(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.gate.clear()
        cause_event()
        with pytest.raises(TimeoutError, match=r"still due after 0\.01 s"):
            sandbox.wait_for_deliveries(timeout=0.01)

    @pytest.mark.parametrize("timeout", [-1, float("nan"), "10", None, True])
    def test_it_refuses_a_timeout_that_is_not_a_number_of_seconds(self, sandbox: Sandbox, timeout: Any) -> None:
        with pytest.raises(InvalidArgumentError, match="timeout must be a number of at least 0"):
            sandbox.wait_for_deliveries(timeout)

    def test_a_stop_of_the_sandbox_ends_it(self, receiver: Receiver) -> None:
        receiver.gate.clear()
        with ThreadPoolExecutor(1) as pool, Sandbox() as sandbox, Duro(**sandbox.options) as client:
            sandbox.endpoints.add(receiver.url)
            plan = client.plans.create(name="Pro", amount=100, interval="month")
            client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
            receiver.arrived.get(timeout=TIMEOUT)
            waiting = pool.submit(sandbox.wait_for_deliveries, timeout=TIMEOUT)
            sandbox.stop()
            with pytest.raises(RuntimeError, match=r"stopped|not running"):
                waiting.result(timeout=TIMEOUT)


class TestRestart:
    @pytest.mark.usefixtures("stop_without_limit")
    def test_a_delivery_in_progress_is_repeated_after_it(
        self, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A stop that waits for the attempt fails.
        monkeypatch.setattr("duro.sandbox.deliveries.endpoint_connection.ATTEMPT_TIMEOUT_SECONDS", 3600)
        receiver.gate.clear()
        with Sandbox(database=tmp_path / "state.db") as sandbox, Duro(**sandbox.options) as client:
            sandbox.endpoints.add(receiver.url, secret="whsec_of_this_one")
            plan = client.plans.create(name="Pro", amount=100, interval="month")
            client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
            receiver.arrived.get(timeout=TIMEOUT)
        receiver.gate.set()
        with Sandbox(database=tmp_path / "state.db") as sandbox:
            sandbox.wait_for_deliveries()
            assert attempts(sandbox) == [(1, 200)] * len(sandbox.events)
            again = receiver.received[1:]
            assert [each.event_id for each in again] == [event.id for event in sandbox.events]
            assert [each.url for each in sandbox.endpoints] == [receiver.url]
        assert all(Webhook("whsec_of_this_one").check(each.body, each.headers) == 0 for each in again)

    def test_a_scheduled_retry_keeps_its_time_and_number(self, receiver: Receiver, tmp_path: Path) -> None:
        receiver.response = ReceiverResponse(500)
        with Sandbox(database=tmp_path / "state.db") as sandbox, Duro(**sandbox.options) as client:
            sandbox.endpoints.add(receiver.url)
            plan = client.plans.create(name="Pro", amount=100, interval="month", trial_days=7)
            client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
            sandbox.wait_for_deliveries()
        with Sandbox(database=tmp_path / "state.db") as sandbox:
            sandbox.wait_for_deliveries()
            assert attempts(sandbox) == [(1, 500)]
            sandbox.clock.advance(minutes=1)
            sandbox.wait_for_deliveries()
            assert attempts(sandbox) == [(1, 500), (2, 500)]


class TestRemoval:
    @pytest.mark.slow
    @pytest.mark.parametrize("way", ["reset", "clear"])
    def test_pending_deliveries_are_withdrawn_and_do_not_delay_others(
        self, sandbox: Sandbox, api: httpx.Client, start_receiver: Callable[[], Receiver], subscribe: Make, way: str
    ) -> None:
        silent, good = start_receiver(), start_receiver()
        silent.gate.clear()
        sandbox.endpoints.add(silent.url)
        for _ in range(4):
            subscribe()
        silent.arrived.get(timeout=TIMEOUT)
        if way == "reset":
            sandbox.reset()
        else:
            assert sandbox.endpoints.clear() == 1
        assert list(sandbox.endpoints) == []
        sandbox.endpoints.add(good.url)
        subscribe()
        sandbox.wait_for_deliveries()
        last = len(good.received)
        assert [each.event_id for each in good.received] == [event.id for event in sandbox.events][-last:]
        assert (last > 0, len(silent.received)) == (True, 1)
        assert {delivery.url for delivery in sandbox.deliveries} == {good.url}

    @pytest.mark.parametrize("way", ["reset", "clear"])
    def test_a_wait_for_their_deliveries_ends(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None], way: str
    ) -> None:
        receiver.gate.clear()
        cause_event()
        receiver.arrived.get(timeout=TIMEOUT)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(sandbox.wait_for_deliveries, timeout=TIMEOUT)
            sandbox.reset() if way == "reset" else sandbox.endpoints.clear()
            waiting.result(timeout=TIMEOUT)

    def test_a_reset_clears_attempts_and_counts(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        cause_event()
        sandbox.wait_for_deliveries()
        assert sandbox.stats.deliveries == 1
        sandbox.reset()
        assert (sandbox.stats.deliveries, len(sandbox.deliveries), len(sandbox.endpoints)) == (0, 0, 0)

"""Retries of failed deliveries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from duro.sandbox import Endpoint, Sandbox
from duro.webhooks.signature import Key, find_signer, parse_header
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver, ReceiverResponse

Make = Callable[..., dict[str, Any]]
SECRET = "whsec_sandbox"
WAITS = [{"minutes": 1}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 6}, {"hours": 24}]


def attempts(sandbox: Sandbox) -> list[tuple[int, int | None]]:
    return [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]


class TestRetries:
    def test_they_follow_the_sandboxs_clock_and_end_with_the_seventh_attempt(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        for number, wait in enumerate(WAITS, 1):
            assert len(receiver.received) == number
            assert sandbox.deliveries[-1].retry_at is not None
            # The clock also runs during the test, so this stops well before the time.
            sandbox.clock.advance(seconds=timedelta(**wait).total_seconds() - 30)
            sandbox.wait_for_deliveries()
            assert len(receiver.received) == number
            sandbox.clock.advance(seconds=30)
            sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(number, 500) for number in range(1, 8)]
        assert sandbox.deliveries[-1].retry_at is None
        # Within the trial, so that no other event happens.
        sandbox.clock.advance(days=5)
        assert len(receiver.received) == 7
        assert sandbox.stats.deliveries == 0

    def test_they_need_no_advance_of_the_clock(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.outcome_record.RETRY_DELAYS", (timedelta(milliseconds=1),) * 2)
        receiver.response = ReceiverResponse(500)
        cause_event()
        for _ in range(3):
            receiver.arrived.get(timeout=TIMEOUT)
        sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, 500), (2, 500), (3, 500)]

    def test_each_has_the_same_body_with_a_new_signature(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        receiver.response = ReceiverResponse(503)
        for moment in (1_000, 2_000):
            monkeypatch.setattr(
                "duro.sandbox.deliveries.endpoint_connection.time", SimpleNamespace(time=lambda now=moment: now + 0.5)
            )
            if not receiver.received:
                cause_event()
            else:
                sandbox.clock.advance(minutes=1)
            sandbox.wait_for_deliveries()
        first, second = receiver.received
        assert first.body == second.body
        headers = [parse_header(each.headers["Duro-Signature"].encode()) for each in (first, second)]
        assert [header.timestamp for header in headers] == [b"1000", b"2000"]
        assert [find_signer(header, first.body, [Key(SECRET.encode())]) for header in headers] == [0, 0]

    def test_they_end_with_a_success(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        receiver.response = ReceiverResponse(204)
        for _ in range(3):
            sandbox.clock.advance(days=2)
            sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, 500), (2, 204)]
        assert sandbox.stats.deliveries == 1

    def test_they_do_not_affect_other_endpoints(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], cause_event: Callable[[], None]
    ) -> None:
        good, bad = start_receiver(), start_receiver()
        bad.response = ReceiverResponse(500)
        for receiver in (good, bad):
            sandbox.endpoints.add(receiver.url)
        cause_event()
        sandbox.wait_for_deliveries()
        sandbox.clock.advance(minutes=1)
        sandbox.wait_for_deliveries()
        assert (len(good.received), len(bad.received)) == (1, 2)

"""Manual replays of deliveries, and the removal of one endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import Endpoint, Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver, ReceiverResponse


def attempts(sandbox: Sandbox) -> list[tuple[int, str]]:
    return [(delivery.attempt, delivery.state) for delivery in sandbox.deliveries]


class TestReplay:
    def test_it_delivers_the_same_event_again(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        cause_event()
        sandbox.wait_for_deliveries()
        pending = sandbox.deliveries.replay(sandbox.deliveries[0])
        assert (pending.state, pending.attempt, pending.at) == ("pending", 2, None)
        sandbox.wait_for_deliveries()
        first, second = receiver.received
        assert (first.event_id, first.body) == (second.event_id, second.body)
        assert attempts(sandbox) == [(1, "delivered"), (2, "delivered")]

    def test_it_makes_a_pending_retry_now(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        (retry,) = sandbox.deliveries.pending
        assert retry.due_at == sandbox.deliveries[0].retry_at
        receiver.response = ReceiverResponse(200, body=b"thanks")
        assert sandbox.deliveries.replay(sandbox.deliveries[0].id).id == retry.id
        sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, "failed"), (2, "delivered")]
        assert sandbox.deliveries[-1].response == "thanks"
        assert sandbox.deliveries.pending == ()

    def test_after_the_seventh_attempt_it_is_one_more_attempt(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.outcome_record.RETRY_DELAYS", ())
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        sandbox.deliveries.replay(sandbox.deliveries[0])
        sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, "failed"), (2, "failed")]
        assert sandbox.deliveries.pending == ()

    def test_over_http_it_returns_the_pending_attempt(
        self, sandbox: Sandbox, anonymous: httpx.Client, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        cause_event()
        sandbox.wait_for_deliveries()
        response = anonymous.post(f"/_sandbox/deliveries/{sandbox.deliveries[0].id}/replay")
        assert (response.status_code, response.json()["state"], response.json()["attempt"]) == (201, "pending", 2)
        sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, "delivered"), (2, "delivered")]
        assert anonymous.get("/_sandbox/deliveries/pending").json() == []

    @pytest.mark.parametrize("identifier", ["0", "99999", "x", "9" * 30])
    def test_of_an_unknown_delivery_is_refused(self, anonymous: httpx.Client, identifier: str) -> None:
        assert anonymous.post(f"/_sandbox/deliveries/{identifier}/replay").status_code == 404

    @pytest.mark.parametrize("delivery", ["x", [1], True, None, 0, 2**70])
    def test_of_an_invalid_id_is_refused(self, sandbox: Sandbox, delivery: Any) -> None:
        with pytest.raises(InvalidArgumentError, match=r"delivery must be an integer .*; pass an item of sandbox"):
            sandbox.deliveries.replay(delivery)

    def test_after_the_removal_of_the_endpoint_is_refused(
        self, sandbox: Sandbox, anonymous: httpx.Client, endpoint: Endpoint, cause_event: Callable[[], None]
    ) -> None:
        cause_event()
        sandbox.wait_for_deliveries()
        sandbox.endpoints.remove(endpoint)
        (delivery,) = sandbox.deliveries
        assert anonymous.post(f"/_sandbox/deliveries/{delivery.id}/replay").status_code == 409
        with pytest.raises(InvalidArgumentError, match=r"endpoint of the delivery was removed\. Pass an item of"):
            sandbox.deliveries.replay(delivery)


class TestRemovalOfOneEndpoint:
    def test_other_endpoints_stay(
        self, sandbox: Sandbox, start_receiver: Callable[[], Receiver], cause_event: Callable[[], None]
    ) -> None:
        removed, kept = start_receiver(), start_receiver()
        first, second = (sandbox.endpoints.add(receiver.url) for receiver in (removed, kept))
        removed.gate.clear()
        cause_event()
        removed.arrived.get(timeout=TIMEOUT)
        sandbox.endpoints.remove(first)
        cause_event()
        sandbox.wait_for_deliveries()
        assert (len(removed.received), len(kept.received)) == (1, 2)
        assert list(sandbox.endpoints) == [second]

    def test_an_endpoint_that_does_not_exist_is_refused(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        with pytest.raises(InvalidArgumentError, match=r"pass an item of sandbox\.endpoints"):
            sandbox.endpoints.remove("we_1")
        assert anonymous.delete("/_sandbox/endpoints/we_1").status_code == 404

    @pytest.mark.parametrize("endpoint", [[1], None, 2**70, "we_\ud800"])
    def test_an_invalid_id_is_refused(self, sandbox: Sandbox, endpoint: Any) -> None:
        with pytest.raises(InvalidArgumentError, match=r"pass an item of sandbox\.endpoints"):
            sandbox.endpoints.remove(endpoint)

    def test_over_http_it_removes_the_named_one(self, sandbox: Sandbox, anonymous: httpx.Client) -> None:
        first, second = (sandbox.endpoints.add(f"http://127.0.0.1:{port}/") for port in (1, 2))
        assert anonymous.delete(f"/_sandbox/endpoints/{first.id}").json() == {"cleared": 1}
        assert list(sandbox.endpoints) == [second]


def test_the_repr_has_the_counts_of_deliveries(sandbox: Sandbox) -> None:
    assert repr(sandbox.deliveries) == "<Deliveries: 0 made, 0 pending>"

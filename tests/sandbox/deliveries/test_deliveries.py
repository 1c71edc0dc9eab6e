"""Deliveries: every event reaches every endpoint, signed, and again until it is taken."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from stripe import WebhookSignature

from duro import Duro
from duro.errors import InvalidArgumentError
from duro.sandbox import Endpoint, Sandbox
from duro.webhooks import Webhook
from duro.webhooks.signature import Key, find_signer, parse_header
from tests.support.webhook_receiver import Answer, Receiver, listening

Make = Callable[..., dict[str, Any]]
SECRET = "whsec_sandbox"
WAITS = [{"minutes": 1}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 6}, {"hours": 24}]


@pytest.fixture
def listen() -> Iterator[Callable[[], Receiver]]:
    """Open as many receivers as a test wants."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(listening())


@pytest.fixture
def receiver(listen: Callable[[], Receiver]) -> Receiver:
    return listen()


@pytest.fixture
def endpoint(sandbox: Sandbox, receiver: Receiver) -> Endpoint:
    return sandbox.endpoints.add(receiver.url)


@pytest.fixture
def happen(api: httpx.Client, make_plan: Make) -> Callable[[], None]:
    """Let a single event happen: a one-off sale is told of twice, a trial's start once."""
    plan = make_plan(trialDays=7)

    def start_trial() -> None:
        customer = api.post("/v1/customers").json()
        api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": plan["id"]})

    return start_trial


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
    return port


def event_ids(receiver: Receiver) -> list[str]:
    return sorted(delivery.event_id for delivery in receiver.received)


def attempts(sandbox: Sandbox) -> list[tuple[int, int | None]]:
    return [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]


class TestWhatIsDelivered:
    def test_every_event_reaches_every_endpoint_once(
        self, sandbox: Sandbox, listen: Callable[[], Receiver], subscribe: Make
    ) -> None:
        receivers = [listen(), listen()]
        endpoints = [sandbox.endpoints.add(receiver.url) for receiver in receivers]
        subscribe()
        sandbox.wait_for_deliveries()
        # No order is promised.
        event_data = sorted(event.id for event in sandbox.events)
        assert len(event_data) == 3
        assert [event_ids(receiver) for receiver in receivers] == [event_data, event_data]
        assert sandbox.stats.deliveries == len(sandbox.deliveries) == 6
        assert {delivery.endpoint_id for delivery in sandbox.deliveries} == {each.id for each in endpoints}

    def test_it_is_the_payload_to_the_byte(
        self, sandbox: Sandbox, api: httpx.Client, receiver: Receiver, endpoint: Endpoint, subscribe: Make
    ) -> None:
        subscribe(name="Adaeze Ọkafọ")
        sandbox.wait_for_deliveries()
        types = {event.id: event.type for event in sandbox.events}
        for delivery in receiver.received:
            assert delivery.path == "/webhooks/duro"
            assert delivery.headers["Content-Type"] == "application/json"
            assert delivery.headers["Duro-Event-Type"] == types.pop(delivery.event_id)
            assert delivery.body == api.get(f"/v1/events/{delivery.event_id}/payload").content
        assert not types

    def test_its_signature_is_accepted_by_us_and_by_an_independent_peer(
        self, sandbox: Sandbox, listen: Callable[[], Receiver], subscribe: Make
    ) -> None:
        by_secret = {secret: listen() for secret in (SECRET, "whsec_of_another")}
        for secret, receiver in by_secret.items():
            sandbox.endpoints.add(receiver.url, secret=secret)
        subscribe()
        sandbox.wait_for_deliveries()
        for secret, receiver in by_secret.items():
            for delivery in receiver.received:
                assert Webhook(secret).verify(delivery.body, delivery.headers).id == delivery.event_id
                header = delivery.headers["Duro-Signature"]
                assert WebhookSignature.verify_header(delivery.body.decode(), header, secret, 300)

    def test_it_is_accepted_in_whatever_month_the_sandbox_lives(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        sandbox.clock.advance(days=30)
        happen()
        sandbox.wait_for_deliveries()
        (delivery,) = receiver.received
        assert Webhook(SECRET).check(delivery.body, delivery.headers) == 0

    def test_an_endpoint_is_not_told_of_what_was_before_it(
        self, sandbox: Sandbox, receiver: Receiver, happen: Callable[[], None]
    ) -> None:
        happen()
        sandbox.endpoints.add(receiver.url)
        happen()
        sandbox.wait_for_deliveries()
        assert event_ids(receiver) == [sandbox.events[-1].id]

    def test_a_call_that_is_undone_delivers_nothing(
        self,
        sandbox: Sandbox,
        api: httpx.Client,
        receiver: Receiver,
        make_plan: Make,
        *,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        sandbox.endpoints.add(receiver.url)
        body = {"customerId": api.post("/v1/customers").json()["id"], "planId": make_plan()["id"]}

        def fail(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("duro.sandbox.api.operations.subscriptions.move", fail)
        assert api.post("/v1/subscriptions", json=body).status_code == 500
        sandbox.wait_for_deliveries()
        assert (receiver.received, sandbox.deliveries) == ([], ())

    def test_an_event_tells_when_it_was_first_sent(
        self, sandbox: Sandbox, receiver: Receiver, closed_port: int, happen: Callable[[], None]
    ) -> None:
        with Duro(**sandbox.options) as duro:
            sandbox.endpoints.add(f"http://127.0.0.1:{closed_port}")
            happen()
            sandbox.wait_for_deliveries()
            assert duro.events.retrieve(sandbox.events[0].id).dispatched_at is None
            sandbox.endpoints.add(receiver.url)
            happen()
            sandbox.wait_for_deliveries()
            event = duro.events.retrieve(sandbox.events[1].id)
        assert event.dispatched_at is not None
        assert event.created_at is not None
        assert timedelta() <= event.dispatched_at - event.created_at < timedelta(minutes=1)


class TestRetries:
    def test_they_come_when_the_sandboxs_clock_says_so_and_end_with_the_seventh_attempt(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        receiver.answer = Answer(500)
        happen()
        sandbox.wait_for_deliveries()
        for number, wait in enumerate(WAITS, 1):
            assert len(receiver.received) == number
            assert sandbox.deliveries[-1].retry_at is not None
            # The clock runs on while the test does, so it stops well before the time.
            sandbox.clock.advance(seconds=timedelta(**wait).total_seconds() - 30)
            sandbox.wait_for_deliveries()
            assert len(receiver.received) == number
            sandbox.clock.advance(seconds=30)
            sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(number, 500) for number in range(1, 8)]
        assert sandbox.deliveries[-1].retry_at is None
        sandbox.clock.advance(days=30)
        sandbox.wait_for_deliveries()
        assert len(receiver.received) == 7
        assert sandbox.stats.deliveries == 0

    def test_they_come_by_themselves_too(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        happen: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.outbox.RETRY_AFTER", (timedelta(milliseconds=1),) * 2)
        receiver.answer = Answer(500)
        happen()
        for _ in range(3):
            receiver.arrived.get(timeout=10)
        sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, 500), (2, 500), (3, 500)]

    def test_each_brings_the_same_bytes_signed_anew(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        happen: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        receiver.answer = Answer(503)
        for moment in (1_000, 2_000):
            monkeypatch.setattr(
                "duro.sandbox.deliveries.worker.time", SimpleNamespace(time=lambda now=moment: now + 0.5)
            )
            if not receiver.received:
                happen()
            else:
                sandbox.clock.advance(minutes=1)
            sandbox.wait_for_deliveries()
        first, second = receiver.received
        assert first.body == second.body
        headers = [parse_header(each.headers["Duro-Signature"].encode()) for each in (first, second)]
        assert [header.timestamp for header in headers] == [b"1000", b"2000"]
        assert [find_signer(header, first.body, [Key(SECRET.encode())]) for header in headers] == [0, 0]

    def test_one_that_is_taken_is_the_last(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        receiver.answer = Answer(500)
        happen()
        sandbox.wait_for_deliveries()
        receiver.answer = Answer(204)
        for _ in range(3):
            sandbox.clock.advance(days=2)
            sandbox.wait_for_deliveries()
        assert attempts(sandbox) == [(1, 500), (2, 204)]
        assert sandbox.stats.deliveries == 1

    def test_they_trouble_no_other_endpoint(
        self, sandbox: Sandbox, listen: Callable[[], Receiver], happen: Callable[[], None]
    ) -> None:
        good, bad = listen(), listen()
        bad.answer = Answer(500)
        for receiver in (good, bad):
            sandbox.endpoints.add(receiver.url)
        happen()
        sandbox.wait_for_deliveries()
        sandbox.clock.advance(minutes=1)
        sandbox.wait_for_deliveries()
        assert (len(good.received), len(bad.received)) == (1, 2)


class TestFailures:
    @pytest.mark.parametrize(
        ("answer", "status", "failure"),
        [
            (Answer(404), 404, "answered 404"),
            (Answer(307, {"Location": "/elsewhere"}), 307, "answered 307; redirects are not followed"),
            (Answer(0), None, "RemoteProtocolError: Server disconnected without sending a response."),
            (Answer(200, body=b" " * 1_000_001), None, "the answer is larger than 1,000,000 bytes"),
        ],
    )
    def test_an_answer_that_is_no_success_is_noted(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        happen: Callable[[], None],
        *,
        answer: Answer,
        status: int | None,
        failure: str,
    ) -> None:
        receiver.answer = answer
        happen()
        sandbox.wait_for_deliveries()
        (delivery,) = sandbox.deliveries
        assert (delivery.status, delivery.failure) == (status, failure)
        assert [each.path for each in receiver.received] == ["/webhooks/duro"]

    def test_an_endpoint_that_nobody_serves_is_noted(
        self, sandbox: Sandbox, closed_port: int, happen: Callable[[], None]
    ) -> None:
        sandbox.endpoints.add(f"http://127.0.0.1:{closed_port}/webhooks")
        happen()
        sandbox.wait_for_deliveries()
        (delivery,) = sandbox.deliveries
        assert delivery.status is None
        assert (delivery.failure or "").startswith("ConnectError")

    def test_an_endpoint_that_does_not_answer_in_time_is_noted(
        self,
        sandbox: Sandbox,
        receiver: Receiver,
        endpoint: Endpoint,
        happen: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.worker.TIMEOUT_SECONDS", 0.05)
        receiver.gate.clear()
        happen()
        sandbox.wait_for_deliveries()
        assert [delivery.failure for delivery in sandbox.deliveries] == ["no answer within 0.05 s"]

    def test_a_delivery_that_cannot_even_be_tried_does_not_end_the_others(
        self,
        sandbox: Sandbox,
        endpoint: Endpoint,
        happen: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr("duro.sandbox.deliveries.worker.HttpxTransport", None)
            happen()
            sandbox.wait_for_deliveries()
        happen()
        sandbox.wait_for_deliveries()
        broken, delivered = sandbox.deliveries
        assert (broken.failure, delivered.failure) == ("the sandbox failed; its log tells more", None)
        assert "TypeError" in caplog.text


class TestLimits:
    def test_eight_are_under_way_at_most(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        receiver.gate.clear()
        for _ in range(20):
            happen()
        for _ in range(8):
            receiver.arrived.get(timeout=10)
        receiver.gate.set()
        sandbox.wait_for_deliveries()
        assert (receiver.most_at_once, len(receiver.received)) == (8, 20)

    def test_the_list_of_attempts_is_bounded(self, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
        monkeypatch.setattr("duro.sandbox.deliveries.delivery_log.LONGEST", 3)
        with Sandbox() as small, Duro(**small.options) as duro:
            small.endpoints.add(receiver.url)
            plan = duro.plans.create(name="Pro", amount=100, interval="month")
            for _ in range(2):
                duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)
            small.wait_for_deliveries()
            assert (len(small.deliveries), small.stats.deliveries) == (3, 6)


class TestWaiting:
    def test_without_anything_to_deliver_it_is_over_at_once(self, sandbox: Sandbox) -> None:
        sandbox.wait_for_deliveries(timeout=0)

    def test_it_ends_with_an_error_when_its_time_is_up(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        receiver.gate.clear()
        happen()
        with pytest.raises(TimeoutError, match=r"still due after 0\.01 s"):
            sandbox.wait_for_deliveries(timeout=0.01)

    def test_a_sandbox_that_stops_ends_it(self, receiver: Receiver) -> None:
        receiver.gate.clear()
        with ThreadPoolExecutor(1) as pool, Sandbox() as sandbox, Duro(**sandbox.options) as duro:
            sandbox.endpoints.add(receiver.url)
            plan = duro.plans.create(name="Pro", amount=100, interval="month")
            duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)
            receiver.arrived.get(timeout=10)
            waiting = pool.submit(sandbox.wait_for_deliveries, timeout=20)
            sandbox.stop()
            with pytest.raises(RuntimeError, match=r"stopped|does not run"):
                waiting.result(timeout=10)


class TestRestart:
    def test_what_was_under_way_is_delivered_after_it(self, receiver: Receiver, tmp_path: Path) -> None:
        receiver.gate.clear()
        with Sandbox(database=tmp_path / "state.db") as sandbox, Duro(**sandbox.options) as duro:
            sandbox.endpoints.add(receiver.url, secret="whsec_of_this_one")
            plan = duro.plans.create(name="Pro", amount=100, interval="month")
            duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)
            for _ in range(3):
                receiver.arrived.get(timeout=10)
            before = time.monotonic()
        # An attempt may take 10 s, and the end does not wait for it.
        assert time.monotonic() - before < 3
        receiver.gate.set()
        with Sandbox(database=tmp_path / "state.db") as sandbox:
            sandbox.wait_for_deliveries()
            assert attempts(sandbox) == [(1, 200)] * 3
            again = receiver.received[3:]
            assert sorted(each.event_id for each in again) == [event.id for event in sandbox.events]
            assert [each.url for each in sandbox.endpoints] == [receiver.url]
        assert all(Webhook("whsec_of_this_one").check(each.body, each.headers) == 0 for each in again)

    def test_a_retry_keeps_its_time_and_its_number(self, receiver: Receiver, tmp_path: Path) -> None:
        receiver.answer = Answer(500)
        with Sandbox(database=tmp_path / "state.db") as sandbox, Duro(**sandbox.options) as duro:
            sandbox.endpoints.add(receiver.url)
            plan = duro.plans.create(name="Pro", amount=100, interval="month", trial_days=7)
            duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)
            sandbox.wait_for_deliveries()
        with Sandbox(database=tmp_path / "state.db") as sandbox:
            sandbox.wait_for_deliveries()
            assert sandbox.deliveries == ()
            sandbox.clock.advance(minutes=1)
            sandbox.wait_for_deliveries()
            assert attempts(sandbox) == [(2, 500)]


class TestTakingEndpointsAway:
    @pytest.mark.parametrize("way", ["reset", "clear"])
    def test_what_was_due_and_under_way_is_dropped_and_takes_no_room(
        self, sandbox: Sandbox, api: httpx.Client, listen: Callable[[], Receiver], subscribe: Make, way: str
    ) -> None:
        silent, good = listen(), listen()
        silent.gate.clear()
        sandbox.endpoints.add(silent.url)
        for _ in range(4):
            subscribe()
        for _ in range(8):
            silent.arrived.get(timeout=10)
        if way == "reset":
            sandbox.reset()
        else:
            assert sandbox.endpoints.clear() == 1
        assert list(sandbox.endpoints) == []
        sandbox.endpoints.add(good.url)
        subscribe()
        sandbox.wait_for_deliveries()
        assert (len(good.received), len(silent.received)) == (3, 8)
        assert {delivery.url for delivery in sandbox.deliveries} == {good.url}

    @pytest.mark.parametrize("way", ["reset", "clear"])
    def test_whoever_waits_for_them_waits_no_longer(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None], way: str
    ) -> None:
        receiver.gate.clear()
        happen()
        receiver.arrived.get(timeout=10)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(sandbox.wait_for_deliveries, timeout=20)
            sandbox.reset() if way == "reset" else sandbox.endpoints.clear()
            waiting.result(timeout=10)

    def test_a_reset_forgets_attempts_and_counts(
        self, sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
    ) -> None:
        happen()
        sandbox.wait_for_deliveries()
        assert sandbox.stats.deliveries == 1
        sandbox.reset()
        assert (sandbox.stats.deliveries, sandbox.deliveries, len(sandbox.endpoints)) == (0, (), 0)


class TestControlSurface:
    def test_endpoints_are_added_listed_and_taken_away(
        self, sandbox: Sandbox, anonymous: httpx.Client, receiver: Receiver
    ) -> None:
        answer = anonymous.post("/_sandbox/endpoints", json={"url": receiver.url, "secret": "whsec_private"})
        assert answer.status_code == 201
        assert answer.json() == {"id": answer.json()["id"], "url": receiver.url}
        anonymous.post("/_sandbox/endpoints", json={"url": "https://shop.example/webhooks?from=duro"})
        listed = anonymous.get("/_sandbox/endpoints")
        assert [each["url"] for each in listed.json()] == [receiver.url, "https://shop.example/webhooks?from=duro"]
        assert "private" not in answer.text + listed.text
        assert next(iter(sandbox.endpoints)) == Endpoint(answer.json()["id"], receiver.url)
        assert anonymous.delete("/_sandbox/endpoints").json() == {"cleared": 2}
        assert anonymous.get("/_sandbox/endpoints").json() == []

    @pytest.mark.parametrize(
        ("body", "path", "advice"),
        [
            ({}, "url", "required"),
            ({"url": 1}, "url", "expected https:// address, or http:// on loopback"),
            ({"url": "http://shop.example/webhooks"}, "url", "http:// is for loopback only"),
            ({"url": "ftp://127.0.0.1/"}, "url", "does not start with https://"),
            ({"url": "https://"}, "url", "names no host"),
            ({"url": "https://127.0.0.1:99999/"}, "url", "cannot be read as an address"),
            ({"url": "https://ada:needle@shop.example/"}, "url", "holds a user name or password"),
            ({"url": "https://shop.example/#here"}, "url", "without a fragment"),
            ({"url": "https://shop.example/", "secret": "needle"}, "secret", "begins with whsec_"),
            ({"url": "https://shop.example/", "secret": None}, "secret", "begins with whsec_"),
        ],
    )
    def test_one_that_cannot_be_used_is_refused_with_advice(
        self, sandbox: Sandbox, anonymous: httpx.Client, body: dict[str, Any], path: str, advice: str
    ) -> None:
        answer = anonymous.post("/_sandbox/endpoints", json=body)
        assert answer.status_code == 422
        (detail,) = answer.json()["error"]["details"]
        assert detail["path"] == path
        assert advice in detail["issue"]
        if "url" in body:
            with pytest.raises(InvalidArgumentError, match=f"{path}: ") as caught:
                sandbox.endpoints.add(**body)
            assert advice in str(caught.value)
            assert "needle" not in answer.text + str(caught.value)
        assert len(sandbox.endpoints) == 0

    def test_attempts_are_listed(
        self,
        sandbox: Sandbox,
        anonymous: httpx.Client,
        receiver: Receiver,
        endpoint: Endpoint,
        happen: Callable[[], None],
    ) -> None:
        receiver.answer = Answer(500)
        happen()
        sandbox.wait_for_deliveries()
        (attempt,) = anonymous.get("/_sandbox/deliveries").json()
        (delivery,) = sandbox.deliveries
        assert attempt == {
            "eventId": sandbox.events[0].id,
            "eventType": "subscription_created",
            "endpointId": endpoint.id,
            "url": receiver.url,
            "attempt": 1,
            "status": 500,
            "failure": "answered 500",
            "retryAt": delivery.retry_at,
            "at": delivery.at,
        }
        page = anonymous.get("/_sandbox/").text
        assert f"<td>{receiver.url}</td>" in page
        assert '<td class="bad">answered 500</td>' in page


def test_no_secret_of_an_endpoint_is_shown_anywhere(
    sandbox: Sandbox,
    anonymous: httpx.Client,
    receiver: Receiver,
    happen: Callable[[], None],
    *,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = sandbox.endpoints.add(f"{receiver.url}?key=whsec_needle", secret="whsec_needle")
    receiver.answer = Answer(500, body=b"whsec_needle")
    happen()
    sandbox.wait_for_deliveries()
    with pytest.raises(InvalidArgumentError) as caught:
        sandbox.endpoints.add("nonsense", secret="whsec_needle")
    assert caught.tb is not None
    beyond_this_test = caught.type, caught.value, caught.tb.tb_next
    shown = [
        *(anonymous.get(f"/_sandbox/{path}").text for path in ("", "deliveries", "requests", "stats")),
        repr((endpoint, sandbox.endpoints, sandbox.deliveries, sandbox.stats)),
        "".join(traceback.TracebackException(*beyond_this_test, capture_locals=True).format()),
        caplog.text,
        *capfd.readouterr(),
    ]
    assert receiver.received[0].path.endswith("whsec_needle")
    assert not [text for text in shown if "needle" in text]


def test_threads_that_change_everything_at_once_lose_no_event(
    sandbox: Sandbox, receiver: Receiver, endpoint: Endpoint, happen: Callable[[], None]
) -> None:
    gate = threading.Barrier(4)

    def act(_: int) -> None:
        gate.wait(10)
        for _ in range(10):
            happen()
            sandbox.clock.advance(seconds=1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    sandbox.wait_for_deliveries()
    assert event_ids(receiver) == sorted(event.id for event in sandbox.events)
    assert len(receiver.received) == 40

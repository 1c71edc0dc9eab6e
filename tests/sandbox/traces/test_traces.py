"""Traces: a request, its events, their deliveries, and the requests that the handler sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx
import pytest

from duro import AsyncDuro, Duro, OutcomeUnknownError
from duro._sandbox_trace import TRACE_HEADER, current_trace, follow_trace
from duro.config import HOSTS
from duro.errors import InvalidArgumentError
from duro.http.request import Headers, Request, Response
from duro.sandbox import AsyncSandbox, Sandbox, Trace
from duro.webhooks import Event, Webhook
from duro.webhooks.headers import find_trace
from duro.webhooks.receiver import BlockingReceiver, Receiver


@contextmanager
def serving(receive: Callable[[bytes, Any], int]) -> Generator[str, None, None]:
    """Serve an endpoint whose deliveries a function receives, and which responds with its result."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receive(body, self.headers))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hooks"
        server.shutdown()


def subscribe(client: Duro, **options: Any) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
    customer = client.customers.create()
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id, **options)


def shape(trace: Trace) -> list[Any]:
    """Return the names of a trace as nested lists."""
    record: Any = trace.record
    name = {"request": "path", "event": "type", "delivery": "attempt"}[trace.kind]
    return [getattr(record, name), *map(shape, trace.children)]


def test_calls_of_a_blocking_handler_belong_to_its_delivery() -> None:
    with Sandbox() as sandbox, Duro(**sandbox.options) as client:

        def handle(event: Event) -> None:
            client.plans.list(page_size=1).page()

        receiver = BlockingReceiver(Webhook("whsec_sandbox"), handle)
        with serving(lambda body, headers: receiver.receive(body, headers)[0].status) as url:
            sandbox.endpoints.add(url)
            subscribe(client)
            sandbox.wait_for_deliveries()
        request = next(each for each in sandbox.requests if each.path == "/v1/subscriptions")
        trace = sandbox.trace(request.request_id)
        assert shape(trace) == ["/v1/subscriptions", ["subscription_created", [1, ["/v1/plans"]]]]
        assert str(trace).splitlines() == [
            f"request POST /v1/subscriptions  201  {request.request_id}",
            f"  event subscription_created  {sandbox.events[0].id}",
            f"    delivery to {url}  attempt 1  200",
            f"      request GET /v1/plans  200  {sandbox.requests[-1].request_id}",
        ]
        client.plans.list().collect()
        assert sandbox.requests[-1].delivery_id is None


def test_calls_of_an_asynchronous_handler_belong_to_its_delivery() -> None:
    with Sandbox() as sandbox:

        async def receive(body: bytes, headers: Any) -> int:
            async with AsyncDuro(**sandbox.options) as client:

                async def handle(event: Event) -> None:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(client.customers.list().collect)

                receiver = Receiver(Webhook("whsec_sandbox"), handle, acknowledge="early")
                response, work = await receiver.receive(body, headers)
                assert work is not None
                await work()
                assert current_trace() is None
                return response.status

        with serving(lambda body, headers: anyio.run(receive, body, headers)) as url, Duro(**sandbox.options) as client:
            sandbox.endpoints.add(url)
            subscribe(client)
            sandbox.wait_for_deliveries()
        assert shape(sandbox.trace(sandbox.events[0].id)) == ["subscription_created", [1, ["/v1/customers"]]]


def test_an_event_of_the_clock_has_a_trace_of_its_own() -> None:
    with Sandbox(clock="frozen") as sandbox, Duro(**sandbox.options) as client:
        subscribe(client)
        sandbox.clock.advance(days=8)
        event = sandbox.events[-1]
        assert sandbox.trace(event.id) == Trace("event", event)
        assert all(event.id not in request.event_ids for request in sandbox.requests)


def test_a_repeat_of_a_key_has_the_events_of_the_request_that_was_processed() -> None:
    with Sandbox() as sandbox, Duro(**sandbox.options, retries=0) as client:
        sandbox.faults.add("reset_after", method="POST", path="/v1/subscriptions")
        with pytest.raises(OutcomeUnknownError):
            subscribe(client, idempotency_key="order-1")
        lost = sandbox.requests[-1]
        body = {"customerId": "cus_1", "planId": "plan_1"}
        headers = {"Authorization": f"Bearer {sandbox.secret_key}", "Idempotency-Key": "order-1"}
        httpx.post(f"{sandbox.url}/v1/subscriptions", json=body, headers=headers)
        repeat = sandbox.requests[-1]
        assert (lost.fault, len(lost.event_ids), repeat.event_ids) == ("reset_after", 1, ())
        assert sandbox.trace(repeat.request_id).children == sandbox.trace(lost.request_id).children != ()


def test_an_operation_that_was_rolled_back_has_no_events() -> None:
    with Sandbox() as sandbox, Duro(**sandbox.options) as client:
        subscribe(client)
        request = sandbox.requests[-1]
        sandbox.reset()
        sandbox._backend.request_log.append(request)
        assert sandbox.trace(request.request_id).children == ()


def test_a_header_of_another_client_does_not_make_a_trace_endless() -> None:
    with Sandbox() as sandbox, Duro(**sandbox.options) as client, serving(lambda _body, _headers: 200) as url:
        sandbox.endpoints.add(url)
        for _ in range(2):
            with follow_trace(b"1"):
                subscribe(client)
        sandbox.wait_for_deliveries()
        first = next(each for each in sandbox.requests if each.event_ids)
        trace = sandbox.trace(first.request_id)
        assert str(trace).count(first.request_id) == 1
        assert str(trace).count("/v1/subscriptions") == 2


def test_a_trace_ends_at_its_greatest_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.traces.build.MAX_DEPTH", 0)
    with Sandbox() as sandbox, Duro(**sandbox.options) as client:
        subscribe(client)
        assert sandbox.trace(sandbox.requests[-1].request_id).children == ()


def test_an_unknown_id_is_refused() -> None:
    with Sandbox() as sandbox:
        with pytest.raises(InvalidArgumentError, match=r"pass sandbox\.requests\[-1\]\.request_id"):
            sandbox.trace("req_1")
        assert httpx.get(f"{sandbox.url}/_sandbox/traces/req_1").status_code == 404


@pytest.mark.asyncio
async def test_the_control_route_has_the_tree_of_the_method() -> None:
    async with AsyncSandbox() as sandbox, AsyncDuro(**sandbox.options) as client:
        plan = await client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
        customer = await client.customers.create()
        await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        trace = sandbox.trace(sandbox.requests[-1].request_id)
        async with httpx.AsyncClient() as http:
            response = await http.get(f"{sandbox.url}/_sandbox/traces/{sandbox.requests[-1].request_id}")
        shown = response.json()
        assert (shown["kind"], shown["record"]["path"]) == ("request", "/v1/subscriptions")
        assert [(child["kind"], child["record"]["type"]) for child in shown["children"]] == [
            ("event", "subscription_created")
        ]
        assert shown["record"]["eventIds"] == [trace.children[0].record.id]  # type: ignore[union-attr]


def test_a_header_of_another_type_is_ignored() -> None:
    assert find_trace({TRACE_HEADER: 5}) is None  # type: ignore[dict-item]


@pytest.mark.parametrize("value", ["x", "1" * 19, "-1", "1\u0663"])
def test_a_header_that_is_not_an_id_is_ignored(value: str) -> None:
    assert find_trace({TRACE_HEADER: value}) is None
    with Sandbox() as sandbox:
        httpx.get(f"{sandbox.url}/v1/plans", headers={TRACE_HEADER: value.encode()})
        assert sandbox.requests[-1].delivery_id is None


class RecordingTransport:
    """Transport that records the headers of each request."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []

    async def send(self, request: Request) -> Response:
        self.headers.append(request.headers)
        return Response(200, {}, b'{"access_token": "t", "token_type": "Bearer", "expires_in": 60, "items": []}')

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    ("key", "base_url", "is_sent"),
    [
        ("sk_test_sandbox", "http://127.0.0.1:8787", True),
        ("sk_test_sandbox", "http://sandbox:8787", True),
        ("sk_test_sandbox", HOSTS["test"], False),
        ("sk_test_1", "http://127.0.0.1:8787", False),
        ("sk_live_1", HOSTS["live"], False),
    ],
)
def test_only_a_client_of_a_sandbox_sends_the_header(key: str, base_url: str, is_sent: bool) -> None:
    transport = RecordingTransport()
    with Duro(key, base_url=base_url, transport=transport) as client, follow_trace(b"7"):
        client.request("GET", "/v1/plans")
    (headers,) = transport.headers
    assert headers.get(TRACE_HEADER) == ("7" if is_sent else None)


def test_a_client_of_a_sandbox_names_its_way_to_the_server_in_errors() -> None:
    with (
        Duro("sk_test_sandbox", base_url="http://127.0.0.1:9", retries=0) as client,
        pytest.raises(Exception, match=r"127\.0\.0\.1:9"),
    ):
        client.plans.list().collect()

from __future__ import annotations

import contextvars
import gc
import threading
import weakref

import anyio
import anyio.lowlevel
import pytest

import duro
from duro import AsyncDuro, Duro
from duro.errors import ClientClosedError, NotFoundError, OutcomeUnknownError, TransportError
from duro.http.in_flight_writes import register_write, unregister_write, watch_writes
from duro.http.observe import is_capturing
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError
from tests.support.scripted_outcomes import ScriptedOutcomes

KEY = "sk_test_observed"
SECRET_HEADERS = [(b"x-request-id", b"req_7"), (b"set-cookie", b"session=hidden"), (b"x-portal-session", b"hidden")]
CUSTOMER = b'{"id":"cus_1","blacklisted":false,"createdAt":"2026-01-01T00:00:00Z"}'


def ok(status=200, body=CUSTOMER):
    return Response(status, Headers(SECRET_HEADERS), body)


def without_delays(*outcomes):
    return {"transport": ScriptedOutcomes(*outcomes), "retries": duro.RetryPolicy(base_delay=0.0)}


@pytest.mark.anyio
class TestCaptureAwaited:
    async def test_record_has_all_fields_of_a_call(self):
        async with AsyncDuro(KEY, **without_delays(ResponseLostError("x"), ok(503), ok(201))) as client:
            with duro.capture() as calls:
                await client.customers.create(name="Ada", idempotency_key="k-1")
        (call,) = calls
        assert (call.operation, call.status, call.attempts) == ("createCustomer", 201, 3)
        assert (call.request_id, call.idempotency_key) == ("req_7", "k-1")
        assert call.elapsed > 0

    async def test_headers_show_no_secret(self):
        async with AsyncDuro(KEY, **without_delays(ok())) as client:
            with duro.capture() as calls:
                await client.customers.retrieve("cus_1")
        assert calls[0].headers == {"x-request-id": "req_7", "set-cookie": "…", "x-portal-session": "…"}
        assert "hidden" not in repr(calls)
        assert calls[0].idempotency_key is None

    @pytest.mark.parametrize(
        ("outcome", "error", "status", "attempts"),
        [
            (ok(404, b""), NotFoundError, 404, 1),
            (RequestNotSentError("x"), TransportError, None, 4),
            (ResponseLostError("x"), TransportError, None, 4),
        ],
    )
    async def test_failed_calls_are_recorded(self, outcome, error, status, attempts):
        async with AsyncDuro(KEY, **without_delays(outcome)) as client:
            with duro.capture() as calls, pytest.raises(error):
                await client.customers.retrieve("cus_1")
        (call,) = calls
        assert (call.status, call.attempts) == (status, attempts)

    async def test_record_without_a_last_response_has_no_status(self):
        async with AsyncDuro(KEY, **without_delays(ok(503), ResponseLostError("x"))) as client:
            with duro.capture() as calls, pytest.raises(OutcomeUnknownError):
                await client.customers.create(name="Ada")
        assert (calls[0].status, calls[0].headers, calls[0].request_id) == (None, {}, None)

    async def test_each_page_is_recorded_as_a_call(self, sandbox):
        async with AsyncDuro(**sandbox.options) as client:
            for name in ("a", "b", "c"):
                await client.customers.create(name=name)
            with duro.capture() as calls:
                await client.customers.list(page_size=1).collect()
        assert [call.operation for call in calls] == ["listCustomers"] * 3
        assert len({call.request_id for call in calls}) == 3

    async def test_calls_outside_are_not_recorded(self):
        async with AsyncDuro(KEY, **without_delays(ok())) as client:
            with duro.capture() as calls:
                pass
            await client.customers.retrieve("cus_1")
        assert calls == []

    async def test_nested_captures_both_record(self):
        async with AsyncDuro(KEY, **without_delays(ok())) as client:
            with duro.capture() as outer:
                await client.customers.retrieve("cus_1")
                with duro.capture() as inner:
                    await client.customers.retrieve("cus_2")
                await client.customers.retrieve("cus_3")
        assert (len(outer), len(inner)) == (3, 1)
        assert inner[0] is outer[1]

    async def test_recording_ends_with_an_exception(self):
        async with AsyncDuro(KEY, **without_delays(ok())) as client:
            with pytest.raises(KeyError), duro.capture() as calls:
                raise KeyError
            await client.customers.retrieve("cus_1")
        assert calls == []

    async def test_only_tasks_started_inside_are_recorded(self):
        async with AsyncDuro(KEY, **without_delays(ok())) as client, anyio.create_task_group() as tasks:
            started, finished = anyio.Event(), anyio.Event()

            async def elsewhere():
                await started.wait()
                await client.customers.retrieve("cus_other")
                finished.set()

            tasks.start_soon(elsewhere)
            with duro.capture() as calls:
                started.set()
                async with anyio.create_task_group() as inside:
                    for number in range(20):
                        inside.start_soon(client.customers.retrieve, f"cus_{number}")
                await finished.wait()
        assert len(calls) == 20

    async def test_concurrent_captures_are_independent(self):
        recorded = {}
        async with AsyncDuro(KEY, **without_delays(ok())) as client:

            async def capture(name, times):
                with duro.capture() as calls:
                    for _ in range(times):
                        await client.customers.retrieve("cus_1")
                recorded[name] = len(calls)

            async with anyio.create_task_group() as tasks:
                for times in range(5):
                    tasks.start_soon(capture, times, times)
        assert recorded == {times: times for times in range(5)}


class TestCaptureBlocking:
    def test_record_has_all_fields_of_a_call(self):
        with Duro(KEY, **without_delays(ResponseLostError("x"), ok(201))) as client, duro.capture() as calls:
            client.customers.create(name="Ada", idempotency_key="k-1")
        (call,) = calls
        assert (call.operation, call.status, call.attempts) == ("createCustomer", 201, 2)
        assert (call.request_id, call.idempotency_key) == ("req_7", "k-1")

    def test_failed_calls_and_pages_are_recorded(self, sandbox):
        with Duro(**sandbox.options) as client, duro.capture() as calls:
            client.plans.list().collect()
            with pytest.raises(NotFoundError):
                client.customers.retrieve("cus_none")
        assert [(call.operation, call.status) for call in calls] == [("listPlans", 200), ("getCustomer", 404)]

    def test_each_thread_records_its_own_calls(self):
        recorded = {}

        def work(times):
            with duro.capture() as calls:
                for _ in range(times):
                    client.customers.retrieve("cus_1")
            recorded[times] = len(calls)

        with Duro(KEY, **without_delays(ok())) as client:
            threads = [threading.Thread(target=work, args=(times,)) for times in range(1, 6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert recorded == {times: times for times in range(1, 6)}

    def test_call_of_a_closed_client_is_not_recorded(self):
        client = Duro(KEY, **without_delays(ok()))
        client.close()
        with duro.capture() as calls, pytest.raises(ClientClosedError):
            client.customers.retrieve("cus_1")
        assert calls == []


class TestCaptureInAGenerator:
    """A generator runs in the context of its caller, which can change between two steps."""

    def capturing(self, client):
        with duro.capture() as calls:
            client.customers.retrieve("cus_1")
            yield calls
        yield calls

    def test_capture_can_end_in_another_context(self):
        one, other = contextvars.copy_context(), contextvars.copy_context()
        with Duro(KEY, **without_delays(ok())) as client:
            generator = self.capturing(client)
            calls = one.run(next, generator)
            assert other.run(next, generator) is calls
            other.run(client.customers.retrieve, "cus_2")
        assert len(calls) == 1

    def test_capture_that_ends_first_does_not_end_one_that_began_later(self):
        with Duro(KEY, **without_delays(ok())) as client:
            first, second = self.capturing(client), self.capturing(client)
            next(first)
            calls = next(second)
            next(first)
            client.customers.retrieve("cus_2")
            next(second)
            client.customers.retrieve("cus_3")
        assert len(calls) == 2

    def test_context_of_an_ended_capture_does_not_keep_its_records(self):
        one, other = contextvars.copy_context(), contextvars.copy_context()
        with Duro(KEY, **without_delays(ok())) as client:
            generator = self.capturing(client)
            records = weakref.ref(one.run(next, generator))
            other.run(next, generator)
            generator.close()
            del generator
        gc.collect()
        assert records() is None
        assert not one.run(is_capturing)


def test_writes_are_watched_in_one_context_and_its_later_copies():
    one, other = contextvars.copy_context(), contextvars.copy_context()
    writes = one.run(watch_writes)
    copied = one.run(contextvars.copy_context)
    registered = [object() for _ in range(3)]
    for context, write in zip([one, copied, other], registered, strict=True):
        context.run(register_write, write)
        unregister_write(write)
    assert writes == registered[:2]

"""Portal: the thread and event loop of all blocking calls of a process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import gc
import pickle
import sys
import threading
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import anyio
import pytest

from duro import (
    ClientClosedError,
    ConfigurationError,
    Duro,
    DuroError,
    NotFoundError,
    OutcomeUnknownError,
    ResponseLostError,
    capture,
)
from duro.blocking import portal
from duro.blocking.portal_call import PortalCall
from duro.errors import TransportError

THREADS = 32


async def respond(request):
    return b"{}"


def portals():
    return [thread for thread in threading.enumerate() if thread.name == "duro-portal"]


async def current_thread():
    return threading.current_thread()


@pytest.mark.usefixtures("fresh_portal")
def test_concurrent_first_calls_start_one_portal():
    start = threading.Barrier(THREADS)

    def first_use(_):
        start.wait()
        return portal.run(current_thread)

    for _ in range(10):
        with ThreadPoolExecutor(THREADS) as pool:
            used = set(pool.map(first_use, range(THREADS)))
        assert used == set(portals())
        assert len(used) == 1
        portal._thread.stop()


def test_portal_thread_is_a_named_daemon():
    thread = portal.run(current_thread)
    assert thread.daemon
    assert thread.name == "duro-portal"


def test_portal_starts_with_the_first_call(make_client):
    if portal._thread is not None:
        portal._thread.stop()
    make_client(respond)
    assert portals() == []


@pytest.mark.usefixtures("fresh_portal")
def test_dead_portal_is_replaced_at_the_next_call(make_client):
    client = make_client(respond)
    for _ in range(3):
        assert client.request("GET", "/v1/x") == {}
        dead = portal._thread
        dead._loop.result().call_soon_threadsafe(dead._loop.result().stop)
        dead._thread.join(30)
        assert not dead.alive
        assert client.request("GET", "/v1/x") == {}
        assert portal._thread is not dead
        assert len(portals()) == 1


@pytest.mark.usefixtures("fresh_portal")
def test_writes_in_progress_raise_outcome_unknown_error_when_the_portal_dies(make_client, gate):
    client = make_client(gate)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(client.request, "POST", "/v1/x", idempotency_key=f"key-{n}") for n in range(3)]
        for _ in calls:
            gate.wait()
        loop = portal._thread._loop.result()
        loop.call_soon_threadsafe(loop.stop)
        errors = [call.exception(30) for call in calls]
    for number, error in enumerate(errors):
        assert type(error) is OutcomeUnknownError
        assert "Outcome unknown" in str(error)
        assert error.idempotency_key == f"key-{number}"
        assert error.attempts == 1


@pytest.mark.usefixtures("fresh_portal")
def test_read_in_progress_raises_client_closed_error_when_the_portal_dies(make_client, gate):
    client = make_client(gate)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.request, "GET", "/v1/x")
        gate.wait()
        loop = portal._thread._loop.result()
        loop.call_soon_threadsafe(loop.stop)
        assert type(call.exception(30)) is ClientClosedError


@pytest.mark.usefixtures("fresh_portal")
def test_call_submitted_to_a_closed_loop_fails():
    portal.run(current_thread)
    thread = portal._thread
    thread.stop()
    call = PortalCall(current_thread, portal._end_error)
    thread.submit(call)
    with pytest.raises(ClientClosedError):
        call.result()


@pytest.mark.usefixtures("fresh_portal")
def test_error_at_the_start_of_the_portal_reaches_the_caller(monkeypatch):
    def broken():
        raise LookupError("no loop")

    monkeypatch.setattr(portal, "loop_options", broken)
    with pytest.raises(LookupError, match="no loop"):
        portal.run(current_thread)
    monkeypatch.undo()
    assert portal.run(current_thread).name == "duro-portal"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
def test_exit_exceptions_reach_their_caller_only(kind, make_client, gate):
    async def respond_to(request):
        if request.url.endswith("/v1/end"):
            raise kind
        await gate(request)

    client = make_client(respond_to)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(client.request, "GET", "/v1/other")
        gate.wait()
        thread = portal.run(current_thread)
        with pytest.raises(ClientClosedError if kind is asyncio.CancelledError else kind):
            client.request("GET", "/v1/end")
        gate.open()
        assert other.result(30) == {}
    assert portal.run(current_thread) is thread


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_exit_exceptions_of_the_token_exchange_reach_their_caller_only(kind):
    class Ending:
        async def send(self, request):
            raise kind

        async def aclose(self):
            pass

    thread = portal.run(current_thread)
    with Duro(client_id="cid_test_1", client_secret="csec_test_1", transport=Ending()) as client:
        for _ in range(2):
            with pytest.raises(kind):
                client.token()
    assert portal.run(current_thread) is thread


def test_call_from_the_portal_thread_raises_configuration_error(make_client):
    async def respond_to(request):
        client.request("GET", "/v1/inner")

    client = make_client(respond_to)
    with pytest.raises(TransportError) as caught:
        client.request("GET", "/v1/outer")
    assert isinstance(caught.value.__cause__, ConfigurationError)
    assert "AsyncDuro" in str(caught.value.__cause__)


def test_call_from_a_worker_thread_of_the_portal_succeeds(make_client):
    async def respond_to(request):
        if request.url.endswith("/v1/outer"):
            await anyio.to_thread.run_sync(client.request, "GET", "/v1/inner")

    client = make_client(respond_to)
    assert client.request("GET", "/v1/outer") == {}


def test_context_variables_reach_the_portal(make_client):
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    async def respond_to(request):
        seen.append(variable.get())
        variable.set("inside")

    client = make_client(respond_to)
    for value in ("one", "two"):
        variable.set(value)
        client.request("GET", "/v1/x")
        assert variable.get() == value
    assert seen == ["one", "two"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_call_in_a_task_of_another_event_loop_runs_on_asyncio(backend, make_client):
    async def respond_to(request):
        # anyio selects its backend by a context variable, which the call has from the task of its caller.
        await anyio.sleep(0)

    client = make_client(respond_to)

    async def call():
        return client.request("GET", "/v1/x")

    assert anyio.run(call, backend=backend) == {}


def test_capture_records_only_calls_of_its_context(make_client):
    client = make_client(respond)
    start = threading.Barrier(2)

    def work(path):
        with capture() as calls:
            start.wait()
            for _ in range(5):
                client.request(path, "/v1/x")
        return [call.operation for call in calls]

    with ThreadPoolExecutor(2) as pool:
        recorded = list(pool.map(work, ["GET", "POST"]))
    assert [set(operations) for operations in recorded] == [{"request GET"}, {"request POST"}]
    assert [len(operations) for operations in recorded] == [5, 5]


def test_errors_keep_class_and_notes_and_show_the_frames_of_the_caller(make_client, sandbox):
    with Duro(**sandbox.options) as client, pytest.raises(NotFoundError) as caught:
        client.customers.retrieve("cus_unknown")
    assert caught.value.status == 404
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_errors_keep_class_and_notes_and_show_the_frames_of_the_caller"
    assert "retrieve" in names

    class CustomError(Exception):
        pass

    async def respond_to(request):
        error = CustomError("reason", 42)
        error.add_note("a note")
        raise error

    with pytest.raises(TransportError) as wrapped:
        make_client(respond_to).request("GET", "/v1/x")
    custom = wrapped.value.__cause__
    assert isinstance(custom, CustomError)
    assert custom.args == ("reason", 42)
    assert custom.__notes__ == ["a note"]
    assert traceback.extract_tb(custom.__traceback__)[-1].name == "respond_to"


def test_error_is_freed_without_the_garbage_collector(make_client):
    class CustomError(Exception):
        freed = False

        def __del__(self):
            CustomError.freed = True

    async def respond_to(request):
        raise CustomError

    client = make_client(respond_to)
    gc.disable()
    try:
        with contextlib.suppress(TransportError):
            client.with_options(retries=0).request("GET", "/v1/x")
        # The loop releases its references to the task in its next iteration.
        portal.run(current_thread)
        assert CustomError.freed
    finally:
        gc.enable()


@pytest.mark.asyncio
async def test_second_cancellation_does_not_interrupt_the_cleanup_of_the_first():
    steps = []

    async def wait_and_clean_up():
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("begin")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            steps.append("end")

    call = PortalCall(wait_and_clean_up, portal._end_error)
    call.start(asyncio.get_running_loop(), steps.append)
    for _ in range(2):
        await asyncio.sleep(0)
        call.cancel()
    await call.task
    assert steps == ["begin", "end", call]


def test_finished_calls_are_not_kept(make_client):
    client = make_client(respond)
    for _ in range(10):
        client.request("GET", "/v1/x")
    portal.run(current_thread)
    assert len(portal._thread._calls) <= 1


def test_client_can_be_closed_twice_from_two_threads(sandbox):
    for _ in range(10):
        client = Duro(**sandbox.options)
        client.plans.list().page()
        start = threading.Barrier(2)

        def close(client=client, start=start):
            start.wait()
            client.close()

        with ThreadPoolExecutor(2) as pool:
            for closing in [pool.submit(close), pool.submit(close)]:
                closing.result(30)
        client.close()


def test_use_after_close_raises_client_closed_error(sandbox):
    client = Duro(**sandbox.options)
    pages = client.plans.list()
    copied = client.with_options(timeout=5)
    client.close()
    for call in (
        client.token,
        client.__enter__,
        copied.token,
        pages.page,
        lambda: client.request("GET", "/v1/plans"),
        lambda: client.customers.retrieve("cus_1"),
        lambda: list(client.plans.list()),
    ):
        with pytest.raises(ClientClosedError):
            call()


def test_calls_in_progress_end_with_a_result_or_an_error_when_the_client_closes(sandbox):
    start = threading.Barrier(9)
    client = Duro(**sandbox.options)
    client.plans.list().page()

    def work():
        start.wait()
        try:
            while True:
                client.plans.list().page()
        except DuroError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(work) for _ in range(8)]
        start.wait()
        client.close()
        errors = {type(call.result(30)) for call in calls}
    assert ClientClosedError in errors


def test_unclosed_client_warns(make_unclosed_client):
    client = make_unclosed_client(respond)
    client.request("GET", "/v1/x")
    with warnings.catch_warnings(record=True, action="always") as seen:
        # Earlier tests may have left garbage that warns.
        gc.collect()
        seen.clear()
        del client
        # The loop releases its references to a call in its next iteration.
        portal.run(current_thread)
        gc.collect()
    assert [str(each.message) for each in seen if "Duro client" in str(each.message)] == [
        "a Duro client was not closed; use it in a with statement, or close it"
    ]


@pytest.mark.parametrize("copying", [pickle.dumps, copy.deepcopy, copy.copy])
def test_client_cannot_be_pickled(copying, make_client):
    client = make_client(respond)
    with pytest.raises(TypeError, match="create one in each process"):
        copying(client)


def test_iterators_fetch_page_by_page(sandbox):
    with Duro(**sandbox.options) as client:
        for number in range(6):
            client.customers.create(email=f"{number}@example.com")
        before = sandbox.stats.requests

        def requests():
            return sandbox.stats.requests - before

        pages = client.customers.list(page_size=2)
        assert requests() == 0
        items = iter(pages)
        assert next(items).email == "5@example.com"
        assert requests() == 1
        assert next(items).email == "4@example.com"
        assert requests() == 1
        assert next(items).email == "3@example.com"
        assert requests() == 2

        by_page = pages.by_page()
        assert [customer.email for customer in next(by_page).items] == ["5@example.com", "4@example.com"]
        assert requests() == 3
        # An abandoned iterator does not have to be finalized in the portal.
        del items, by_page
        assert len(pages.collect(limit=3)) == 3
        assert requests() == 5
        assert [customer.email for customer in pages] == [f"{number}@example.com" for number in range(5, -1, -1)]


def test_iteration_can_resume_after_a_failed_page(make_client):
    failing = [ResponseLostError("lost")]

    async def respond_to(request):
        if "cursor=two" in request.url:
            if failing:
                raise failing.pop()
            return b'{"items": [], "hasMore": false}'
        return b'{"items": [], "hasMore": true, "nextCursor": "two"}'

    client = make_client(respond_to, retries=0)
    pages = client.plans.list()
    with pytest.raises(DuroError):
        pages.collect()
    assert pages.cursor == "two"
    assert client.plans.list(cursor=pages.cursor).collect() == []


def test_copy_shares_connections_and_overrides_options(make_client):
    client = make_client(respond)
    copied = client.with_options(headers={"x-trace": "1"})
    assert type(copied) is type(client)
    copied.request("GET", "/v1/x")
    client.request("GET", "/v1/x")
    first, second = client._asynchronous._requester.state.pipeline._open_transport.__self__._source.requests
    assert first.headers.get("x-trace") == "1"
    assert second.headers.get("x-trace") is None


def test_portal_uses_uvloop_if_installed():
    async def loop():
        return type(asyncio.get_running_loop()).__module__

    expected = "uvloop" if "uvloop" in sys.modules or find_spec("uvloop") else "asyncio"
    assert portal.run(loop).partition(".")[0] == expected

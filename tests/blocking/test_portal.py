"""The portal: one thread for all blocking calls of a process."""

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

THREADS = 32


async def answer(request):
    return b"{}"


def portals():
    return [thread for thread in threading.enumerate() if thread.name == "duro-portal"]


async def current_thread():
    return threading.current_thread()


@pytest.mark.usefixtures("fresh_portal")
def test_threads_that_race_at_first_use_get_one_portal():
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


def test_the_portal_is_a_daemon_and_named():
    thread = portal.run(current_thread)
    assert thread.daemon
    assert thread.name == "duro-portal"


def test_nothing_starts_before_the_first_call(client_over):
    if portal._thread is not None:
        portal._thread.stop()
    client_over(answer)
    assert portals() == []


@pytest.mark.usefixtures("fresh_portal")
def test_a_dead_portal_is_replaced_at_the_next_call(client_over):
    client = client_over(answer)
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
def test_callers_of_a_portal_that_dies_are_let_go(client_over, in_flight):
    client = client_over(in_flight)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(client.request, "POST", "/v1/x", idempotency_key=f"key-{n}") for n in range(3)]
        for _ in calls:
            in_flight.wait()
        loop = portal._thread._loop.result()
        loop.call_soon_threadsafe(loop.stop)
        errors = [call.exception(30) for call in calls]
    for number, error in enumerate(errors):
        assert type(error) is OutcomeUnknownError
        assert "outcome unknown" in str(error)
        assert error.idempotency_key == f"key-{number}"
        assert error.attempts == 1


@pytest.mark.usefixtures("fresh_portal")
def test_a_read_of_a_portal_that_dies_leaves_no_doubt(client_over, in_flight):
    client = client_over(in_flight)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.request, "GET", "/v1/x")
        in_flight.wait()
        loop = portal._thread._loop.result()
        loop.call_soon_threadsafe(loop.stop)
        assert type(call.exception(30)) is ClientClosedError


@pytest.mark.usefixtures("fresh_portal")
def test_a_call_that_meets_a_closed_loop_is_let_go():
    portal.run(current_thread)
    thread = portal._thread
    thread.stop()
    errand = portal._PortalCall(current_thread)
    thread.send(errand)
    with pytest.raises(ClientClosedError):
        errand.result()


@pytest.mark.usefixtures("fresh_portal")
def test_a_portal_that_cannot_start_says_why(monkeypatch):
    def broken():
        raise OSError("too many open files")

    monkeypatch.setattr(portal, "loop_options", broken)
    with pytest.raises(OSError, match="too many open files"):
        portal.run(current_thread)
    monkeypatch.undo()
    assert portal.run(current_thread).name == "duro-portal"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
def test_what_would_end_a_loop_reaches_its_caller_alone(kind, client_over, in_flight):
    async def act(request):
        if request.url.endswith("/v1/end"):
            raise kind
        await in_flight(request)

    client = client_over(act)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(client.request, "GET", "/v1/other")
        in_flight.wait()
        thread = portal.run(current_thread)
        with pytest.raises(ClientClosedError if kind is asyncio.CancelledError else kind):
            client.request("GET", "/v1/end")
        in_flight.open()
        assert other.result(30) == {}
    assert portal.run(current_thread) is thread


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_what_would_end_a_loop_during_the_exchange_reaches_its_caller_alone(kind):
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


def test_a_call_from_the_portals_own_thread_is_refused(client_over):
    async def act(request):
        client.request("GET", "/v1/inner")

    client = client_over(act)
    with pytest.raises(ConfigurationError, match="AsyncDuro"):
        client.request("GET", "/v1/outer")


def test_a_call_from_a_thread_that_the_portal_started_is_fine(client_over):
    async def act(request):
        if request.url.endswith("/v1/outer"):
            await anyio.to_thread.run_sync(client.request, "GET", "/v1/inner")

    client = client_over(act)
    assert client.request("GET", "/v1/outer") == {}


def test_context_variables_cross(client_over):
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    async def act(request):
        seen.append(variable.get())
        variable.set("inside")

    client = client_over(act)
    for value in ("one", "two"):
        variable.set(value)
        client.request("GET", "/v1/x")
        assert variable.get() == value
    assert seen == ["one", "two"]


def test_capture_records_the_calls_of_its_own_context(client_over):
    client = client_over(answer)
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


def test_errors_keep_class_and_notes_and_show_where_the_caller_stood(client_over, sandbox):
    with Duro(**sandbox.options) as client, pytest.raises(NotFoundError) as caught:
        client.customers.retrieve("cus_nobody")
    assert caught.value.status == 404
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_errors_keep_class_and_notes_and_show_where_the_caller_stood"
    assert "retrieve" in names

    class PeculiarError(Exception):
        pass

    async def act(request):
        error = PeculiarError("why", 42)
        error.add_note("a note")
        raise error

    with pytest.raises(PeculiarError) as peculiar:
        client_over(act).request("GET", "/v1/x")
    assert peculiar.value.args == ("why", 42)
    assert peculiar.value.__notes__ == ["a note"]


def test_an_error_is_freed_without_the_garbage_collector(client_over):
    class PeculiarError(Exception):
        freed = False

        def __del__(self):
            PeculiarError.freed = True

    async def act(request):
        raise PeculiarError

    client = client_over(act)
    gc.disable()
    try:
        with contextlib.suppress(PeculiarError):
            client.request("GET", "/v1/x")
        # The loop's own references to the task go with its next turn.
        portal.run(current_thread)
        assert PeculiarError.freed
    finally:
        gc.enable()


def test_nothing_of_a_call_is_kept(client_over):
    client = client_over(answer)
    for _ in range(10):
        client.request("GET", "/v1/x")
    portal.run(current_thread)
    assert len(portal._thread._errands) <= 1


def test_closing_twice_from_two_threads_is_fine(sandbox):
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


def test_use_after_close_is_refused(sandbox):
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


def test_closing_lets_calls_in_flight_end_with_an_answer_or_an_error(sandbox):
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


def test_an_unclosed_client_warns(unclosed_client_over):
    client = unclosed_client_over(answer)
    client.request("GET", "/v1/x")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        del client
        # The loop lets go of a call with its next turn.
        portal.run(current_thread)
        gc.collect()
    assert [str(each.message) for each in seen if "Duro client" in str(each.message)] == [
        "a Duro client was not closed; use it in a with statement, or close it"
    ]


@pytest.mark.parametrize("copying", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_client_cannot_be_pickled(copying, client_over):
    client = client_over(answer)
    with pytest.raises(TypeError, match="make one in each process"):
        copying(client)


def test_iterators_fetch_page_by_page(sandbox):
    with Duro(**sandbox.options) as client:
        for number in range(6):
            client.customers.create(email=f"{number}@example.com")
        before = sandbox.stats.requests

        def asked():
            return sandbox.stats.requests - before

        pages = client.customers.list(page_size=2)
        assert asked() == 0
        items = iter(pages)
        assert next(items).email == "5@example.com"
        assert asked() == 1
        assert next(items).email == "4@example.com"
        assert asked() == 1
        assert next(items).email == "3@example.com"
        assert asked() == 2

        by_page = pages.by_page()
        assert [customer.email for customer in next(by_page).items] == ["5@example.com", "4@example.com"]
        assert asked() == 3
        # Left half-way, an iterator holds nothing that would have to be finished in the portal.
        del items, by_page
        assert len(pages.collect(limit=3)) == 3
        assert asked() == 5
        assert [customer.email for customer in pages] == [f"{number}@example.com" for number in range(5, -1, -1)]


def test_a_failure_between_pages_can_be_walked_past(client_over):
    failing = [ResponseLostError("lost")]

    async def act(request):
        if "cursor=two" in request.url:
            if failing:
                raise failing.pop()
            return b'{"items": [], "hasMore": false}'
        return b'{"items": [], "hasMore": true, "nextCursor": "two"}'

    client = client_over(act, retries=0)
    pages = client.plans.list()
    with pytest.raises(DuroError):
        pages.collect()
    assert pages.cursor == "two"
    assert client.plans.list(cursor=pages.cursor).collect() == []


def test_a_copy_shares_the_connections_and_says_other_things(client_over):
    client = client_over(answer)
    copied = client.with_options(headers={"x-trace": "1"})
    assert type(copied) is type(client)
    copied.request("GET", "/v1/x")
    client.request("GET", "/v1/x")
    with_header, without = client.asynchronous._requester.state.pipeline._open_transport().send.__self__.requests
    assert with_header.headers.get("x-trace") == "1"
    assert without.headers.get("x-trace") is None


def test_uvloop_runs_the_portal_where_it_is_installed():
    async def loop():
        return type(asyncio.get_running_loop()).__module__

    expected = "uvloop" if "uvloop" in sys.modules or find_spec("uvloop") else "asyncio"
    assert portal.run(loop).partition(".")[0] == expected

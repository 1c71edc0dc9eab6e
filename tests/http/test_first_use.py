"""Import of a transport's library at the first request of a process."""

from __future__ import annotations

import errno

import anyio
import pytest

from duro import Response
from duro.http.request import Headers, Request
from duro.http.transport import RequestNotSentError
from duro.http.transport.first_use import ImportingTransport

PROGRAM = """
import asyncio, sys, threading
import duro

places = []

class Finder:
    def find_spec(self, name, path=None, target=None):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            place = "thread"
        else:
            place = "loop"
        if name.partition(".")[0] in ("httpcore", "httpcore2", "trio", "h11") or name.endswith("transport.httpcore"):
            places.append(place)

sys.meta_path.insert(0, Finder())

async def main(client):
    async with client:
        for _ in range(2):
            try:
                await client.plans.list().page()
            except duro.ConnectionFailedError:
                pass

asyncio.run(main(duro.AsyncDuro("sk_test_1", base_url=sys.argv[1], transport=sys.argv[2], retries=0, timeout=30)))
print(len(places) > 1, *sorted(set(places)))
"""


class RecordingTransport:
    """Transport that counts its requests."""

    def __init__(self):
        self.requests = 0
        self.is_closed = False

    async def send(self, request):
        self.requests += 1
        return Response(200, Headers(()), b"")

    async def aclose(self):
        self.is_closed = True


def build_request():
    return Request("GET", "http://127.0.0.1/", Headers(()), None, 1.0, 1_000, lambda _: None)


@pytest.mark.process
@pytest.mark.parametrize("transport", ["httpx", "httpx2"])
def test_the_first_request_imports_its_library_in_a_worker_thread(transport, run_program):
    program = run_program(PROGRAM, "http://127.0.0.1:1", transport)
    assert program.read_line() == "True thread", program.errors


@pytest.mark.anyio
async def test_concurrent_first_requests_share_one_transport():
    created = []

    def create():
        created.append(RecordingTransport())
        return created[-1]

    transport = ImportingTransport("json", create)
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(transport.send, build_request())
    assert [each.requests for each in created] == [10]
    await transport.aclose()
    assert created[0].is_closed


@pytest.mark.anyio
async def test_a_request_of_a_closed_transport_keeps_no_connection():
    inner = RecordingTransport()
    transport = ImportingTransport("json", lambda: inner)
    await transport.aclose()
    await transport.send(build_request())
    assert inner.is_closed


@pytest.mark.anyio
async def test_an_import_without_file_descriptors_sends_nothing_and_can_be_repeated():
    inner = RecordingTransport()
    results = [OSError(errno.EMFILE, "Too many open files"), inner]

    def create():
        result = results.pop(0)
        if isinstance(result, OSError):
            raise result
        return result

    transport = ImportingTransport("json", create)
    with pytest.raises(RequestNotSentError, match="Too many open files"):
        await transport.send(build_request())
    await transport.send(build_request())
    assert inner.requests == 1


@pytest.mark.anyio
async def test_without_a_thread_the_import_happens_on_the_event_loop(monkeypatch):
    async def fail(*args, **options):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("anyio.to_thread.run_sync", fail)
    inner = RecordingTransport()
    await ImportingTransport("json", lambda: inner).send(build_request())
    assert inner.requests == 1

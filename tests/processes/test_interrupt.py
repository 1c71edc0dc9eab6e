"""Ctrl-C in a blocking call: the request is cancelled, and a note gives the key of a write with unknown outcome."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import threading

import pytest

from tests.support.timeouts import TIMEOUT

pytestmark = [
    pytest.mark.process,
    pytest.mark.plain_and_tls,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals"),
]

# Wait for the end of a cancelled call.
MAX_WAIT_SECONDS = 1.0
LARGE = 64 << 20

# A program started in the background may inherit an ignored SIGINT. A call whose end relied on the time limit of the
# SDK would exceed that of the test.
BEGIN = """
import json, signal, sys, threading
from duro import Duro
from duro.blocking import portal
default_waits, portal.INTERRUPT_WAITS = portal.INTERRUPT_WAITS, 600
signal.signal(signal.SIGINT, signal.default_int_handler)

main = threading.main_thread().ident

def describe(error):
    return json.dumps([type(error).__name__, getattr(error, "__notes__", [])])

client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
"""


@pytest.fixture
def raw_server(raw_server):
    raw_server.reply = lambda request: (
        raw_server.HANG if "hang" in request.path else raw_server.json(b'"%s"' % request.path.encode())
    )
    return raw_server


def key_of(request):
    return key_in(request.head)


def key_in(head):
    (line,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key:")]
    return line.partition(b":")[2].strip().decode()


def key_in_note(note):
    return re.search(r"idempotency_key='([^']+)'", note)[1]


CALL = """
client.request("GET", "/v1/first")
try:
    client.request(sys.argv[2], "/v1/hang")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
client.close()
"""


def interrupt_call(method, raw_server, running):
    assert raw_server.wait_for_request().path == "/v1/first"
    request = raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    kind, notes = json.loads(running.read_line())
    assert kind == "KeyboardInterrupt"
    assert raw_server.wait_for_disconnect() == request
    assert running.read_lines() == ["/v1/after"]
    running.wait()
    assert running.unexpected_errors == running.lost_outcomes
    assert [key_in_note(warning) for warning in running.lost_outcomes] == [key_in_note(note) for note in notes]
    assert running.status == 0
    return request, notes


def test_a_write_is_cancelled_and_its_key_is_noted(select_loop, raw_server, run_program):
    running = run_program(select_loop + BEGIN + CALL, raw_server.url, "POST")
    request, notes = interrupt_call("POST", raw_server, running)
    (note,) = notes
    assert "Outcome unknown" in note
    assert key_of(request) in note


def test_a_read_is_cancelled_without_a_note(select_loop, raw_server, run_program):
    running = run_program(select_loop + BEGIN + CALL, raw_server.url, "GET")
    _, notes = interrupt_call("GET", raw_server, running)
    assert notes == []


def test_the_note_is_in_the_traceback_of_an_interrupt_that_is_not_caught(raw_server, run_program):
    running = run_program(BEGIN + 'client.request("POST", "/v1/hang")', raw_server.url)
    request = raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    running.wait()
    assert running.status == -signal.SIGINT
    assert key_of(request) in running.errors
    assert running.errors.count("KeyboardInterrupt") == 1


def test_a_call_interrupted_before_its_task_has_started_is_not_sent(select_loop, raw_server, run_program):
    # The loop is blocked until the main thread has seen the interrupt, so the task of the call cannot start before.
    source = """
client.request("GET", "/v1/first")
loop, calls = portal._thread._loop.result(), portal._thread._calls

def block_loop():
    while not calls:
        pass
    (call,) = calls
    signal.pthread_kill(main, signal.SIGINT)
    while not call.interrupted:
        pass

while calls:
    pass
loop.call_soon_threadsafe(block_loop)
try:
    client.request("POST", "/v1/never")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ['["KeyboardInterrupt", []]', "/v1/after"]
    assert [request.path for request in raw_server.received] == ["/v1/first", "/v1/after"]


def test_an_interrupt_during_the_start_of_the_portal_does_not_break_the_client(raw_server, run_program):
    source = """
serve = portal._PortalThread._serve

async def slow_start(self):
    signal.pthread_kill(main, signal.SIGINT)
    # A signal that arrives just before a thread blocks is handled only when the next signal arrives.
    while not interrupted.is_set():
        signal.pthread_kill(main, signal.SIGUSR2)
    await serve(self)

interrupted = threading.Event()

def on_signal(number, frame):
    interrupted.set()
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, on_signal)
signal.signal(signal.SIGUSR2, lambda number, frame: None)
portal._PortalThread._serve = slow_start
try:
    client.request("POST", "/v1/never")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ['["KeyboardInterrupt", []]', "/v1/after"], running.errors
    assert [request.path for request in raw_server.received] == ["/v1/after"]


def test_an_exception_of_a_signal_handler_reaches_the_caller(raw_server, run_program):
    source = """
class Alarm(Exception):
    pass

def on_signal(number, frame):
    raise Alarm("time to go")

signal.signal(signal.SIGUSR1, on_signal)
try:
    client.request("POST", "/v1/hang", idempotency_key="key-of-mine")
except Alarm as error:
    print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGUSR1)
    kind, (note,) = json.loads(running.read_line())
    assert kind == "Alarm"
    assert "Outcome unknown" in note
    assert "key-of-mine" in note
    assert raw_server.wait_for_disconnect().path == "/v1/hang"
    assert running.read_lines() == ["/v1/after"]


def test_a_handler_that_does_not_raise_does_not_end_the_call(raw_server, run_program):
    source = """
signal.signal(signal.SIGUSR1, lambda number, frame: print("handled", flush=True))
print(client.request("GET", "/v1/slow"))
"""
    handled = threading.Event()

    def reply(request):
        handled.wait(30)
        return raw_server.json(b'"done"')

    raw_server.reply = reply
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGUSR1)
    assert running.read_line() == "handled"
    handled.set()
    assert running.read_lines() == ["done"]


def test_an_interrupt_during_pagination_keeps_the_cursor(raw_server, run_program):
    page = b'{"items": [], "nextCursor": "hang", "hasMore": true}'
    raw_server.reply = lambda request: raw_server.HANG if "cursor=hang" in request.path else raw_server.json(page)
    source = """
pages = client.customers.list()
try:
    for page in pages.by_page():
        pass
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(pages.cursor)
"""
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    assert running.read_lines() == ['["KeyboardInterrupt", []]', "hang"], running.errors


def test_an_interrupt_during_the_token_exchange_sends_no_request_and_keeps_the_exchange(
    select_loop, raw_server, run_program
):
    may_respond = threading.Event()

    def reply(request):
        if request.path == "/v1/oauth/token":
            may_respond.wait(2 * TIMEOUT)
            return raw_server.json(b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}')
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    source = """
client = Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url=sys.argv[1], timeout=600)
try:
    client.request("POST", "/v1/never")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert raw_server.wait_for_request().path == "/v1/oauth/token"
    running.send_signal(signal.SIGINT)
    assert running.read_line() == '["KeyboardInterrupt", []]'
    may_respond.set()
    assert running.read_lines() == ["/v1/after"], running.errors
    # The exchange continues, and the next call uses its token.
    assert [request.path for request in raw_server.received] == ["/v1/oauth/token", "/v1/after"]


def test_an_interrupt_while_the_response_is_received(select_loop, raw_server, run_program):
    raw_server.reply = lambda request: (
        raw_server.HALF if "hang" in request.path else raw_server.json(b'"%s"' % request.path.encode())
    )
    running = run_program(select_loop + BEGIN + CALL, raw_server.url, "POST")
    request, notes = interrupt_call("POST", raw_server, running)
    (note,) = notes
    assert "Outcome unknown" in note
    assert key_of(request) in note


def test_an_interrupt_while_the_request_is_sent(select_loop, run_program):
    # The body is larger than the buffers of both sockets, so sending it blocks until the server reads.
    source = f"""
try:
    client.request("POST", "/v1/large", json="x" * {LARGE})
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
client.close()
"""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = run_program(select_loop + BEGIN + source, f"http://127.0.0.1:{listening.getsockname()[1]}")
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(30)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1024)
            running.send_signal(signal.SIGINT)
            kind, (note,) = json.loads(running.read_line())
            rest = len(head.partition(b"\r\n\r\n")[2])
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(1 << 20):
                    rest += len(piece)
    assert kind == "KeyboardInterrupt"
    assert "Outcome unknown" in note
    assert key_in(head) in note
    assert rest < LARGE
    running.wait()
    (warning,) = running.unexpected_errors
    assert key_in(head) in warning


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "silence", "commit": True},
        {"kind": "silence", "commit": False},
        {"kind": "drip", "pause": 600},
    ],
    ids=["processed, no response", "not processed", "partial response"],
)
def test_a_charge_repeated_under_the_noted_key_is_made_once(fault, wait_until_held, prepared_charge, run_program):
    prepared_charge.sandbox.faults.add(**fault, method="POST", path="/v1/subscriptions")
    source = """
with Duro(**json.loads(sys.argv[2]), timeout=600) as client:
    try:
        client.subscriptions.create(**json.loads(sys.argv[3]))
    except KeyboardInterrupt as error:
        print(describe(error))
"""
    running = run_program(
        BEGIN + source,
        prepared_charge.options["base_url"],
        json.dumps(prepared_charge.options),
        json.dumps(prepared_charge.arguments),
    )
    wait_until_held()
    running.send_signal(signal.SIGINT)
    running.wait()
    (line,) = running.read_lines()
    kind, (note,) = json.loads(line)
    assert kind == "KeyboardInterrupt"
    assert prepared_charge.was_made_once(key_in_note(note))


def test_a_response_that_arrives_with_the_interrupt_is_noted(select_loop, run_program):
    # The transport does not await when the signal arrives, so the call succeeds although the caller has abandoned it.
    source = """
from duro import Response

class ImmediateTransport:
    async def send(self, request):
        (call,) = portal._thread._calls
        signal.pthread_kill(main, signal.SIGINT)
        while not call.interrupted:
            pass
        return Response(200, type(request.headers)([(b"content-type", b"application/json")]), b"{}")

    async def aclose(self):
        pass

for method in ("POST", "GET"):
    try:
        with Duro("sk_test_1", base_url="http://127.0.0.1", transport=ImmediateTransport()) as client:
            client.request(method, "/v1/done", **({"idempotency_key": "key-of-mine"} if method == "POST" else {}))
    except KeyboardInterrupt as error:
        print(describe(error))
"""
    running = run_program(select_loop + BEGIN + source, "http://127.0.0.1")
    running.wait()
    written, read = map(json.loads, running.read_lines())
    assert "POST /v1/done got a response with status 200" in written[1][0]
    assert "key-of-mine" in written[1][0]
    (warning,) = running.unexpected_errors
    assert warning.strip() == written[1][0]
    assert read == ["KeyboardInterrupt", []]


UNCANCELLABLE = """
import asyncio

class UncancellableTransport:
    released = threading.Event()

    async def send(self, request):
        print("in progress", flush=True)
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            while not self.released.is_set():
                await asyncio.sleep(0.01)
            raise

    async def aclose(self):
        pass

client = Duro("sk_test_1", base_url="http://127.0.0.1", transport=UncancellableTransport())
"""


def test_a_call_that_ends_late_is_noted(select_loop, run_program):
    source = """
from duro.blocking.portal_call import PortalCall
portal.INTERRUPT_WAITS = default_waits
limits = []
wait = PortalCall.wait

def record_limit(call, timeout):
    if call.interrupted:
        limits.append(timeout)
    return wait(call, timeout)

PortalCall.wait = record_limit
try:
    client.request("POST", "/v1/x", idempotency_key="key-of-mine")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
print(sum(limits), flush=True)
UncancellableTransport.released.set()
client.close()
"""
    running = run_program(select_loop + BEGIN + UNCANCELLABLE + source, "http://127.0.0.1")
    assert running.read_line() == "in progress"
    running.send_signal(signal.SIGINT)
    kind, (note,) = json.loads(running.read_line())
    assert float(running.read_line()) == MAX_WAIT_SECONDS
    assert kind == "KeyboardInterrupt"
    assert "Outcome unknown" in note
    assert "key-of-mine" in note
    running.wait()
    (warning,) = running.unexpected_errors
    assert warning.strip() == note


def test_a_second_interrupt_ends_the_wait_and_is_noted(select_loop, run_program):
    source = """
def interrupt_again():
    while not portal._thread or not portal._thread._calls:
        pass
    (call,) = portal._thread._calls
    while not call.interrupted:
        pass
    signal.pthread_kill(main, signal.SIGINT)

threading.Thread(target=interrupt_again).start()
try:
    client.request("POST", "/v1/x", idempotency_key="key-of-mine")
except KeyboardInterrupt as error:
    print(describe(error), flush=True)
    print(describe(error.__context__), flush=True)
UncancellableTransport.released.set()
# The call is cancelled, although it was interrupted twice.
while portal._thread._calls:
    pass
client.close()
print("ended")
"""
    running = run_program(select_loop + BEGIN + UNCANCELLABLE + source, "http://127.0.0.1")
    assert running.read_line() == "in progress"
    running.send_signal(signal.SIGINT)
    for _ in range(2):
        kind, (note,) = json.loads(running.read_line())
        assert kind == "KeyboardInterrupt"
        assert "Outcome unknown" in note
        assert "key-of-mine" in note
    assert running.read_lines() == ["ended"], running.errors


def test_two_calls_can_be_interrupted_one_after_the_other(select_loop, raw_server, run_program):
    source = """
for number in range(2):
    try:
        client.request("POST", f"/v1/hang/{number}")
    except KeyboardInterrupt as error:
        print(describe(error), flush=True)
print(client.request("GET", "/v1/after"))
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    keys = []
    for number in range(2):
        request = raw_server.wait_for_request()
        assert request.path == f"/v1/hang/{number}"
        running.send_signal(signal.SIGINT)
        kind, (note,) = json.loads(running.read_line())
        assert kind == "KeyboardInterrupt"
        assert key_of(request) in note
        assert raw_server.wait_for_disconnect() == request
        keys.append(key_of(request))
    assert running.read_lines() == ["/v1/after"]
    running.wait()
    assert running.unexpected_errors == running.lost_outcomes
    assert [key_in_note(warning) for warning in running.lost_outcomes] == keys


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_asynchronous_client_notes_the_key(backend, raw_server, run_program):
    source = """
import anyio
from duro import AsyncDuro

async def main():
    async with AsyncDuro("sk_test_1", base_url=sys.argv[1], timeout=600) as client:
        await client.request("POST", "/v1/hang")

anyio.run(main, backend=sys.argv[2])
"""
    running = run_program(BEGIN + source, raw_server.url, backend)
    request = raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    assert raw_server.wait_for_disconnect() == request
    running.wait()
    assert running.status == -signal.SIGINT
    assert key_of(request) in running.errors

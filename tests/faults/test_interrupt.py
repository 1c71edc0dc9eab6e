"""Ctrl-C in a blocking call: the request is cancelled, and the caller learns what is in doubt."""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no POSIX signals"),
]

AT_ONCE = 1.5

# A program started in the background may have been told to ignore SIGINT.
BEGIN = """
import json, signal, sys, threading
from duro import Duro
signal.signal(signal.SIGINT, signal.default_int_handler)

main = threading.main_thread().ident

def told(error):
    return json.dumps([type(error).__name__, getattr(error, "__notes__", [])])

client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
"""


@pytest.fixture
def wire(wire):
    wire.reply = lambda request: wire.HANG if "hang" in request.path else wire.json(b'"%s"' % request.path.encode())
    return wire


def key_of(request):
    (line,) = [line for line in request.head.split(b"\r\n") if line.lower().startswith(b"idempotency-key:")]
    return line.partition(b":")[2].strip().decode()


CALL = """
client.request("GET", "/v1/first")
try:
    client.request(sys.argv[2], "/v1/hang")
except KeyboardInterrupt as error:
    print(told(error), flush=True)
print(client.request("GET", "/v1/after"))
client.close()
"""


def interrupted_call(method, wire, running):
    assert wire.await_request().path == "/v1/first"
    request = wire.await_request()
    began = time.monotonic()
    running.interrupt(signal.SIGINT)
    kind, notes = json.loads(running.line())
    assert time.monotonic() - began < AT_ONCE
    assert kind == "KeyboardInterrupt"
    assert wire.await_hang_up() == request
    assert running.lines() == ["/v1/after"]
    running.end()
    assert running.noise == []
    assert running.status == 0
    return request, notes


def test_a_write_is_cancelled_and_its_key_is_noted(loop_kind, wire, program):
    running = program(loop_kind + BEGIN + CALL, wire.url, "POST")
    request, notes = interrupted_call("POST", wire, running)
    (note,) = notes
    assert "outcome unknown" in note
    assert key_of(request) in note


def test_a_read_is_cancelled_and_nothing_is_noted(loop_kind, wire, program):
    running = program(loop_kind + BEGIN + CALL, wire.url, "GET")
    _, notes = interrupted_call("GET", wire, running)
    assert notes == []


def test_nobody_who_catches_nothing_misses_the_note(wire, program):
    running = program(BEGIN + 'client.request("POST", "/v1/hang")', wire.url)
    request = wire.await_request()
    running.interrupt(signal.SIGINT)
    running.end()
    assert running.status == -signal.SIGINT
    assert key_of(request) in running.errors
    assert running.errors.count("KeyboardInterrupt") == 1


def test_a_call_interrupted_before_its_task_began_never_leaves(loop_kind, wire, program):
    # The loop is held up until the main thread has seen the interrupt, and so the call waits behind it.
    source = """
from duro.blocking import portal
client.request("GET", "/v1/first")
loop, errands = portal._thread._loop.result(), portal._thread._errands

def hold_up():
    while not errands:
        pass
    (errand,) = errands
    signal.pthread_kill(main, signal.SIGINT)
    while not errand.abandoned:
        pass

while errands:
    pass
loop.call_soon_threadsafe(hold_up)
try:
    client.request("POST", "/v1/never")
except KeyboardInterrupt as error:
    print(told(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = program(loop_kind + BEGIN + source, wire.url)
    running.end()
    assert running.lines() == ['["KeyboardInterrupt", []]', "/v1/after"]
    assert [request.path for request in wire.received] == ["/v1/first", "/v1/after"]


def test_an_interrupt_while_the_portal_starts_is_no_trouble(wire, program):
    source = """
from duro.blocking import portal
serve = portal._PortalThread._serve

async def slow_start(self):
    signal.pthread_kill(main, signal.SIGINT)
    # A signal that comes in the instant before a thread blocks is seen when the next one comes.
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
    print(told(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = program(BEGIN + source, wire.url)
    running.end()
    assert running.lines() == ['["KeyboardInterrupt", []]', "/v1/after"], running.errors
    assert [request.path for request in wire.received] == ["/v1/after"]


def test_whatever_a_signal_handler_raises_comes_through(wire, program):
    source = """
class Alarm(Exception):
    pass

def on_signal(number, frame):
    raise Alarm("time to go")

signal.signal(signal.SIGUSR1, on_signal)
try:
    client.request("POST", "/v1/hang", idempotency_key="key-of-mine")
except Alarm as error:
    print(told(error), flush=True)
print(client.request("GET", "/v1/after"))
"""
    running = program(BEGIN + source, wire.url)
    wire.await_request()
    running.interrupt(signal.SIGUSR1)
    kind, (note,) = json.loads(running.line())
    assert kind == "Alarm"
    assert "outcome unknown" in note
    assert "key-of-mine" in note
    assert wire.await_hang_up().path == "/v1/hang"
    assert running.lines() == ["/v1/after"]


def test_a_handler_that_raises_nothing_leaves_the_call_alone(wire, program):
    source = """
signal.signal(signal.SIGUSR1, lambda number, frame: print("handled", flush=True))
print(client.request("GET", "/v1/slow"))
"""
    handled = threading.Event()

    def reply(request):
        handled.wait(30)
        return wire.json(b'"answered"')

    wire.reply = reply
    running = program(BEGIN + source, wire.url)
    wire.await_request()
    running.interrupt(signal.SIGUSR1)
    assert running.line() == "handled"
    handled.set()
    assert running.lines() == ["answered"]


def test_an_interrupt_while_paging_leaves_the_cursor_where_it_was(wire, program):
    page = b'{"items": [], "nextCursor": "hang", "hasMore": true}'
    wire.reply = lambda request: wire.HANG if "cursor=hang" in request.path else wire.json(page)
    source = """
pages = client.customers.list()
try:
    for page in pages.by_page():
        pass
except KeyboardInterrupt as error:
    print(told(error), flush=True)
print(pages.cursor)
"""
    running = program(BEGIN + source, wire.url)
    wire.await_request()
    wire.await_request()
    running.interrupt(signal.SIGINT)
    assert running.lines() == ['["KeyboardInterrupt", []]', "hang"], running.errors

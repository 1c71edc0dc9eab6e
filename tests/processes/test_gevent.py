"""gevent: after an early patch, greenlets make calls concurrently. A late patch raises an error."""

from __future__ import annotations

import threading
from importlib.util import find_spec

import pytest

pytest.importorskip("gevent", reason="gevent is not installed")

pytestmark = pytest.mark.process

GREENLETS = 8

# An exit that relied on the time limit of the SDK would exceed that of the test.
BEGIN = f"""
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from duro import Duro, DuroError
from duro.blocking import portal

GREENLETS = {GREENLETS}
portal.EXIT_TIMEOUT = 600
client = Duro("sk_test_1", base_url=sys.argv[1])
"""


def test_greenlets_make_calls_concurrently(raw_server, run_program):
    # No response is sent before all requests have arrived.
    all_arrived = threading.Barrier(GREENLETS)

    def reply(request):
        all_arrived.wait(20)
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    source = """
jobs = [gevent.spawn(client.request, "GET", f"/v1/{number}") for number in range(GREENLETS)]
gevent.joinall(jobs, timeout=30, raise_error=True)
print([job.value for job in jobs] == [f"/v1/{number}" for number in range(GREENLETS)])
client.close()
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["True"], running.errors
    assert running.unexpected_errors == []
    assert running.status == 0


def test_other_greenlets_run_while_a_call_waits(raw_server, run_program):
    raw_server.reply = lambda request: (
        raw_server.json(b'"%s"' % request.path.encode()) if "go" in request.path else raw_server.HANG
    )
    source = """
waiting = gevent.spawn(client.request, "GET", "/v1/hang")
print(client.request("GET", "/v1/go"), flush=True)
sys.stdin.readline()
waiting.kill()
print(repr(waiting.value))
print(client.request("GET", "/v1/going"))
"""
    running = run_program(BEGIN + source, raw_server.url)
    assert running.read_line() == "/v1/go"
    # A call that is killed before its request has arrived is not sent.
    assert {raw_server.wait_for_request().path, raw_server.wait_for_request().path} == {"/v1/go", "/v1/hang"}
    running.write_line()
    # Killing a greenlet interrupts its call as a signal would, so the request is cancelled.
    assert raw_server.wait_for_disconnect().path == "/v1/hang"
    assert running.read_lines() == ["GreenletExit()", "/v1/going"], running.errors
    running.wait()
    assert running.unexpected_errors == []


def test_the_portal_does_not_use_uvloop(raw_server, run_program):
    source = """
import sys
class NoUvloop:
    def find_spec(self, name, path=None, target=None):
        assert name != "uvloop", "uvloop was imported"
sys.meta_path.insert(0, NoUvloop())
client.request("GET", "/v1/first")
import asyncio
print(isinstance(portal._thread._loop.result(), asyncio.SelectorEventLoop), "uvloop" in sys.modules)
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["True False"], running.errors


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
def test_the_portal_ignores_an_event_loop_policy_of_uvloop(raw_server, run_program):
    source = """
import asyncio, uvloop
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
jobs = [gevent.spawn(client.request, "GET", f"/v1/{number}") for number in range(GREENLETS)]
gevent.joinall(jobs, timeout=20)
print([job.value["path"] for job in jobs] == [f"/v1/{number}" for number in range(GREENLETS)])
print(isinstance(portal._thread._loop.result(), asyncio.SelectorEventLoop))
client.close()
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["True", "True"], running.errors
    assert running.unexpected_errors == []


# "loaded" means that the class was imported: "import duro" alone loads almost no module.
STATES_BEFORE_THE_PATCH = {
    "loaded": "",
    "created": 'client = Duro("sk_test_1", base_url=sys.argv[1])',
    "used": 'client = Duro("sk_test_1", base_url=sys.argv[1]); client.request("GET", "/v1/first")',
}


@pytest.mark.parametrize("state", STATES_BEFORE_THE_PATCH)
def test_a_late_patch_raises_an_error_that_names_the_fix(state, raw_server, run_program):
    source = f"""
import sys
from duro import ConfigurationError, Duro
{STATES_BEFORE_THE_PATCH[state]}
from gevent import monkey
monkey.patch_all()
import gevent
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600

def work(number):
    try:
        own = client if "client" in globals() else Duro("sk_test_1", base_url=sys.argv[1])
        own.request("POST", f"/v1/{{number}}")
    except ConfigurationError as error:
        return str(error)

jobs = [gevent.spawn(work, number) for number in range({GREENLETS})]
gevent.joinall(jobs, timeout=20)
for job in jobs:
    print(job.value)
print(work("main"), flush=True)
"""
    # gevent also warns, but only about ssl and only if ssl was imported.
    running = run_program(source, raw_server.url, options=["-W", "ignore"])
    messages = [running.read_line() for _ in range(GREENLETS + 1)]
    assert all("monkey.patch_all() before any other import" in message for message in messages)
    running.wait()
    assert running.unexpected_errors == []
    assert running.status == 0
    assert [request.path for request in raw_server.received] == (["/v1/first"] if state == "used" else [])


def test_a_patch_before_the_first_use_of_the_package_is_early_enough(raw_server, run_program):
    source = """
import sys, duro
from gevent import monkey
monkey.patch_all()
with duro.Duro("sk_test_1", base_url=sys.argv[1]) as client:
    print(client.request("GET", "/v1/first")["path"])
"""
    running = run_program(source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["/v1/first"], running.errors
    assert running.unexpected_errors == []


def test_a_program_ends_although_its_client_is_not_closed(raw_server, run_program):
    raw_server.reply = lambda request: raw_server.HANG if request.path == "/v1/hang" else raw_server.json(b"{}")
    source = """
client.request("GET", "/v1/idle")
for _ in range(3):
    gevent.spawn(client.request, "GET", "/v1/hang")
while len(portal._thread._calls) < 3:
    gevent.sleep(0)
sys.stdin.readline()
print("ending", flush=True)
"""
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.write_line()
    assert running.read_line() == "ending"
    running.wait()
    assert running.unexpected_errors == []
    assert running.status == 0

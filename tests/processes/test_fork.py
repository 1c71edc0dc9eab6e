"""After a fork, parent and child each speak over connections of their own."""

from __future__ import annotations

import json
import os
import threading

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]

TRIALS = 50

# Python 3.12 and newer warn of every fork beside threads; that it works is what is tested here.
BEGIN = """
import json, os, sys, threading, traceback, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from duro import AsyncDuro, Duro

def in_child(work):
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

def status_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def test_parent_and_child_get_their_own_answers(select_loop, sandbox, run_program):
    source = f"""
options = json.loads(sys.argv[1])
client = Duro(**options)
client.plans.list().page()

def calls(who):
    for number in range(3):
        email = f"{{who}}-{{number}}@example.com"
        made = client.customers.create(email=email)
        assert made.email == email, (made, email)
        found = client.customers.retrieve(made.id)
        assert found.email == email, (found, email)

good = 0
for trial in range({TRIALS}):
    pid = in_child(lambda: calls(f"child-{{trial}}"))
    calls(f"parent-{{trial}}")
    good += status_of(pid) == 0
client.close()
print(good)
"""
    running = run_program(select_loop + BEGIN + source, json.dumps(sandbox.options))
    running.wait()
    assert running.read_lines() == [str(TRIALS)], running.errors
    assert running.unexpected_errors == []


def test_a_child_of_a_busy_parent_calls_and_exits(select_loop, raw_server, run_program):
    raw_server.reply = lambda request: (
        raw_server.HANG if request.path == "/v1/hang" else raw_server.json(b'"%s"' % request.path.encode())
    )
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/first")
threading.Thread(target=lambda: client.request("POST", "/v1/hang", json={}), daemon=True).start()
sys.stdin.readline()

sys.stdout.flush()
if pid := os.fork():
    print(client.request("GET", "/v1/parent"))
    print(status_of(pid))
else:
    # This child leaves by the front door: its atexit callbacks run.
    sys.exit(7 if client.request("GET", "/v1/child") == "/v1/child" else 1)
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert raw_server.wait_for_request().path == "/v1/first"
    assert raw_server.wait_for_request().path == "/v1/hang"
    running.write_line()
    running.wait()
    assert running.read_lines() == ["/v1/parent", "7"]
    assert running.unexpected_errors == []


def test_a_child_that_never_calls_exits_and_leaves_the_parent_its_connections(raw_server, run_program):
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/first")
sys.stdout.flush()
if pid := os.fork():
    print(status_of(pid))
    print(client.request("GET", "/v1/parent"))
    client.close()
else:
    client.close()
    del client
    sys.exit(0)
"""
    running = run_program(BEGIN + source, raw_server.url, options=["-W", "default::ResourceWarning"])
    running.wait()
    assert running.read_lines() == ["0", "{'path': '/v1/parent'}"]
    # What the child inherited was never its own to close.
    assert "Duro client" not in running.errors


def test_a_child_that_exits_leaves_the_parent_its_call_in_flight(select_loop, raw_server, run_program):
    child_is_gone = threading.Event()

    def reply(request):
        if request.path == "/v1/slow":
            child_is_gone.wait(30)
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/first")
slow = threading.Thread(target=lambda: print(client.request("GET", "/v1/slow")))
slow.start()
sys.stdin.readline()
if pid := os.fork():
    print(status_of(pid), flush=True)
    slow.join()
    client.close()
else:
    # By the front door: whatever the child inherited is finalized.
    sys.exit(0)
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    raw_server.wait_for_request()
    running.write_line()
    assert running.read_line() == "0"
    child_is_gone.set()
    assert running.read_lines() == ["/v1/slow"], running.errors
    assert running.unexpected_errors == []


def test_a_lock_held_by_another_thread_at_the_fork_does_not_stop_the_child(raw_server, run_program):
    source = """
from duro.blocking import portal
client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/first")
held, forked = threading.Event(), threading.Event()

def hold():
    with portal._lock:
        held.set()
        forked.wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
pid = in_child(lambda: client.request("GET", "/v1/child"))
status = status_of(pid)
forked.set()
print(status)
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["0"]
    assert running.unexpected_errors == []


@pytest.mark.parametrize("client", ["Duro", "AsyncDuro"])
def test_a_resource_being_made_by_another_thread_at_the_fork_does_not_stop_the_child(client, raw_server, run_program):
    # functools.cached_property holds a lock meanwhile on Python 3.11.
    source = f"""
import asyncio
import duro.blocking.client, duro.client
client = {client}("sk_test_1", base_url=sys.argv[1])
module = duro.blocking.client if client.__class__ is Duro else duro.client
name = "Plans" if client.__class__ is Duro else "AsyncPlans"
making, forked = threading.Event(), threading.Event()
resource = getattr(module, name)

def slow(*arguments):
    making.set()
    forked.wait()
    return resource(*arguments)

def page():
    page = client.plans.list().page()
    return asyncio.run(page) if asyncio.iscoroutine(page) else page

setattr(module, name, slow)
threading.Thread(target=lambda: client.plans, daemon=True).start()
making.wait()
setattr(module, name, resource)
pid = in_child(page)
status = status_of(pid)
forked.set()
print(status, page().items)
"""
    raw_server.reply = lambda request: raw_server.json(b'{"items": [], "nextCursor": null, "hasMore": false}')
    running = run_program(BEGIN + source, raw_server.url)
    assert running.read_lines() == ["0 ()"], running.errors
    assert len(raw_server.received) == 2


def test_a_child_of_a_parent_in_the_middle_of_an_exchange_makes_its_own(select_loop, raw_server, run_program):
    forked = threading.Event()

    def reply(request):
        if request.path != "/v1/oauth/token":
            return raw_server.json(b'"%s"' % request.path.encode())
        if len(raw_server.received) == 1:
            forked.wait(30)
        return raw_server.json(b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}')

    raw_server.reply = reply
    source = """
client = Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url=sys.argv[1])
parent = threading.Thread(target=lambda: print(client.request("GET", "/v1/parent"), flush=True))
parent.start()
sys.stdin.readline()
print(status_of(in_child(lambda: print(client.request("GET", "/v1/child"), flush=True))), flush=True)
parent.join()
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert raw_server.wait_for_request().path == "/v1/oauth/token"
    running.write_line()
    assert [running.read_line(), running.read_line()] == ["/v1/child", "0"]
    forked.set()
    assert running.read_lines() == ["/v1/parent"], running.errors
    paths = [request.path for request in raw_server.received]
    assert paths == ["/v1/oauth/token", "/v1/oauth/token", "/v1/child", "/v1/parent"]
    assert running.unexpected_errors == []


def test_a_child_of_a_parent_whose_portal_is_just_starting_makes_its_own(select_loop, raw_server, run_program):
    source = """
from duro.blocking import portal
client = Duro("sk_test_1", base_url=sys.argv[1])
starting, forked = threading.Event(), threading.Event()
serve = portal._PortalThread._serve

async def slow_start(self):
    starting.set()
    forked.wait()
    await serve(self)

portal._PortalThread._serve = slow_start
parent = threading.Thread(target=lambda: print(client.request("GET", "/v1/parent")["path"], flush=True))
parent.start()
starting.wait()
portal._PortalThread._serve = serve
print(status_of(in_child(lambda: print(client.request("GET", "/v1/child")["path"], flush=True))), flush=True)
forked.set()
parent.join()
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert running.read_lines() == ["/v1/child", "0", "/v1/parent"], running.errors
    assert running.unexpected_errors == []


def test_a_child_may_fork_again(raw_server, run_program):
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1])

def generation(number):
    print(client.request("GET", f"/v1/{number}")["path"], flush=True)
    if number < 3:
        assert status_of(in_child(lambda: generation(number + 1))) == 0

generation(0)
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["/v1/0", "/v1/1", "/v1/2", "/v1/3"]
    assert running.unexpected_errors == []


def test_the_awaited_client_works_in_parent_and_child(sandbox, run_program):
    source = f"""
import asyncio
options = json.loads(sys.argv[1])
client = AsyncDuro(**options)

async def calls(who):
    for number in range(2):
        email = f"{{who}}-{{number}}@example.com"
        made = await client.customers.create(email=email)
        found = await client.customers.retrieve(made.id)
        assert made.email == found.email == email, (made, found, email)

async def children():
    # The loop is alive here, and its connections are open: the child must make a loop and connections of its own.
    good = 0
    for trial in range({TRIALS}):
        pid = await asyncio.to_thread(in_child, lambda: asyncio.run(calls(f"child-{{trial}}")))
        await calls(f"parent-{{trial}}")
        good += status_of(pid) == 0
    await client.aclose()
    print(good)

async def main():
    await calls("before")
    await children()

asyncio.run(main())
"""
    running = run_program(BEGIN + source, json.dumps(sandbox.options))
    running.wait()
    assert running.read_lines() == [str(TRIALS)], running.errors
    assert running.unexpected_errors == []


def test_multiprocessing_with_fork_works(sandbox, run_program):
    source = """
import multiprocessing
options = json.loads(sys.argv[1])
client = Duro(**options)
client.plans.list().page()

def work(email):
    return client.customers.retrieve(client.customers.create(email=email).id).email

emails = [f"{number}@example.com" for number in range(20)]
with multiprocessing.get_context("fork").Pool(4) as pool:
    print(pool.map(work, emails) == emails)
print(work("parent@example.com"))
"""
    running = run_program(BEGIN + source, json.dumps(sandbox.options))
    running.wait()
    assert running.read_lines() == ["True", "parent@example.com"], running.errors
    assert running.unexpected_errors == []

"""Fork: afterwards, parent and child use separate connections."""

from __future__ import annotations

import json
import os
import threading

import pytest

from tests.support.tls import options_for_program

pytestmark = [
    pytest.mark.process,
    pytest.mark.plain_and_tls,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
]

# With inherited connections, about half of the trials fail.
TRIALS = 20

# Python 3.12 and newer warn about each fork of a process that has threads.
BEGIN = """
import json, os, sys, threading, traceback, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from duro import AsyncDuro, Duro

def run_in_child(work):
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


def test_parent_and_child_get_their_own_responses(select_loop, sandbox, run_program):
    source = f"""
options = json.loads(sys.argv[1])
client = Duro(**options)
client.plans.list().page()

def make_calls(who):
    for number in range(3):
        email = f"{{who}}-{{number}}@example.com"
        created = client.customers.create(email=email)
        assert created.email == email, (created, email)
        found = client.customers.retrieve(created.id)
        assert found.email == email, (found, email)

successes = 0
for trial in range({TRIALS}):
    pid = run_in_child(lambda: make_calls(f"child-{{trial}}"))
    make_calls(f"parent-{{trial}}")
    successes += status_of(pid) == 0
client.close()
print(successes)
"""
    running = run_program(select_loop + BEGIN + source, json.dumps(options_for_program(sandbox)))
    running.wait()
    assert running.read_lines() == [str(TRIALS)], running.errors
    assert running.unexpected_errors == []


def test_a_child_can_call_and_exit_while_its_parent_is_in_a_call(select_loop, raw_server, run_program):
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
    # Unlike os._exit(), this runs the child's atexit callbacks.
    sys.exit(7 if client.request("GET", "/v1/child") == "/v1/child" else 1)
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert raw_server.wait_for_request().path == "/v1/first"
    assert raw_server.wait_for_request().path == "/v1/hang"
    running.write_line()
    running.wait()
    assert running.read_lines() == ["/v1/parent", "7"]
    # The parent ends during its call and logs the key. The child forgets the call.
    assert len(running.lost_outcomes) == 1
    assert running.unexpected_errors == running.lost_outcomes


def test_a_child_without_calls_does_not_close_the_connections_of_its_parent(raw_server, run_program):
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
    # The child does not own the client that it inherited, so it does not warn.
    assert "Duro client" not in running.errors


def test_a_child_that_exits_does_not_end_the_call_of_its_parent(select_loop, raw_server, run_program):
    child_has_ended = threading.Event()

    def reply(request):
        if request.path == "/v1/slow":
            child_has_ended.wait(30)
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
    # Unlike os._exit(), this finalizes the objects that the child inherited.
    sys.exit(0)
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    raw_server.wait_for_request()
    running.write_line()
    assert running.read_line() == "0"
    child_has_ended.set()
    assert running.read_lines() == ["/v1/slow"], running.errors
    assert running.unexpected_errors == []


def test_a_lock_held_by_another_thread_during_the_fork_does_not_block_the_child(raw_server, run_program):
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
pid = run_in_child(lambda: client.request("GET", "/v1/child"))
status = status_of(pid)
forked.set()
print(status)
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["0"]
    assert running.unexpected_errors == []


@pytest.mark.parametrize("client", ["Duro", "AsyncDuro"])
def test_a_resource_created_by_another_thread_during_the_fork_does_not_block_the_child(client, raw_server, run_program):
    # On Python 3.11, functools.cached_property holds a lock while it computes the value.
    source = f"""
import asyncio
from duro.api.resources.plans import AsyncPlans
from duro.blocking.resources import Plans
client = {client}("sk_test_1", base_url=sys.argv[1])
resource = Plans if client.__class__ is Duro else AsyncPlans
creating, forked = threading.Event(), threading.Event()
initialize = resource.__init__

def slow(*arguments):
    creating.set()
    forked.wait()
    initialize(*arguments)

def get_page():
    page = client.plans.list().page()
    return asyncio.run(page) if asyncio.iscoroutine(page) else page

resource.__init__ = slow
threading.Thread(target=lambda: client.plans, daemon=True).start()
creating.wait()
resource.__init__ = initialize
pid = run_in_child(get_page)
status = status_of(pid)
forked.set()
print(status, get_page().items)
"""
    raw_server.reply = lambda request: raw_server.json(b'{"items": [], "nextCursor": null, "hasMore": false}')
    running = run_program(BEGIN + source, raw_server.url)
    assert running.read_lines() == ["0 ()"], running.errors
    assert len(raw_server.received) == 2


def test_a_child_forked_during_a_token_exchange_makes_its_own_exchange(select_loop, raw_server, run_program):
    forked = threading.Event()

    def reply(request):
        if request.path != "/v1/oauth/token":
            return raw_server.json(b'"%s"' % request.path.encode())
        # By identity, because the exchange of the child may arrive before this line runs for that of the parent.
        if request is raw_server.received[0]:
            forked.wait(30)
        return raw_server.json(b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}')

    raw_server.reply = reply
    source = """
client = Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url=sys.argv[1])
parent = threading.Thread(target=lambda: print(client.request("GET", "/v1/parent"), flush=True))
parent.start()
sys.stdin.readline()
print(status_of(run_in_child(lambda: print(client.request("GET", "/v1/child"), flush=True))), flush=True)
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


def test_a_child_forked_during_the_start_of_the_portal_starts_its_own_portal(select_loop, raw_server, run_program):
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
print(status_of(run_in_child(lambda: print(client.request("GET", "/v1/child")["path"], flush=True))), flush=True)
forked.set()
parent.join()
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    assert running.read_lines() == ["/v1/child", "0", "/v1/parent"], running.errors
    assert running.unexpected_errors == []


def test_a_child_can_fork_again(raw_server, run_program):
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1])

def run_generation(number):
    print(client.request("GET", f"/v1/{number}")["path"], flush=True)
    if number < 3:
        assert status_of(run_in_child(lambda: run_generation(number + 1))) == 0

run_generation(0)
"""
    running = run_program(BEGIN + source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["/v1/0", "/v1/1", "/v1/2", "/v1/3"]
    assert running.unexpected_errors == []


def test_the_asynchronous_client_works_in_parent_and_child(sandbox, run_program):
    source = f"""
import asyncio
options = json.loads(sys.argv[1])
client = AsyncDuro(**options)

async def make_calls(who):
    for number in range(2):
        email = f"{{who}}-{{number}}@example.com"
        created = await client.customers.create(email=email)
        found = await client.customers.retrieve(created.id)
        assert created.email == found.email == email, (created, found, email)

async def run_children():
    # The loop is running and its connections are open, so the child must use a loop and connections of its own.
    successes = 0
    for trial in range({TRIALS}):
        pid = await asyncio.to_thread(run_in_child, lambda: asyncio.run(make_calls(f"child-{{trial}}")))
        await make_calls(f"parent-{{trial}}")
        successes += status_of(pid) == 0
    await client.aclose()
    print(successes)

async def main():
    await make_calls("before")
    await run_children()

asyncio.run(main())
"""
    running = run_program(BEGIN + source, json.dumps(options_for_program(sandbox)))
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
    running = run_program(BEGIN + source, json.dumps(options_for_program(sandbox)))
    running.wait()
    assert running.read_lines() == ["True", "parent@example.com"], running.errors
    assert running.unexpected_errors == []

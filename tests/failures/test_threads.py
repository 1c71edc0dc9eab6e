"""Threads at cross-purposes: one closes while others charge, or the portal's own is killed."""

from __future__ import annotations

import json
import threading

import pytest

pytestmark = pytest.mark.process

THREADS = 8

# What a thread knows in the end: "done" and the answer's id, "unknown" and the key to ask under, or "not sent".
BEGIN = f"""
import json, sys, threading
from duro import ClientClosedError, Duro, OutcomeUnknownError
from duro.blocking import portal

THREADS = {THREADS}
options, charge = json.loads(sys.argv[1]), json.loads(sys.argv[2])
client = Duro(**options, timeout=600)
client.plans.list().page()

def charge_once(key, client=client):
    try:
        return ["done", key, client.subscriptions.create(**charge, idempotency_key=key).id]
    except OutcomeUnknownError as error:
        return ["unknown", error.idempotency_key, None]
    except ClientClosedError:
        return ["not sent", key, None]

def in_threads(work):
    told = [None] * THREADS
    def run(number):
        told[number] = work(number)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    return threads, told
"""


def settle(prepared_charge, told):
    """Hold what the threads were told against the ledger: nothing lost, nothing twice."""
    charged = [charge.idempotency_key for charge in prepared_charge.sandbox.ledger]
    assert len(charged) == len(set(charged))
    for kind, key, answer in told:
        if kind == "done":
            assert prepared_charge.repeat(key).id == answer
        elif kind == "unknown":
            assert prepared_charge.repeat(key) == prepared_charge.repeat(key)
        else:
            assert kind == "not sent"
            assert key not in charged
    again = [charge.idempotency_key for charge in prepared_charge.sandbox.ledger]
    assert sorted(again) == sorted(key for kind, key, _ in told if kind != "not sent")


@pytest.fixture
def play(prepared_charge, run_program):
    """Start a program that charges: ``play(source)``."""
    return lambda source: run_program(
        source, json.dumps(prepared_charge.options), json.dumps(prepared_charge.arguments)
    )


def test_close_races_charging_threads_and_none_is_left_in_the_dark(select_loop, prepared_charge, play):
    source = """
rounds = []
for trial in range(10):
    client = Duro(**options)
    client.plans.list().page()
    start = threading.Barrier(THREADS + 1)

    def work(number):
        start.wait()
        told = []
        while not told or told[-1][0] == "done":
            told.append(charge_once(f"{trial}-{number}-{len(told)}", client))
        return told

    threads, told = in_threads(work)
    start.wait()
    client.close()
    for thread in threads:
        thread.join()
    rounds += sum(told, [])
print(json.dumps(rounds))
"""
    running = play(select_loop + BEGIN + source)
    running.wait()
    (line,) = running.read_lines()
    told = json.loads(line)
    # Each thread goes on until it meets the end.
    assert sum(kind != "done" for kind, _, _ in told) == 10 * THREADS
    settle(prepared_charge, told)
    assert running.unexpected_errors == []


def test_calls_in_flight_at_the_close_get_their_answers(select_loop, raw_server, run_program):
    closed = threading.Event()

    def reply(request):
        if request.method == "POST":
            closed.wait(30)
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    source = f"""
import json, sys, threading
from duro import Duro

client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
told = [None] * {THREADS}

def work(number):
    told[number] = client.request("POST", f"/v1/{{number}}")

threads = [threading.Thread(target=work, args=(number,)) for number in range({THREADS})]
for thread in threads:
    thread.start()
sys.stdin.readline()
client.close()
print("closed", flush=True)
for thread in threads:
    thread.join()
print(json.dumps(told))
"""
    running = run_program(select_loop + source, raw_server.url)
    for _ in range(THREADS):
        raw_server.wait_for_request()
    running.write_line()
    assert running.read_line() == "closed"
    closed.set()
    (line,) = running.read_lines()
    assert json.loads(line) == [f"/v1/{number}" for number in range(THREADS)]
    assert len(raw_server.received) == THREADS
    running.wait()
    assert running.unexpected_errors == []


def test_eight_threads_close_at_once(prepared_charge, play):
    source = """
for trial in range(20):
    client = Duro(**options)
    client.plans.list().page()
    start = threading.Barrier(THREADS)

    def close(number):
        start.wait()
        client.close()
        client.close()
        return charge_once("never", client)[0]

    threads, told = in_threads(close)
    for thread in threads:
        thread.join()
    assert told == ["not sent"] * THREADS, told
print("closed")
"""
    running = play(BEGIN + source)
    running.wait()
    assert running.read_lines() == ["closed"], running.errors
    assert prepared_charge.sandbox.ledger == ()
    assert running.unexpected_errors == []


@pytest.mark.parametrize("commit", [True, False], ids=["done", "not done"])
def test_who_charges_while_the_portal_thread_is_killed_knows_the_key(
    commit, select_loop, wait_until_held, prepared_charge, play
):
    prepared_charge.sandbox.faults.add("silence", method="POST", path="/v1/subscriptions", times=THREADS, commit=commit)
    source = """
threads, told = in_threads(lambda number: charge_once(f"key-{number}"))
sys.stdin.readline()
killed = portal._thread

def die():
    # In a callback of the loop; within a call, it would be that call's error.
    raise SystemExit

killed._loop.result().call_soon_threadsafe(die)
for thread in threads:
    thread.join()
killed._thread.join()
told.append(charge_once("after"))
assert portal._thread is not killed
client.close()
print(json.dumps(told))
"""
    running = play(select_loop + BEGIN + source)
    for _ in range(THREADS):
        wait_until_held()
    running.write_line()
    running.wait()
    (line,) = running.read_lines()
    told = json.loads(line)
    assert [kind for kind, _, _ in told] == ["unknown"] * THREADS + ["done"]
    settle(prepared_charge, told)
    assert running.unexpected_errors == []
    assert running.status == 0

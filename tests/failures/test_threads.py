"""Threads: a client is closed, or the portal's thread killed, while other threads make charges."""

from __future__ import annotations

import json
import threading

import pytest

pytestmark = pytest.mark.process

THREADS = 8

# Result of a thread: "done" and the id of the subscription, "unknown" and the key to repeat it with, or "not sent".
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

def start_threads(work):
    results = [None] * THREADS
    def run(number):
        results[number] = work(number)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    return threads, results
"""


def check_ledger(prepared_charge, results):
    """Compare the results of the threads with the ledger: no charge is lost or made twice."""
    charged = [charge.idempotency_key for charge in prepared_charge.sandbox.ledger]
    assert len(charged) == len(set(charged))
    for kind, key, subscription_id in results:
        if kind == "done":
            assert prepared_charge.repeat(key).id == subscription_id
        elif kind == "unknown":
            assert prepared_charge.repeat(key) == prepared_charge.repeat(key)
        else:
            assert kind == "not sent"
            assert key not in charged
    again = [charge.idempotency_key for charge in prepared_charge.sandbox.ledger]
    assert sorted(again) == sorted(key for kind, key, _ in results if kind != "not sent")


@pytest.fixture
def start_charging(prepared_charge, run_program):
    """Start a program that makes charges: ``start_charging(source)``."""
    return lambda source: run_program(
        source, json.dumps(prepared_charge.options), json.dumps(prepared_charge.arguments)
    )


def test_charges_that_race_with_close_have_a_known_outcome(select_loop, prepared_charge, start_charging):
    source = """
rounds = []
for trial in range(10):
    client = Duro(**options)
    client.plans.list().page()
    start = threading.Barrier(THREADS + 1)

    def work(number):
        start.wait()
        own = []
        while not own or own[-1][0] == "done":
            own.append(charge_once(f"{trial}-{number}-{len(own)}", client))
        return own

    threads, results = start_threads(work)
    start.wait()
    client.close()
    for thread in threads:
        thread.join()
    rounds += sum(results, [])
print(json.dumps(rounds))
"""
    running = start_charging(select_loop + BEGIN + source)
    running.wait()
    (line,) = running.read_lines()
    results = json.loads(line)
    # Each thread makes charges until one fails.
    assert sum(kind != "done" for kind, _, _ in results) == 10 * THREADS
    check_ledger(prepared_charge, results)
    assert running.unexpected_errors == []


def test_calls_in_progress_at_the_close_get_their_responses(select_loop, raw_server, run_program):
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
results = [None] * {THREADS}

def work(number):
    results[number] = client.request("POST", f"/v1/{{number}}")

threads = [threading.Thread(target=work, args=(number,)) for number in range({THREADS})]
for thread in threads:
    thread.start()
sys.stdin.readline()
client.close()
print("closed", flush=True)
for thread in threads:
    thread.join()
print(json.dumps(results))
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


def test_eight_threads_close_a_client_at_the_same_time(prepared_charge, start_charging):
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

    threads, results = start_threads(close)
    for thread in threads:
        thread.join()
    assert results == ["not sent"] * THREADS, results
print("closed")
"""
    running = start_charging(BEGIN + source)
    running.wait()
    assert running.read_lines() == ["closed"], running.errors
    assert prepared_charge.sandbox.ledger == ()
    assert running.unexpected_errors == []


@pytest.mark.parametrize("commit", [True, False], ids=["processed", "not processed"])
def test_charges_in_progress_when_the_portal_thread_is_killed_report_their_keys(
    commit, select_loop, wait_until_held, prepared_charge, start_charging
):
    prepared_charge.sandbox.faults.add("silence", method="POST", path="/v1/subscriptions", times=THREADS, commit=commit)
    source = """
threads, results = start_threads(lambda number: charge_once(f"key-{number}"))
sys.stdin.readline()
killed = portal._thread

def end_portal():
    # In a callback of the loop. Within a call, SystemExit would be the error of that call.
    raise SystemExit

killed._loop.result().call_soon_threadsafe(end_portal)
for thread in threads:
    thread.join()
killed._thread.join()
results.append(charge_once("after"))
assert portal._thread is not killed
client.close()
print(json.dumps(results))
"""
    running = start_charging(select_loop + BEGIN + source)
    for _ in range(THREADS):
        wait_until_held()
    running.write_line()
    running.wait()
    (line,) = running.read_lines()
    results = json.loads(line)
    assert [kind for kind, _, _ in results] == ["unknown"] * THREADS + ["done"]
    check_ledger(prepared_charge, results)
    # The tasks of the calls also log the keys.
    assert len(running.lost_outcomes) == THREADS
    assert running.unexpected_errors == running.lost_outcomes
    assert running.status == 0

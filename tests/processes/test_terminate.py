"""SIGTERM in a blocking call: the program ends immediately, and the customer is charged once."""

from __future__ import annotations

import json
import signal
import threading

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.plain_and_tls,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals"),
]

KEY = "key-of-mine"

# A program that relied on the time limits of the SDK would exceed that of the test.
BEGIN = """
import json, signal, sys
from duro import Duro
from duro.blocking import portal
portal.EXIT_TIMEOUT = portal.INTERRUPT_WAITS = 600
client = Duro(**json.loads(sys.argv[1]), timeout=600)
charge = json.loads(sys.argv[2])
client.plans.list().page()
"""

FAULTS = {
    "processed, no response": {"kind": "silence", "commit": True},
    "not processed": {"kind": "silence", "commit": False},
    "partial response": {"kind": "drip", "pause": 600},
}


@pytest.fixture(params=FAULTS)
def failing_charge(request, prepared_charge):
    """Return a prepared charge whose first attempt meets a fault."""
    prepared_charge.sandbox.faults.add(**FAULTS[request.param], method="POST", path="/v1/subscriptions")
    return prepared_charge


def start_charging(run_program, source, prepared_charge):
    return run_program(BEGIN + source, json.dumps(prepared_charge.options), json.dumps(prepared_charge.arguments))


def test_without_a_handler_the_process_ends_immediately(failing_charge, wait_until_held, run_program):
    running = start_charging(
        run_program, f"client.subscriptions.create(**charge, idempotency_key={KEY!r})", failing_charge
    )
    wait_until_held()
    running.send_signal(signal.SIGTERM)
    running.wait()
    assert running.status == -signal.SIGTERM
    assert running.unexpected_errors == []
    assert failing_charge.was_made_once(KEY)


def test_a_handler_that_exits_cancels_the_call_and_adds_its_key_as_a_note(failing_charge, wait_until_held, run_program):
    source = """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
try:
    client.subscriptions.create(**charge)
except SystemExit as end:
    print(json.dumps(end.__notes__), flush=True)
    raise
"""
    running = start_charging(run_program, source, failing_charge)
    wait_until_held()
    running.send_signal(signal.SIGTERM)
    (note,) = json.loads(running.read_line())
    running.wait()
    assert running.status == 128 + signal.SIGTERM
    assert "Outcome unknown" in note
    key = note.partition("idempotency_key='")[2].partition("'")[0]
    (warning,) = running.unexpected_errors
    assert running.lost_outcomes == [warning]
    assert key in warning
    assert failing_charge.was_made_once(key)


def test_a_handler_that_only_sets_a_flag_lets_the_call_finish(raw_server, run_program):
    handled = threading.Event()

    def reply(request):
        handled.wait(30)
        return raw_server.json(b'"done"')

    raw_server.reply = reply
    source = """
import signal, sys
from duro import Duro
signal.signal(signal.SIGTERM, lambda number, frame: print("handled", flush=True))
with Duro("sk_test_1", base_url=sys.argv[1]) as client:
    print(client.request("POST", "/v1/slow"))
"""
    running = run_program(source, raw_server.url)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGTERM)
    assert running.read_line() == "handled"
    handled.set()
    assert running.read_lines() == ["done"]
    running.wait()
    assert running.status == 0
    assert len(raw_server.received) == 1

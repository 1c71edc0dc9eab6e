"""SIGTERM in a blocking call: the program ends at once, and the money is taken once."""

from __future__ import annotations

import json
import signal
import threading

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system has no POSIX signals"),
]

LONGEST_EXIT = 2.0
KEY = "key-of-mine"

BEGIN = """
import json, signal, sys
from duro import Duro
client = Duro(**json.loads(sys.argv[1]), timeout=600)
charge = json.loads(sys.argv[2])
client.plans.list().page()
"""

FAULTS = {
    "done, unanswered": {"kind": "silence", "commit": True},
    "not done": {"kind": "silence", "commit": False},
    "half answered": {"kind": "drip", "pause": 600},
}


@pytest.fixture(params=FAULTS)
def times_applied(request, till):
    """A till whose first charge meets a fault."""
    till.sandbox.faults.add(**FAULTS[request.param], method="POST", path="/v1/subscriptions")
    return till


def charging(program, source, till):
    return program(BEGIN + source, json.dumps(till.options), json.dumps(till.charge))


def test_without_a_handler_the_process_is_gone_at_once(times_applied, held, program):
    running = charging(program, f"client.subscriptions.create(**charge, idempotency_key={KEY!r})", times_applied)
    held()
    running.interrupt(signal.SIGTERM)
    assert running.end() < LONGEST_EXIT
    assert running.status == -signal.SIGTERM
    assert running.noise == []
    assert times_applied.was_charged_once(KEY)


def test_a_handler_that_exits_cancels_the_call_and_notes_its_key(times_applied, held, program):
    source = """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
try:
    client.subscriptions.create(**charge)
except SystemExit as end:
    print(json.dumps(end.__notes__), flush=True)
    raise
"""
    running = charging(program, source, times_applied)
    held()
    running.interrupt(signal.SIGTERM)
    (note,) = json.loads(running.line())
    assert running.end() < LONGEST_EXIT
    assert running.status == 128 + signal.SIGTERM
    assert running.noise == []
    assert "Outcome unknown" in note
    assert times_applied.was_charged_once(note.partition("idempotency_key='")[2].partition("'")[0])


def test_a_handler_that_only_sets_a_flag_lets_the_call_come_to_its_end(wire, program):
    handled = threading.Event()

    def reply(request):
        handled.wait(30)
        return wire.json(b'"answered"')

    wire.reply = reply
    source = """
import signal, sys
from duro import Duro
signal.signal(signal.SIGTERM, lambda number, frame: print("handled", flush=True))
with Duro("sk_test_1", base_url=sys.argv[1]) as client:
    print(client.request("POST", "/v1/slow"))
"""
    running = program(source, wire.url)
    wire.await_request()
    running.interrupt(signal.SIGTERM)
    assert running.line() == "handled"
    handled.set()
    assert running.lines() == ["answered"]
    running.end()
    assert running.status == 0
    assert len(wire.received) == 1

"""Kills in the middle of an advance: after a restart, the records are those of a run without a kill."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT

KILLS = 2
KILLED = -9

# The program subscribes three customers unless the database has them, and finishes the advance that it finds.
PROGRAM = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.scheduler import Scheduler
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings

database, kill_at, kill_inside = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "inside"
start = datetime(2026, 1, 31, 9, tzinfo=UTC)
is_new = not Path(database).exists()
backend = Backend.open(database, 3600, ClockSettings("frozen", start, 7))
left = kill_at


def kill_sometimes():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


if kill_inside:
    # After the effects of an item, before its commit.
    handlers = dict(backend.scheduler._handlers)
    settle = handlers["period_end"]
    handlers["period_end"] = lambda uow, subject: (settle(uow, subject), kill_sometimes())
    backend.scheduler._handlers = handlers
else:
    run_next = backend.scheduler.run_next
    backend.scheduler.run_next = lambda until: (run_next(until), kill_sometimes())[0]

if is_new:
    with backend.store.transaction() as db:
        uow = backend.work.for_request(db, start, b"")
        terms = {"name": "Pro", "amount": 3000, "currency": "NGN", "interval_count": 1, "trial_days": 0}
        for interval in ("month", "month", "week"):
            plan = create_plan(uow, {**terms, "interval": interval})
            start_subscription(uow, add_customer(uow, {}), plan)
    backend.clock.advance(days=60)
else:
    backend.scheduler.resume()
backend.close()
"""


def run(database: Path, kill_at: int = 0, where: str = "inside") -> int:
    command = [sys.executable, "-c", PROGRAM, str(database), str(kill_at), where]
    process = subprocess.run(command, check=False, timeout=PROGRAM_TIMEOUT, capture_output=True, text=True)
    assert process.returncode in {0, KILLED}, process.stderr
    return process.returncode


def digest(database: Path) -> str:
    """Return a hash of the content of all tables."""
    connection = sqlite3.connect(database)
    lines = "\n".join(connection.iterdump())
    connection.close()
    return hashlib.sha256(lines.encode()).hexdigest()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    database = tmp_path_factory.mktemp("whole") / "sandbox.db"
    assert run(database) == 0
    return digest(database)


@pytest.mark.process
@pytest.mark.parametrize("where", ["inside", "between"])
@pytest.mark.parametrize("kill_at", [2, 4])
def test_an_interrupted_advance_ends_like_a_whole_one(tmp_path: Path, expected: str, where: str, kill_at: int) -> None:
    database = tmp_path / "sandbox.db"
    for _ in range(KILLS):
        assert run(database, kill_at, where) == KILLED
    assert run(database) == 0
    assert digest(database) == expected

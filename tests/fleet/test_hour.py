"""One hour of calls, with a new token each minute, in four minutes of real time.

Debian's ``faketime`` lets the clocks and the sleeps of the sandbox, of Valkey and of the calling processes run 15 times
faster. The tokens therefore really expire in the store. Each process has a clock of its own, because its acceleration
begins when it starts. ``faketime`` does not work with the memory allocator of Debian's Redis, so Valkey is the server.

Work does not become faster. The limits of the store and of the exchange are therefore 15 times longer than elsewhere.
A machine that is too slow for the calls needs a lower ``SPEED``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import pairwise

import pytest

from tests.fleet.callers import Fleet, multiply_limits
from tests.support.redis_servers import RedisServer
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.fleet, pytest.mark.process, pytest.mark.load, pytest.mark.timeout(600)]

SPEED = 15
HOUR = 3_600
# A fleet refreshes a token of 80 seconds as soon as it is 60 seconds old; see ``Token.from_grant``.
TOKEN_LIFETIME, REFRESH_AGE = 80, 60

SANDBOX = """
import json, sys, time
from duro.auth.exchange import PATH
from duro.sandbox import Sandbox

began = time.monotonic()

def report(entry, _):
    if entry.path == PATH:
        print(time.monotonic() - began, flush=True)

with Sandbox(token_lifetime=float(sys.argv[1]), on_request=report) as sandbox:
    print(json.dumps(dict(sandbox.options)), flush=True)
    sys.stdin.readline()
"""
LIMITS = multiply_limits(SPEED)


@pytest.fixture
def fast_clocks(monkeypatch):
    """Accelerate the processes that the test starts from now on, but not the test."""
    program = shutil.which("faketime")
    if program is None:
        advice = "faketime was not found; install the Debian package faketime, or run: nox -s fleet"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(advice)
    print_library = [program, "-m", "-f", "+0", "printenv", "LD_PRELOAD"]
    library = subprocess.run(print_library, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    monkeypatch.setenv("LD_PRELOAD", library)
    monkeypatch.setenv("FAKETIME", f"+0 x{SPEED}")
    # Otherwise Python would compile each module again, because its file would have another time.
    monkeypatch.setenv("NO_FAKE_STAT", "1")


@pytest.fixture
def fast_sandbox(fast_clocks, run_program, monkeypatch):
    """Start a sandbox that prints the time of each exchange, and set the environment of the processes."""
    sandbox = run_program(SANDBOX, TOKEN_LIFETIME)
    for name, value in json.loads(sandbox.read_line()).items():
        monkeypatch.setenv(f"DURO_{name.upper()}", value)
    return sandbox


def read_exchanges(sandbox):
    """Return the times of the exchanges from now on, in seconds since the first one, until an hour has passed."""
    sandbox.read_lines_so_far()
    first = float(sandbox.read_line())
    times = [0.0]
    while times[-1] < HOUR:
        times.append(float(sandbox.read_line()) - first)
    return times


def test_fleet_exchanges_once_a_minute_for_an_hour(fast_sandbox, run_program):
    with RedisServer(engine="valkey") as server:
        fleet = Fleet(
            run_program, server.url, processes=6, tasks=10, max_pause=20, timeout=TIMEOUT * SPEED, preface=LIMITS
        )
        # The first calls load modules, which takes longer than a token lives. So they come before the hour.
        fleet.burst()
        fleet.send("start")
        times = read_exchanges(fast_sandbox)
        reports = fleet.send("stop")
    pauses = [later - earlier for earlier, later in pairwise(times)]
    calls, errors = (sum(getattr(report, name) for report in reports) for name in ("calls", "store_errors"))
    print(f"{len(pauses)} exchanges in {times[-1]:.0f} s, {min(pauses):.0f} to {max(pauses):.0f} s apart")
    print(f"{calls} calls, {errors} errors of the store")
    assert {failure for report in reports for failure in report.failures} == set()
    assert len(pauses) <= times[-1] / REFRESH_AGE
    # The delay of a request on a busy machine counts 15 times. A second exchange for one token comes much earlier.
    assert min(pauses) > REFRESH_AGE / 4

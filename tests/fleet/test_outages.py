"""Processes that call without a pause while their Redis server is restarted or fails over.

The tokens live for a few seconds, so that the processes need the store often.
"""

from __future__ import annotations

import random
import time

import pytest

from duro.sandbox import Sandbox
from tests.fleet.callers import Fleet
from tests.support.redis_servers import wait_until
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.fleet, pytest.mark.process, pytest.mark.load, pytest.mark.timeout(600)]

TOKEN_LIFETIME = 12


@pytest.fixture
def short_tokens(monkeypatch):
    """Start a sandbox whose tokens live for a few seconds, and set the environment of the processes."""
    with Sandbox(token_lifetime=TOKEN_LIFETIME) as sandbox:
        for name, value in sandbox.options.items():
            monkeypatch.setenv(f"DURO_{name.upper()}", value)
        yield sandbox


def check_reports(reports):
    assert {failure for report in reports for failure in report.failures} == set()
    assert all(report.calls > 10 for report in reports)


def test_restarts_of_redis_fail_no_call(short_tokens, run_program, redis_server):
    """Two cores that do other work, too, respond to about 70 calls per second. The pauses leave that time."""
    processes, seconds, restarts = 16, 60, 0
    fleet = Fleet(run_program, redis_server.url, processes=processes, tasks=50, max_pause=15)
    fleet.send("start")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(random.uniform(0, 4))
        redis_server.kill()
        time.sleep(random.uniform(0, 2))
        redis_server.start()
        restarts += 1
    reports = fleet.send("stop")
    exchanges = short_tokens.stats.token_exchanges
    print(f"{restarts} restarts, {exchanges} exchanges, {sum(report.calls for report in reports)} calls")
    check_reports(reports)
    assert exchanges <= processes * restarts


def test_failover_fails_no_call_and_the_new_primary_is_used(short_tokens, run_program, sentinels):
    fleet = Fleet(run_program, sentinels.url, processes=4, tasks=20)
    fleet.send("start")
    sentinels.fail_over()
    with sentinels.replica.connect() as client:
        # A copy of the old token may still be there, and the next one comes after the failover.
        client.delete(*client.scan_iter("duro:token:*"), "none")
        wait_until(lambda: [*client.scan_iter("duro:token:*")], seconds=2 * TIMEOUT)
    hits = sum(report.store_hits for report in fleet.send("report"))
    time.sleep(TOKEN_LIFETIME)
    reports = fleet.send("stop")
    check_reports(reports)
    assert sum(report.store_hits for report in reports) > hits

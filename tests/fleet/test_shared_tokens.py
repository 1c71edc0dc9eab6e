"""Processes that share one token through Redis, with the exchanges counted by the sandbox."""

from __future__ import annotations

import pytest

from duro import AsyncDuro
from duro.auth.shared_exchange import EXCHANGE_TIMEOUT_SECONDS, LEASE_SECONDS
from tests.fleet.callers import EXTEND_LIMITS, Fleet, multiply_limits
from tests.support.redis_servers import ENGINES, RedisServer, wait_until
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.fleet, pytest.mark.process, pytest.mark.timeout(6 * TIMEOUT)]

EXCHANGE_PATH = "/v1/oauth/token"


@pytest.fixture
def start_fleet(run_program, sandbox_environment):
    """Start processes that use the sandbox: ``start_fleet(url, processes=…, tasks=…)``."""
    return lambda url, **options: Fleet(run_program, url, **options)


def count_exchanges(sandbox, step):
    before = sandbox.stats.token_exchanges
    result = step()
    return sandbox.stats.token_exchanges - before, result


def check_one_exchange(sandbox, fleet):
    """Let all processes call at once, and check that they exchange once."""
    exchanges, reports = count_exchanges(sandbox, fleet.burst)
    assert exchanges == 1, [report for report in reports if report.store_errors]
    return reports


def check_cold_start_and_revocation(sandbox, fleet):
    """Check that a cold start costs one exchange, and that a storm of 401 responses costs another one."""
    check_one_exchange(sandbox, fleet)
    assert sandbox.revoke_tokens() == 1
    return check_one_exchange(sandbox, fleet)


@pytest.mark.parametrize("engine", ENGINES)
def test_cold_start_and_revocation_cost_one_exchange_each(start_fleet, sandbox, engine):
    with RedisServer(engine=engine) as server:
        check_cold_start_and_revocation(sandbox, start_fleet(server.url, processes=6, tasks=30, preface=EXTEND_LIMITS))


def test_processes_share_one_token_through_a_cluster(start_fleet, sandbox, cluster):
    check_cold_start_and_revocation(sandbox, start_fleet(cluster.url, processes=6, tasks=30, preface=EXTEND_LIMITS))


@pytest.mark.load
@pytest.mark.timeout(600)
def test_32_processes_of_100_tasks_exchange_once(start_fleet, sandbox, redis_server):
    """Calls and the exchange may take long, because two cores handle 3,200 calls at the same time."""
    limits = multiply_limits(4)
    fleet = start_fleet(redis_server.url, processes=32, tasks=100, timeout=4 * TIMEOUT, preface=limits)
    reports = check_cold_start_and_revocation(sandbox, fleet)
    assert sum(report.calls for report in reports) == 2 * 3_200


def test_killed_holder_of_the_lease_costs_one_more_exchange(start_fleet, sandbox, redis_server):
    fleet = start_fleet(redis_server.url, processes=5, tasks=20, preface=EXTEND_LIMITS)
    holder = fleet.programs[0]
    before = sandbox.stats.token_exchanges
    fault = sandbox.faults.add("delay", path=EXCHANGE_PATH, times=1, seconds=TIMEOUT)
    holder.write_line("burst")
    wait_until(lambda: fault.times_applied == 1)
    fleet.kill(holder)
    slowest = max(report.slowest for report in fleet.burst())
    print(f"slowest call after the lease holder was killed: {slowest:.1f} s")
    assert sandbox.stats.token_exchanges - before <= 2
    assert slowest < LEASE_SECONDS + EXCHANGE_TIMEOUT_SECONDS


def test_calls_continue_while_redis_is_paused(start_fleet, sandbox, redis_server):
    fleet = start_fleet(redis_server.url, processes=3, tasks=20)
    redis_server.pause()
    exchanges, reports = count_exchanges(sandbox, fleet.burst)
    assert exchanges == len(reports)
    assert all(report.store_errors for report in reports)


@pytest.mark.anyio
@pytest.mark.alone
async def test_paused_redis_delays_no_call_by_more_than_250_ms(sandbox, redis_server, measure_call):
    """Calls with a store and calls without one alternate, so that both have the same load of the machine."""
    options = {"timeout": TIMEOUT, **sandbox.options}
    await measure_call(**options, token_store=redis_server.url)
    redis_server.pause()
    with_store, without_store = [], []
    for _ in range(15):
        without_store.append(await measure_call(**options))
        with_store.append(await measure_call(**options, token_store=redis_server.url))
    print(f"slowest call: {max(with_store):.3f} s with a paused Redis, {max(without_store):.3f} s without a store")
    assert max(with_store) <= max(without_store) + 0.25


@pytest.fixture
def measure_call():
    """Return a function that makes the first call of a new client, and returns its duration in seconds."""
    import time

    async def measure(**options):
        async with AsyncDuro(**options) as client:
            began = time.perf_counter()
            await client.request("GET", "/v1/plans")
            return time.perf_counter() - began

    return measure

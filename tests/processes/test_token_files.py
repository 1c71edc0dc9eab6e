"""``FileTokenStore`` in processes that are killed, and one exchange for all processes of a machine."""

from __future__ import annotations

import os

import pytest

from duro import Duro
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.process, pytest.mark.skipif(not hasattr(os, "fork"), reason="the programs fork")]

# Sixteen children write without a pause. Each round kills one of them, and checks what another process reads.
KILLED_WRITERS = """
import os, random, signal, sys, time
import anyio
from duro import FileTokenStore, Secret, Token
from duro._clock import Clock
from duro.auth.stores.encryption import TokenCipher
from duro.auth.token import ClockReading

folder, rounds = sys.argv[1], int(sys.argv[2])
cipher = TokenCipher(Secret("csec_test_shared"), "key")

def build_token():
    name = "at_" + random.choice("abc") * random.randint(1, 16_000)
    return Token.from_grant(name, expires_in=3600.0, requested_at=ClockReading.read(Clock()), clock=Clock())

async def write_forever():
    store = FileTokenStore(folder)
    while True:
        owner = os.urandom(8).hex()
        if await store.acquire("key", owner, 0.05):
            await store.write("key", owner, cipher.encrypt(build_token()), 3600.0)

def fork():
    pid = os.fork()
    if pid == 0:
        random.seed(os.getpid())
        anyio.run(write_forever)
    return pid

async def check(store, generation):
    stored = await store.read("key")
    if stored is None:
        return generation
    assert cipher.decrypt(stored.payload).access_token.startswith("at_")
    assert stored.generation >= generation, (stored.generation, generation)
    return stored.generation

children = [fork() for _ in range(16)]
store, generation = FileTokenStore(folder), 0
for _ in range(rounds):
    time.sleep(random.uniform(0, 0.02))
    victim = children.pop(random.randrange(len(children)))
    os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    generation = anyio.run(check, store, generation)
    children.append(fork())
    print(generation, flush=True)
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

async def write_last():
    with anyio.fail_after(5):
        while not await store.acquire("key", "last", 5.0):
            await anyio.sleep(0.01)
        return await store.write("key", "last", cipher.encrypt(build_token()), 3600.0)

print(anyio.run(write_last), *sorted(os.listdir(folder)), flush=True)
"""

# A process that makes one call with four tasks for each line that it reads.
CALLER = """
import sys
import anyio
from duro import AsyncDuro

async def main():
    async with AsyncDuro(token_store=f"file:{sys.argv[1]}") as client:
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(client.request, "GET", "/v1/plans")
            counters = client.token_store_counters
            print(counters.exchanges, counters.store_errors, flush=True)

anyio.run(main, backend=sys.argv[2])
"""


def kill_writers(run_program, folder, rounds):
    program = run_program(KILLED_WRITERS, folder, rounds)
    generations = [int(program.read_line()) for _ in range(rounds)]
    last, *files = program.read_line().split()
    program.wait()
    assert program.status == 0, program.errors
    assert generations == sorted(generations)
    assert int(last) > generations[-1] > rounds // 10
    assert set(files) <= {"key", "key.lock", "key.tmp"}


@pytest.mark.timeout(4 * TIMEOUT)
def test_no_writer_that_is_killed_leaves_a_damaged_file_or_a_lock(run_program, tmp_path):
    kill_writers(run_program, tmp_path / "tokens", rounds=30)


@pytest.mark.load
@pytest.mark.timeout(180)
def test_no_writer_of_200_that_are_killed_leaves_a_damaged_file_or_a_lock(run_program, tmp_path):
    kill_writers(run_program, tmp_path / "tokens", rounds=200)


def run_rounds(run_program, sandbox, folder, *, processes, rounds):
    """Revoke all tokens before each round, let all processes call at once, and return the exchanges of each round."""
    programs = [run_program(CALLER, folder, ("asyncio", "trio")[number % 2]) for number in range(processes)]
    exchanges = []
    for _ in range(rounds):
        before = sandbox.stats.token_exchanges
        for program in programs:
            program.write_line()
        for program in programs:
            assert program.read_line().endswith(" 0"), "the store failed"
        exchanges.append(sandbox.stats.token_exchanges - before)
        revoke_tokens(sandbox)
    for program in programs:
        program.process.stdin.close()
        program.wait()
        assert program.status == 0, program.errors
    return exchanges


def revoke_tokens(sandbox):
    with Duro(**sandbox.options) as client:
        client.request("POST", "/_sandbox/tokens/revoke", json={})


def test_processes_that_start_together_or_lose_their_token_exchange_once(
    run_program, sandbox, sandbox_environment, tmp_path
):
    """The first round is a cold start, and each further one is a storm of 401 responses."""
    assert run_rounds(run_program, sandbox, tmp_path / "tokens", processes=4, rounds=5) == [1] * 5


@pytest.mark.load
@pytest.mark.timeout(20 * TIMEOUT)
def test_16_processes_exchange_once_in_each_of_200_rounds(run_program, sandbox, sandbox_environment, tmp_path):
    assert run_rounds(run_program, sandbox, tmp_path / "tokens", processes=16, rounds=200) == [1] * 200

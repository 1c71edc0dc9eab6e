"""10,000 deliveries, repeated and out of order, for 8 workers in 2 processes: each event is handled once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter

import pytest

from tests.support.timeouts import TIMEOUT

EVENTS = 7_000
REPEATS = 3_000
DISPLACED = 2_000
FAILING = 500

WORKERS = """
import json, sys
import anyio
from duro.webhooks import Event, SQLiteInbox

database, fails, *bodies = sys.stdin.read().splitlines()
fails = set(json.loads(fails))
inbox = SQLiteInbox(database)
handled = []

async def deliver(body):
    event = Event.from_dict(json.loads(body))
    async with inbox.claim(event) as claim:
        if claim:
            await anyio.sleep(0)
            if event.id in fails:
                fails.discard(event.id)
                raise LookupError(event.id)
            handled.append(event.id)

async def work(deliveries):
    async for body in deliveries:
        try:
            await deliver(body)
        except LookupError:
            # Duro would deliver it again, to either process.
            again.append(body)

again = []

async def main():
    send, receive = anyio.create_memory_object_stream(100)
    async with anyio.create_task_group() as tasks, send:
        for _ in range(4):
            tasks.start_soon(work, receive.clone())
        for body in bodies:
            await send.send(body)
    for body in again:
        await deliver(body)

anyio.run(main)
inbox.close()
print(json.dumps(handled))
"""


@pytest.mark.load
@pytest.mark.process
@pytest.mark.timeout(180)
def test_every_event_is_handled_exactly_once(tmp_path, delivery):
    rng = random.Random(1)
    numbers = list(range(EVENTS))
    numbers += rng.choices(numbers, k=REPEATS)
    for _ in range(DISPLACED):
        numbers.insert(rng.randrange(len(numbers)), numbers.pop(rng.randrange(len(numbers))))
    bodies = [delivery(number=number).decode() for number in numbers]
    fails = [f"evt_{number}" for number in rng.sample(range(EVENTS), FAILING)]

    workers = [
        subprocess.Popen([sys.executable, "-c", WORKERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    handled = Counter()
    for worker, share in zip(workers, (bodies[::2], bodies[1::2]), strict=True):
        # Each failing event fails in one process at most, so that its retry can succeed.
        worker.stdin.write("\n".join([str(tmp_path / "inbox.db"), json.dumps(fails), *share]))
        worker.stdin.close()
    for worker in workers:
        handled.update(json.loads(worker.stdout.read()))
        worker.stdout.close()
        assert worker.wait(TIMEOUT) == 0
    assert len(handled) == EVENTS
    assert set(handled.values()) == {1}

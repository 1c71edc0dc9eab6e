"""10,000 deliveries to 8 processes that share a ``RedisInbox``, one of which is killed every 5 seconds.

Each handler appends a line to a file when it starts, and another when it ends. An event may be handled again only if
its process was killed, and only after the claim of that process expired.
"""

from __future__ import annotations

import itertools
import json
import queue
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager

import pytest

from tests.support.redis_servers import RedisServer

EVENTS = 7_000
REPEATS = 3_000
DISPLACED = 2_000
PROCESSES = 8
# Deliveries that one process handles at a time.
CONCURRENCY = 4
KILL_INTERVAL = 5
LEASE = 2.0
# Pause before a delivery is repeated that was not acknowledged. Duro waits for a minute or more.
RETRY_DELAY = 0.2

WORKER = """
import contextvars, json, os, sys, time
import anyio
from duro.webhooks import RedisInbox, Webhook
from duro.webhooks.receiver import Receiver

url, lease, path = sys.argv[1:]
log = os.open(path, os.O_WRONLY | os.O_APPEND)
webhook = Webhook("whsec_1needle2")
received_at = contextvars.ContextVar("received_at")

def record(step, event):
    os.write(log, f"{step} {event.id} {os.getpid()} {received_at.get()} {time.monotonic()}\\n".encode())

async def handle(event):
    record("start", event)
    await anyio.sleep(0.05)
    record("end", event)

receiver = Receiver(webhook, handle, inbox=RedisInbox(url, lease=float(lease)))

async def deliver(body):
    received_at.set(time.monotonic())
    response, _ = await receiver.receive(body, webhook.sign(body))
    os.write(1, f"{json.loads(body)['id']} {response.status}\\n".encode())

async def main():
    async with anyio.create_task_group() as tasks:
        async for line in anyio.wrap_file(sys.stdin.buffer):
            tasks.start_soon(deliver, line.rstrip())

anyio.run(main)
"""


class Sender:
    """Sender of deliveries that repeats each one until a process acknowledges it, as Duro does."""

    def __init__(self, numbers, command):
        self.unacknowledged = len(numbers)
        self.killed = set()
        self.errors = []
        self._command = command
        self._lock = threading.Lock()
        self._processes = {}
        self._due = queue.PriorityQueue()
        for position, number in enumerate(numbers):
            self._due.put((0.0, position, number))

    @contextmanager
    def running(self):
        threads = [threading.Thread(target=self._run, args=[slot]) for slot in range(PROCESSES)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.unacknowledged = min(self.unacknowledged, 0)
            for thread in threads:
                thread.join()

    def kill_one(self, rng):
        with self._lock:
            process = rng.choice(list(self._processes.values()))
            self.killed.add(process.pid)
            process.kill()

    def _run(self, slot):
        while self.unacknowledged > 0:
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            with self._lock:
                self._processes[slot] = process
            sent = defaultdict(list)
            try:
                self._deliver(process, sent)
            except OSError:
                pass
            finally:
                with self._lock:
                    del self._processes[slot]
                process.kill()
                process.wait()
                process.stdin.close()
                process.stdout.close()
            for deliveries in sent.values():
                for delivery in deliveries:
                    self._retry(*delivery)

    def _deliver(self, process, sent):
        while self.unacknowledged > 0:
            while sum(map(len, sent.values())) < CONCURRENCY and (delivery := self._next()):
                sent[f"evt_{delivery[1]}"].append(delivery)
                process.stdin.write(build_body(delivery[1]) + b"\n")
            if not any(sent.values()):
                time.sleep(0.01)
                continue
            line = process.stdout.readline()
            if not line:
                return
            event_id, status = line.decode().split()
            delivery = sent[event_id].pop()
            if status == "200":
                with self._lock:
                    self.unacknowledged -= 1
            else:
                if status != "503":
                    self.errors.append(line)
                self._retry(*delivery)

    def _next(self):
        with self._lock:
            if self._due.empty() or self._due.queue[0][0] > time.monotonic():
                return None
            _, position, number = self._due.get()
            return position, number

    def _retry(self, position, number):
        self._due.put((time.monotonic() + RETRY_DELAY, position, number))


def build_body(number):
    document = {"id": f"evt_{number}", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
    return json.dumps(document).encode()


def draw_deliveries(rng):
    numbers = list(range(EVENTS))
    for number in rng.choices(range(EVENTS), k=REPEATS):
        numbers.insert(rng.randrange(len(numbers)), number)
    for _ in range(DISPLACED):
        numbers.insert(rng.randrange(len(numbers)), numbers.pop(rng.randrange(len(numbers))))
    return numbers


def read_log(path):
    """Return the handlers of each event in order: process, time of receipt, start, and whether it ended."""
    handlers = defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        step, event_id, pid, received_at, at = line.split()
        if step == "start":
            handlers[event_id].append([int(pid), float(received_at), float(at), False])
        else:
            (handler,) = [each for each in handlers[event_id] if each[:2] == [int(pid), float(received_at)]]
            handler[3] = True
    return handlers


@pytest.mark.fleet
@pytest.mark.load
@pytest.mark.process
@pytest.mark.timeout(600)
def test_event_is_handled_again_only_if_its_process_was_killed_and_its_claim_expired(tmp_path):
    rng = random.Random(13)
    path = tmp_path / "handled.log"
    path.touch()
    with RedisServer() as server:
        sender = Sender(draw_deliveries(rng), [sys.executable, "-c", WORKER, server.url, str(LEASE), str(path)])
        with sender.running():
            next_kill = time.monotonic() + KILL_INTERVAL
            while sender.unacknowledged > 0:
                time.sleep(0.05)
                if time.monotonic() > next_kill:
                    sender.kill_one(rng)
                    next_kill += KILL_INTERVAL
        with server.connect() as client:
            values = client.mget(client.keys("duro:inbox:*"))
    handlers = read_log(path)

    assert sender.errors == []
    assert len(handlers) == EVENTS
    assert all(any(has_ended for *_, has_ended in each) for each in handlers.values())
    assert len(values) == EVENTS
    assert all(value.startswith(b"handled ") for value in values)

    repeated = {event_id: each for event_id, each in handlers.items() if len(each) > 1}
    for each in repeated.values():
        for (pid, received_at, *_), (_, _, next_start, _) in itertools.pairwise(each):
            assert pid in sender.killed
            # The claim began after the receipt, so it expired after this time.
            assert next_start >= received_at + LEASE
    assert len(sender.killed) >= 3
    print(f"{len(sender.killed)} processes killed, {len(repeated)} events handled again after their claim expired")

"""Workers: tasks that are cancelled at random, and threads. A write in doubt is repeated under its key."""

from __future__ import annotations

import asyncio
import random
import time
import uuid

import anyio
from anyio.lowlevel import current_token

from duro.errors import DuroError

from .results import PERMANENT_ERRORS, Result
from .workloads import WORKLOADS

# Seconds.
TIMEOUT = 5.0
# The client keeps a deadline exactly. The tolerance is for a machine that is busy with other work.
TOLERANCE = 10.0
MAX_REPETITIONS = 200


def draw_short_timeout(random_):
    """Return the seconds until a cancellation: early in a call, or late in it."""
    return random_.uniform(0.001, random_.choice((0.02, 0.2, 2.0)))


class Worker:
    """Base class of tasks and threads.

    Args:
        fixtures: Objects that the workloads share.
        results: Record of the results.
        seed: Seed of the random numbers.
    """

    def __init__(self, fixtures, results, seed):
        self.fixtures = fixtures
        self.results = results
        self.random = random.Random(seed)

    def start_workload(self):
        return self.random.choice(WORKLOADS)(self.fixtures, self.random)

    def draw_options(self, call):
        timeout = draw_short_timeout(self.random) if self.random.random() < 0.1 else TIMEOUT
        return {"timeout": timeout} | ({"idempotency_key": str(uuid.uuid4())} if call.is_write else {})

    def record(self, call, options, first, last, seconds):
        self.results.record(call, options.get("idempotency_key"), first, last, seconds)


class Task(Worker):
    """Worker of the asynchronous client, cancelled by a cancel scope, by ``task.cancel()`` or by a timeout."""

    async def run(self, duro, until):
        while time.monotonic() < until:
            workload, response = self.start_workload(), None
            try:
                while True:
                    response = await self.make_call(duro, workload.send(response))
            except StopIteration:
                pass

    async def make_call(self, duro, call):
        options = self.draw_options(call)
        began = time.monotonic()
        with anyio.fail_after(TIMEOUT * call.pages + TOLERANCE):
            first, response = await self.run_cancellable(duro, call, options)
        result, seconds = first, time.monotonic() - began
        if first is Result.IN_DOUBT:
            result, response = await self.repeat(duro, call, options)
        elif first is not Result.SUCCESS:
            await anyio.sleep(self.random.uniform(0, 0.1))
        self.record(call, options, first, result, seconds)
        return response

    async def run_cancellable(self, duro, call, options):
        kind = self.random.random()
        cancelled = Result.IN_DOUBT if call.is_write else Result.FAILED
        if kind < 0.7:
            return await self.run_once(duro, call, options)
        if kind < 0.85 or not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
            with anyio.move_on_after(draw_short_timeout(self.random)):
                return await self.run_once(duro, call, options)
            return cancelled, None
        # Unlike a cancel scope, task.cancel() also interrupts code that anyio shields.
        task = asyncio.create_task(self.run_once(duro, call, options))
        asyncio.get_running_loop().call_later(draw_short_timeout(self.random), task.cancel)
        await asyncio.wait([task])
        return (cancelled, None) if task.cancelled() else task.result()

    async def run_once(self, duro, call, options):
        try:
            return Result.SUCCESS, await call.run(duro, **options)
        except DuroError as error:
            return Result.of(error, is_write=call.is_write), None

    async def repeat(self, duro, call, options):
        for _ in range(MAX_REPETITIONS):
            try:
                return Result.SUCCESS, await call.run(duro, **options | {"timeout": TIMEOUT})
            except PERMANENT_ERRORS:
                return Result.NOT_PROCESSED, None
            except DuroError as error:
                Result.of(error, is_write=True)
            await anyio.sleep(self.random.uniform(0, 0.2))
        return Result.IN_DOUBT, None


class Thread(Worker):
    """Worker of the blocking client; its calls end early only by a timeout."""

    def run(self, duro, until):
        while time.monotonic() < until:
            workload, response = self.start_workload(), None
            try:
                while True:
                    response = self.make_call(duro, workload.send(response))
            except StopIteration:
                pass

    def make_call(self, duro, call):
        options = self.draw_options(call)
        began = time.monotonic()
        first, response = self.run_once(duro, call, options)
        result, seconds = first, time.monotonic() - began
        if first is Result.IN_DOUBT:
            result, response = self.repeat(duro, call, options)
        elif first is not Result.SUCCESS:
            time.sleep(self.random.uniform(0, 0.1))
        self.record(call, options, first, result, seconds)
        return response

    def run_once(self, duro, call, options):
        try:
            return Result.SUCCESS, call.run(duro, **options)
        except DuroError as error:
            return Result.of(error, is_write=call.is_write), None

    def repeat(self, duro, call, options):
        for _ in range(MAX_REPETITIONS):
            try:
                return Result.SUCCESS, call.run(duro, **options | {"timeout": TIMEOUT})
            except PERMANENT_ERRORS:
                return Result.NOT_PROCESSED, None
            except DuroError as error:
                Result.of(error, is_write=True)
            time.sleep(self.random.uniform(0, 0.2))
        return Result.IN_DOUBT, None

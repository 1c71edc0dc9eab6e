"""Who calls: tasks that are cancelled at random, and threads; each write in doubt is asked for again under its key."""

from __future__ import annotations

import asyncio
import random
import time
import uuid

import anyio
from anyio.lowlevel import current_token
from books import FINAL, Ending
from stories import STORIES

from duro.errors import DuroError

PATIENCE = 5.0
# A deadline is kept to the moment; what comes on top is a machine that has other things to do.
GRACE = 10.0
MOST_QUESTIONS = 200


def hurry(chance):
    """Draw how long a caller waits: some strike early in a call on any machine, some late."""
    return chance.uniform(0.001, chance.choice((0.02, 0.2, 2.0)))


class Requester:
    """What tasks and threads do alike.

    Args:
        stage: What the stories share.
        books: Where the endings are noted.
        seed: Where its chance begins.
    """

    def __init__(self, stage, books, seed):
        self.stage = stage
        self.books = books
        self.chance = random.Random(seed)

    def story(self):
        return self.chance.choice(STORIES)(self.stage, self.chance)

    def options(self, act):
        timeout = hurry(self.chance) if self.chance.random() < 0.1 else PATIENCE
        return {"timeout": timeout} | ({"idempotency_key": str(uuid.uuid4())} if act.is_write else {})

    def note(self, act, options, first, last, seconds):
        self.books.note(act, options.get("idempotency_key"), first, last, seconds)


class Task(Requester):
    """A caller who awaits, and is cancelled by a scope, by ``task.cancel()`` or by a timeout."""

    async def play(self, duro, until):
        while time.monotonic() < until:
            story, answer = self.story(), None
            try:
                while True:
                    answer = await self.perform(duro, story.send(answer))
            except StopIteration:
                pass

    async def perform(self, duro, act):
        options = self.options(act)
        began = time.monotonic()
        with anyio.fail_after(PATIENCE * act.pages + GRACE):
            first, answer = await self.disturbed(duro, act, options)
        ending, seconds = first, time.monotonic() - began
        if first is Ending.DOUBT:
            ending, answer = await self.settle(duro, act, options)
        elif first is not Ending.ANSWERED:
            await anyio.sleep(self.chance.uniform(0, 0.1))
        self.note(act, options, first, ending, seconds)
        return answer

    async def disturbed(self, duro, act, options):
        how = self.chance.random()
        cancelled = Ending.DOUBT if act.is_write else Ending.FAILED
        if how < 0.7:
            return await self.call(duro, act, options)
        if how < 0.85 or not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
            with anyio.move_on_after(hurry(self.chance)):
                return await self.call(duro, act, options)
            return cancelled, None
        # It strikes wherever the task stands, also where anyio would shield it.
        task = asyncio.create_task(self.call(duro, act, options))
        asyncio.get_running_loop().call_later(hurry(self.chance), task.cancel)
        await asyncio.wait([task])
        return (cancelled, None) if task.cancelled() else task.result()

    async def call(self, duro, act, options):
        try:
            return Ending.ANSWERED, await act.call(duro, **options)
        except DuroError as error:
            return Ending.of(error, is_write=act.is_write), None

    async def settle(self, duro, act, options):
        for _ in range(MOST_QUESTIONS):
            try:
                return Ending.ANSWERED, await act.call(duro, **options | {"timeout": PATIENCE})
            except FINAL:
                return Ending.UNDONE, None
            except DuroError as error:
                Ending.of(error, is_write=True)
            await anyio.sleep(self.chance.uniform(0, 0.2))
        return Ending.DOUBT, None


class Thread(Requester):
    """A caller who blocks; only a timeout ends a call of theirs."""

    def play(self, duro, until):
        while time.monotonic() < until:
            story, answer = self.story(), None
            try:
                while True:
                    answer = self.perform(duro, story.send(answer))
            except StopIteration:
                pass

    def perform(self, duro, act):
        options = self.options(act)
        began = time.monotonic()
        first, answer = self.call(duro, act, options)
        ending, seconds = first, time.monotonic() - began
        if first is Ending.DOUBT:
            ending, answer = self.settle(duro, act, options)
        elif first is not Ending.ANSWERED:
            time.sleep(self.chance.uniform(0, 0.1))
        self.note(act, options, first, ending, seconds)
        return answer

    def call(self, duro, act, options):
        try:
            return Ending.ANSWERED, act.call(duro, **options)
        except DuroError as error:
            return Ending.of(error, is_write=act.is_write), None

    def settle(self, duro, act, options):
        for _ in range(MOST_QUESTIONS):
            try:
                return Ending.ANSWERED, act.call(duro, **options | {"timeout": PATIENCE})
            except FINAL:
                return Ending.UNDONE, None
            except DuroError as error:
                Ending.of(error, is_write=True)
            time.sleep(self.chance.uniform(0, 0.2))
        return Ending.DOUBT, None

"""The courier: takes from the outbox what is due, signs it, and posts it."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime
from functools import partial
from typing import Final

from ...errors import redact
from ...http.request import Headers, Request
from ...http.transport import RequestNotSentError, ResponseTooLargeError, SendError
from ...http.transport.httpx import HttpxTransport
from ...webhooks.headers import EVENT_ID, EVENT_TYPE, SIGNATURE
from ...webhooks.signature import Key, compose_header
from ..clock import Clock
from .outbox import DueDelivery, Outbox, Outcome
from .wakeup import Wakeup

__all__ = ["DeliveryWorker"]

_logger = logging.getLogger("duro.sandbox")

# How many deliveries are under way at once.
WIDTH: Final = 8
TIMEOUT_SECONDS: Final = 10.0
LARGEST_ANSWER: Final = 1_000_000


class DeliveryWorker:
    """Delivers for as long as it runs; what it is stopped in the middle of stays due.

    Args:
        outbox: What is to be delivered.
        clock: Says what is due.
        bell: Rings when something else may be due.
    """

    def __init__(self, outbox: Outbox, clock: Clock, wakeup: Wakeup) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wakeup = wakeup
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        with self._wakeup.heard():
            async with asyncio.TaskGroup() as group:
                while True:
                    self._recall()
                    now = self._clock.now()
                    self._send_due(now, group)
                    self._outbox.announce()
                    await self._wakeup.wait(within=self._outbox.seconds_to_next(now))

    def _recall(self) -> None:
        """Give up what was withdrawn by a reset, which must not take room from what comes after it."""
        for key, task in self._under_way.items():
            if not self._outbox.holds(key):
                task.cancel()

    def _send_due(self, now: datetime, group: asyncio.TaskGroup) -> None:
        room = WIDTH - len(self._under_way)
        if not room:
            return
        # What is under way is due still; without it, enough is left of these to fill the room.
        due = [each for each in self._outbox.due(now, WIDTH) if each.key not in self._under_way]
        for each in due[:room]:
            task = self._under_way[each.key] = group.create_task(self._deliver(each))
            task.add_done_callback(partial(self._make_room, each.key))

    async def _deliver(self, due: DueDelivery) -> None:
        self._outbox.settle(due, await _attempt(due))

    def _make_room(self, key: tuple[str, str], _task: asyncio.Task[None]) -> None:
        del self._under_way[key]
        self._wakeup.ring()


async def _attempt(due: DueDelivery) -> Outcome:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            status = await _post(due)
    except TimeoutError:
        return Outcome(failure=f"no answer within {TIMEOUT_SECONDS:g} s")
    except ResponseTooLargeError:
        return Outcome(failure=f"the answer is larger than {LARGEST_ANSWER:,} bytes")
    except SendError as failure:
        return Outcome(failure=redact(str(failure)), was_sent=not isinstance(failure, RequestNotSentError))
    except Exception:
        # Such as an address that cannot be written as HTTP: one delivery must not end all the others.
        _logger.exception("the delivery of %s failed", due.event_id)
        return Outcome(failure="the sandbox failed; its log tells more", was_sent=False)
    return Outcome(status, _failure(status))


async def _post(due: DueDelivery) -> int:
    # The limit is on the attempt as a whole, so no single step needs a shorter one.
    request = Request("POST", due.url, _sign(due), due.payload, 2 * TIMEOUT_SECONDS, LARGEST_ANSWER)
    # No connection is kept that could be dead when the next delivery needs it.
    transport = HttpxTransport(due.url, max_connections=1)
    try:
        return (await transport.send(request)).status
    finally:
        await transport.aclose()


def _failure(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return f"answered {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")


def _sign(due: DueDelivery) -> Headers:
    # Real time, not the sandbox's: the receiver checks it by a clock that nobody pushes ahead.
    now = str(int(time.time())).encode()
    signature = compose_header(now, due.payload, [Key(due.secret.reveal().encode())])
    lines = {
        "Content-Type": "application/json",
        SIGNATURE: signature,
        EVENT_ID: due.event_id,
        EVENT_TYPE: due.event_type,
    }
    return Headers((name.lower().encode(), value.encode()) for name, value in lines.items())

"""Delivery worker: signs the due deliveries of the outbox and posts them."""

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
from ...http.transport.httpcore import HttpcoreTransport
from ...http.transport.proxies import find_proxy
from ...http.transport.tls import TlsContext
from ...webhooks.headers import EVENT_ID, EVENT_TYPE, SIGNATURE
from ...webhooks.signature import Key, compose_header
from ..clock import SandboxClock
from .outbox import DueDelivery, Outbox, Outcome
from .wakeup import Wakeup

__all__ = ["DeliveryWorker"]

_logger = logging.getLogger("duro.sandbox")

MAX_CONCURRENT_DELIVERIES: Final = 8
ATTEMPT_TIMEOUT_SECONDS: Final = 10.0
MAX_RESPONSE_BYTES: Final = 1_000_000

_TLS: Final = TlsContext()


class DeliveryWorker:
    """Worker that makes due deliveries until it is cancelled. An interrupted delivery stays due.

    Args:
        outbox: Pending deliveries.
        clock: Time of the sandbox.
        wakeup: Signal that more deliveries may be due.
    """

    def __init__(self, outbox: Outbox, clock: SandboxClock, wakeup: Wakeup) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wakeup = wakeup
        self._in_progress: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        with self._wakeup.listen():
            async with asyncio.TaskGroup() as group:
                while True:
                    self._cancel_withdrawn()
                    now = self._clock.now()
                    self._start_due(now, group)
                    self._outbox.notify_waiters()
                    await self._wakeup.wait(within=self._outbox.seconds_to_next(now))

    def _cancel_withdrawn(self) -> None:
        # A withdrawn delivery to a silent endpoint would keep its place for up to 10 s.
        for key, task in self._in_progress.items():
            if not self._outbox.contains(key):
                task.cancel()

    def _start_due(self, now: datetime, group: asyncio.TaskGroup) -> None:
        free = MAX_CONCURRENT_DELIVERIES - len(self._in_progress)
        if not free:
            return
        # The limit is the maximum and not the free places: deliveries in progress are due too, and are left out below.
        due = [each for each in self._outbox.due(now, MAX_CONCURRENT_DELIVERIES) if each.key not in self._in_progress]
        for each in due[:free]:
            task = self._in_progress[each.key] = group.create_task(self._deliver(each))
            task.add_done_callback(partial(self._remove, each.key))

    async def _deliver(self, due: DueDelivery) -> None:
        self._outbox.settle(due, await _attempt(due))

    def _remove(self, key: tuple[str, str], _task: asyncio.Task[None]) -> None:
        del self._in_progress[key]
        self._wakeup.notify()


async def _attempt(due: DueDelivery) -> Outcome:
    try:
        async with asyncio.timeout(ATTEMPT_TIMEOUT_SECONDS):
            status = await _post(due)
    except TimeoutError:
        return Outcome(failure=f"no response within {ATTEMPT_TIMEOUT_SECONDS:g} s")
    except ResponseTooLargeError:
        return Outcome(failure=f"the response is larger than {MAX_RESPONSE_BYTES:,} bytes")
    except SendError as failure:
        return Outcome(failure=redact(str(failure)), was_sent=not isinstance(failure, RequestNotSentError))
    except Exception:
        # For example a URL that cannot be written as HTTP. One failed delivery must not end the worker.
        _logger.exception("delivery of %s failed", due.event_id)
        return Outcome(failure="the sandbox failed; see the log of duro.sandbox", was_sent=False)
    return Outcome(status, _failure_of(status))


async def _post(due: DueDelivery) -> int:
    # The deadline of the whole attempt applies first, so the timeout of a single step need not be shorter.
    request = Request(
        "POST", due.url, _signed_headers(due), due.payload, 2 * ATTEMPT_TIMEOUT_SECONDS, MAX_RESPONSE_BYTES
    )
    # A transport for each attempt: a kept connection could be dead when the next delivery needs it.
    transport = HttpcoreTransport(due.url, _TLS, find_proxy(due.url))
    try:
        return (await transport.send(request)).status
    finally:
        await transport.aclose()


def _failure_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return f"returned status {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")


def _signed_headers(due: DueDelivery) -> Headers:
    # Real time, because the receiver compares it with its own clock. The sandbox's clock may be advanced.
    now = str(int(time.time())).encode()
    signature = compose_header(now, due.payload, [Key(due.secret.reveal().encode())])
    lines = {
        "Content-Type": "application/json",
        SIGNATURE: signature,
        EVENT_ID: due.event_id,
        EVENT_TYPE: due.event_type,
    }
    return Headers((name.lower().encode(), value.encode()) for name, value in lines.items())

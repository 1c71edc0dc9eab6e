"""Checks of the code that calls a method which waits for deliveries."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

from ..._sandbox_trace import held_trace
from .outbox import Outbox

__all__ = ["DeliveryInProgressError", "check_no_event_loop", "check_no_handler", "check_no_long_delivery"]

# Half of the time of an attempt, so that a handler can still acknowledge its delivery after the error.
MAX_HANDLER_SECONDS: Final = 5.0


class DeliveryInProgressError(RuntimeError):
    """A delivery in progress does not end, probably because its handler waits for the caller."""


def check_no_event_loop() -> None:
    """Check that this thread does not run an event loop of asyncio or trio.

    Raises:
        RuntimeError: It runs one.
    """
    if _runs_event_loop():
        raise RuntimeError(
            "advance must not block a thread with a running event loop, because an endpoint there could not respond; "
            "use AsyncSandbox"
        )


def check_no_handler(outbox: Outbox, method: str) -> None:
    """Check that the caller is not the handler of a delivery in progress.

    Args:
        outbox: Pending deliveries.
        method: Name of the method that waits for deliveries, for the message.

    Raises:
        RuntimeError: The response to a delivery waits for the caller.
    """
    trace = held_trace()
    if trace is not None and outbox.is_claimed(int(trace)):
        raise RuntimeError(
            f"{method} must not be called by a webhook handler, because it would wait for the response of the handler; "
            "call it after the handler has returned"
        )


def check_no_long_delivery(outbox: Outbox) -> None:
    """Wait for the deliveries in progress, and check that they end.

    Nothing identifies a handler that does not use a receiver of the SDK.

    Args:
        outbox: Pending deliveries.

    Raises:
        DeliveryInProgressError: A delivery is still in progress after 5 seconds.
    """
    if not outbox.wait_for_claimed(MAX_HANDLER_SECONDS):
        raise DeliveryInProgressError(
            f"the clock cannot be advanced, because the handler of a delivery has not returned for "
            f"{MAX_HANDLER_SECONDS:g} s; wait until it returns, or pass deliver=False (a handler must not wait for an "
            "advance, because the advance waits for its response)"
        )


def _runs_event_loop() -> bool:
    trio: Any = sys.modules.get("trio")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return trio is not None and bool(trio.lowlevel.in_trio_run())
    return True

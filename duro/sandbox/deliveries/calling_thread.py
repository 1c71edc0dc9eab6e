"""Check of the thread that calls a blocking method."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

__all__ = ["check_no_event_loop"]


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


def _runs_event_loop() -> bool:
    trio: Any = sys.modules.get("trio")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return trio is not None and bool(trio.lowlevel.in_trio_run())
    return True

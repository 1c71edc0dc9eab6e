"""Event loop of the portal: uvloop if installed, otherwise the loop of asyncio."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from . import gevent

__all__ = ["loop_options"]

if sys.platform == "win32":
    _Loop = asyncio.ProactorEventLoop
else:
    _Loop = asyncio.SelectorEventLoop


def loop_options() -> dict[str, Any]:
    """Return the backend options for ``anyio.run`` that select the portal's event loop."""
    # uvloop waits in C, where gevent cannot switch to another greenlet.
    if sys.platform != "win32" and not gevent.is_patched() and find_spec("uvloop") is not None:
        # RuntimeError: the main thread has ended, and uvloop cannot be imported any more.
        with suppress(RuntimeError):
            import_module("uvloop")
            return {"use_uvloop": True}
    # An explicit factory, because the program may have set an event loop policy.
    return {"loop_factory": _Loop}

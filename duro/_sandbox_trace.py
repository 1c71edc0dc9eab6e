"""Trace of a sandbox: connects the calls of a webhook handler with the delivery that it handles.

A sandbox sends the header with its deliveries. A receiver sets the trace while
the handler runs, and a client with the credentials of a sandbox sends it back.
Duro's own API does not send the header, and does not receive it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["TRACE_HEADER", "begin_trace", "current_trace", "follow_trace", "held_trace"]

TRACE_HEADER: Final = "Duro-Sandbox-Trace"

_trace: Final[ContextVar[bytes | None]] = ContextVar("duro_sandbox_trace", default=None)
# Trace of the delivery whose response waits for the handler.
_held_trace: Final[ContextVar[bytes | None]] = ContextVar("duro_sandbox_held_trace", default=None)


def current_trace() -> bytes | None:
    """Return the value of the header that this context sends, if any."""
    return _trace.get()


def held_trace() -> bytes | None:
    """Return the trace of the delivery whose response waits for the handler of this context, if any."""
    return _held_trace.get()


def begin_trace(value: bytes | None) -> None:
    """Send a trace with the later calls of this task, such as the task that serves a request.

    Args:
        value: Value of the header. ``None`` sends none.
    """
    _trace.set(value)


@contextmanager
def follow_trace(value: bytes | None, *, is_held: bool = False) -> Generator[None, None, None]:
    """Send a trace with the calls of the block.

    Args:
        value: Value of the header. ``None`` sends none.
        is_held: Whether the response to the delivery waits for the block.
    """
    token, held_token = _trace.set(value), _held_trace.set(value if is_held else None)
    try:
        yield
    finally:
        _held_trace.reset(held_token)
        _trace.reset(token)

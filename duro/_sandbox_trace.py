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

__all__ = ["TRACE_HEADER", "current_trace", "follow_trace"]

TRACE_HEADER: Final = "Duro-Sandbox-Trace"

_trace: Final[ContextVar[bytes | None]] = ContextVar("duro_sandbox_trace", default=None)


def current_trace() -> bytes | None:
    """Return the value of the header that this context sends, if any."""
    return _trace.get()


@contextmanager
def follow_trace(value: bytes | None) -> Generator[None, None, None]:
    """Send a trace with the calls of the block.

    Args:
        value: Value of the header. ``None`` sends none.
    """
    token = _trace.set(value)
    try:
        yield
    finally:
        _trace.reset(token)

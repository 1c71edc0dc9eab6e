"""Lines of ``duro sandbox``: one for each request of the API."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import asdict

from .._json_types import camel_case
from ..errors import redact
from .output import is_colored, print_json, printable

if TYPE_CHECKING:
    from ..sandbox import RequestEntry

__all__ = ["format_request", "print_request_as_json", "print_request_line"]

_GREEN: Final = 32
_YELLOW: Final = 33
_RED: Final = 31


def format_request(entry: RequestEntry, elapsed: float, *, color: bool) -> str:
    """Return the line of a request.

    Args:
        entry: Entry of the request log, with secrets in its path masked.
        elapsed: Duration in seconds.
        color: Whether to colour the status.

    Returns:
        Time, status, method, path, duration, idempotency key and fault. The status of a discarded request is ``---``.
    """
    status = "---" if entry.status is None else str(entry.status)
    status = f"\033[{_color_of(entry.status)}m{status}\033[0m" if color else status
    time = entry.at[len("2026-06-28T") : len("2026-06-28T09:00:00")]
    key = "" if entry.idempotency_key is None else f"  key {printable(redact(entry.idempotency_key))}"
    fault = "" if entry.fault is None else f"  fault {entry.fault}"
    return f"{time}  {status}  {entry.method:<6}  {printable(entry.path)}  {elapsed * 1000:.1f} ms{key}{fault}"


def print_request_line(entry: RequestEntry, elapsed: float) -> None:
    """Print the line of a request."""
    # The sandbox goes on without a reader.
    with suppress(OSError):
        print(format_request(entry, elapsed, color=is_colored(sys.stdout)), flush=True)


def print_request_as_json(entry: RequestEntry, elapsed: float) -> None:
    """Print a request as one JSON object."""
    members = {camel_case(name): value for name, value in asdict(entry).items()}
    with suppress(OSError):
        print_json({**members, "elapsedMs": round(elapsed * 1000, 1)})


def _color_of(status: int | None) -> int:
    if status is None:
        return _RED
    if status < 400:
        return _GREEN
    return _YELLOW if status < 500 else _RED

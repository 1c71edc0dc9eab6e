"""Comparison of this machine's clock with that of the server."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ...http.observe import Call
    from .findings import Findings

__all__ = ["check_clock"]

# Deliveries are rejected from 300 s on. The header has whole seconds, and its response needs time.
_LARGE_DIFFERENCE_SECONDS: Final = 60


def check_clock(findings: Findings, call: Call | None, *, now: float | None = None) -> None:
    """Compare the clocks, and add the result.

    Args:
        findings: Results so far.
        call: Successful call, ``None`` without one.
        now: This machine's time in seconds since the epoch. Default: the present time.
    """
    server = None if call is None else _read_date(call)
    if server is None:
        findings.add("clock", "skipped", "needs a response with the time of the server")
        return
    difference = round((time.time() if now is None else now) - server)
    if abs(difference) < _LARGE_DIFFERENCE_SECONDS:
        findings.add("clock", "ok", f"differs from the server's by {abs(difference)} s")
        return
    direction = "ahead of" if difference > 0 else "behind"
    findings.add(
        "clock",
        "warning",
        f"is {abs(difference)} s {direction} the server's; set this machine's clock, "
        "because webhook deliveries are rejected from a difference of 300 s on",
    )


def _read_date(call: Call) -> float | None:
    try:
        return parsedate_to_datetime(call.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None

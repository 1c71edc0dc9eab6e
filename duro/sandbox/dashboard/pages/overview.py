"""Overview: the clock with its buttons, and what is due next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ...backend import Backend
from ...clock import timestamp
from ...control.clock import ClockAdvance, advance_clock
from ...recovery.payday import next_payday
from ...validation import invalid_field
from ..formats import format_exact
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit

__all__ = ["FORMS", "PAGES"]

HOME: Final = "/_sandbox/"


def _view(backend: Backend, _visit: Visit) -> Mapping[str, object]:
    return {"next_due": backend.clock.next_due()}


def _advance(backend: Backend, visit: Visit) -> FormResult:
    result = advance_clock(backend, _find_target(backend, visit.form.get("step", "")))
    counts = ", ".join(
        f"{number} {name if number == 1 else f'{name}s'}"
        for name, number in (("item", result.items), ("charge", result.charges), ("event", result.events))
    )
    return FormResult(HOME, f"The clock is at {format_exact(timestamp(result.now))}: {counts}.")


def _find_target(backend: Backend, step: str) -> ClockAdvance:
    now, item = backend.clock.now(), backend.clock.next_due()
    match step:
        case "hour":
            return ClockAdvance(advance=3_600)
        case "day":
            return ClockAdvance(advance=86_400)
        case "payday":
            return _to_advance(now, next_payday(now))
        case "next" if item is not None:
            return _to_advance(now, item.at)
        case _:
            raise invalid_field("step", "expected hour, day, payday, or next while something is due")


def _to_advance(now: datetime, target: datetime) -> ClockAdvance:
    return ClockAdvance(advance=max((target - now).total_seconds(), 0))


_HOME: Final = DashboardPage(HOME, "overview.html", _view, HOME)

PAGES: Final = (_HOME,)
FORMS: Final = (DashboardForm(f"{ROOT}/clock", _advance, _HOME),)

"""Overview: the clock with its buttons, what is due next, and the money that recovery is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ...backend import Backend
from ...billing.recoveries import RECOVERY_STATES, RecoveryTotal, count_recoveries, select_recoveries
from ...clock import timestamp
from ...control.clock import ClockAdvance, advance_clock
from ...recovery.payday import next_payday
from ...storage.pages import Selection
from ...validation import invalid_field
from ..charts import draw_recovery_chart
from ..due_rows import list_due_rows
from ..formats import format_exact
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit

__all__ = ["FORMS", "PAGES"]

HOME: Final = "/_sandbox/"
MAX_DUE_ITEMS: Final = 4
MAX_RECOVERIES: Final = 5
# Nothing deletes these records, so that the largest number is their count, which is read at once.
_COUNTS: Final = """
    SELECT
        (SELECT coalesce(max(rowid), 0) FROM customers) AS customers,
        (SELECT coalesce(max(rowid), 0) FROM subscriptions) AS subscriptions,
        (SELECT coalesce(max(rowid), 0) FROM transactions) AS charges,
        (SELECT coalesce(max(rowid), 0) FROM events) AS events
"""


def _view(backend: Backend, visit: Visit) -> Mapping[str, object]:
    with backend.store.transaction() as db:
        # Not before: an advance of the clock could fail a renewal after this time.
        now = backend.clock.now()
        totals = count_recoveries(db)
        recoveries = [
            row
            for state in ("recovering", "at_risk")
            for row in select_recoveries(db, state, Selection(MAX_RECOVERIES)).entries
        ]
        return {
            "due": list_due_rows(db, MAX_DUE_ITEMS),
            "payday": timestamp(next_payday(now)),
            "counts": dict(db.execute(_COUNTS).fetchone()),
            "totals": _complete(totals),
            "chart": draw_recovery_chart(db, totals[0].currency, now) if totals else None,
            "recoveries": recoveries[:MAX_RECOVERIES],
            "origin": visit.origin,
        }


def _complete(totals: Iterable[RecoveryTotal]) -> list[RecoveryTotal]:
    """Add totals of 0, so that each currency has all states."""
    present = {(total.currency, total.state): total for total in totals}
    return [
        present.get((currency, state)) or RecoveryTotal(state, currency, 0, 0)
        for currency in dict.fromkeys(currency for currency, _ in present)
        for state in RECOVERY_STATES
    ]


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

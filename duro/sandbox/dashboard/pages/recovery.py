"""Recovery board: one column for each state, and the list of all recoveries in a state."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from ...backend import Backend
from ...billing.recoveries import RECOVERY_STATES, RecoveryState, RecoveryTotal, count_recoveries, select_recoveries
from ...errors import ApiError
from ...storage.pages import Selection
from ..navigation import ROOT
from ..page import DashboardPage, Visit

__all__ = ["PAGES"]

PATH: Final = f"{ROOT}/recovery"
MAX_CARDS: Final = 8
PAGE_SIZE: Final = 50

_STATES: Final[Mapping[str, RecoveryState]] = {state: state for state in RECOVERY_STATES}
_HINTS: Final[Mapping[RecoveryState, str]] = {
    "at_risk": "Waits for a new card, or recovery is turned off",
    "recovering": "The next attempt is scheduled",
    "recovered": "A later attempt was paid",
    "lost": "The attempts are used up, or the subscription was canceled",
}


@frozen
class BoardColumn:
    """Column of the board, with its latest recoveries."""

    state: RecoveryState
    hint: str
    totals: tuple[RecoveryTotal, ...]
    recoveries: tuple[sqlite3.Row, ...]

    @property
    def number(self) -> int:
        """Number of the recoveries in the state."""
        return sum(total.number for total in self.totals)


def _view_board(backend: Backend, _visit: Visit) -> Mapping[str, object]:
    with backend.store.transaction() as db:
        totals = count_recoveries(db)
        return {"columns": [_build_column(db, state, totals) for state in RECOVERY_STATES]}


def _build_column(db: sqlite3.Connection, state: RecoveryState, totals: tuple[RecoveryTotal, ...]) -> BoardColumn:
    own = tuple(total for total in totals if total.state == state)
    return BoardColumn(state, _HINTS[state], own, select_recoveries(db, state, Selection(MAX_CARDS)).entries)


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    state = _STATES.get(visit.path["state"])
    if state is None:
        raise ApiError(404, "This state does not exist. Open the recovery board.")
    selection = Selection(PAGE_SIZE, visit.query.get("cursor"))
    with backend.store.transaction() as db:
        return {"state": state, "hint": _HINTS[state], "page": select_recoveries(db, state, selection)}


PAGES: Final = (
    DashboardPage(PATH, "recovery.html", _view_board, PATH),
    DashboardPage(f"{PATH}/{{state}}", "recoveries.html", _view_list, PATH),
)

"""Codes: the one-time codes that the sandbox would have sent by phone and e-mail."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Final, Literal, TypeAlias

from attrs import frozen

from ...auth.otp import EMAIL, WHATSAPP
from ...backend import Backend
from ...clock import timestamp
from ...storage.pages import ListPage, Selection, select_rows
from ..lists import build_options, read_selection
from ..navigation import ROOT
from ..page import DashboardPage, Visit

__all__ = ["PAGES"]

LIST: Final = f"{ROOT}/codes"
CHANNELS: Final = build_options((EMAIL, WHATSAPP))

CodeState: TypeAlias = Literal["valid", "used", "replaced", "expired"]


@frozen
class CodeRow:
    """One-time code of the list.

    Attributes:
        channel: ``whatsapp`` or ``email``.
        recipient: Phone number or e-mail address.
        code: Six digits.
        state: ``valid``, or the reason for which the code is refused.
        at: Sandbox time of sending, in the API's format.
        expires_at: Sandbox time of expiry, in the API's format.
    """

    channel: str
    recipient: str
    code: str
    state: CodeState
    at: str
    expires_at: str


def select_code_rows(db: sqlite3.Connection, selection: Selection, now: str) -> ListPage[CodeRow]:
    """Read a page of the codes.

    Args:
        db: Open transaction.
        selection: Page to read. Its filters are columns of ``codes``.
        now: Sandbox time in the API's format.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    return select_rows(db, "codes", selection).map(
        lambda row: CodeRow(
            channel=row["channel"],
            recipient=row["recipient"],
            code=row["code"],
            state=_find_state(db, row, now),
            at=row["created_at"],
            expires_at=row["expires_at"],
        )
    )


def _find_state(db: sqlite3.Connection, row: sqlite3.Row, now: str) -> CodeState:
    if row["used_at"] is not None:
        return "used"
    if row["expires_at"] <= now:
        return "expired"
    later = db.execute(
        "SELECT 1 FROM codes WHERE channel = ? AND recipient = ? AND (created_at, id) > (?, ?) LIMIT 1",
        (row["channel"], row["recipient"], row["created_at"], row["id"]),
    ).fetchone()
    return "valid" if later is None else "replaced"


def _view(backend: Backend, visit: Visit) -> Mapping[str, object]:
    selection = read_selection(visit.query, "recipient", "channel")
    now = timestamp(backend.clock.now())
    page = backend.transact(partial(select_code_rows, selection=selection, now=now))
    return {
        "rows": page.entries,
        "cursor": page.cursor,
        "channels": CHANNELS,
        "is_filtered": bool(selection.filters),
    }


PAGES: Final = (DashboardPage(LIST, "codes.html", _view, LIST),)

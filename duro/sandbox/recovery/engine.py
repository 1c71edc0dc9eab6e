"""Recovery engine: decides what follows a failed charge."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ..unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from ..billing.charges import ChargeResult

__all__ = ["handle_failure"]


def handle_failure(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row, result: ChargeResult) -> None:
    """Decide what follows a failed charge.

    Args:
        uow: Unit of work of the charge.
        subscription: Subscription that is past due.
        invoice: Open invoice.
        result: Result of the charge.
    """

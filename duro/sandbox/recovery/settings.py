"""Recovery settings of the merchant."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from ..storage.rows import update

__all__ = ["update_settings"]

# A merchant has one set of settings, so that the table has one row.
_ROW_ID: Final = "recovery"


def update_settings(db: sqlite3.Connection, values: Mapping[str, object]) -> sqlite3.Row:
    """Update the recovery settings.

    Args:
        db: Open transaction.
        values: New values by column.

    Returns:
        All settings.
    """
    # The defaults are in the schema, so that the row exists only after the first change.
    db.execute("INSERT OR IGNORE INTO recovery_settings (id) VALUES (?)", (_ROW_ID,))
    return update(db, "recovery_settings", _ROW_ID, values)

"""Recovery settings of the merchant."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import frozen

from ..storage.connection import cached, forget
from ..storage.rows import update

__all__ = ["RecoveryRules", "find_rules", "update_settings"]

# A merchant has one set of settings, so that the table has one row.
_ROW_ID: Final = "recovery"

# The one documented action. Other values are stored and ignored.
CANCEL: Final = "cancel"


@frozen
class RecoveryRules:
    """Settings that the recovery engine follows. The defaults apply until the merchant changes a setting.

    Attributes:
        is_enabled: Whether failed renewals are attempted again.
        cancels_after: Time from the first failure to the cancellation. ``None`` without an escalation.
    """

    is_enabled: bool = True
    cancels_after: timedelta | None = None


def find_rules(db: sqlite3.Connection) -> RecoveryRules:
    """Return the settings that the recovery engine follows.

    Args:
        db: Open transaction.
    """
    return cached(db, _load_rules)


def _load_rules(db: sqlite3.Connection) -> RecoveryRules:
    row = db.execute("SELECT * FROM recovery_settings").fetchone()
    if row is None:
        return RecoveryRules()
    cancels = row["dunning_escalation"] == CANCEL
    return RecoveryRules(
        is_enabled=bool(row["dunning_enabled"] and row["auto_recovery"]),
        cancels_after=timedelta(days=row["dunning_escalation_days"]) if cancels else None,
    )


def update_settings(db: sqlite3.Connection, values: Mapping[str, object]) -> sqlite3.Row:
    """Update the recovery settings.

    Args:
        db: Open transaction.
        values: New values by column.

    Returns:
        All settings.
    """
    forget(db, _load_rules)
    # The defaults are in the schema, so that the row exists only after the first change.
    db.execute("INSERT OR IGNORE INTO recovery_settings (id) VALUES (?)", (_ROW_ID,))
    return update(db, "recovery_settings", _ROW_ID, values)

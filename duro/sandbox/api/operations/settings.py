"""Settings: how the merchant wants lost payments to be recovered."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...storage.rows import update
from ...validation import Flag, Text, given_members, integer
from ..dispatch import Call, Operation

__all__ = ["OPERATIONS"]

Days: TypeAlias = Annotated[int, integer(0, 365, "integer from 0 to 365")]

# The tenant has one set of settings.
_ONLY: Final = "recovery"


@frozen
class RecoverySettings:
    """The body of ``updateRecoverySettings``."""

    auto_recovery: Flag | Unset = UNSET
    renewal_reminders: Flag | Unset = UNSET
    renewal_reminder_days: Days | Unset = UNSET
    abandoned_cart: Flag | Unset = UNSET
    dunning_enabled: Flag | Unset = UNSET
    dunning_escalation_days: Days | Unset = UNSET
    dunning_escalation: Text | Unset = UNSET


def to_json(settings: sqlite3.Row) -> JSONObject:
    """Give the settings the contract's shape."""
    return {
        "autoRecovery": bool(settings["auto_recovery"]),
        "renewalReminders": bool(settings["renewal_reminders"]),
        "renewalReminderDays": settings["renewal_reminder_days"],
        "abandonedCart": bool(settings["abandoned_cart"]),
        "dunningEnabled": bool(settings["dunning_enabled"]),
        "dunningEscalationDays": settings["dunning_escalation_days"],
        "dunningEscalation": settings["dunning_escalation"],
    }


def update_recovery_settings(call: Call) -> JSONObject:
    """``updateRecoverySettings``: what the body leaves out stays as it is."""
    body = call.read(RecoverySettings)
    # The schema holds the defaults, so the first change makes the record.
    call.db.execute("INSERT OR IGNORE INTO recovery_settings (id) VALUES (?)", (_ONLY,))
    return to_json(update(call.db, "recovery_settings", _ONLY, given_members(body)))


OPERATIONS: Final = (Operation("PATCH", "/v1/settings/recovery", update_recovery_settings),)

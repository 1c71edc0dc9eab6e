"""Invariant: each change of a status is one that the state machine of subscriptions allows."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["STATUS_IS_REACHABLE"]

STATUS_IS_REACHABLE: Final = Invariant(
    "status_is_reachable",
    frozenset({"status"}),
    """
    SELECT
        'subscription ' || subject || ' must change its status by an action, got '
        || coalesce(changes.before, 'none') || ' to ' || changes.after
    FROM changes LEFT JOIN transitions ON transitions.before IS changes.before AND transitions.after = changes.after
    WHERE kind = 'status' AND transitions.after IS NULL
    """,
)

"""Checks of the whole database, which strict does not make: each subscription has what continues it."""

from __future__ import annotations

from duro.sandbox import Sandbox

__all__ = ["check_due_items", "check_periods"]

# Kinds of due items by status. A subscription that is past due without recovery waits for its escalation, if at all.
DUE_ITEMS = {
    "incomplete": [[]],
    "trialing": [["period_end"]],
    "active": [["period_end"]],
    "paused": [["period_end"], []],
    "past_due": [["recovery_attempt"], ["card_deadline"], []],
    "unpaid": [[]],
    "canceled": [[]],
    "expired": [[]],
}

_ITEMS = """
    SELECT subscriptions.id, subscriptions.status, due_items.kind, due_items.at
    FROM subscriptions LEFT JOIN due_items ON due_items.kind != 'escalation' AND (
        subject = subscriptions.id OR subject IN (SELECT id FROM invoices WHERE subscription_id = subscriptions.id)
    )
"""


def check_due_items(sandbox: Sandbox) -> None:
    """Check that each subscription has the due items of its status, and that none of them is in the past."""
    now = sandbox._backend.time.now().isoformat()
    kinds: dict[str, list[str]] = {}
    statuses: dict[str, str] = {}
    for identifier, status, kind, at in sandbox._backend.transact(lambda db: db.execute(_ITEMS).fetchall()):
        statuses[identifier] = status
        kinds.setdefault(identifier, [])
        if kind is not None:
            kinds[identifier].append(kind)
            assert at[:19] >= now[:19], (identifier, kind, at, now)
    for identifier, status in statuses.items():
        assert kinds[identifier] in DUE_ITEMS[status], (identifier, status, kinds[identifier])


def check_periods(sandbox: Sandbox) -> None:
    """Check that each running subscription is in the period of its last paid invoice, or in its trial."""
    rows = sandbox._backend.transact(
        lambda db: db.execute(
            """
            SELECT subscriptions.id, subscriptions.status, current_period_start, cycles_completed, max_cycles,
                (SELECT max(period_start) FROM invoices
                    WHERE subscription_id = subscriptions.id AND kind = 'period' AND status = 'paid') AS last_paid
            FROM subscriptions
            """
        ).fetchall()
    )
    for row in rows:
        if row["last_paid"] is not None:
            assert row["current_period_start"] == row["last_paid"], dict(row)
        if row["status"] == "active":
            assert row["last_paid"] is not None, dict(row)

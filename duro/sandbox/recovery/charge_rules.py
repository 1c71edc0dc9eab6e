"""Rules for the outcome of charges: scripts, declines and the failure profile, as rows of the database.

A rule belongs to a customer or to a checkout token. At the payment of a
session, the rules of its token move to the customer who pays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from attrs import frozen

from ..storage.connection import cached, forget
from .failure_codes import FailureCategory

__all__ = [
    "FailureProfile",
    "add_decline",
    "find_profile",
    "has_rules",
    "move_rules",
    "remove_declines",
    "set_profile",
    "set_script",
    "take_decline",
    "take_script",
]


@frozen
class FailureProfile:
    """Shares of failing charges, for all customers.

    Attributes:
        shares: Share of the charges that fail in each category, from 0 to 1. The sum is at most 1.
        seed: Seed of the outcomes. ``None`` is the seed of the sandbox.
    """

    shares: Mapping[FailureCategory, float]
    seed: int | None = None


def set_script(db: sqlite3.Connection, subject: str, outcomes: Iterable[FailureCategory | None]) -> None:
    """Replace the script of a subject.

    Args:
        db: Open transaction.
        subject: Id of a customer, or checkout token.
        outcomes: Outcomes of the next charges. ``None`` is a success.
    """
    forget(db, _has_any_rules)
    db.execute("DELETE FROM charge_scripts WHERE subject = ?", (subject,))
    db.executemany(
        "INSERT INTO charge_scripts (subject, category) VALUES (?, ?)", [(subject, outcome) for outcome in outcomes]
    )


def has_rules(db: sqlite3.Connection, subject: str) -> bool:
    """Return whether a subject has a script or a decline.

    Args:
        db: Open transaction.
        subject: Id of a customer.
    """
    if not cached(db, _has_any_rules):
        return False
    (found,) = db.execute(
        "SELECT EXISTS (SELECT 1 FROM charge_scripts WHERE subject = ?)"
        " OR EXISTS (SELECT 1 FROM charge_declines WHERE subject = ?)",
        (subject, subject),
    ).fetchone()
    return bool(found)


def take_script(db: sqlite3.Connection, subject: str) -> sqlite3.Row | None:
    """Remove the next line of a script. Its column ``category`` has the outcome.

    Args:
        db: Open transaction.
        subject: Id of a customer.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT id, category FROM charge_scripts WHERE subject = ? ORDER BY id LIMIT 1", (subject,)
    ).fetchone()
    if row is not None:
        db.execute("DELETE FROM charge_scripts WHERE id = ?", (row["id"],))
    return row


def add_decline(
    db: sqlite3.Connection, subject: str, category: FailureCategory, *, times: int | None, rail: str | None
) -> None:
    """Decline the next charges of a subject.

    Args:
        db: Open transaction.
        subject: Id of a customer, or checkout token.
        category: Category of the failures.
        times: Number of charges. ``None`` declines all.
        rail: Rail of the charges. ``None`` declines every rail.
    """
    forget(db, _has_any_rules)
    db.execute(
        "INSERT INTO charge_declines (subject, category, rail, times_left) VALUES (?, ?, ?, ?)",
        (subject, category, rail, times),
    )


def take_decline(db: sqlite3.Connection, subject: str, rail: str) -> FailureCategory | None:
    """Apply the oldest decline for a rail, and return its category. Return ``None`` if there is not any.

    Args:
        db: Open transaction.
        subject: Id of a customer.
        rail: Rail of the charge.
    """
    row = db.execute(
        "SELECT id, category, times_left FROM charge_declines"
        " WHERE subject = ? AND (rail IS NULL OR rail = ?) ORDER BY id LIMIT 1",
        (subject, rail),
    ).fetchone()
    if row is None:
        return None
    if row["times_left"] == 1:
        db.execute("DELETE FROM charge_declines WHERE id = ?", (row["id"],))
    else:
        db.execute("UPDATE charge_declines SET times_left = times_left - 1 WHERE id = ?", (row["id"],))
    category: FailureCategory = row["category"]
    return category


def remove_declines(db: sqlite3.Connection, subject: str, categories: Iterable[FailureCategory]) -> None:
    """Remove the declines of a subject by their category.

    Args:
        db: Open transaction.
        subject: Id of a customer.
        categories: Categories to remove.
    """
    db.executemany(
        "DELETE FROM charge_declines WHERE subject = ? AND category = ?",
        [(subject, category) for category in categories],
    )


def move_rules(db: sqlite3.Connection, token: str, customer_id: str) -> None:
    """Move the rules of a checkout token to the customer who pays the session.

    Args:
        db: Open transaction.
        token: Checkout token.
        customer_id: Id of the customer.
    """
    for table in ("charge_scripts", "charge_declines"):
        db.execute(f"UPDATE {table} SET subject = ? WHERE subject = ?", (customer_id, token))  # noqa: S608 - constants


def set_profile(db: sqlite3.Connection, profile: FailureProfile) -> None:
    """Replace the failure profile.

    Args:
        db: Open transaction.
        profile: New profile. Without shares, no charge fails because of it.
    """
    forget(db, _load_profile)
    db.execute("DELETE FROM failure_profile")
    db.executemany(
        "INSERT INTO failure_profile VALUES (?, ?, ?)",
        # The seed as a string: SQLite limits integers to 64 bits.
        [
            (category, share, None if profile.seed is None else str(profile.seed))
            for category, share in profile.shares.items()
        ],
    )


def find_profile(db: sqlite3.Connection) -> FailureProfile | None:
    """Return the failure profile, if there is one.

    Args:
        db: Open transaction.
    """
    return cached(db, _load_profile)


def _has_any_rules(db: sqlite3.Connection) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM charge_scripts) OR EXISTS (SELECT 1 FROM charge_declines)"
    return bool(db.execute(query).fetchone()[0])


def _load_profile(db: sqlite3.Connection) -> FailureProfile | None:
    rows = db.execute("SELECT category, share, seed FROM failure_profile ORDER BY category").fetchall()
    if not rows:
        return None
    seed = rows[0]["seed"]
    return FailureProfile({row["category"]: row["share"] for row in rows}, None if seed is None else int(seed))

"""Rules for the outcomes of the next charges, as the page lists them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from ...errors import redact
from ..recovery.charge_rules import find_profile

__all__ = ["CardRules", "DeclineRow", "ScriptRow", "find_card_rules"]

MAX_RULES: Final = 50
# A script has at most 1,000 lines.
MAX_SCRIPT_LINES: Final = 10_000
MAX_SHOWN_OUTCOMES: Final = 10


@frozen
class DeclineRow:
    """Decline of the next charges of a customer or a checkout token.

    Attributes:
        subject: Id of the customer, or token.
        category: Category of the failures.
        rail: Rail of the charges. ``None`` for any.
        times_left: Number of charges. ``None`` for all.
    """

    # A token allows a payment.
    subject: str = field(converter=redact)
    category: str
    rail: str | None
    times_left: int | None


@frozen
class ScriptRow:
    """Script of a customer or a checkout token.

    Attributes:
        subject: Id of the customer, or token.
        outcomes: First outcomes, next one first.
        more: Number of the others.
    """

    # A token allows a payment.
    subject: str = field(converter=redact)
    outcomes: tuple[str, ...]
    more: int


@frozen
class CardRules:
    """Rules that have an effect on later charges, newest first.

    Attributes:
        declines: Latest declines.
        scripts: Latest scripts.
        percentages: Percentage of failing charges by category, from the profile.
        seed: Seed of the profile. ``None`` for that of the sandbox.
    """

    declines: tuple[DeclineRow, ...]
    scripts: tuple[ScriptRow, ...]
    percentages: Mapping[str, str]
    seed: int | None


def find_card_rules(db: sqlite3.Connection) -> CardRules:
    """Return the rules, at most 50 of each kind.

    Args:
        db: Open transaction.
    """
    declines = db.execute(
        "SELECT subject, category, rail, times_left FROM charge_declines ORDER BY id DESC LIMIT ?", (MAX_RULES,)
    ).fetchall()
    profile = find_profile(db)
    return CardRules(
        declines=tuple(DeclineRow(*row) for row in declines),
        scripts=_find_scripts(db),
        percentages={} if profile is None else {name: f"{share * 100:g}" for name, share in profile.shares.items()},
        seed=None if profile is None else profile.seed,
    )


def _find_scripts(db: sqlite3.Connection) -> tuple[ScriptRow, ...]:
    rows = db.execute("SELECT subject FROM charge_scripts ORDER BY id DESC LIMIT ?", (MAX_SCRIPT_LINES,))
    # The query is read only as far as necessary. A dictionary keeps the order.
    subjects: dict[str, None] = {}
    for row in rows:
        subjects[row["subject"]] = None
        if len(subjects) == MAX_RULES:
            break
    return tuple(_read_script(db, subject) for subject in subjects)


def _read_script(db: sqlite3.Connection, subject: str) -> ScriptRow:
    (number,) = db.execute("SELECT count(*) FROM charge_scripts WHERE subject = ?", (subject,)).fetchone()
    rows = db.execute(
        "SELECT category FROM charge_scripts WHERE subject = ? ORDER BY id LIMIT ?", (subject, MAX_SHOWN_OUTCOMES)
    )
    outcomes = tuple(row["category"] or "ok" for row in rows)
    return ScriptRow(subject, outcomes, number - len(outcomes))

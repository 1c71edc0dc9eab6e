"""Simulated outcome of a charge: success, or the category of a failure."""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

from ..billing.cards import find_card, is_expired
from ..storage.rows import find
from ..storage.seed import Seed
from ..unit_of_work import UnitOfWork
from .charge_rules import find_profile, has_rules, take_decline, take_script
from .failure_codes import CARD_CATEGORIES, FailureCategory, find_category

__all__ = ["choose_outcome", "draw", "find_magic_category", "pick_profile_outcome"]

_MAGIC_ADDRESS: Final = re.compile(r"decline\+(\w+)@", re.ASCII | re.IGNORECASE)


def choose_outcome(uow: UnitOfWork, invoice: sqlite3.Row, *, rail: str, attempt: int) -> FailureCategory | None:
    """Choose the outcome of a charge. The first source with an outcome decides.

    1. The script of the customer.
    2. The declines of the customer.
    3. An expired card.
    4. The customer's e-mail address, such as ``decline+expired_card@example.com``, for charges over ``card``.
    5. The failure profile.

    Call it once for each charge, because it uses up a line of a script or a decline.

    Args:
        uow: Unit of work.
        invoice: Invoice to charge.
        rail: Rail of the charge.
        attempt: Number of the attempt to charge the invoice, from 1.

    Returns:
        The category of the failure, or ``None`` for a success.
    """
    customer_id = invoice["customer_id"]
    if has_rules(uow.db, customer_id):
        if line := take_script(uow.db, customer_id):
            scripted: FailureCategory | None = line["category"]
            return scripted
        if declined := take_decline(uow.db, customer_id, rail):
            return declined
    card = find_card(uow.db, customer_id) if rail == "card" else None
    if card is not None and is_expired(card, uow.now):
        return "expired_card"
    category = _find_address_outcome(uow, invoice) if rail == "card" else None
    if category is None and (profile := find_profile(uow.db)):
        seed = uow.seed if profile.seed is None else Seed(profile.seed)
        category = pick_profile_outcome(profile.shares, seed, invoice, rail=rail, attempt=attempt)
    if category in CARD_CATEGORIES and (rail != "card" or _was_replaced(card, invoice)):
        return None
    return category


def find_magic_category(email: str) -> FailureCategory | None:
    """Return the category in an e-mail address whose card charges fail. Return ``None`` for other addresses.

    Args:
        email: E-mail address of a customer.

    Example:
        >>> find_magic_category("decline+insufficient_funds@example.com"), find_magic_category("ada@example.com")
        ('insufficient_funds', None)
    """
    found = _MAGIC_ADDRESS.match(email)
    return find_category(found[1].lower()) if found else None


def pick_profile_outcome(
    shares: Mapping[FailureCategory, float], seed: Seed, invoice: sqlite3.Row, *, rail: str, attempt: int
) -> FailureCategory | None:
    """Return the outcome of a charge according to a profile. It is a pure function of the seed and the charge.

    All attempts to charge an invoice fail in the same category. Each attempt
    and each rail succeeds or fails on its own.

    Args:
        shares: Share of the charges that fail in each category, from 0 to 1.
        seed: Seed of the outcomes.
        invoice: Invoice to charge.
        rail: Rail of the charge.
        attempt: Number of the attempt.
    """
    period = (invoice["subscription_id"] or invoice["customer_id"], invoice["period_start"])
    if draw(seed, *period, attempt, rail) >= sum(shares.values()):
        return None
    return _pick_category(shares, draw(seed, *period))


def draw(seed: Seed, *item: str | int) -> float:
    """Return a number from 0 to 1 that looks random. It is a pure function of its arguments.

    Args:
        seed: Seed.
        *item: Parts that identify the item, such as the id of a subscription.

    Example:
        >>> draw(Seed(7), "sub_1", 1) == draw(Seed(7), "sub_1", 1), draw(Seed(7), "sub_1") == draw(Seed(8), "sub_1")
        (True, False)
    """
    # 53 of the 128 bits, so that each number is exact and below 1.
    return (seed.derive(*item) >> 75) / 2**53


def _pick_category(shares: Mapping[FailureCategory, float], position: float) -> FailureCategory:
    """Return the category at a position from 0 to 1, where each one is as wide as its share."""
    bounds = list(accumulate(shares.values()))
    index = bisect(bounds, position * bounds[-1])
    # The product can be rounded up to the last bound.
    return list(shares)[min(index, len(bounds) - 1)]


def _find_address_outcome(uow: UnitOfWork, invoice: sqlite3.Row) -> FailureCategory | None:
    email = find(uow.db, "customers", invoice["customer_id"])["email"]
    return find_magic_category(email) if email else None


def _was_replaced(card: sqlite3.Row | None, invoice: sqlite3.Row) -> bool:
    """Return whether the customer replaced the card after the invoice was issued."""
    return card is not None and card["is_replacement"] and card["created_at"] >= invoice["created_at"]

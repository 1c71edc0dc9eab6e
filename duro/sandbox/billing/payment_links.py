"""Payment links: short addresses that each sell one plan."""

from __future__ import annotations

import sqlite3

from ..errors import ApiError
from ..storage.rows import find, insert
from ..unit_of_work import UnitOfWork
from .plans import check_plan_available

__all__ = ["create_payment_link", "find_payment_link"]


def create_payment_link(uow: UnitOfWork, plan: sqlite3.Row, slug: str) -> sqlite3.Row:
    """Create a payment link.

    Args:
        uow: Unit of work.
        plan: Plan to sell.
        slug: Last segment of the address. It is unique.

    Returns:
        The payment link.

    Raises:
        ApiError: The plan is archived, or the slug exists already (409).
    """
    check_plan_available(plan)
    if uow.db.execute("SELECT 1 FROM payment_links WHERE slug = ?", (slug,)).fetchone():
        raise ApiError(409, "Another payment link has this slug.")
    identifier = uow.new_id("link")
    insert(uow.db, "payment_links", {"id": identifier, "plan_id": plan["id"], "slug": slug, "created_at": uow.at})
    return find(uow.db, "payment_links", identifier)


def find_payment_link(db: sqlite3.Connection, slug: str) -> sqlite3.Row:
    """Return the payment link with a slug.

    Args:
        db: Open transaction.
        slug: Last segment of the address.

    Raises:
        ApiError: The link does not exist, or is not active (404).
    """
    link: sqlite3.Row | None = db.execute("SELECT * FROM payment_links WHERE slug = ? AND active", (slug,)).fetchone()
    if link is None:
        raise ApiError(404, "The payment link does not exist.")
    return link

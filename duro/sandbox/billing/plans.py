"""Plans: create, update, archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ..errors import ApiError
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork

__all__ = ["archive_plan", "check_plan_available", "create_plan", "update_plan"]


def create_plan(uow: UnitOfWork, values: Mapping[str, object]) -> sqlite3.Row:
    """Create a plan.

    Args:
        uow: Unit of work.
        values: Values by column.

    Returns:
        The plan.
    """
    identifier = uow.new_id("plan")
    insert(uow.db, "plans", {"id": identifier, **values, "created_at": uow.at})
    return find(uow.db, "plans", identifier)


def update_plan(uow: UnitOfWork, plan: sqlite3.Row, values: Mapping[str, object]) -> sqlite3.Row:
    """Update a plan. Running subscriptions keep the price that they bought.

    Args:
        uow: Unit of work.
        plan: Plan to update.
        values: New values by column.

    Returns:
        The updated plan.

    Raises:
        ApiError: The plan is archived (409).
    """
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and cannot be changed.")
    return update(uow.db, "plans", plan["id"], values)


def archive_plan(uow: UnitOfWork, plan: sqlite3.Row) -> sqlite3.Row:
    """Archive a plan. Running subscriptions continue. A repeat keeps the first time.

    Args:
        uow: Unit of work.
        plan: Plan to archive.

    Returns:
        The archived plan.
    """
    return update(uow.db, "plans", plan["id"], {"archived_at": plan["archived_at"] or uow.at})


def check_plan_available(plan: sqlite3.Row) -> None:
    """Check that customers can subscribe to a plan.

    Raises:
        ApiError: The plan is archived (409).
    """
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and does not accept new subscriptions.")

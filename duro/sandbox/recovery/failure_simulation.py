"""Simulated outcome of a charge: success, or the category of a failure."""

from __future__ import annotations

import sqlite3

from ..unit_of_work import UnitOfWork
from .failure_codes import FailureCategory

__all__ = ["choose_outcome"]


def choose_outcome(
    uow: UnitOfWork,  # noqa: ARG001 - part of the interface
    invoice: sqlite3.Row,  # noqa: ARG001 - the same
    *,
    rail: str,  # noqa: ARG001 - the same
    attempt: int,  # noqa: ARG001 - the same
) -> FailureCategory | None:
    """Choose the outcome of a charge.

    Args:
        uow: Unit of work.
        invoice: Invoice to charge.
        rail: Rail of the charge.
        attempt: Number of the attempt to charge the invoice, from 1.

    Returns:
        The category of the failure, or ``None`` for a success.
    """
    return None

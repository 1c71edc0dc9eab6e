"""The operations of the API, one module for each tag of the contract."""

from __future__ import annotations

from typing import Final

from ..calls import Operation
from . import customers, invoices, oauth, plans, subscriptions, transactions

__all__ = ["OPERATIONS"]

OPERATIONS: Final[tuple[Operation, ...]] = (
    *oauth.OPERATIONS,
    *plans.OPERATIONS,
    *customers.OPERATIONS,
    *subscriptions.OPERATIONS,
    *invoices.OPERATIONS,
    *transactions.OPERATIONS,
)

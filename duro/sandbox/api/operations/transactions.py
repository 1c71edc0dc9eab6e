"""Transactions (attempts to charge): retrieve, list."""

from __future__ import annotations

from typing import Final

from ...._json_types import JSONObject
from ...representation import transaction_to_json
from ...storage.rows import find
from ..operation import ApiOperation
from ..pagination import read_page
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


def retrieve_transaction(context: RequestContext) -> JSONObject:
    """``getTransaction``."""
    return transaction_to_json(find(context.uow.db, "transactions", context.path["id"]))


def list_customer_transactions(context: RequestContext) -> JSONObject:
    """``listCustomerTransactions``."""
    customer = find(context.uow.db, "customers", context.path["id"])
    return read_page(
        context, "transactions", transaction_to_json, where="customer_id = ?", parameters=(customer["id"],)
    )


OPERATIONS: Final = (
    ApiOperation("GET", "/v1/transactions/{id}", retrieve_transaction),
    ApiOperation("GET", "/v1/customers/{id}/transactions", list_customer_transactions),
)

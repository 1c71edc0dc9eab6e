"""Resource of transactions (``/v1/transactions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..models.transactions import Transaction
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncTransactions"]

RETRIEVE: Final = Operation("getTransaction", "GET", "/v1/transactions/{id}", arguments=("transaction_id",))


class AsyncTransactions(AsyncResource):
    """Transactions: single attempts to charge an invoice."""

    async def retrieve(self, transaction_id: str, /, **options: Unpack[CallOptions]) -> Transaction:
        """Retrieve a charge attempt (``getTransaction``, ``GET /v1/transactions/{id}``).

        Args:
            transaction_id: Id of the transaction.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The transaction.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The transaction does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> [charge] = await client.customers.list_transactions(customer.id).collect()
            >>> (await client.transactions.retrieve(charge.id)).amount
            500000
        """
        return await self._requester.call(RETRIEVE, transaction_id, into=Transaction, options=options)

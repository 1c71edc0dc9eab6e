"""Invoices (``/v1/invoices``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_integers, check_strings
from ..models.invoices import InvoiceDetail, InvoiceRefundResult
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncInvoices"]

RETRIEVE: Final = Operation("getInvoice", "GET", "/v1/invoices/{id}")
REFUND: Final = Operation("refundInvoice", "POST", "/v1/invoices/{id}/refund")


class AsyncInvoices(AsyncResource):
    """What periods cost, and how that was paid."""

    async def retrieve(self, invoice_id: str, /, **options: Unpack[CallOptions]) -> InvoiceDetail:
        """Fetch one invoice with the attempts to charge it (``getInvoice``, ``GET /v1/invoices/{id}``).

        Args:
            invoice_id: The invoice.
            **options: What may be said with every call.

        Returns:
            The invoice.

        Raises:
            NotFoundError: There is no such invoice in this tenant and mode.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> [charge] = await client.customers.list_transactions(customer.id).collect()
            >>> invoice = await client.invoices.retrieve(charge.invoice_id)
            >>> invoice.status == "paid", invoice.attempts == (charge,)
            (True, True)
        """
        return await self._requester.call(RETRIEVE, invoice_id, into=InvoiceDetail, options=options)

    async def refund(
        self,
        invoice_id: str,
        /,
        *,
        amount: int | Unset = UNSET,
        reason: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> InvoiceRefundResult:
        """Give back what was paid (``refundInvoice``, ``POST /v1/invoices/{id}/refund``).

        Args:
            invoice_id: The invoice, which has to be paid.
            amount: How much, in minor units (kobo); leave out for all of it.
            reason: Why.
            **options: What may be said with every call.

        Returns:
            What became of the refund.

        Raises:
            InvalidArgumentError: The amount is no whole number, or the reason no text.
            NotFoundError: There is no such invoice in this tenant and mode.
            ConflictError: The invoice is not paid, or was given back already.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The money may have been given back.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> [charge] = await client.customers.list_transactions(customer.id).collect()
            >>> (await client.invoices.refund(charge.invoice_id, amount=100_000, reason="goodwill")).refunded
            100000
        """
        body = {**check_integers(amount=amount), **check_strings(reason=reason)}
        return await self._requester.call(REFUND, invoice_id, into=InvoiceRefundResult, body=body, options=options)

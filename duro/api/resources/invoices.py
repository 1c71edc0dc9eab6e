"""Resource of invoices (``/v1/invoices``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..arguments import check_amounts, check_optional, check_strings
from ..models.invoices import InvoiceDetail, InvoiceRefundResult
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncInvoices"]

RETRIEVE: Final = Operation("getInvoice", "GET", "/v1/invoices/{id}", arguments=("invoice_id",))
REFUND: Final = Operation("refundInvoice", "POST", "/v1/invoices/{id}/refund", arguments=("invoice_id",))


class AsyncInvoices(AsyncResource):
    """Invoices: retrieve with all charge attempts, refund."""

    async def retrieve(self, invoice_id: str, /, **options: Unpack[CallOptions]) -> InvoiceDetail:
        """Retrieve an invoice with its charge attempts (``getInvoice``, ``GET /v1/invoices/{id}``).

        Args:
            invoice_id: Id of the invoice (``inv_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The invoice.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The invoice does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

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
        amount: int | Unset | None = None,
        reason: str | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> InvoiceRefundResult:
        """Refund a paid invoice (``refundInvoice``, ``POST /v1/invoices/{id}/refund``).

        Args:
            invoice_id: Invoice to refund. It must be paid.
            amount: Amount in minor units (kobo). The whole amount if left out.
            reason: Reason of the refund.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The refunded amount, and the status of the refund.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The invoice does not exist, or belongs to another merchant or mode.
            ConflictError: The invoice is not paid, or is refunded already.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The money may have been refunded, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> [charge] = await client.customers.list_transactions(customer.id).collect()
            >>> (await client.invoices.refund(charge.invoice_id, amount=100_000, reason="goodwill")).refunded
            100000
        """
        body = {**check_optional(check_amounts, amount=amount), **check_optional(check_strings, reason=reason)}
        return await self._requester.call(REFUND, invoice_id, into=InvoiceRefundResult, body=body, options=options)

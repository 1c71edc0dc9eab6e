"""Customers (``/v1/customers``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_json_objects, check_strings
from ..models.customers import Customer
from ..models.subscriptions import Subscription
from ..models.transactions import Transaction
from ..pages import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json import JSONObject
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncCustomers"]

LIST: Final = Operation("listCustomers", "GET", "/v1/customers")
CREATE: Final = Operation("createCustomer", "POST", "/v1/customers")
RETRIEVE: Final = Operation("getCustomer", "GET", "/v1/customers/{id}")
RETRIEVE_BY_REF: Final = Operation("getCustomerByRef", "GET", "/v1/customers/ref/{ref}")
BLACKLIST: Final = Operation("blacklistCustomer", "POST", "/v1/customers/{id}/blacklist")
LIST_SUBSCRIPTIONS: Final = Operation("listCustomerSubscriptions", "GET", "/v1/customers/{id}/subscriptions")
LIST_TRANSACTIONS: Final = Operation("listCustomerTransactions", "GET", "/v1/customers/{id}/transactions")


class AsyncCustomers(AsyncResource):
    """Who pays the merchant."""

    def list(
        self, *, limit: int | Unset = UNSET, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncPages[Customer]:
        """Page through the merchant's customers, newest first (``listCustomers``, ``GET /v1/customers``).

        Args:
            limit: Customers a page, 1 to 100; the API's default is 20.
            cursor: Where to resume, from ``.cursor`` of an earlier walk.
            **options: What may be said with every call.

        Returns:
            The pages; walking them sends the requests.

        Raises:
            InvalidArgumentError: The limit or cursor breaks the contract.
            APIError: The API refused, while the pages are walked.

        Example:
            >>> await client.customers.list().collect(limit=10)
            []
        """
        return self._requester.pages(LIST, into=Page[Customer], limit=limit, cursor=cursor, options=options)

    async def create(
        self,
        *,
        email: str | Unset = UNSET,
        phone: str | Unset = UNSET,
        name: str | Unset = UNSET,
        merchant_ref: str | Unset = UNSET,
        metadata: JSONObject | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """Register a customer (``createCustomer``, ``POST /v1/customers``).

        Args:
            email: The address.
            phone: The telephone number, digits with the country's code.
            name: The name.
            merchant_ref: The merchant's own identifier for this customer.
            metadata: Anything that is JSON.
            **options: What may be said with every call.

        Returns:
            The new customer.

        Raises:
            ConflictError: The reference is taken.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The customer may have been registered.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", merchant_ref="EXT-001")
            >>> customer.email, customer.blacklisted
            ('ada@example.com', False)
        """
        body = {
            **check_strings(email=email, phone=phone, name=name, merchant_ref=merchant_ref),
            **check_json_objects(metadata=metadata),
        }
        return await self._requester.call(CREATE, into=Customer, body=body, options=options)

    async def retrieve(self, customer_id: str, /, **options: Unpack[CallOptions]) -> Customer:
        """Fetch one customer by Duro's id (``getCustomer``, ``GET /v1/customers/{id}``).

        Args:
            customer_id: The customer.
            **options: What may be said with every call.

        Returns:
            The customer.

        Raises:
            NotFoundError: There is no such customer in this tenant and mode.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> (await client.customers.retrieve(customer.id)).name
            'Ada'
        """
        return await self._requester.call(RETRIEVE, customer_id, into=Customer, options=options)

    async def retrieve_by_ref(self, merchant_ref: str, /, **options: Unpack[CallOptions]) -> Customer:
        """Fetch one customer by the merchant's reference (``getCustomerByRef``, ``GET /v1/customers/ref/{ref}``).

        Args:
            merchant_ref: The reference set when the customer was created.
            **options: What may be said with every call.

        Returns:
            The customer.

        Raises:
            NotFoundError: No customer of this tenant and mode has the reference.

        Example:
            >>> customer = await client.customers.create(merchant_ref="EXT-001")
            >>> (await client.customers.retrieve_by_ref("EXT-001")).id == customer.id
            True
        """
        return await self._requester.call(RETRIEVE_BY_REF, merchant_ref, into=Customer, options=options)

    async def blacklist(
        self, customer_id: str, /, *, reason: str | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> Customer:
        """Put a customer on the blacklist (``blacklistCustomer``, ``POST /v1/customers/{id}/blacklist``).

        Args:
            customer_id: The customer.
            reason: Why.
            **options: What may be said with every call.

        Returns:
            The customer, now barred.

        Raises:
            NotFoundError: There is no such customer in this tenant and mode.
            OutcomeUnknownError: The customer may have been barred.

        Example:
            >>> customer = await client.customers.create(name="Eve")
            >>> (await client.customers.blacklist(customer.id, reason="chargebacks")).blacklist_reason
            'chargebacks'
        """
        body = check_strings(reason=reason)
        return await self._requester.call(BLACKLIST, customer_id, into=Customer, body=body, options=options)

    def list_subscriptions(self, customer_id: str, /, **options: Unpack[CallOptions]) -> AsyncPages[Subscription]:
        """List a customer's subscriptions (``listCustomerSubscriptions``, ``GET /v1/customers/{id}/subscriptions``).

        Args:
            customer_id: The customer.
            **options: What may be said with every call.

        Returns:
            The subscriptions, all on one page.

        Raises:
            NotFoundError: There is no such customer, seen while the page is walked.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> await client.customers.list_subscriptions(customer.id).collect()
            []
        """
        return self._requester.pages(LIST_SUBSCRIPTIONS, customer_id, into=Page[Subscription], options=options)

    def list_transactions(
        self,
        customer_id: str,
        /,
        *,
        limit: int | Unset = UNSET,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPages[Transaction]:
        """Page through a customer's charges (``listCustomerTransactions``, ``GET /v1/customers/{id}/transactions``).

        The shape of this answer is not documented by the API; fields beyond
        those known are kept in ``extra``.

        Args:
            customer_id: The customer.
            limit: Transactions a page, 1 to 100; the API's default is 20.
            cursor: Where to resume, from ``.cursor`` of an earlier walk.
            **options: What may be said with every call.

        Returns:
            The pages; walking them sends the requests.

        Raises:
            InvalidArgumentError: The limit or cursor breaks the contract.
            NotFoundError: There is no such customer, seen while the pages are walked.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> await client.customers.list_transactions(customer.id).collect()
            []
        """
        return self._requester.pages(
            LIST_TRANSACTIONS, customer_id, into=Page[Transaction], limit=limit, cursor=cursor, options=options
        )

"""Resource of customers (``/v1/customers``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..arguments import check_optional, check_strings
from ..json_arguments import check_json_objects
from ..models.customers import Customer
from ..models.subscriptions import Subscription
from ..models.transactions import Transaction
from ..page import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json_types import JSONObject
    from ..._unset import Unset
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncCustomers"]

LIST: Final = Operation("listCustomers", "GET", "/v1/customers")
CREATE: Final = Operation("createCustomer", "POST", "/v1/customers")
RETRIEVE: Final = Operation("getCustomer", "GET", "/v1/customers/{id}", arguments=("customer_id",))
RETRIEVE_BY_REF: Final = Operation("getCustomerByRef", "GET", "/v1/customers/ref/{ref}", arguments=("merchant_ref",))
BLACKLIST: Final = Operation("blacklistCustomer", "POST", "/v1/customers/{id}/blacklist", arguments=("customer_id",))
LIST_SUBSCRIPTIONS: Final = Operation(
    "listCustomerSubscriptions", "GET", "/v1/customers/{id}/subscriptions", arguments=("customer_id",)
)
LIST_TRANSACTIONS: Final = Operation(
    "listCustomerTransactions", "GET", "/v1/customers/{id}/transactions", arguments=("customer_id",)
)


class AsyncCustomers(AsyncResource):
    """Customers: create, find, blacklist, list subscriptions and transactions."""

    def list(
        self, *, page_size: int | Unset | None = None, cursor: str | Unset | None = None, **options: Unpack[CallOptions]
    ) -> AsyncPages[Customer]:
        """List the merchant's customers, newest first (``listCustomers``, ``GET /v1/customers``).

        Args:
            page_size: Customers per page, 1 to 100. The API's default is 20.
            cursor: Cursor to resume from: ``.cursor`` of an earlier iteration. Starts at the first page if left out.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The pages. Requests are sent during iteration.

        Raises:
            InvalidArgumentError: ``page_size`` or ``cursor`` is invalid. No request was sent.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> await client.customers.list().collect(limit=10)
            []
        """
        return self._requester.paginate(LIST, into=Page[Customer], page_size=page_size, cursor=cursor, options=options)

    async def create(
        self,
        *,
        email: str | Unset | None = None,
        phone: str | Unset | None = None,
        name: str | Unset | None = None,
        merchant_ref: str | Unset | None = None,
        metadata: JSONObject | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """Create a customer (``createCustomer``, ``POST /v1/customers``).

        Args:
            email: Email address.
            phone: Phone number: digits with the country code.
            name: Full name.
            merchant_ref: Identifier of this customer in the merchant's system.
            metadata: Additional data of the merchant: a mapping of strings to JSON values.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The new customer.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            ConflictError: Another customer has this ``merchant_ref``.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The customer may have been created, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com", merchant_ref="EXT-001")
            >>> customer.email, customer.blacklisted
            ('ada@example.com', False)
        """
        body = {
            **check_optional(check_strings, email=email, phone=phone, name=name, merchant_ref=merchant_ref),
            **check_optional(check_json_objects, metadata=metadata),
        }
        return await self._requester.call(CREATE, into=Customer, body=body, options=options)

    async def retrieve(self, customer_id: str, /, **options: Unpack[CallOptions]) -> Customer:
        """Retrieve a customer by its id (``getCustomer``, ``GET /v1/customers/{id}``).

        Args:
            customer_id: Id of the customer (``cus_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The customer.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The customer does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> (await client.customers.retrieve(customer.id)).name
            'Ada'
        """
        return await self._requester.call(RETRIEVE, customer_id, into=Customer, options=options)

    async def retrieve_by_ref(self, merchant_ref: str, /, **options: Unpack[CallOptions]) -> Customer:
        """Retrieve a customer by the merchant's reference (``getCustomerByRef``, ``GET /v1/customers/ref/{ref}``).

        Args:
            merchant_ref: Reference that was set when the customer was created. Any text except for one that
                contains NUL, or ``.`` or ``..`` between slashes or alone, which proxies change.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The customer.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: No customer of this merchant and mode has the reference.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(merchant_ref="EXT-001")
            >>> (await client.customers.retrieve_by_ref("EXT-001")).id == customer.id
            True
        """
        return await self._requester.call(RETRIEVE_BY_REF, merchant_ref, into=Customer, options=options)

    async def blacklist(
        self, customer_id: str, /, *, reason: str | Unset | None = None, **options: Unpack[CallOptions]
    ) -> Customer:
        """Blacklist a customer to prevent charges (``blacklistCustomer``, ``POST /v1/customers/{id}/blacklist``).

        Args:
            customer_id: Customer to blacklist.
            reason: Reason, stored as ``blacklist_reason``.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The blacklisted customer.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The customer does not exist, or belongs to another merchant or mode.
            OutcomeUnknownError: The customer may have been blacklisted, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> customer = await client.customers.create(name="Eve")
            >>> (await client.customers.blacklist(customer.id, reason="chargebacks")).blacklist_reason
            'chargebacks'
        """
        body = check_optional(check_strings, reason=reason)
        return await self._requester.call(BLACKLIST, customer_id, into=Customer, body=body, options=options)

    def list_subscriptions(self, customer_id: str, /, **options: Unpack[CallOptions]) -> AsyncPages[Subscription]:
        """List a customer's subscriptions (``listCustomerSubscriptions``, ``GET /v1/customers/{id}/subscriptions``).

        Args:
            customer_id: Customer with the subscriptions.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The subscriptions, all on one page.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The customer does not exist, or belongs to another merchant or mode. Raised during iteration.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> await client.customers.list_subscriptions(customer.id).collect()
            []
        """
        return self._requester.paginate(LIST_SUBSCRIPTIONS, customer_id, into=Page[Subscription], options=options)

    def list_transactions(
        self,
        customer_id: str,
        /,
        *,
        page_size: int | Unset | None = None,
        cursor: str | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPages[Transaction]:
        """List a customer's charge attempts (``listCustomerTransactions``, ``GET /v1/customers/{id}/transactions``).

        The API does not document the shape of this response. Undocumented fields are kept in ``extra``.

        Args:
            customer_id: Customer who was charged.
            page_size: Transactions per page, 1 to 100. The API's default is 20.
            cursor: Cursor to resume from: ``.cursor`` of an earlier iteration. Starts at the first page if left out.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The pages. Requests are sent during iteration.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The customer does not exist, or belongs to another merchant or mode. Raised during iteration.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> customer = await client.customers.create(name="Ada")
            >>> await client.customers.list_transactions(customer.id).collect()
            []
        """
        return self._requester.paginate(
            LIST_TRANSACTIONS, customer_id, into=Page[Transaction], page_size=page_size, cursor=cursor, options=options
        )

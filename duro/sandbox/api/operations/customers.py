"""Customers: list, create, retrieve, blacklist."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import customers
from ...errors import ApiError
from ...representation import customer_to_json
from ...storage.rows import find
from ...validation import Email, JSONMapping, Text, set_members
from ..operation import ApiOperation
from ..pagination import read_page
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


@frozen
class CustomerCreate:
    """Body of ``createCustomer``. The metadata is validated but not returned."""

    email: Email | Unset = UNSET
    phone: Text | Unset = UNSET
    name: Text | Unset = UNSET
    merchant_ref: Text | Unset = UNSET
    metadata: JSONMapping | Unset = UNSET


@frozen
class CustomerBlacklist:
    """Body of ``blacklistCustomer``."""

    reason: Text | Unset = UNSET


def list_customers(context: RequestContext) -> JSONObject:
    """``listCustomers``."""
    return read_page(context, "customers", customer_to_json)


def create_customer(context: RequestContext) -> JSONObject:
    """``createCustomer``."""
    values = set_members(context.read_body(CustomerCreate))
    values.pop("metadata", None)
    return customer_to_json(customers.add_customer(context.uow, values))


def retrieve_customer(context: RequestContext) -> JSONObject:
    """``getCustomer``."""
    return customer_to_json(find(context.uow.db, "customers", context.path["id"]))


def retrieve_customer_by_ref(context: RequestContext) -> JSONObject:
    """``getCustomerByRef``."""
    customer = customers.find_customer_by_ref(context.uow.db, context.path["ref"])
    if customer is None:
        raise ApiError(404, "A customer with this merchantRef does not exist.")
    return customer_to_json(customer)


def blacklist_customer(context: RequestContext) -> JSONObject:
    """``blacklistCustomer``."""
    customer = find(context.uow.db, "customers", context.path["id"])
    reason = set_members(context.read_body(CustomerBlacklist)).get("reason")
    return customer_to_json(customers.blacklist_customer(context.uow, customer, reason))


OPERATIONS: Final = (
    ApiOperation("GET", "/v1/customers", list_customers),
    ApiOperation("POST", "/v1/customers", create_customer, status=201),
    # Before {id}, which would match too. A merchant's reference may contain slashes.
    ApiOperation("GET", "/v1/customers/ref/{ref:path}", retrieve_customer_by_ref),
    ApiOperation("GET", "/v1/customers/{id}", retrieve_customer),
    ApiOperation("POST", "/v1/customers/{id}/blacklist", blacklist_customer),
)

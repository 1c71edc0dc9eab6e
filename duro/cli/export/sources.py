"""Lists that can be exported, as pages of rows with the names of the API."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Final, get_args, get_type_hints

from attrs import fields_dict, frozen

from ..._json_types import camel_case
from ...api.models.customers import Customer
from ...api.models.plans import Plan
from ...api.models.subscriptions import Subscription
from ...api.models.transactions import Transaction
from ..operations.document import to_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..._json_types import JSONObject
    from ...api.models.base import Model
    from ...api.page import Page
    from ...blocking.client import Duro
    from ..options import ExportKind

__all__ = ["RowPage", "column_types", "iterate_pages"]

PAGE_SIZE: Final = 100

# The API lists these by customer, and its subscriptions do not contain the id of their customer.
_OF_CUSTOMER: Final = ("transactions", "subscriptions")
_MODELS: Final[Mapping[ExportKind, type[Model]]] = {
    "customers": Customer,
    "plans": Plan,
    "transactions": Transaction,
    "subscriptions": Subscription,
}


@frozen
class RowPage:
    """Rows of one page of the list.

    Attributes:
        rows: Rows with the names of the API.
        next_cursor: Cursor of the next page, ``None`` on the last one.
    """

    rows: Iterator[JSONObject]
    next_cursor: str | None


def column_types(kind: ExportKind) -> dict[str, object]:
    """Return the columns of a list in order, with the types of their values.

    Args:
        kind: List to export.
    """
    model = _MODELS[kind]
    annotations = get_type_hints(model)
    columns = {camel_case(name): _required_type(annotations[name]) for name in fields_dict(model) if name != "extra"}
    return {"customerId": str, **columns} if kind in _OF_CUSTOMER else columns


def _required_type(annotation: object) -> object:
    """Return the type of a value that is not ``None``."""
    return next((each for each in get_args(annotation) if each is not NoneType), annotation)


def iterate_pages(client: Duro, kind: ExportKind, cursor: str | None) -> Iterator[RowPage]:
    """Yield the pages of a list. A list by customer has the rows of one page of customers on each page.

    Args:
        client: Client of the account.
        kind: List to export.
        cursor: Cursor of the first page, ``None`` for the start.
    """
    if kind == "plans":
        for plans in client.plans.list(page_size=PAGE_SIZE, cursor=cursor).by_page():
            yield RowPage(map(_to_row, plans.items), plans.next_cursor)
        return
    for customers in client.customers.list(page_size=PAGE_SIZE, cursor=cursor).by_page():
        rows = map(_to_row, customers.items) if kind == "customers" else _iterate_by_customer(client, kind, customers)
        yield RowPage(rows, customers.next_cursor)


def _iterate_by_customer(client: Duro, kind: ExportKind, customers: Page[Customer]) -> Iterator[JSONObject]:
    for customer in customers:
        items: Iterable[Model] = client.customers.list_subscriptions(customer.id)
        if kind == "transactions":
            items = client.customers.list_transactions(customer.id, page_size=PAGE_SIZE)
        for item in items:
            yield {**_to_row(item), "customerId": customer.id}


def _to_row(item: Model) -> JSONObject:
    return to_document(item, reveal=False)

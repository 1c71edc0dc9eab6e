"""Workloads: generators of calls.

A workload yields ``Call`` objects and is sent the response of each, or ``None`` after an error. A call works with both
clients. With the asynchronous one it returns an awaitable.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

_numbers = itertools.count()


class Call(NamedTuple):
    """One call of a method. A list makes one request for each of its pages."""

    name: str
    run: Any
    is_write: bool = False
    pages: int = 1


class Fixtures(NamedTuple):
    """Ids of the objects that all workloads share."""

    plan: str
    customer: str


CHARGE = "createSubscription"
REFUND = "refundInvoice"


def sell_and_refund(fixtures, random_):
    email = f"customer-{next(_numbers)}@example.com"
    customer = yield Call("createCustomer", lambda duro, **options: duro.customers.create(email=email, **options), True)
    if customer is None:
        return
    subscription = yield Call(
        CHARGE,
        lambda duro, **options: duro.subscriptions.create(customer_id=customer.id, plan_id=fixtures.plan, **options),
        True,
    )
    if subscription is None:
        return
    charges = yield Call(
        "listCustomerTransactions",
        lambda duro, **options: duro.customers.list_transactions(customer.id, **options).collect(),
    )
    for charge in charges or ():
        amount = random_.randint(1, 100)
        yield Call(
            REFUND,
            lambda duro, **options: duro.invoices.refund(charge.invoice_id, amount=amount, **options),  # noqa: B023 - runs before the next iteration
            True,
        )
    if random_.random() < 0.3:
        yield Call(
            "cancelSubscription", lambda duro, **options: duro.subscriptions.cancel(subscription.id, **options), True
        )


def update(fixtures, random_):
    name = f"Plan {random_.randint(1, 9)}"
    yield Call("updatePlan", lambda duro, **options: duro.plans.update(fixtures.plan, name=name, **options), True)


def read(fixtures, _random):
    yield Call("getCustomer", lambda duro, **options: duro.customers.retrieve(fixtures.customer, **options))
    yield Call("request", lambda duro, **options: duro.request("GET", "/v1/plans", params={"limit": 3}, **options))


def list_pages(_fixtures, random_):
    limit = random_.randint(1, 45)
    yield Call(
        "listCustomers",
        lambda duro, **options: duro.customers.list(page_size=15, **options).collect(limit=limit),
        pages=3,
    )


def prefetch_pages(_fixtures, random_):
    limit = random_.randint(1, 45)
    yield Call(
        "listCustomers, prefetched",
        lambda duro, **options: duro.customers.list(page_size=15, **options).prefetch().collect(limit=limit),
        pages=3,
    )


def copy_client(fixtures, _random):
    yield Call(
        "getCustomer, of a copied client",
        lambda duro, **options: duro.with_options(headers={"x-a": "b"}).customers.retrieve(
            fixtures.customer, **options
        ),
    )


def get_token(_fixtures, _random):
    yield Call("token", lambda duro, **options: duro.token(**options))


WORKLOADS = (
    *(sell_and_refund, sell_and_refund, sell_and_refund, update, read),
    *(list_pages, prefetch_pages, copy_client, get_token),
)

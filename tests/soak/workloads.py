"""What the callers do: stories, each a generator of acts that is sent the answer of each, or None if there was none.

An act is a call that both clients take; with the awaited one it gives something to await.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

_numbers = itertools.count()


class Act(NamedTuple):
    """One call, or, where a list is walked, one for each of its pages."""

    name: str
    call: Any
    is_write: bool = False
    pages: int = 1


class Stage(NamedTuple):
    """What all stories share."""

    plan: str
    customer: str


CHARGE = "createSubscription"
REFUND = "refundInvoice"


def sell_and_refund(stage, chance):
    email = f"somebody-{next(_numbers)}@example.com"
    customer = yield Act("createCustomer", lambda duro, **options: duro.customers.create(email=email, **options), True)
    if customer is None:
        return
    subscription = yield Act(
        CHARGE,
        lambda duro, **options: duro.subscriptions.create(customer_id=customer.id, plan_id=stage.plan, **options),
        True,
    )
    if subscription is None:
        return
    charges = yield Act(
        "listCustomerTransactions",
        lambda duro, **options: duro.customers.list_transactions(customer.id, **options).collect(),
    )
    for charge in charges or ():
        amount = chance.randint(1, 100)
        yield Act(
            REFUND,
            lambda duro, **options: duro.invoices.refund(charge.invoice_id, amount=amount, **options),  # noqa: B023 - awaited before the next
            True,
        )
    if chance.random() < 0.3:
        yield Act(
            "cancelSubscription", lambda duro, **options: duro.subscriptions.cancel(subscription.id, **options), True
        )


def update(stage, chance):
    name = f"Plan {chance.randint(1, 9)}"
    yield Act("updatePlan", lambda duro, **options: duro.plans.update(stage.plan, name=name, **options), True)


def read(stage, _chance):
    yield Act("getCustomer", lambda duro, **options: duro.customers.retrieve(stage.customer, **options))
    yield Act("request", lambda duro, **options: duro.request("GET", "/v1/plans", params={"limit": 3}, **options))


def walk(_stage, chance):
    limit = chance.randint(1, 45)
    yield Act(
        "listCustomers",
        lambda duro, **options: duro.customers.list(limit=15, **options).collect(limit=limit),
        pages=3,
    )


def walk_ahead(_stage, chance):
    limit = chance.randint(1, 45)
    yield Act(
        "listCustomers, ahead",
        lambda duro, **options: duro.customers.list(limit=15, **options).prefetch().collect(limit=limit),
        pages=3,
    )


def copy(stage, _chance):
    yield Act(
        "getCustomer, of a copy",
        lambda duro, **options: duro.with_options(headers={"x-a": "b"}).customers.retrieve(stage.customer, **options),
    )


def ask_for_the_token(_stage, _chance):
    yield Act("token", lambda duro, **options: duro.token(**options))


STORIES = (sell_and_refund, sell_and_refund, sell_and_refund, update, read, walk, walk_ahead, copy, ask_for_the_token)

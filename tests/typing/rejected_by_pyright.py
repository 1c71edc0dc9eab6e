"""Code that pyright must reject, never run. An unused ignore comment is an error too."""

# mypy: ignore-errors
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import duro
from duro import AsyncDuro, Duro, IdentityToken, Interval, Plan
from duro.webhooks import CheckoutCompleted, InvoiceCreated, Router, Webhook


def blocking(client: Duro) -> None:
    client.plans.create(name="Pro", amount=5)  # pyright: ignore[reportCallIssue]
    client.plans.create(name="Pro", amount="5", interval="day")  # pyright: ignore[reportArgumentType]
    client.plans.create(name="Pro", amount=5, interval="day", timeuot=5)  # pyright: ignore[reportCallIssue]
    client.plans.create(name="Pro", amount=5, interval="day", timeout="5")  # pyright: ignore[reportArgumentType]
    client.plans.create("Pro", amount=5, interval="day")  # pyright: ignore[reportCallIssue]
    client.plans.list(limitt=5)  # pyright: ignore[reportCallIssue]
    client.plans.list(page_size="5")  # pyright: ignore[reportArgumentType]
    client.plans.archive()  # pyright: ignore[reportCallIssue]
    client.plans.archive(plan_id="plan_1")  # pyright: ignore[reportCallIssue]
    client.customers.retrieve(5)  # pyright: ignore[reportArgumentType]
    client.customers.retrieve("cus_1", headers={"a": 5})  # pyright: ignore[reportArgumentType]
    print(client.customers.retrieve("cus_1").nmae)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    client.subscriptions.change_plan("sub_1")  # pyright: ignore[reportCallIssue]
    client.customers.retrieve(None)  # pyright: ignore[reportArgumentType]
    client.plans.create(name=None, amount=5, interval="day")  # pyright: ignore[reportArgumentType]
    client.plans.create(name="Pro", amount=5, interval=None)  # pyright: ignore[reportArgumentType]
    client.plans.create(name="Pro", amount=5, interval=30)  # pyright: ignore[reportArgumentType]
    client.plans.update("plan_1", interval=Interval)  # pyright: ignore[reportArgumentType]
    client.customer_checkout.pay("cs_test_1", rail=None)  # pyright: ignore[reportArgumentType]
    client.customers.create(name=5)  # pyright: ignore[reportArgumentType]
    client.with_options(timeuot=5)  # pyright: ignore[reportCallIssue]
    print(client.plans.get)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(client.plans.list().data)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(len(client.plans.list()))  # pyright: ignore[reportArgumentType]
    print(client.plans.list()[0])  # pyright: ignore[reportIndexIssue, reportUnknownArgumentType]
    print(client.customer)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    for plan in client.customers.list():
        wrong: Plan = plan  # pyright: ignore[reportAssignmentType]
        print(wrong)
    client.plans.list().collect(limit="5")  # pyright: ignore[reportArgumentType]


async def asynchronous(client: AsyncDuro) -> None:
    await client.plans.create(name="Pro", amount=5)  # pyright: ignore[reportCallIssue]
    await client.plans.create(name="Pro", amount=5, interval="day", timeuot=5)  # pyright: ignore[reportCallIssue]
    await client.plans.create(name="Pro", amount=None, interval="day")  # pyright: ignore[reportArgumentType]
    await client.customers.retrieve("cus_1", idempotency_key=5)  # pyright: ignore[reportArgumentType]
    print(client.customers.retrieve("cus_1").name)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    for _ in client.plans.list():  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        pass
    await client.plans.list()  # pyright: ignore[reportGeneralTypeIssues]
    print(client.close)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    with client:  # pyright: ignore[reportGeneralTypeIssues]
        pass
    plan = await client.plans.archive("plan_1")
    plan.name = "other"  # pyright: ignore[reportAttributeAccessIssue]


def constructors() -> None:
    Duro("sk_test_1", timeuot=5)  # pyright: ignore[reportCallIssue]
    print(duro.AsnycDuro)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    Duro("sk_test_1", "https://api.useduro.com")  # pyright: ignore[reportCallIssue]
    Duro(secret_key=5)  # pyright: ignore[reportArgumentType]
    AsyncDuro(secret_key=IdentityToken("a"))  # pyright: ignore[reportArgumentType]
    AsyncDuro("sk_test_1", retries="3")  # pyright: ignore[reportArgumentType]
    AsyncDuro("sk_test_1", transport=object())  # pyright: ignore[reportArgumentType]


def ship(event: CheckoutCompleted) -> None:
    print(event.id)


def webhooks(webhook: Webhook, router: Router) -> None:
    router.on(InvoiceCreated)(ship)  # pyright: ignore[reportArgumentType]
    event = webhook.verify("text", {})  # pyright: ignore[reportArgumentType]
    webhook.verify(b"{}", {}, at=5)  # pyright: ignore[reportArgumentType]
    print(event.subscription)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    event.id = "evt_2"  # pyright: ignore[reportAttributeAccessIssue]
    router.default(ship)  # pyright: ignore[reportArgumentType]

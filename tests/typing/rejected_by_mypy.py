"""Code that mypy must reject, never run. An unused ignore comment is an error too."""

from __future__ import annotations

import duro
from duro import AsyncDuro, Duro, IdentityToken, Interval, Plan
from duro.webhooks import CheckoutCompleted, InvoiceCreated, Router, Webhook


def blocking(client: Duro) -> None:
    client.plans.create(name="Pro", amount=5)  # type: ignore[call-arg]
    client.plans.create(name="Pro", amount="5", interval="day")  # type: ignore[arg-type]
    client.plans.create(name="Pro", amount=5, interval="day", timeuot=5)  # type: ignore[call-arg]
    client.plans.create(name="Pro", amount=5, interval="day", timeout="5")  # type: ignore[arg-type]
    client.plans.create("Pro", amount=5, interval="day")  # type: ignore[call-arg]
    client.plans.list(limitt=5)  # type: ignore[call-arg]
    client.plans.list(page_size="5")  # type: ignore[arg-type]
    client.plans.archive()  # type: ignore[call-arg]
    client.plans.archive(plan_id="plan_1")  # type: ignore[call-arg]
    client.customers.retrieve(5)  # type: ignore[arg-type]
    client.customers.retrieve("cus_1", headers={"a": 5})  # type: ignore[dict-item]
    print(client.customers.retrieve("cus_1").nmae)  # type: ignore[attr-defined]
    client.subscriptions.change_plan("sub_1")  # type: ignore[call-arg]
    client.customers.retrieve(None)  # type: ignore[arg-type]
    client.plans.create(name=None, amount=5, interval="day")  # type: ignore[arg-type]
    client.plans.create(name="Pro", amount=5, interval=None)  # type: ignore[arg-type]
    client.plans.create(name="Pro", amount=5, interval=30)  # type: ignore[arg-type]
    client.plans.update("plan_1", interval=Interval)  # type: ignore[arg-type]
    client.customer_checkout.pay("cs_test_1", rail=None)  # type: ignore[arg-type]
    client.customers.create(name=5)  # type: ignore[arg-type]
    client.with_options(timeuot=5)  # type: ignore[call-arg]
    print(client.plans.get)  # type: ignore[attr-defined]
    print(client.plans.list().data)  # type: ignore[attr-defined]
    print(len(client.plans.list()))  # type: ignore[arg-type]
    print(client.plans.list()[0])  # type: ignore[index]
    print(client.customer)  # type: ignore[attr-defined]
    for plan in client.customers.list():
        wrong: Plan = plan  # type: ignore[assignment]
        print(wrong)
    client.plans.list().collect(limit="5")  # type: ignore[arg-type]


async def asynchronous(client: AsyncDuro) -> None:
    await client.plans.create(name="Pro", amount=5)  # type: ignore[call-arg]
    await client.plans.create(name="Pro", amount=5, interval="day", timeuot=5)  # type: ignore[call-arg]
    await client.plans.create(name="Pro", amount=None, interval="day")  # type: ignore[arg-type]
    await client.customers.retrieve("cus_1", idempotency_key=5)  # type: ignore[arg-type]
    print(client.customers.retrieve("cus_1").name)  # type: ignore[attr-defined]
    for _ in client.plans.list():  # type: ignore[attr-defined]
        pass
    await client.plans.list()  # type: ignore[misc]
    print(client.close)  # type: ignore[attr-defined]
    with client:  # type: ignore[attr-defined]
        pass
    plan = await client.plans.archive("plan_1")
    plan.name = "other"  # type: ignore[misc]


def constructors() -> None:
    Duro("sk_test_1", timeuot=5)  # type: ignore[call-arg]
    print(duro.AsnycDuro)  # type: ignore[attr-defined]
    Duro("sk_test_1", "https://api.useduro.com")  # type: ignore[call-arg]
    Duro(secret_key=5)  # type: ignore[arg-type]
    AsyncDuro(secret_key=IdentityToken("a"))  # type: ignore[arg-type]
    AsyncDuro("sk_test_1", retries="3")  # type: ignore[arg-type]
    AsyncDuro("sk_test_1", transport=object())  # type: ignore[arg-type]


def ship(event: CheckoutCompleted) -> None:
    print(event.id)


def webhooks(webhook: Webhook, router: Router) -> None:
    router.on(InvoiceCreated)(ship)  # type: ignore[arg-type]
    event = webhook.verify("text", {})  # type: ignore[arg-type]
    webhook.verify(b"{}", {}, at=5)  # type: ignore[arg-type]
    print(event.subscription)  # type: ignore[attr-defined]
    event.id = "evt_2"  # type: ignore[misc]
    router.default(ship)  # type: ignore[arg-type]

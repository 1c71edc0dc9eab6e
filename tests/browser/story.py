"""Story of a small business, so that no page of the dashboard is empty."""

from __future__ import annotations

from collections.abc import Iterable

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox

NAMES = (
    "Ada Obi",
    "Bola Adeyemi",
    "Chidi Eze",
    "Dayo Balogun",
    "Efe Okoro",
    "Femi Lawal",
    "Gozie Nwosu",
    "Halima Bello",
    "Ife Akande",
    "Jide Olawale",
)
# Each fails the next charges of one subscriber: recovered on payday, recovered by USSD, lost, waiting for a card.
DECLINES = (
    ("insufficient_funds", 1),
    ("hard_decline", None),
    ("do_not_honor", None),
    ("expired_card", None),
    ("processor_error", 2),
)


async def tell_story(
    client: AsyncDuro, sandbox: AsyncSandbox, endpoint: str, names: Iterable[str] = NAMES, days: int = 40
) -> None:
    """Sell subscriptions, of which some cannot be renewed.

    Args:
        client: Client of the merchant.
        sandbox: Sandbox with a frozen clock.
        endpoint: URL of a webhook endpoint.
        names: Names of the customers.
        days: Time to advance afterwards.
    """
    sandbox.endpoints.add(endpoint)
    plans = [
        await client.plans.create(name="Starter", amount=250_000, interval="month"),
        await client.plans.create(name="Pro", amount=1_500_000, interval="month"),
    ]
    for index, name in enumerate(names):
        customer = await client.customers.create(name=name, email=f"{index}@example.com")
        await client.subscriptions.create(customer_id=customer.id, plan_id=plans[index % 3 % 2].id)
        if index % 2 == 0:
            category, times = DECLINES[index // 2 % len(DECLINES)]
            sandbox.cards.decline(customer.id, category, times=times)
        await sandbox.clock.advance(days=1)
    await client.customer_identity.request_otp(phone="+2348012345678")
    await sandbox.clock.advance(days=days)

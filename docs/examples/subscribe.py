"""Sell a subscription: a plan, a customer, a subscription, awaited.

Run ``duro sandbox`` in another terminal, set DURO_BASE_URL, DURO_CLIENT_ID and DURO_CLIENT_SECRET, and start this.
"""

import asyncio

from duro import AsyncDuro


async def main() -> None:
    async with AsyncDuro() as duro:
        plan = await duro.plans.create(name="Pro", amount=500_000, interval="month", trial_days=14)
        customer = await duro.customers.create(email="ada@example.com", name="Ada")
        subscription = await duro.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        print(f"{customer.name} is {subscription.status} on {plan.name} until {subscription.current_period_end}")


asyncio.run(main())

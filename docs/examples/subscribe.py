"""Create a plan, a customer and a subscription with the asynchronous client.

Start ``duro sandbox`` in another terminal, and set DURO_BASE_URL, DURO_CLIENT_ID and DURO_CLIENT_SECRET.
"""

import asyncio

from duro import AsyncDuro


async def main() -> None:
    async with AsyncDuro() as client:
        plan = await client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=14)
        customer = await client.customers.create(email="ada@example.com", name="Ada")
        subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        print(f"{customer.name} is {subscription.status} on {plan.name} until {subscription.current_period_end}")


asyncio.run(main())

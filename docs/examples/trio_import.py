"""Create customers concurrently on trio, at most ten at a time.

Each call has a key that is derived from the customer's own ID, so the program can run again after a failure.
"""

import trio

from duro import AsyncDuro, DuroError, derive_key

PEOPLE = {f"user-{number}": f"person{number}@example.com" for number in range(50)}


async def create_customer(client: AsyncDuro, limiter: trio.CapacityLimiter, ref: str, failures: dict[str, str]) -> None:
    async with limiter:
        try:
            await client.customers.create(
                email=PEOPLE[ref], merchant_ref=ref, idempotency_key=derive_key("create customer", ref)
            )
        except DuroError as error:
            failures[ref] = str(error)


async def main() -> None:
    limiter = trio.CapacityLimiter(10)
    failures: dict[str, str] = {}
    async with AsyncDuro() as client, trio.open_nursery() as nursery:
        for ref in PEOPLE:
            nursery.start_soon(create_customer, client, limiter, ref, failures)
    print(f"{len(PEOPLE) - len(failures)} customers created")
    for ref, message in failures.items():
        print(f"{ref} failed: {message}")


trio.run(main)

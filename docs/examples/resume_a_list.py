"""Read the first page of a list on trio, and resume from its cursor."""

import trio

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox


async def main() -> None:
    async with AsyncSandbox() as sandbox, AsyncDuro(**sandbox.options) as client:
        for number in range(10):
            await client.customers.create(name=f"Customer {number}")

        pages = client.customers.list(page_size=3)
        page = await pages.page()
        print("first page", [customer.name for customer in page.items])

        rest = client.customers.list(page_size=3, cursor=pages.cursor)
        print("other pages", [customer.name async for customer in rest])


trio.run(main)

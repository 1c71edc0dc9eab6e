"""Walk a long list page by page on trio, stop in the middle, and resume where the walk stood."""

import trio

from duro import AsyncDuro
from duro.sandbox import Sandbox


async def main() -> None:
    async with Sandbox() as sandbox, AsyncDuro(**sandbox.options) as duro:
        for number in range(10):
            await duro.customers.create(name=f"Customer {number}")

        pages = duro.customers.list(page_size=3)
        page = await pages.page()
        print("first", [customer.name for customer in page.items])

        rest = duro.customers.list(page_size=3, cursor=pages.cursor)
        print("rest", [customer.name async for customer in rest])


trio.run(main)

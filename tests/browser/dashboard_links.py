"""Pages of the dashboard, as a person finds them: by following links."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from playwright.async_api import Page

HOME = "/_sandbox/"
MAX_PAGES = 40

# "/_sandbox/dashboard/customers/cus_01J…" and its neighbours are one kind of page.
_ID = re.compile(r"/[^/]*[0-9][^/]*(?=/|$)")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.pathname)"


async def open_each_page(page: Page, url: str) -> AsyncIterator[str]:
    """Open one page of each kind of the dashboard, and yield its path while it is open."""
    waiting, seen = [HOME], {HOME}
    for _ in range(MAX_PAGES):
        if not waiting:
            return
        path = waiting.pop(0)
        response = await page.goto(f"{url}{path}")
        assert response is not None
        assert response.status == 200, path
        for link in await page.evaluate(_LINKS):
            kind = _ID.sub("/:id", link)
            if link.startswith(HOME) and kind not in seen:
                seen.add(kind)
                waiting.append(link)
        yield path
    raise AssertionError(f"the dashboard links to more than {MAX_PAGES} kinds of pages: {sorted(seen)}")

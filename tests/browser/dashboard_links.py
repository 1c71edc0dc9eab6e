"""Pages of the dashboard, as a person finds them: by following links."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable

from playwright.async_api import Page

from duro.sandbox.dashboard.pages import PAGES

HOME = "/_sandbox/"
MAX_PAGES = 40

# "/_sandbox/dashboard/customers/cus_01J…" and its neighbours are one kind of page.
_ID = re.compile(r"/[^/]*[0-9][^/]*(?=/|$)")
_PARAMETER = re.compile(r"\{[a-z_]+\}")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.pathname)"


def find_missing(opened: Iterable[str]) -> list[str]:
    """Return the routes of pages that were not opened.

    Args:
        opened: Paths that were opened.
    """
    paths = list(opened)
    routes = {page.path: re.compile(_PARAMETER.sub("[^/]+", page.path)) for page in PAGES}
    return [route for route, pattern in routes.items() if not any(map(pattern.fullmatch, paths))]


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

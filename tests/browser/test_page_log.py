"""The log of pages reports what it exists for."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.page_log import PageLog
from tests.browser.shop import Shop

pytestmark = pytest.mark.anyio

POLICY = {"Content-Security-Policy": "default-src 'none'"}


@pytest.mark.parametrize(
    ("html", "headers", "problem"),
    [
        (
            "<link rel=stylesheet href=http://example.com/a.css>",
            {},
            "request to another host: http://example.com/a.css",
        ),
        ("<meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'>", {}, "another host: http://127.0.0.1:1/"),
        ("<script>console.error('lost')</script>", {}, "error in the console: lost"),
        ("<script>missing()</script>", {}, "exception of a script: missing is not defined"),
        ("<script>alert('hello')</script>", {}, "dialog: hello"),
        ("<script>document.title = 'run'</script>", POLICY, "Content Security Policy"),
        ("<p style='color: red'>", POLICY, "Content Security Policy"),
        ("<img src='/picture.png'>", POLICY, "Content Security Policy"),
    ],
)
async def test_problems_are_reported(
    page: Page, shop: Shop, page_logs: list[PageLog], *, html: str, headers: dict[str, str], problem: str
) -> None:
    shop.pages["/"] = (f"<!doctype html><title>Shop</title>{html}", headers)
    await page.goto(f"{shop.url}/")
    async with page.expect_event("close"):
        # The events of a page precede its end.
        await page.close()
    found, page_logs[0].problems = page_logs[0].problems, []
    assert any(problem in each for each in found), found


async def test_a_page_without_a_problem_is_not_reported(
    open_page: OpenPage, shop: Shop, page_logs: list[PageLog]
) -> None:
    page = await open_page("phone")
    await page.goto(f"{shop.url}/")
    assert await page.title() == "Shop"
    assert shop.visits[0] == "/"
    assert page_logs[0].problems == []

"""Chromium, a sandbox for each test, and pages that must not have a problem."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.page_log import PageLog
from tests.browser.shop import Shop, open_shop
from tests.support.webhook_receiver import Receiver, listening

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DEVICES = {"desktop": DESKTOP, "phone": PHONE}
START = datetime(2026, 1, 10, 9, tzinfo=UTC)
MAX_WAIT_MILLISECONDS = 15_000

# The browser resolves no name, so that it cannot reach another host either.
ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--hide-scrollbars"]

OpenPage = Callable[..., Awaitable[Page]]

expect.set_options(timeout=MAX_WAIT_MILLISECONDS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the pictures of the documentation")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Playwright runs on asyncio only. One event loop serves all tests, because the browser belongs to it."""
    return "asyncio"


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "Chromium was not found; run: nox -s browser"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS, timeout=30_000)
        yield browser
        await browser.close()


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[AsyncSandbox]:
    async with AsyncSandbox(clock="frozen", start=START, seed=7) as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: AsyncSandbox) -> AsyncIterator[AsyncDuro]:
    async with AsyncDuro(**sandbox.options) as client:
        yield client


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Webhook endpoint of the merchant."""
    with listening() as receiver:
        yield receiver


@pytest.fixture
def page_logs() -> list[PageLog]:
    """Logs of the browser contexts of the test."""
    return []


@pytest.fixture
async def open_page(
    chromium: Browser, sandbox: AsyncSandbox, shop: Shop, page_logs: list[PageLog]
) -> AsyncIterator[OpenPage]:
    """Open a page in a browser context of its own. Problems of its pages fail the test."""
    contexts = []

    async def open_page(device: str = "desktop", **options: Any) -> Page:
        context = await chromium.new_context(**DEVICES[device], **options)
        contexts.append(context)
        context.set_default_timeout(MAX_WAIT_MILLISECONDS)
        page_logs.append(PageLog(context, [sandbox.url, shop.url]))
        return await context.new_page()

    yield open_page
    for context in contexts:
        await context.close()
    assert [problem for log in page_logs for problem in log.problems] == []


@pytest.fixture
async def page(open_page: OpenPage) -> Page:
    """Page on a desktop."""
    return await open_page()


@pytest.fixture
def allow_status(page: Page, page_logs: list[PageLog]) -> Callable[[int], None]:
    """Allow responses of ``page`` with an error status: ``allow_status(404)``."""
    return page_logs[0].allowed_statuses.add

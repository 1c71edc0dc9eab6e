"""Sandbox whose clock stands still, and a browser that reads its pages and sends their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx
import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.support.html_pages import PageParser, parse
from tests.support.timeouts import TIMEOUT
from tests.support.tls import NO_AUTHORITIES

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


class Browser:
    """Client that parses each page, and sends forms with the token of the page."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def open(self, path: str, status: int = 200) -> PageParser:
        """Open a page, after redirects."""
        response = self.client.get(path, follow_redirects=True)
        assert response.status_code == status, response.text
        return parse(response.text)

    def send(self, path: str, fields: Mapping[str, str], *, page: str = "/_sandbox/", status: int = 200) -> PageParser:
        """Send a form with the token of a page, and open the page that follows."""
        token = self.open(page).find_token()
        response = self.client.post(path, data={"token": token, **fields}, follow_redirects=True)
        assert response.status_code == status, response.text
        return parse(response.text)


@pytest.fixture(scope="module")
def running_frozen() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def frozen(running_frozen: Sandbox) -> Sandbox:
    running_frozen.reset()
    return running_frozen


@pytest.fixture
def client(frozen: Sandbox) -> Iterator[Duro]:
    with Duro(**frozen.options) as client:
        yield client


@pytest.fixture
def browser(frozen: Sandbox) -> Iterator[Browser]:
    with httpx.Client(base_url=frozen.url, timeout=TIMEOUT, verify=NO_AUTHORITIES) as client:
        yield Browser(client)

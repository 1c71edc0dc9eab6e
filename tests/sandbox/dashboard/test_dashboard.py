"""Dashboard: contents, escaping, and the rules about what it may load."""

from __future__ import annotations

import socket
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox

STYLESHEET = "/_sandbox/static/dashboard.css"


class PageParser(HTMLParser):
    """Parser that collects the tags of a page, and checks that they are closed and load only the stylesheet."""

    VOID = frozenset({"meta", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loads = {"src", "href", "onload"} & {name for name, _ in attrs}
        assert not loads or (tag == "link" and dict(attrs) == {"rel": "stylesheet", "href": STYLESHEET})
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parse(text: str) -> PageParser:
    parser = PageParser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox"])
def test_the_dashboard_of_an_empty_sandbox_is_well_formed(anonymous: httpx.Client, path: str) -> None:
    response = anonymous.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "None yet." in response.text
    parse(response.text)


def test_the_dashboard_shows_requests_and_charges(
    anonymous: httpx.Client, subscribe: Callable[..., dict[str, Any]]
) -> None:
    subscribe(amount=1_234_567)
    text = anonymous.get("/_sandbox/").text
    assert "1,234,567" in text
    assert "/v1/subscriptions" in text
    assert "<dt>Subscriptions</dt><dd>1</dd>" in text
    assert "table" in parse(text).tags


def test_text_of_requests_is_escaped(anonymous: httpx.Client, api: httpx.Client) -> None:
    attack = "<script>alert('1')</script>"
    api.get(f"/v1/customers/ref/{attack}", headers={"Idempotency-Key": attack})
    response = anonymous.get("/_sandbox/")
    assert response.text.count("&lt;script&gt;") == 2
    assert "script" not in parse(response.text).tags
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_the_policy_allows_the_stylesheet_and_nothing_else_and_no_frame(anonymous: httpx.Client) -> None:
    policy = anonymous.get("/_sandbox/").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    response = anonymous.get(STYLESHEET)
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "--ink" in response.text


@pytest.mark.parametrize("name", ["", "missing.css", "../views.py", "%2e%2e/views.py", "..%2fviews.py"])
def test_only_static_files_are_served(sandbox: Sandbox, name: str) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as connection:
        # A client library would normalise the path.
        connection.sendall(f"GET /_sandbox/static/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_page_at_the_root_links_to_the_dashboard_and_is_not_an_api_request(
    sandbox: Sandbox, anonymous: httpx.Client
) -> None:
    response = anonymous.get("/")
    assert response.status_code == 200
    assert '<a href="/_sandbox/">dashboard</a>' in response.text
    assert sandbox.stats.requests == 0

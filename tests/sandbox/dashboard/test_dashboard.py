"""The page for people: everything at a glance, and nothing that could run."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest


class Reader(HTMLParser):
    """Collects the tags of a page and checks that they are closed."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox"])
def test_the_page_of_an_empty_sandbox_is_well_formed(anonymous: httpx.Client, path: str) -> None:
    response = anonymous.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "None yet." in response.text
    read(response.text)


def test_the_page_shows_what_happened(anonymous: httpx.Client, subscribe: Callable[..., dict[str, Any]]) -> None:
    subscribe(amount=1_234_567)
    text = anonymous.get("/_sandbox/").text
    assert "1,234,567" in text
    assert "/v1/subscriptions" in text
    assert "<dt>Subscriptions</dt><dd>1</dd>" in text
    assert "table" in read(text).tags


def test_whatever_it_shows_is_escaped(anonymous: httpx.Client, api: httpx.Client) -> None:
    attack = "<script>alert('1')</script>"
    api.get(f"/v1/customers/ref/{attack}", headers={"Idempotency-Key": attack})
    response = anonymous.get("/_sandbox/")
    assert response.text.count("&lt;script&gt;") == 2
    assert "script" not in read(response.text).tags
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]

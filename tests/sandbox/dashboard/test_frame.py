"""Frame of the dashboard: headers, static files, navigation, forms with a token, notices and error pages."""

from __future__ import annotations

import socket

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.dashboard.notices import MAX_NOTICES, Notices
from duro.sandbox.dashboard.pages import PAGES
from tests.sandbox.dashboard.conftest import Browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CLOCK = "/_sandbox/dashboard/clock"


def test_page_runs_only_the_scripts_and_styles_of_the_sandbox(anonymous: httpx.Client) -> None:
    headers = anonymous.get("/_sandbox/").headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == POLICY
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("dashboard.css", "text/css; charset=utf-8"),
        ("dashboard.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_static_file_is_served_with_its_type(anonymous: httpx.Client, name: str, type_: str) -> None:
    response = anonymous.get(f"/_sandbox/static/{name}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, type_)


@pytest.mark.parametrize("name", ["", "missing.css", "../page.py", "%2e%2e/page.py", "..%2fpage.py"])
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


def test_address_without_a_slash_leads_to_the_overview(browser: Browser) -> None:
    assert browser.open("/_sandbox").attributes("a", "aria-current") == ["page"]


@pytest.mark.parametrize("page", [page for page in PAGES if "{" not in page.path], ids=lambda page: page.path)
def test_empty_page_is_well_formed_and_accessible(browser: Browser, page: object) -> None:
    path: str = page.path  # type: ignore[attr-defined]
    parsed = browser.open(path)
    assert {"header", "nav", "main", "h1"} <= parsed.names
    assert parsed.attributes("a", "class")[0] == "skip"
    assert [given["href"] for tag, given in parsed.tags if given.get("aria-current")] == [path]


def test_unknown_address_shows_a_page_with_the_navigation(browser: Browser) -> None:
    parsed = browser.open("/_sandbox/dashboard/unknown", status=404)
    assert "Page not found" in parsed.text
    assert "nav" in parsed.names


def test_form_without_the_token_changes_nothing(browser: Browser, frozen: Sandbox) -> None:
    before = frozen.clock.now()
    response = browser.client.post(CLOCK, data={"step": "day", "token": "guessed"})
    assert response.status_code == 403
    assert 'role="alert"' in response.text
    assert frozen.clock.now() == before


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("clock?a=%C3%A4", "/_sandbox/?a=%C3%A4"),
        ("cards", "/_sandbox/dashboard/faults"),
        ("faults/1/remove", "/_sandbox/dashboard/faults"),
        ("customers/cus_%22%3Fx/decline?cursor=1", "/_sandbox/dashboard/customers/cus_%22%3Fx?cursor=1"),
    ],
)
def test_address_of_a_form_leads_to_its_page(browser: Browser, form: str, page: str) -> None:
    # A browser shows it after an error of the form. A reload, a link to older entries and a live update open it.
    response = browser.client.get(f"/_sandbox/dashboard/{form}")
    assert (response.status_code, response.headers["Location"]) == (303, page)


def test_form_of_a_page_of_another_site_is_refused(browser: Browser, frozen: Sandbox) -> None:
    before = frozen.clock.now()
    token = browser.open("/_sandbox/").find_token()
    response = browser.client.post(
        CLOCK, data={"step": "day", "token": token}, headers={"Origin": "https://evil.example"}
    )
    assert response.status_code == 403
    assert frozen.clock.now() == before


def test_notice_is_shown_once(browser: Browser) -> None:
    token = browser.open("/_sandbox/").find_token()
    response = browser.client.post(CLOCK, data={"step": "day", "token": token})
    assert response.status_code == 303
    target = response.headers["Location"]
    assert "The clock is at 11 Jan 2026" in browser.client.get(target).text
    assert "The clock is at" not in browser.client.get(target).text


def test_address_cannot_contain_the_text_of_a_notice(browser: Browser) -> None:
    assert "Call+me" not in browser.client.get("/_sandbox/?notice=Call+me").text


def test_oldest_notice_is_dropped_if_there_are_too_many() -> None:
    notices = Notices()
    keys = [notices.add(str(number)) for number in range(MAX_NOTICES + 1)]
    assert [notices.take(key) for key in keys[:2]] == ["", "1"]

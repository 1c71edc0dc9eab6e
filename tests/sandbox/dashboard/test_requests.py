"""Requests of the dashboard: the list with its filters, and a request with its attempts, contents and command."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import httpx
import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.sandbox.dashboard.conftest import Browser

REQUESTS = "/_sandbox/dashboard/requests"
KEY = {"Idempotency-Key": "the-key"}


def call(sandbox: Sandbox, method: str, path: str, **options: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.secret_key}", **options.pop("headers", {})}  # type: ignore[dict-item]
    return httpx.request(method, sandbox.url + path, headers=headers, **options)  # type: ignore[arg-type]


def rows_of(browser: Browser, query: str = "") -> list[str]:
    links = browser.open(f"{REQUESTS}?{query}").attributes("a", "title")
    return [link for link in links if link.startswith("/v1")]


def detail_path(sandbox: Sandbox, index: int = -1) -> str:
    return f"{REQUESTS}/{sandbox.requests[index].request_id}"


def find_command(browser: Browser, sandbox: Sandbox) -> str:
    """Return the command on the page of the latest request."""
    texts = browser.open(detail_path(sandbox)).attributes("button", "data-copy")
    return next(text for text in texts if text.startswith("curl "))


def test_requests_are_listed_newest_first_with_their_operation(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "GET", "/v1/plans")
    call(frozen, "POST", "/v1/customers", json={})
    assert rows_of(browser) == ["/v1/customers", "/v1/plans"]
    text = browser.open(REQUESTS).text
    assert {"createCustomer", "listPlans", "201", "200"} <= set(text)


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("method=POST", ["/v1/plans", "/v1/customers"]),
        ("status=4", ["/v1/plans", "/v1/unknown"]),
        ("status=5", ["/v1/customers"]),
        ("status=none", []),
        ("path=know", ["/v1/unknown"]),
        ("key=the-", ["/v1/plans"]),
        ("fault=status", ["/v1/customers"]),
        ("method=GET&status=2", []),
    ],
)
def test_filters_select_requests(browser: Browser, frozen: Sandbox, query: str, paths: list[str]) -> None:
    call(frozen, "GET", "/v1/unknown")
    frozen.faults.add("status", status=503)
    call(frozen, "POST", "/v1/customers")
    call(frozen, "POST", "/v1/plans", json={}, headers=KEY)
    assert rows_of(browser, query) == paths


def test_list_is_paged_by_its_last_row(browser: Browser, frozen: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.dashboard.lists.MAX_ROWS", 2)
    for number in range(5):
        call(frozen, "GET", f"/v1/{number}")
    found, query = [], "method=GET"
    while query:
        page = browser.open(f"{REQUESTS}?{query}")
        found += [title for title in page.attributes("a", "title") if title.startswith("/v1")]
        following = [given["href"] for tag, given in page.tags if tag == "a" and given.get("rel") == "next"]
        query = (following[0] or "").partition("?")[2] if following else ""
        assert "method=GET" in query or not query
    assert found == [f"/v1/{number}" for number in (4, 3, 2, 1, 0)]


def test_unknown_cursor_shows_an_error_page(browser: Browser) -> None:
    assert "This page cannot be shown" in browser.open(f"{REQUESTS}?cursor=unknown", status=400).text


def test_requests_with_the_same_key_are_attempts(browser: Browser, frozen: Sandbox) -> None:
    frozen.faults.add("status", status=503)
    for _ in range(2):
        call(frozen, "POST", "/v1/customers", headers=KEY, json={})
    assert "2 of 2" in browser.open(REQUESTS).text
    page = browser.open(detail_path(frozen))
    assert {"Requests with this key", "503", "201", "status"} <= set(page.text)
    assert f"{REQUESTS}/{frozen.requests[0].request_id}" in page.attributes("a", "href")


def test_request_shows_its_headers_and_bodies_without_secrets(browser: Browser, frozen: Sandbox) -> None:
    body = {"email": "ada@example.com", "password": "hunter2", "note": frozen.secret_key}
    call(frozen, "POST", "/v1/customers", json=body, headers={"User-Agent": "shop/2.0 <b>", **KEY})
    text = "".join(browser.open(detail_path(frozen)).text)
    assert "user-agent: shop/2.0 <b>" in text
    assert '"email": "ada@example.com"' in text
    assert '"merchantRef": null' in text
    assert "Bearer $DURO_SECRET_KEY" in text
    assert "hunter2" not in text
    assert frozen.secret_key not in text
    assert "authorization" not in text


def test_token_exchange_shows_neither_secret_nor_token(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    token = client.token()
    page = browser.open(detail_path(frozen))
    text = "".join(page.text + page.attributes("button", "data-copy"))
    assert '"access_token": "…"' in text
    assert token.access_token not in text
    assert frozen.options["client_secret"] not in text


def test_contents_of_an_old_request_are_not_available(
    browser: Browser, frozen: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duro.sandbox.request_log.MAX_EXCHANGES", 1)
    call(frozen, "POST", "/v1/customers")
    call(frozen, "GET", "/v1/plans")
    assert "not available" in "".join(browser.open(detail_path(frozen, 0)).text)
    assert "Response body" in browser.open(detail_path(frozen, 1)).text


def test_discarded_request_has_its_body_and_no_response(browser: Browser, frozen: Sandbox) -> None:
    frozen.faults.add("reset_before")
    with pytest.raises(httpx.TransportError):
        call(frozen, "POST", "/v1/customers", json={"name": "Ada"})
    page = browser.open(detail_path(frozen))
    assert {"No response", "reset_before", "Request body"} <= set(page.text)
    assert "Response body" not in page.text
    assert "The fault changed what the client received." in "".join(page.text)


def test_large_bodies_are_cut(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "POST", "/v1/customers", json={"name": "x" * 500_000})
    page = browser.open(detail_path(frozen))
    assert sum(map(len, page.text)) < 30_000
    assert "the sandbox does not have the whole of it" in "".join(page.text)


def test_body_with_a_lone_surrogate_is_shown(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "POST", "/v1/customers", content=rb'{"name": "\ud800"}')
    assert '"name": "?"' in "".join(browser.open(detail_path(frozen)).text)


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v1/plans", "Authorization: Bearer $DURO_SECRET_KEY"),
        ("/identity/me", "Authorization: Bearer $DURO_IDENTITY_TOKEN"),
        ("/portal/email/cards", "x-portal-session: $DURO_PORTAL_SESSION"),
        ("/checkout/cs_test_1/status", None),
    ],
)
def test_command_has_a_variable_for_the_credential(
    browser: Browser, frozen: Sandbox, path: str, header: str | None
) -> None:
    call(frozen, "GET", path)
    command = find_command(browser, frozen)
    arguments = shlex.split(command)
    assert arguments[1].startswith(f"{frozen.url}/")
    assert [arguments[index + 1] for index, each in enumerate(arguments) if each == "-H"] == (
        [header] if header else []
    )


def test_request_that_a_fault_refused_has_its_body(browser: Browser, frozen: Sandbox) -> None:
    frozen.faults.add("status", status=503)
    call(frozen, "POST", "/v1/customers", json={"name": "Ada"})
    assert {"Request body", "Response body"} <= set(browser.open(detail_path(frozen)).text)


def test_command_repeats_the_request(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "POST", "/v1/customers", json={"name": "Ada's; rm"}, headers=KEY)
    command = find_command(browser, frozen)
    arguments = shlex.split(command)
    assert arguments[:4] == ["curl", "-X", "POST", f"{frozen.url}/v1/customers"]
    assert "Idempotency-Key: the-key" in arguments
    assert arguments[-2:] == ["--data-raw", '{"name":"Ada\'s; rm"}']


def test_query_is_on_the_pages_and_in_the_command_without_secrets(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "GET", "/v1/plans?limit=2&cursor=plan_1&token=precious&code=123456")
    shown = "limit=2&cursor=plan_1&token=…&code=…"
    assert rows_of(browser) == [f"/v1/plans?{shown}"]
    assert shlex.split(find_command(browser, frozen))[1] == f"{frozen.url}/v1/plans?{shown}"
    source = browser.client.get(detail_path(frozen)).text
    assert shown.replace("&", "&amp;") in source
    assert "Values of the query that could be secrets are masked." in source
    for secret in ("precious", "123456"):
        assert secret not in source + browser.client.get(REQUESTS).text


def test_command_repeats_the_query_of_a_list(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "GET", "/v1/customers?limit=1")
    assert shlex.split(find_command(browser, frozen))[1] == f"{frozen.url}/v1/customers?limit=1"
    assert "are masked" not in "".join(browser.open(detail_path(frozen)).text)


@pytest.mark.process
@pytest.mark.timeout(30)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_command_runs_in_a_shell(browser: Browser, frozen: Sandbox) -> None:
    name = 'Ada\'s $(id) `id` "quoted" \\ ünï\n2'
    first = call(frozen, "POST", "/v1/customers", json={"name": name}, headers=KEY)
    command = find_command(browser, frozen).replace("curl ", "curl --silent --fail --max-time 10 ", 1)
    environment = {"DURO_SECRET_KEY": frozen.secret_key, "PATH": "/usr/bin:/bin"}
    output = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, check=True, timeout=15)
    # The same key and the same body: the response is that of the first request.
    assert output.stdout == first.content
    assert frozen.requests[-1].idempotency_key == "the-key"


def test_request_links_to_its_events_and_to_the_delivery_that_caused_it(browser: Browser, frozen: Sandbox) -> None:
    customer = call(frozen, "POST", "/v1/customers", json={"email": "ada@example.com"}).json()["id"]
    plan = call(frozen, "POST", "/v1/plans", json={"name": "Pro", "amount": 9000, "interval": "month"}).json()["id"]
    body = {"customerId": customer, "planId": plan}
    call(frozen, "POST", "/v1/subscriptions", json=body, headers={"Duro-Sandbox-Trace": "7"})
    page = browser.open(detail_path(frozen))
    links = page.attributes("a", "href")
    assert [event for event in frozen.events if f"/_sandbox/dashboard/events/{event.id}" in links]
    assert "Delivery 7" in page.text


def test_only_requests_of_live_mode_are_marked(browser: Browser, frozen: Sandbox) -> None:
    call(frozen, "GET", "/v1/plans")
    assert "Live" not in browser.open(REQUESTS).text + browser.open(detail_path(frozen)).text
    call(frozen, "GET", "/v1/customers", headers={"Authorization": f"Bearer {frozen.live.secret_key}"})
    assert browser.open(REQUESTS).text.count("Live") == 1
    assert {"Mode", "Live"} <= set(browser.open(detail_path(frozen)).text)


def test_request_of_live_mode_does_not_link_to_records_of_test_mode(browser: Browser, frozen: Sandbox) -> None:
    with Duro(**frozen.live.options) as client:
        plan = client.plans.create(name="Pro", amount=9000, interval="month", trial_days=7)
        customer = client.customers.create()
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id, headers={"Duro-Sandbox-Trace": "7"})
    event_ids = frozen.requests[-1].event_ids
    page = browser.open(detail_path(frozen))
    links = [link for link in page.attributes("a", "href") if link]
    assert event_ids
    assert not any(link.endswith(("/deliveries/7", *event_ids)) for link in links)
    assert "Delivery 7" in page.text
    assert "test mode only" in "".join(page.text)


def test_unknown_request_is_a_page_that_was_not_found(browser: Browser) -> None:
    assert "Page not found" in browser.open(f"{REQUESTS}/req_unknown", status=404).text

"""Events and deliveries of the dashboard: the lists, an event with its deliveries, and the replay of a delivery."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from duro import Duro
from duro.sandbox import Endpoint, Sandbox
from duro.webhooks import Webhook
from tests.sandbox.dashboard.conftest import Browser
from tests.support.webhook_receiver import Receiver, ReceiverResponse, listening

EVENTS = "/_sandbox/dashboard/events"
DELIVERIES = "/_sandbox/dashboard/deliveries"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def endpoint(frozen: Sandbox, receiver: Receiver) -> Endpoint:
    return frozen.endpoints.add(receiver.url)


@pytest.fixture
def trial(frozen: Sandbox, client: Duro, endpoint: Endpoint) -> str:
    """Id of an event that was delivered."""
    plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
    customer = client.customers.create(email="ada@example.com")
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    frozen.wait_for_deliveries()
    return frozen.events[-1].id


def titles(browser: Browser, path: str) -> list[str]:
    page = browser.open(path)
    return [
        given["href"] or ""
        for tag, given in page.tags
        if tag == "a" and f"{path.partition('?')[0]}/" in (given["href"] or "")
    ]


def test_events_are_listed_with_the_states_of_their_deliveries(browser: Browser, trial: str) -> None:
    page = browser.open(EVENTS)
    assert f"{EVENTS}/{trial}" in page.attributes("a", "href")
    assert "1 delivered" in page.text


def test_events_name_their_customers(browser: Browser, client: Duro, trial: str) -> None:
    page = browser.open(EVENTS)
    (customer,) = client.customers.list().collect(limit=2)
    assert "ada@example.com" in page.text
    assert f"/_sandbox/dashboard/customers/{customer.id}" in page.attributes("a", "href")


def test_events_are_filtered_by_type(browser: Browser, frozen: Sandbox, trial: str) -> None:
    type_ = frozen.events[-1].type
    assert titles(browser, f"{EVENTS}?type={type_}") == [f"{EVENTS}/{trial}"]
    assert "No event of this type" in browser.open(f"{EVENTS}?type=invoice_voided").text


def test_event_shows_its_body_and_its_deliveries(browser: Browser, frozen: Sandbox, trial: str) -> None:
    page = browser.open(f"{EVENTS}/{trial}")
    assert f'"id": "{trial}"' in "".join(page.text)
    assert f"{DELIVERIES}/{frozen.deliveries[-1].id}" in page.attributes("a", "href")


def test_event_without_an_endpoint_was_not_delivered(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
    client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
    page = browser.open(f"{EVENTS}/{frozen.events[-1].id}")
    assert {"The event was not delivered", "Not sent"} <= set(page.text)


@pytest.mark.parametrize("path", [f"{EVENTS}/evt_unknown", f"{DELIVERIES}/999", f"{DELIVERIES}/one", f"{DELIVERIES}/²"])
def test_unknown_objects_are_pages_that_were_not_found(browser: Browser, path: str) -> None:
    assert "Page not found" in browser.open(path, status=404).text


def test_deliveries_are_filtered_by_state(browser: Browser, frozen: Sandbox, receiver: Receiver, trial: str) -> None:
    delivered = [f"{DELIVERIES}/{delivery.id}" for delivery in frozen.deliveries]
    receiver.response = ReceiverResponse(500)
    frozen.deliveries.replay(frozen.deliveries[-1])
    frozen.wait_for_deliveries()
    assert titles(browser, f"{DELIVERIES}?state=delivered") == delivered[::-1]
    assert titles(browser, f"{DELIVERIES}?state=failed") == [f"{DELIVERIES}/{frozen.deliveries[-1].id}"]
    assert len(titles(browser, f"{DELIVERIES}?state=pending")) == 1
    assert titles(browser, f"{DELIVERIES}?state=unknown") == []
    assert len(titles(browser, DELIVERIES)) == len(delivered) + 2


def test_deliveries_are_paged_by_their_number(
    browser: Browser, frozen: Sandbox, trial: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen.deliveries.replay(frozen.deliveries[-1])
    frozen.wait_for_deliveries()
    monkeypatch.setattr("duro.sandbox.dashboard.lists.MAX_ROWS", 1)
    numbers = [delivery.id for delivery in frozen.deliveries]
    assert titles(browser, f"{DELIVERIES}?cursor={numbers[-1]}") == [f"{DELIVERIES}/{numbers[-2]}"]
    browser.open(f"{DELIVERIES}?cursor=one", status=400)


def test_delivery_shows_the_request_and_the_response(
    browser: Browser, frozen: Sandbox, receiver: Receiver, trial: str
) -> None:
    receiver.response = ReceiverResponse(418, body=b"<i>teapot</i>")
    frozen.deliveries.replay(frozen.deliveries[-1])
    frozen.wait_for_deliveries()
    delivery = frozen.deliveries[-1]
    page = browser.open(f"{DELIVERIES}/{delivery.id}")
    text = "".join(page.text)
    assert {"418", "<i>teapot</i>", "Attempts", "Next attempt"} <= set(page.text)
    assert f'"id": "{trial}"' in text
    assert "i" not in page.names
    payload = receiver.received[-1].body
    header = text.partition("Duro-Signature: ")[2].partition("\n")[0]
    assert header == receiver.received[-1].headers["Duro-Signature"]
    assert Webhook("whsec_sandbox").verify(payload, {"Duro-Signature": header}).id == trial
    assert "whsec_" not in text


def test_replay_button_delivers_the_event_again(
    browser: Browser, frozen: Sandbox, receiver: Receiver, trial: str
) -> None:
    path = f"{DELIVERIES}/{frozen.deliveries[-1].id}"
    page = browser.send(f"{path}/replay", {}, page=path)
    assert "The event is delivered again, as attempt 2." in page.text
    frozen.wait_for_deliveries()
    assert [delivery.event_id for delivery in receiver.received].count(trial) == 2


def test_delivery_to_a_removed_endpoint_cannot_be_replayed(
    browser: Browser, frozen: Sandbox, endpoint: Endpoint, trial: str
) -> None:
    path = f"{DELIVERIES}/{frozen.deliveries[-1].id}"
    frozen.endpoints.remove(endpoint)
    assert f"Duro-Signature: {frozen.deliveries[-1].signature}" in "".join(browser.open(path).text)
    page = browser.send(f"{path}/replay", {}, page="/_sandbox/", status=409)
    assert "The endpoint of the delivery was removed." in page.text


def test_empty_list_names_the_next_step(browser: Browser, frozen: Sandbox, receiver: Receiver) -> None:
    assert "No endpoint" in browser.open(DELIVERIES).text
    frozen.endpoints.add(receiver.url)
    assert "Later events are delivered to 1 endpoint." in browser.open(DELIVERIES).text
    assert "No delivery matches" in browser.open(f"{DELIVERIES}?state=failed").text


def test_control_list_continues_after_the_time_of_an_attempt(frozen: Sandbox, trial: str) -> None:
    frozen.deliveries.replay(frozen.deliveries[-1])
    frozen.wait_for_deliveries()
    whole = httpx.get(f"{frozen.url}/_sandbox/deliveries?limit=1000").json()
    first = httpx.get(f"{frozen.url}/_sandbox/deliveries?limit=1")
    rest = httpx.get(frozen.url + first.links["next"]["url"].replace("limit=1", "limit=1000")).json()
    assert first.json() + rest == whole

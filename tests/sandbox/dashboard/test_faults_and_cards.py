"""Forms of the dashboard for faults and cards."""

from __future__ import annotations

from html import unescape

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from duro.sandbox.faults.kinds import KINDS
from tests.sandbox.dashboard.conftest import Browser

FAULTS = "/_sandbox/dashboard/faults"
CARDS = "/_sandbox/dashboard/cards"
OPTIONS = {
    "status": {"status": "503", "retryAfter": "1.5"},
    "delay": {"seconds": "0.5"},
    "silence": {"commit": "false"},
}


def add_fault(browser: Browser, **fields: str) -> list[str]:
    return browser.send(FAULTS, {"command": "fault", **fields}, page=FAULTS).text


def run(browser: Browser, **fields: str) -> list[str]:
    return browser.send(CARDS, fields, page=FAULTS).text


@pytest.mark.parametrize("kind", KINDS)
def test_fault_of_each_kind_is_added_with_its_options(browser: Browser, frozen: Sandbox, kind: str) -> None:
    match = (
        {"event": "invoice_created"} if kind in ("duplicate", "reorder") else {"method": "POST", "path": "/v1/plans"}
    )
    empty = {"method": "", "path": "", "event": "", "status": "", "seconds": "", "commit": ""}
    fields = empty | match | OPTIONS.get(kind, {})
    text = add_fault(browser, kind=kind, times="2", probability="0.5", **fields)
    assert f"The fault {kind} was added." in text
    (fault,) = frozen.faults
    members = fault.to_json()
    assert (fault.kind, fault.times, fault.probability, members["match"]) == (kind, 2, 0.5, match)
    if kind == "status":
        assert (members["status"], members["retryAfter"]) == (503, 1.5)
    if kind == "silence":
        assert members["commit"] is False


@pytest.mark.parametrize(("typed", "status"), [("", 503), ("429", 429)])
def test_empty_status_is_503(browser: Browser, frozen: Sandbox, typed: str, status: int) -> None:
    add_fault(browser, kind="status", status=typed)
    assert [fault.to_json()["status"] for fault in frozen.faults] == [status]


def test_empty_times_apply_a_fault_always(browser: Browser, frozen: Sandbox) -> None:
    add_fault(browser, kind="garbage", times="")
    (fault,) = frozen.faults
    assert fault.times is None
    assert "0 of any" in browser.open(FAULTS).text


@pytest.mark.parametrize(
    ("fields", "issue"),
    [
        ({"kind": "status", "status": "many"}, "status from 400 to 599"),
        ({"kind": "garbage", "seconds": "1"}, "does not belong to garbage"),
        ({"kind": "garbage", "path": "<b>"}, "expected path"),
        ({"kind": "garbage", "times": "true"}, "expected positive integer"),
        ({"kind": "garbage", "probability": "2"}, "expected number above 0"),
        ({}, "expected one of status"),
    ],
)
def test_invalid_fault_is_refused_with_what_was_typed(
    browser: Browser, frozen: Sandbox, fields: dict[str, str], issue: str
) -> None:
    token = browser.open(FAULTS).find_token()
    response = browser.client.post(FAULTS, data={"token": token, "command": "fault", **fields})
    assert response.status_code == 422
    assert issue in unescape(response.text)
    for name, value in fields.items():
        assert (f'name="{name}" value="{value}"' in unescape(response.text)) or name == "kind"
    assert len(frozen.faults) == 0


def test_faults_are_removed_one_by_one_or_all(browser: Browser, frozen: Sandbox) -> None:
    first, *_ = [frozen.faults.add("garbage"), frozen.faults.add("truncate"), frozen.faults.add("reset_after")]
    page = browser.send(f"{FAULTS}/{first.id}/remove", {}, page=FAULTS)
    assert "The fault was removed." in page.text
    assert first not in frozen.faults
    page = browser.send(f"{FAULTS}/{first.id}/remove", {}, page=FAULTS, status=404)
    assert "The fault does not exist." in page.text
    browser.send(f"{FAULTS}/one/remove", {}, page=FAULTS, status=404)
    assert "Faults removed: 2." in browser.send(f"{FAULTS}/clear", {}, page=FAULTS).text


def test_many_faults_are_bounded(browser: Browser, frozen: Sandbox) -> None:
    for _ in range(60):
        frozen.faults.add("garbage")
    assert "10 older faults are not shown." in browser.open(FAULTS).text


def test_decline_form_declines_the_next_charge(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create(email="ada@example.com")
    fields = {"customerId": customer.id, "decline": "expired_card", "times": "1", "rail": ""}
    assert "The next charges are declined." in run(browser, command="decline", **fields)
    assert {"Decline", "1, every rail"} <= set(browser.open(FAULTS).text)
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    assert frozen.ledger[-1].failure_code == "54"
    assert "Decline" in run(browser, command="decline", **{**fields, "times": "", "rail": "card"})
    assert "All, card" in browser.open(FAULTS).text


def test_script_form_replaces_the_script(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    customer = client.customers.create()
    outcomes = "insufficient_funds, ok\n" + "ok " * 20
    assert "The script was replaced." in run(browser, command="outcomes", customerId=customer.id, outcomes=outcomes)
    shown = "".join(browser.open(FAULTS).text)
    assert "insufficient_funds, ok, ok" in shown
    assert "and 12 more" in shown
    run(browser, command="outcomes", customerId=customer.id, outcomes="")
    assert "No scripts and declines" in browser.open(FAULTS).text


def test_replace_form_replaces_the_card(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    customer = client.customers.create()
    frozen.cards.decline(customer.id, "expired_card", times=None)
    assert "The card was replaced." in run(browser, command="replace", customerId=customer.id)
    assert "No scripts and declines" in browser.open(FAULTS).text


def test_profile_form_has_percentages(browser: Browser, frozen: Sandbox) -> None:
    fields = {"insufficient_funds": "35", "expired_card": "0.5", "hard_decline": "", "seed": "7"}
    assert "The profile was replaced." in run(browser, command="profile", **fields)
    page = browser.open(FAULTS)
    values = {
        given["name"]: given["value"] for tag, given in page.tags if tag == "input" and "-" in (given.get("id") or "")
    }
    assert (values["insufficient_funds"], values["expired_card"], values["seed"]) == ("35", "0.5", "7")


@pytest.mark.parametrize(
    ("fields", "status", "issue"),
    [
        ({"command": "decline", "customerId": "cus_unknown", "decline": "05", "times": "1"}, 404, "does not exist"),
        ({"command": "decline", "customerId": "", "decline": "05"}, 422, "expected a string that is not empty"),
        ({"command": "decline", "customerId": "cus_1", "decline": "x", "times": "0"}, 422, "an integer from 1 to"),
        ({"command": "outcomes", "customerId": "cus_1", "outcomes": "maybe"}, 422, "or ok, in each item"),
        ({"command": "profile", "insufficient_funds": "101"}, 422, "expected percentage from 0 to 100"),
        ({"command": "profile", "expired_card": "half"}, 422, "expected percentage from 0 to 100"),
        ({"command": "profile", "expired_card": "NaN"}, 422, "expected percentage from 0 to 100"),
        ({"command": "profile", "expired_card": "60", "hard_decline": "60"}, 422, "a sum of at most 100"),
        ({"command": "profile", "seed": "odd"}, 422, "expected an integer"),
        ({"command": "explode"}, 422, "The command is unknown."),
    ],
)
def test_invalid_card_command_is_refused_with_what_was_typed(
    browser: Browser, fields: dict[str, str], status: int, issue: str
) -> None:
    token = browser.open(FAULTS).find_token()
    response = browser.client.post(CARDS, data={"token": token, **fields})
    assert response.status_code == status
    assert issue in unescape(response.text)
    typed = [value for name, value in fields.items() if name in ("customerId", "insufficient_funds") and value]
    assert all(f'value="{value}"' in response.text for value in typed)


def test_checkout_tokens_are_masked(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    session = client.checkout.create_session(plan_id=plan.id)
    frozen.cards.script(session.token, ["ok"])
    assert session.token not in browser.client.get(FAULTS).text

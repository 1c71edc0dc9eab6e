"""Links to the customer portal: who gets one, and how long it is valid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from duro import Duro
from duro.errors import InvalidArgumentError
from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]


def test_the_control_route_returns_the_same_link_as_the_method(
    sandbox: Sandbox, anonymous: httpx.Client, make_customer: Make
) -> None:
    customer = make_customer(email="ada@example.com")
    link = sandbox.portal_link(customer["id"])
    assert link.url == f"{sandbox.url}/_sandbox/portal?token={link.token}"
    response = anonymous.post("/_sandbox/portal-links", json={"customerId": customer["id"]})
    assert (response.status_code, response.json()) == (201, {"token": link.token, "url": link.url})
    assert link.token not in repr(link)


def test_a_customer_without_an_address_does_not_get_a_link(
    sandbox: Sandbox, anonymous: httpx.Client, make_customer: Make
) -> None:
    customer = make_customer(phone="+2348012345678")
    with pytest.raises(InvalidArgumentError, match="does not have an e-mail address"):
        sandbox.portal_link(customer["id"])
    response = anonymous.post("/_sandbox/portal-links", json={"customerId": customer["id"]})
    assert response.status_code == 409
    assert "Needs an e-mail address" in anonymous.get(f"/_sandbox/dashboard/customers/{customer['id']}").text


def test_an_unknown_customer_does_not_get_a_link(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    with pytest.raises(InvalidArgumentError, match="does not exist"):
        sandbox.portal_link("cus_unknown")
    assert anonymous.post("/_sandbox/portal-links", json={"customerId": "cus_unknown"}).status_code == 404


def test_a_link_survives_a_restart_and_belongs_to_its_sandbox(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    with Sandbox(database=database) as sandbox, Duro(**sandbox.options) as client:
        token = sandbox.portal_link(client.customers.create(email="ada@example.com").id).token
    statuses = []
    for place in (database, None):
        with Sandbox(database=place) as sandbox:
            response = httpx.post(f"{sandbox.url}/portal/email/start", json={"token": token})
            statuses.append(response.status_code)
    assert statuses == [200, 401]

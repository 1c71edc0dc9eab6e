"""Test and live mode of one server: an id of one mode does not exist in the other, for every operation with an id."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from duro.config import Mode
from duro.sandbox import Sandbox
from duro.sandbox.auth.credentials import CREDENTIALS
from tests.support.contract.openapi import CONTRACT
from tests.support.contract.populated_sandbox import BODIES

OPERATIONS = {
    part["operationId"]: (verb.upper(), path)
    for path, item in CONTRACT["paths"].items()
    for verb, part in item.items()
    if verb != "parameters" and "{" in path
}


class PopulatedMode:
    """One mode of a sandbox with one object of each kind that a path contains."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        self._controls = sandbox.live if mode == "live" else sandbox
        self.headers = {"Authorization": f"Bearer {CREDENTIALS[mode].secret_key}"}
        self._api = httpx.Client(base_url=sandbox.url, headers=self.headers)
        plan = self._post("/v1/plans", name="Pro", amount=500_000, interval="month")["id"]
        customer = self._post("/v1/customers", email="ada@example.com", merchantRef=f"EXT-{mode}")["id"]
        subscription = self._post("/v1/subscriptions", customerId=customer, planId=plan)["id"]
        payment = self._api.get(f"/v1/customers/{customer}/transactions").json()["items"][0]
        session = self._post("/v1/checkout/sessions", planId=plan)
        self.token = session["token"]
        self.names = {
            "plan": plan,
            "customer": customer,
            "subscription": subscription,
            "promo-code": self._post("/v1/promo-codes", code="NEW", discountType="fixed", discountValue=1)["id"],
            "invoice": payment["invoiceId"],
            "transaction": payment["id"],
            "event": self._controls.events[-1].id,
            "session": session["id"],
            "ref": f"EXT-{mode}",
            "mode": mode,
        }
        self.headers["x-portal-session"] = self._sign_in(customer)

    def request(self, operation_id: str, names: dict[str, str]) -> httpx.Response:
        """Send a valid request with the ids and the token of another mode, and the credentials of this one."""
        method, path = OPERATIONS[operation_id]
        owner = re.search(r"([a-z-]+)s/(\{mode\}/)?\{id\}", path)
        for name, value in (names | {"id": names[owner[1]] if owner else ""}).items():
            path = path.replace(f"{{{name}}}", value)
        body = {
            name: self.names.get(str(value).strip("<>"), value) for name, value in BODIES.get(operation_id, {}).items()
        }
        return self._api.request(method, path, headers=self.headers, json=body if method != "GET" else None)

    def close(self) -> None:
        self._api.close()

    def _sign_in(self, customer: str) -> str:
        token = self._controls.portal_link(customer).token
        self._post("/portal/email/start", token=token)
        code = self._controls.codes[-1].code
        session: str = self._post("/portal/email/verify", token=token, code=code)["sessionToken"]
        return session

    def _post(self, path: str, **members: object) -> dict[str, str]:
        response = self._api.post(path, json=members)
        assert response.is_success, response.text
        created: dict[str, str] = response.json()
        return created


@pytest.fixture(scope="module")
def modes() -> Iterator[dict[str, PopulatedMode]]:
    with Sandbox() as sandbox:
        modes = {"test": PopulatedMode(sandbox, "test"), "live": PopulatedMode(sandbox, "live")}
        yield modes
        for mode in modes.values():
            mode.close()


@pytest.mark.parametrize(("caller", "owner"), [("test", "live"), ("live", "test")])
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_an_id_of_one_mode_is_404_in_the_other(
    modes: dict[str, PopulatedMode], operation_id: str, caller: str, owner: str
) -> None:
    # The token of a checkout selects the mode, so that of the other mode gets the prefix of this one.
    token = modes[owner].token.replace(f"cs_{owner}_", f"cs_{caller}_")
    names = modes[owner].names | {"token": token, "mode": caller}
    response = modes[caller].request(operation_id, names)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found"), response.text


@pytest.mark.parametrize(("caller", "owner"), [("test", "live"), ("live", "test")])
def test_the_mode_in_the_path_of_the_portal_is_that_of_its_session(
    modes: dict[str, PopulatedMode], caller: str, owner: str
) -> None:
    response = modes[caller].request("portalEmailPause", modes[owner].names)
    assert response.status_code == 404

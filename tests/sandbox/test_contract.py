"""The contract, word for word: each of its operations answers in its shape, whatever it is asked."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from duro.sandbox import Sandbox
from duro.sandbox.api.operations import OPERATIONS
from tests.support.webhook_receiver import listening

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "data" / "openapi.yaml").read_text())
CHECKS = [not_a_server_error, response_schema_conformance]

ADA, PHONE = "ada@example.com", "2348012345678"

# A body that works in the inhabited sandbox; a name in angle brackets stands for something that lives there.
BODIES: dict[str, dict[str, Any]] = {
    "createPlan": {"name": "Pro", "amount": 500_000, "interval": "month"},
    "createPromoCode": {"code": "NEW", "discountType": "fixed", "discountValue": 1},
    "updatePromoCode": {"maxRedemptions": None},
    "createPaymentLink": {"planId": "<plan>", "slug": "new"},
    "createSubscription": {"customerId": "<customer>", "planId": "<plan>"},
    "changeSubscriptionPlan": {"planId": "<plan>"},
    "createCheckoutSession": {"planId": "<plan>"},
    "oauthToken": {
        "grant_type": "client_credentials",
        "client_id": "cid_test_sandbox",
        "client_secret": "csec_test_sandbox",
    },
    "payCheckout": {"rail": "card"},
    "requestOtp": {"phone": PHONE},
    "verifyOtp": {"phone": PHONE, "code": "<otp>"},
    "portalEmailStart": {"email": ADA, "resend": True},
    "portalEmailVerify": {"email": ADA, "code": "<mailed code>"},
    "portalEmailTopup": {"amount": 100},
    "portalEmailVirtualAccount": {"bvn": "22212345678"},
}


def strict(schema: Any) -> Any:
    """Write the schema of an answer out, and require each member that it lists, for the sandbox leaves none away."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        schema = CONTRACT
        for name in reference.removeprefix("#/").split("/"):
            schema = schema[name]
    written = {name: strict(part) for name, part in schema.items()}
    # The contract says of these two that members may be missing.
    if "properties" in schema and "varies" not in schema.get("description", ""):
        written["required"] = sorted(schema["properties"].keys() - {"details"})
    return written


def strict_contract() -> dict[str, Any]:
    paths = {
        path: {
            name: part if name == "parameters" else part | {"responses": strict(part["responses"])}
            for name, part in item.items()
        }
        for path, item in CONTRACT["paths"].items()
    }
    return CONTRACT | {"paths": paths}


def contract_operations() -> dict[str, Any]:
    schema = schemathesis.openapi.from_dict(strict_contract())
    operations = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in operations}


CALLS = contract_operations()


class Inhabited:
    """A sandbox in which one of everything lives."""

    def __init__(self, sandbox: Sandbox, api: httpx.Client) -> None:
        self._sandbox = sandbox
        self._api = api
        plan, customer = self._post("/v1/plans", **BODIES["createPlan"])["id"], self._customer()
        subscription = self._post("/v1/subscriptions", customerId=customer, planId=plan)["id"]
        self._identity = self._sign_in("/identity", "otp", {"phone": PHONE})["token"]
        self._portal = self._sign_in("/portal/email", "start", {"email": ADA})["sessionToken"]
        headers = {"x-portal-session": self._portal}
        top_up = self._post("/portal/email/wallet/topup", headers, amount=100)["checkoutToken"]
        session = self._post("/v1/checkout/sessions", planId=plan, customerEmail=ADA)
        for token in (top_up, session["token"]):
            self._post(f"/checkout/{token}/pay", rail="card")
        otp, mailed = sandbox.codes[1::2]
        self.names = {
            "plan": plan,
            "customer": customer,
            "subscription": subscription,
            "promo-code": self._post("/v1/promo-codes", **BODIES["createPromoCode"] | {"code": "OLD"})["id"],
            "invoice": sandbox.ledger[0].invoice_id,
            "transaction": api.get(f"/v1/customers/{customer}/transactions").json()["items"][0]["id"],
            "event": sandbox.events[0].id,
            "session": session["id"],
            "token": self._post("/v1/checkout/sessions", planId=plan)["token"],
            "ref": "EXT-001",
            "mode": "test",
            "otp": otp.code,
            "mailed code": mailed.code,
        }

    def path(self, operation: Any) -> dict[str, str]:
        """Name what an operation's path leads to, such as a plan for the id behind ``plans``."""
        owner = re.search(r"([a-z-]+)s/(\{mode\}/)?\{id\}", operation.path)
        names = self.names | {"id": self.names[owner[1]]} if owner else self.names
        return {parameter.name: names[parameter.name] for parameter in operation.path_parameters}

    def body(self, operation_id: str) -> dict[str, Any]:
        body = BODIES.get(operation_id, {})
        return {name: self.names.get(str(value).strip("<>"), value) for name, value in body.items()}

    def headers(self, operation: Any) -> dict[str, str]:
        token = self._identity if operation.path.startswith("/identity") else self._sandbox.secret_key
        # A key that chance used before, for another operation, would replay that one's answer.
        key = str(uuid.uuid4())
        return {"Authorization": f"Bearer {token}", "x-portal-session": self._portal, "Idempotency-Key": key}

    def call(self, case: Any) -> httpx.Response:
        """Send a case, and check what comes back."""
        return case.call_and_validate(base_url=self._sandbox.url, headers=self.headers(case.operation), checks=CHECKS)

    def _customer(self) -> str:
        return self._post("/v1/customers", email=ADA, phone=PHONE, merchantRef="EXT-001")["id"]

    def _sign_in(self, surface: str, ask: str, person: dict[str, str]) -> dict[str, Any]:
        """Sign somebody in, and leave a fresh code for the next time."""
        self._post(f"{surface}/{ask}", **person)
        session = self._post(f"{surface}/verify", **person, code=self._sandbox.codes[-1].code)
        self._post(f"{surface}/{ask}", **person)
        return session

    def _post(self, path: str, headers: dict[str, str] | None = None, **members: object) -> dict[str, Any]:
        response = self._api.post(path, json=members, headers=headers)
        assert response.is_success, response.text
        return response.json()


@pytest.fixture
def inhabited(sandbox: Sandbox, api: httpx.Client) -> Inhabited:
    return Inhabited(sandbox, api)


@pytest.fixture(scope="module")
def crowded() -> Iterator[Inhabited]:
    """Give a sandbox of its own to the tests that care for no state, where calls of all kinds pile up."""
    with Sandbox() as sandbox, listening() as receiver:
        # Whatever they do is delivered meanwhile.
        sandbox.endpoints.add(receiver.url)
        headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as api:
            yield Inhabited(sandbox, api)


def test_each_operation_of_the_contract_is_served() -> None:
    served = {(operation.method, operation.path.replace(":path}", "}")) for operation in OPERATIONS}
    assert served == {(operation.method.upper(), operation.path) for operation in CALLS.values()}
    assert len(OPERATIONS) == len(CALLS) == 45


@pytest.mark.parametrize("operation_id", CALLS)
def test_a_sensible_call_gets_the_contracts_success(inhabited: Inhabited, api: httpx.Client, operation_id: str) -> None:
    operation = CALLS[operation_id]
    if operation_id == "resumeSubscription":
        api.post(f"/v1/subscriptions/{inhabited.names['subscription']}/pause")
    (success,) = [int(status) for status in operation.definition.raw["responses"] if status.startswith("2")]
    body = {"body": inhabited.body(operation_id), "media_type": "application/json"} if operation.body else {}
    response = inhabited.call(operation.Case(path_parameters=inhabited.path(operation), **body))
    assert response.status_code == success, response.text


@pytest.mark.parametrize("operation_id", ["getEvent", "getEventPayload"])
def test_an_event_that_was_delivered_keeps_the_contracts_shape(
    sandbox: Sandbox, inhabited: Inhabited, api: httpx.Client, operation_id: str
) -> None:
    with listening() as receiver:
        sandbox.endpoints.add(receiver.url)
        api.post(f"/v1/subscriptions/{inhabited.names['subscription']}/pause")
        sandbox.wait_for_deliveries()
    (delivery,) = receiver.received
    response = inhabited.call(CALLS[operation_id].Case(path_parameters={"id": delivery.event_id}))
    if operation_id == "getEvent":
        assert isinstance(response.json()["dispatchedAt"], str)
    else:
        assert response.content == delivery.body


@pytest.mark.parametrize("operation_id", CALLS)
def test_whatever_the_contract_allows_is_answered_in_its_shapes(crowded: Inhabited, operation_id: str) -> None:
    operation = CALLS[operation_id]
    # Ids that chance makes up lead nowhere, so half of the calls are told the way.
    known = {f"{kind}Id": crowded.names[kind] for kind in ("plan", "customer")}
    cases = st.one_of(operation.as_strategy(), operation.as_strategy(path_parameters=crowded.path(operation)))

    @settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases, st.booleans())
    def call(case: Any, is_guided: bool) -> None:
        if is_guided and isinstance(case.body, dict):
            case.body |= {name: identifier for name, identifier in known.items() if name in case.body}
        crowded.call(case)

    call()

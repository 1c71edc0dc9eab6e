"""Contract: every operation returns responses of the documented shape."""

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

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "data" / "openapi.yaml").read_text())
CHECKS = [not_a_server_error, response_schema_conformance]

ADA, PHONE = "ada@example.com", "2348012345678"

# Valid bodies for the populated sandbox. A name in angle brackets is replaced by the id of an object.
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
    """Resolve the references of a response schema, and require all members: the sandbox always sends them."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        schema = CONTRACT
        for name in reference.removeprefix("#/").split("/"):
            schema = schema[name]
    written = {name: strict(part) for name, part in schema.items()}
    # The contract documents these two as optional.
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


class PopulatedSandbox:
    """Sandbox with one object of each kind."""

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
        """Return the path parameters of an operation, such as a plan's id for ``/plans/{id}``."""
        owner = re.search(r"([a-z-]+)s/(\{mode\}/)?\{id\}", operation.path)
        names = self.names | {"id": self.names[owner[1]]} if owner else self.names
        return {parameter.name: names[parameter.name] for parameter in operation.path_parameters}

    def body(self, operation_id: str) -> dict[str, Any]:
        body = BODIES.get(operation_id, {})
        return {name: self.names.get(str(value).strip("<>"), value) for name, value in body.items()}

    def headers(self, operation: Any) -> dict[str, str]:
        token = self._identity if operation.path.startswith("/identity") else self._sandbox.secret_key
        # A generated key might repeat that of another operation, and replay its response.
        key = str(uuid.uuid4())
        return {"Authorization": f"Bearer {token}", "x-portal-session": self._portal, "Idempotency-Key": key}

    def call(self, case: Any) -> httpx.Response:
        """Send a case, and validate its response."""
        return case.call_and_validate(base_url=self._sandbox.url, headers=self.headers(case.operation), checks=CHECKS)

    def _customer(self) -> str:
        return self._post("/v1/customers", email=ADA, phone=PHONE, merchantRef="EXT-001")["id"]

    def _sign_in(self, path: str, first_step: str, person: dict[str, str]) -> dict[str, Any]:
        """Sign in a person, and request another code for the next sign-in."""
        self._post(f"{path}/{first_step}", **person)
        session = self._post(f"{path}/verify", **person, code=self._sandbox.codes[-1].code)
        self._post(f"{path}/{first_step}", **person)
        return session

    def _post(self, path: str, headers: dict[str, str] | None = None, **members: object) -> dict[str, Any]:
        response = self._api.post(path, json=members, headers=headers)
        assert response.is_success, response.text
        return response.json()


@pytest.fixture
def populated(sandbox: Sandbox, api: httpx.Client) -> PopulatedSandbox:
    return PopulatedSandbox(sandbox, api)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[PopulatedSandbox]:
    """Sandbox of the module for tests that do not depend on its state."""
    with Sandbox() as sandbox, listening() as receiver:
        # All events are delivered at the same time.
        sandbox.endpoints.add(receiver.url)
        headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as api:
            yield PopulatedSandbox(sandbox, api)


def test_each_operation_of_the_contract_is_served() -> None:
    served = {(operation.method, operation.path.replace(":path}", "}")) for operation in OPERATIONS}
    assert served == {(operation.method.upper(), operation.path) for operation in CALLS.values()}
    assert len(OPERATIONS) == len(CALLS) == 45


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", CALLS)
def test_a_valid_call_returns_the_contracts_success(
    populated: PopulatedSandbox, api: httpx.Client, operation_id: str
) -> None:
    operation = CALLS[operation_id]
    if operation_id == "resumeSubscription":
        api.post(f"/v1/subscriptions/{populated.names['subscription']}/pause")
    (success,) = [int(status) for status in operation.definition.raw["responses"] if status.startswith("2")]
    body = {"body": populated.body(operation_id), "media_type": "application/json"} if operation.body else {}
    response = populated.call(operation.Case(path_parameters=populated.path(operation), **body))
    assert response.status_code == success, response.text


@pytest.mark.parametrize("operation_id", ["getEvent", "getEventPayload"])
def test_a_delivered_event_has_the_contracts_shape(
    sandbox: Sandbox, populated: PopulatedSandbox, api: httpx.Client, operation_id: str
) -> None:
    with listening() as receiver:
        sandbox.endpoints.add(receiver.url)
        api.post(f"/v1/subscriptions/{populated.names['subscription']}/pause")
        sandbox.wait_for_deliveries()
    (delivery,) = receiver.received
    response = populated.call(CALLS[operation_id].Case(path_parameters={"id": delivery.event_id}))
    if operation_id == "getEvent":
        assert isinstance(response.json()["dispatchedAt"], str)
    else:
        assert response.content == delivery.body


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", CALLS)
def test_generated_calls_get_responses_of_the_contracts_shapes(
    shared_sandbox: PopulatedSandbox, operation_id: str
) -> None:
    operation = CALLS[operation_id]
    # Generated ids do not exist, so that half of the calls get valid ones.
    known = {f"{kind}Id": shared_sandbox.names[kind] for kind in ("plan", "customer")}
    cases = st.one_of(operation.as_strategy(), operation.as_strategy(path_parameters=shared_sandbox.path(operation)))

    @settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases, st.booleans())
    def call(case: Any, is_guided: bool) -> None:
        if is_guided and isinstance(case.body, dict):
            case.body |= {name: identifier for name, identifier in known.items() if name in case.body}
        shared_sandbox.call(case)

    call()

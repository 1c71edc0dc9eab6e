"""Contract: every operation returns responses of the documented shape."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from duro.sandbox import Sandbox
from duro.sandbox.api.operations import OPERATIONS
from tests.served_contract.contract import load_bounded_contract
from tests.support.contract.openapi import CONTRACT
from tests.support.contract.populated_sandbox import PopulatedSandbox
from tests.support.webhook_receiver import listening

OPERATION_IDS = {
    f"{verb.upper()} {path}": part["operationId"]
    for path, item in CONTRACT["paths"].items()
    for verb, part in item.items()
    if verb != "parameters"
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


@cache
def load_operations() -> dict[str, Any]:
    """Return the operations of the contract by their id. The import of schemathesis takes seconds."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(strict_contract())
    operations = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in operations}


def call(populated: PopulatedSandbox, url: str, case: Any) -> httpx.Response:
    """Send a case, and validate its response."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance

    # A generated key might repeat that of another operation, and replay its response.
    headers = populated.credentials(case.operation.path) | {"Idempotency-Key": str(uuid.uuid4())}
    checks = [not_a_server_error, response_schema_conformance]
    return case.call_and_validate(base_url=url, headers=headers, checks=checks)


@pytest.fixture
def populated(sandbox: Sandbox, api: httpx.Client) -> PopulatedSandbox:
    return PopulatedSandbox(sandbox, api)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[tuple[Sandbox, PopulatedSandbox]]:
    """Sandbox of the module for tests that do not depend on its state."""
    with Sandbox() as sandbox, listening() as receiver:
        # All events are delivered at the same time.
        sandbox.endpoints.add(receiver.url)
        headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as api:
            yield sandbox, PopulatedSandbox(sandbox, api)


def test_each_operation_of_the_contract_is_served() -> None:
    served = {f"{operation.method} {operation.path.replace(':path}', '}')}" for operation in OPERATIONS}
    assert served == OPERATION_IDS.keys()
    assert len(OPERATIONS) == len(OPERATION_IDS) == 45


def list_members(node: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each property and parameter in a schema."""
    for name, part in node.items():
        if isinstance(part, dict):
            if path.endswith(("/properties", "/parameters")):
                yield f"{path}/{name}"
            yield from list_members(part, f"{path}/{name}")


def test_the_bounds_belong_to_members_of_the_contract() -> None:
    bounded = load_bounded_contract()
    del bounded["x-bounds"]
    assert bounded != CONTRACT
    assert bounded["paths"].keys() == CONTRACT["paths"].keys()
    assert {*list_members(bounded)} == {*list_members(CONTRACT)}


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATION_IDS.values())
def test_a_valid_call_returns_the_contracts_success(
    sandbox: Sandbox, populated: PopulatedSandbox, api: httpx.Client, operation_id: str
) -> None:
    operation = load_operations()[operation_id]
    if operation_id == "resumeSubscription":
        api.post(f"/v1/subscriptions/{populated.names['subscription']}/pause")
    (success,) = [int(status) for status in operation.definition.raw["responses"] if status.startswith("2")]
    body = {"body": populated.body(operation_id), "media_type": "application/json"} if operation.body else {}
    response = call(populated, sandbox.url, operation.Case(path_parameters=populated.path(operation), **body))
    assert response.status_code == success, response.text


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", ["getEvent", "getEventPayload"])
def test_a_delivered_event_has_the_contracts_shape(
    sandbox: Sandbox, populated: PopulatedSandbox, api: httpx.Client, operation_id: str
) -> None:
    with listening() as receiver:
        sandbox.endpoints.add(receiver.url)
        api.post(f"/v1/subscriptions/{populated.names['subscription']}/pause")
        sandbox.wait_for_deliveries()
    (delivery,) = receiver.received
    operation = load_operations()[operation_id]
    response = call(populated, sandbox.url, operation.Case(path_parameters={"id": delivery.event_id}))
    if operation_id == "getEvent":
        assert isinstance(response.json()["dispatchedAt"], str)
    else:
        assert response.content == delivery.body


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATION_IDS.values())
def test_generated_calls_get_responses_of_the_contracts_shapes(
    shared_sandbox: tuple[Sandbox, PopulatedSandbox], operation_id: str
) -> None:
    operation, (sandbox, populated) = load_operations()[operation_id], shared_sandbox
    # Generated ids do not exist, so that half of the calls get valid ones.
    known = {f"{kind}Id": populated.names[kind] for kind in ("plan", "customer")}
    cases = st.one_of(operation.as_strategy(), operation.as_strategy(path_parameters=populated.path(operation)))

    @settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases, st.booleans())
    def send(case: Any, is_guided: bool) -> None:
        if is_guided and isinstance(case.body, dict):
            case.body |= {name: identifier for name, identifier in known.items() if name in case.body}
        call(populated, sandbox.url, case)

    send()

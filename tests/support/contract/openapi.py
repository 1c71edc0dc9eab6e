"""OpenAPI contract, loaded for the tests that compare the clients with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

CONTRACT = yaml.safe_load((Path(__file__).parents[2] / "data" / "openapi.yaml").read_text(encoding="utf-8"))

VERBS = {"get", "post", "put", "patch", "delete"}
# Most timestamps are plain strings in the contract; only their names identify them.
MOMENT = re.compile(r".*At|(current)?[pP]eriod(Start|End)")


@frozen
class OperationSpec:
    """Operation of the contract, with its references resolved.

    Attributes:
        id: The ``operationId``.
        method: HTTP method in capitals.
        path: Path with its parameters in braces.
        parameters: Schema of each parameter, by place: ``path``, ``query``, ``header``.
        body: Schema of the request body, ``None`` without a body.
        status: Status code of a success.
        response: Schema of the response body.
        security: Names of the security schemes, of which one is required. Empty for a public operation.
        inferred: Whether the shape of the response is not documented.
    """

    id: str
    method: str
    path: str
    parameters: dict[str, dict[str, Any]]
    body: dict[str, Any] | None
    status: int
    response: dict[str, Any]
    security: tuple[str, ...]
    inferred: bool


def operations_of(contract: dict[str, Any]) -> list[OperationSpec]:
    """Return all operations of a contract."""
    return [
        _read_operation(contract, verb.upper(), path, item[verb], item.get("parameters", []))
        for path, item in contract["paths"].items()
        for verb in item
        if verb in VERBS
    ]


def _read_operation(contract, method, path, operation, shared) -> OperationSpec:
    parameters: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for each in (_resolve(contract, each) for each in [*shared, *operation.get("parameters", [])]):
        parameters[each["in"]][each["name"]] = each["schema"]
    body = operation.get("requestBody")
    [status] = [status for status in operation["responses"] if status.startswith("2")]
    security = operation.get("security", contract["security"])
    return OperationSpec(
        id=operation["operationId"],
        method=method,
        path=path,
        parameters=parameters,
        body=body and _resolve(contract, body["content"]["application/json"]["schema"]),
        status=int(status),
        response=_resolve(contract, operation["responses"][status]["content"]["application/json"]["schema"]),
        security=tuple(name for scheme in security for name in scheme),
        inferred=operation["x-evidence"] == "inferred",
    )


def _resolve(contract, node):
    """Return a node with its references resolved; the contract does not contain cycles."""
    if isinstance(node, list):
        return [_resolve(contract, each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = contract
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolve(contract, found)
    if "allOf" in node:
        merged: dict[str, Any] = {"type": "object", "properties": {}}
        for each in (_resolve(contract, each) for each in node["allOf"]):
            merged["properties"] |= each["properties"]
        return merged
    return {name: _resolve(contract, each) for name, each in node.items()}


def kinds_of(schema: dict[str, Any]) -> list[str]:
    """Return the JSON types that a schema allows."""
    kinds = schema.get("type", "object")
    return kinds if isinstance(kinds, list) else [kinds]


def snake_case(name: str) -> str:
    """Return the Python name of a wire name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


OPERATIONS = operations_of(CONTRACT)
BY_ID = {operation.id: operation for operation in OPERATIONS}

"""The contract, read for the tests that hold the clients to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

CONTRACT = yaml.safe_load((Path(__file__).parents[2] / "data" / "openapi.yaml").read_text(encoding="utf-8"))

VERBS = {"get", "post", "put", "patch", "delete"}
# Moments are plain strings in most of the contract; their names tell.
MOMENT = re.compile(r".*At|(current)?[pP]eriod(Start|End)")


@frozen
class Described:
    """One operation as the contract describes it, its references resolved.

    Attributes:
        id: The ``operationId``.
        method: The HTTP method, in capitals.
        path: The path, its parameters in braces.
        parameters: By place (``path``, ``query``, ``header``), the schema of each.
        body: The schema of the body, ``None`` if there is none.
        status: The status of a success.
        answer: The schema of its body.
        security: The names of the schemes, one of which is needed; none for a public operation.
        inferred: Whether the shape of the answer is not documented.
    """

    id: str
    method: str
    path: str
    parameters: dict[str, dict[str, Any]]
    body: dict[str, Any] | None
    status: int
    answer: dict[str, Any]
    security: tuple[str, ...]
    inferred: bool


def operations_of(contract: dict[str, Any]) -> list[Described]:
    """Read all operations of a contract."""
    return [
        _described(contract, verb.upper(), path, item[verb], item.get("parameters", []))
        for path, item in contract["paths"].items()
        for verb in item
        if verb in VERBS
    ]


def _described(contract, method, path, operation, shared) -> Described:
    parameters: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for each in (_resolved(contract, each) for each in [*shared, *operation.get("parameters", [])]):
        parameters[each["in"]][each["name"]] = each["schema"]
    body = operation.get("requestBody")
    [status] = [status for status in operation["responses"] if status.startswith("2")]
    security = operation.get("security", contract["security"])
    return Described(
        id=operation["operationId"],
        method=method,
        path=path,
        parameters=parameters,
        body=body and _resolved(contract, body["content"]["application/json"]["schema"]),
        status=int(status),
        answer=_resolved(contract, operation["responses"][status]["content"]["application/json"]["schema"]),
        security=tuple(name for scheme in security for name in scheme),
        inferred=operation["x-evidence"] == "inferred",
    )


def _resolved(contract, node):
    """Put what is referred to in the place of each reference; the contract has no circles."""
    if isinstance(node, list):
        return [_resolved(contract, each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = contract
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(contract, found)
    if "allOf" in node:
        merged: dict[str, Any] = {"type": "object", "properties": {}}
        for each in (_resolved(contract, each) for each in node["allOf"]):
            merged["properties"] |= each["properties"]
        return merged
    return {name: _resolved(contract, each) for name, each in node.items()}


def kinds_of(schema: dict[str, Any]) -> list[str]:
    """Give the JSON types that a schema allows."""
    kinds = schema.get("type", "object")
    return kinds if isinstance(kinds, list) else [kinds]


def snake_case(name: str) -> str:
    """Give the Python name of a wire name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


OPERATIONS = operations_of(CONTRACT)
BY_ID = {operation.id: operation for operation in OPERATIONS}

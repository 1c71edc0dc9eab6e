"""Page about missing operations, compared with the contract and the client."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from attrs import evolve

from duro import AsyncDuro
from tests.support.contract.methods import METHODS
from tests.support.contract.openapi import CONTRACT, OPERATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "not-offered.md").read_text(encoding="utf-8")
SUBJECTS = "Subjects without operations"
VERBS = {"list", "create", "retrieve", "update", "delete"}
SETTING_VERBS = {"retrieve", "update"}  # a setting exists once
# Attribute, and last part of the method names, of an object whose path has two segments.
NESTED = {"/v1/checkout/sessions": ("checkout", "session"), "/v1/settings/recovery": ("settings", "recovery")}
# Paths of an action, a report and a lookup.
NOT_OBJECTS = {"/v1/oauth/token", "/v1/analytics/failures", "/v1/customers/ref"}
OFFERED = {".".join(place) for place in METHODS}


def collections_of(operations):
    """Return the paths of all objects of the merchant API, without the ID."""
    paths = {operation.path.partition("/{")[0] for operation in operations}
    return {path for path in paths if path.startswith("/v1/")} - NOT_OBJECTS


def usual_methods(collection):
    """Yield the methods that another API has for such an object."""
    attribute, suffix = NESTED.get(collection, (collection.removeprefix("/v1/").replace("-", "_"), ""))
    for verb in SETTING_VERBS if attribute == "settings" else VERBS:
        plural = "s" if verb == "list" else ""
        yield f"{attribute}.{verb}_{suffix}{plural}" if suffix else f"{attribute}.{verb}"


def find_missing(operations, offered=OFFERED):
    """Return the usual methods that the client does not have, because the contract lacks the operation."""
    return {name for collection in collections_of(operations) for name in usual_methods(collection)} - offered


def rows(heading=None):
    """Yield the cells of each row of the tables, all of the page or those of one section."""
    text = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0] if heading else PAGE
    for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE):
        if "`" in line:
            yield line.split(" | ")


def spans(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_page_lists_exactly_the_usual_methods_that_do_not_exist():
    listed = [name for cells in rows() for name in spans(cells[0]) if "." in name]
    assert sorted(listed) == sorted(find_missing(OPERATIONS))


def test_added_method_is_not_missing_any_more():
    assert "subscriptions.retrieve" in find_missing(OPERATIONS)
    assert "subscriptions.retrieve" not in find_missing(OPERATIONS, {*OFFERED, "subscriptions.retrieve"})


def test_added_object_is_missing_its_other_methods():
    refund = evolve(OPERATIONS[0], path="/v1/refunds/{id}")
    assert find_missing([*OPERATIONS, refund]) - find_missing(OPERATIONS) == {f"refunds.{verb}" for verb in VERBS}


def test_methods_used_instead_exist():
    names = {name for cells in rows() for name in spans(cells[1]) if "." in name and not name.startswith("sandbox")}
    assert len(names) > 10
    assert names <= OFFERED


@pytest.mark.parametrize("name", [name for cells in rows(SUBJECTS) for name in spans(cells[0])])
def test_subject_without_operations_is_in_neither_contract_nor_client(name):
    segments = {segment for path in CONTRACT["paths"] for segment in path.split("/")}
    assert name.replace("_", "-") not in segments
    assert not hasattr(AsyncDuro, name)


def test_lists_have_no_filters():
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.path.startswith("/v1/"):
            assert operation.parameters["query"].keys() <= {"limit", "cursor"}
    assert set(inspect.signature(AsyncDuro("sk_test_1").customers.list).parameters) == {
        "page_size",
        "cursor",
        "options",
    }

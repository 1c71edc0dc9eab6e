"""Methods of the client: one for each operation, with the contract's arguments and a complete docstring."""

from __future__ import annotations

import ast
import copy
import inspect
from pathlib import Path

import pytest

from duro import AsyncDuro
from tests.support.contract.methods import METHODS, PLACES, method_of, methods
from tests.support.contract.openapi import BY_ID, CONTRACT, OPERATIONS, operations_of
from tests.support.contract.rules import expected_arguments

ROOT = Path(__file__).parents[2]
CALL_OPTIONS = "options"
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


def find_missing(contract):
    """Return the operations of a contract without a method."""
    return {operation.id for operation in operations_of(contract)} - PLACES.keys()


def test_every_operation_has_exactly_one_method():
    assert find_missing(CONTRACT) == set()
    named = [operation for _, (operation, _, _) in methods()]
    assert sorted(named) == sorted(BY_ID)
    assert len(named) == 45


def test_operation_without_a_method_is_found():
    added = copy.deepcopy(CONTRACT)
    added["paths"]["/v1/refunds/{id}"] = {"get": {**added["paths"]["/v1/plans"]["get"], "operationId": "getRefund"}}
    assert find_missing(added) == {"getRefund"}


@pytest.mark.parametrize(("place", "named"), METHODS.items(), ids=lambda value: ".".join(value[:2]))
def test_docstring_names_the_operation(place, named):
    operation = BY_ID[named[0]]
    assert named == (operation.id, operation.method, operation.path)


@each_operation
class TestSignature:
    def signature(self, operation):
        return inspect.signature(method_of(AsyncDuro("sk_test_1"), operation.id))

    def test_path_parameters_come_first_and_are_positional(self, operation):
        positional = [
            each for each in self.signature(operation).parameters.values() if each.kind is each.POSITIONAL_ONLY
        ]
        assert len(positional) == operation.path.count("{")
        assert all(each.default is each.empty for each in positional)

    def test_keyword_arguments_match_the_contract(self, operation):
        named = [each for each in self.signature(operation).parameters.values() if each.kind is each.KEYWORD_ONLY]
        every, required = expected_arguments(operation)
        assert {each.name for each in named} == every
        assert {each.name for each in named if each.default is each.empty} == required

    def test_every_method_accepts_call_options(self, operation):
        *_, options = self.signature(operation).parameters.values()
        assert (options.kind, options.name) == (options.VAR_KEYWORD, CALL_OPTIONS)
        assert "CallOptions" in options.annotation


@each_operation
class TestDocstring:
    def docstring(self, operation):
        return inspect.getdoc(method_of(AsyncDuro("sk_test_1"), operation.id))

    def test_docstring_documents_arguments_result_and_errors(self, operation):
        docstring = self.docstring(operation)
        signature = inspect.signature(method_of(AsyncDuro("sk_test_1"), operation.id))
        for name in signature.parameters:
            assert f"    {name}: " in docstring.replace("**", ""), name
        for section in ("Args:", "Returns:", "Raises:", "Example:"):
            assert f"\n{section}\n" in docstring

    def test_docstring_of_an_undocumented_response_says_so(self, operation):
        plain = " ".join(self.docstring(operation).split())
        assert ("The API does not document the shape of this response" in plain) == operation.inferred

    def test_docstring_of_a_write_lists_outcome_unknown_error(self, operation):
        says = "OutcomeUnknownError:" in self.docstring(operation)
        assert says == ("Idempotency-Key" in operation.parameters["header"])


@pytest.mark.parametrize("sample", ["asynchronous", "blocking"])
def test_typing_samples_call_every_method(sample):
    tree = ast.parse((ROOT / "tests" / "typing" / f"{sample}.py").read_text(encoding="utf-8"))
    called = {
        (function.name, node.func.attr)
        for function in tree.body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert METHODS.keys() - called == set()

"""Signatures and ``help()`` of both clients, of their classes and of their resources."""

from __future__ import annotations

import inspect
import pydoc
import re
import typing
from unittest.mock import create_autospec

import pytest

import duro

CLIENTS = [duro.AsyncDuro, duro.Duro]
RESOURCES = [name for name, value in inspect.getmembers(duro.Duro, inspect.isclass) if not name.startswith("_")]


def help_of(value):
    return pydoc.plain(pydoc.render_doc(value))


def public_methods(value):
    """Return the public methods of a class or an object by their names."""
    found = inspect.getmembers(value, inspect.isroutine)
    return {name: method for name, method in found if not name.startswith("_")}


def classes():
    """Yield each client and each of their resources as a class."""
    for client in CLIENTS:
        yield client
        yield from (getattr(client, name) for name in RESOURCES)


def instances():
    """Yield a client of each class and all its resources."""
    for client_class in CLIENTS:
        client = client_class("sk_test_1", base_url="http://127.0.0.1")
        yield client
        yield from (getattr(client, name) for name in RESOURCES)


def test_attribute_of_a_client_class_is_the_class_of_the_resource():
    assert len(RESOURCES) == 15
    for client in CLIENTS:
        instance = client("sk_test_1", base_url="http://127.0.0.1")
        for name in RESOURCES:
            assert getattr(client, name) is type(getattr(instance, name))


@pytest.mark.parametrize("value", [*classes()], ids=lambda value: value.__name__)
def test_help_of_a_class_shows_each_method_with_its_signature_and_docstring(value):
    shown = help_of(value)
    assert inspect.getdoc(value).splitlines()[0] in shown
    methods = public_methods(value)
    assert methods
    for name, method in methods.items():
        # Since Python 3.13, a long signature has a line for each parameter.
        assert re.search(rf" {name}\([\s|]*self", shown)
        assert inspect.getdoc(method).splitlines()[0] in shown
    assert " object>" not in shown


def test_help_of_a_client_lists_its_resources_with_their_descriptions():
    for client in CLIENTS:
        shown = help_of(client)
        for name in RESOURCES:
            assert f"{name} = <class " in shown
            assert getattr(client, name).__doc__.splitlines()[0] in shown


@pytest.mark.parametrize("value", [*instances()], ids=lambda value: type(value).__name__)
def test_signatures_of_a_class_and_of_its_instance_differ_by_self(value):
    for name, method in public_methods(value).items():
        unbound = inspect.signature(getattr(type(value), name))
        first, *parameters = unbound.parameters.values()
        assert first.name == "self"
        assert inspect.signature(method) == unbound.replace(parameters=parameters)


@pytest.mark.parametrize("value", [*classes()], ids=lambda value: value.__name__)
def test_methods_have_the_name_of_their_place(value):
    for name, method in public_methods(value).items():
        assert method.__name__ == name
        assert method.__qualname__ == f"{value.__name__}.{name}"
        assert method.__module__ == value.__module__


def test_help_of_a_bound_method_shows_its_signature_without_self():
    client = duro.Duro("sk_test_1", base_url="http://127.0.0.1")
    for method, line in [
        (client.plans.archive, "archive(plan_id: "),
        (client.plans.list, "list(*, page_size: "),
        (client.request, "request(method: "),
        (client.close, "close() -> "),
    ]:
        # Since Python 3.13, a long signature has a line for each parameter.
        signature = " ".join("\n".join(help_of(method).splitlines()[2:]).split()).replace("( ", "(")
        assert signature.startswith(line)


def test_only_methods_of_the_asynchronous_client_are_coroutine_functions():
    assert inspect.iscoroutinefunction(duro.AsyncDuro.plans.create)
    assert inspect.iscoroutinefunction(duro.AsyncDuro.request)
    assert not inspect.iscoroutinefunction(duro.AsyncDuro.plans.list)  # returns pages at once
    for name in RESOURCES:
        for method in public_methods(getattr(duro.Duro, name)).values():
            assert not inspect.iscoroutinefunction(method)


@pytest.mark.parametrize("client", CLIENTS)
def test_public_names_of_a_client_are_its_resources_methods_and_counters(client):
    names = {name for name in dir(client("sk_test_1")) if not name.startswith("_")}
    assert names == {*RESOURCES, *public_methods(client), "token_store_counters"}


def test_a_mock_of_a_client_has_the_methods_of_the_resources():
    client = create_autospec(duro.Duro, instance=True)
    client.plans.create.return_value = "plan"
    assert client.plans.create(name="Pro", amount=500_000, interval="month") == "plan"
    with pytest.raises(TypeError, match="missing a required argument: 'amount'"):
        client.plans.create(name="Pro", interval="month")


def test_help_of_the_blocking_client_describes_its_arguments():
    asynchronous, blocking = inspect.getdoc(duro.AsyncDuro), inspect.getdoc(duro.Duro)
    for name in inspect.signature(duro.Duro).parameters:
        assert f"    {name}: " in blocking
    arguments = asynchronous.partition("Args:")[2].partition("Example:")[0]
    assert arguments in blocking
    assert blocking.index("Args:") < blocking.index("Raises:") < blocking.index("Example:")


@pytest.mark.parametrize("value", [*classes(), duro.AsyncPages, duro.Pages], ids=lambda value: value.__name__)
def test_signatures_show_annotations_without_quotes(value):
    for method in [value, *public_methods(value).values()]:
        # Defaults and the values of literals have quotes.
        signature = re.sub(r"= '\w*'|Literal\[[^]]*]", "", str(inspect.signature(method)))
        assert "'" not in signature


def test_annotations_can_be_resolved():
    names = {"CallOptions": duro.CallOptions}
    hints = typing.get_type_hints(duro.Duro.plans.archive, localns=names)
    assert hints["return"] is duro.Plan
    assert hints["plan_id"] is str

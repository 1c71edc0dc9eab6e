"""Equality of the blocking and the asynchronous client: names, signatures, results and derived docstrings."""

from __future__ import annotations

import inspect

import pytest

from duro import AsyncDuro, AsyncPages, Duro, Pages
from duro.api.resources.base import AsyncResource
from duro.blocking.declare import BlockingResource
from duro.blocking.docstrings import blocking_docstring

RENAMED = {"aclose": "close"}
# Attributes that only the asynchronous one has.
ASYNCHRONOUS_ONLY = {"check_open"}
ASYNCHRONOUS_ONLY_PAGES = {"iterate"}


def public(value):
    return {name for name in dir(value) if not name.startswith("_")}


def without_async(annotation):
    for asynchronous, blocking in (("AsyncPages", "Pages"), ("AsyncIterator", "Iterator")):
        annotation = str(annotation).replace(asynchronous, blocking)
    return annotation


def signature(method):
    declared = inspect.signature(method)
    return declared.replace(return_annotation=without_async(declared.return_annotation))


def assert_equal_methods(asynchronous, blocking):
    assert signature(asynchronous) == inspect.signature(blocking), asynchronous
    assert_derived_docstring(asynchronous, blocking)
    assert blocking.__name__ == RENAMED.get(asynchronous.__name__, asynchronous.__name__)
    assert not inspect.iscoroutinefunction(blocking)
    assert not inspect.isasyncgenfunction(blocking)


def assert_derived_docstring(asynchronous, blocking):
    assert inspect.getdoc(blocking)
    assert inspect.getdoc(blocking) == blocking_docstring(inspect.getdoc(asynchronous))


@pytest.fixture
def pair():
    options = {"base_url": "http://127.0.0.1"}
    return AsyncDuro("sk_test_1", **options), Duro("sk_test_1", **options)


def test_clients_have_equal_resources_and_methods(pair):
    asynchronous, blocking = pair
    names = public(asynchronous) - ASYNCHRONOUS_ONLY
    assert public(blocking) == {RENAMED.get(name, name) for name in names}
    resources = 0
    for name in names:
        one, other = getattr(asynchronous, name), getattr(blocking, RENAMED.get(name, name))
        if isinstance(one, AsyncResource):
            resources += 1
            assert isinstance(other, BlockingResource)
            assert other._asynchronous is getattr(blocking._asynchronous, name)
            assert type(one).__name__ == f"Async{type(other).__name__}"
            assert type(one).__doc__ == type(other).__doc__
            assert inspect.getdoc(getattr(AsyncDuro, name)) == inspect.getdoc(type(one))
            assert inspect.getdoc(getattr(Duro, name)) == inspect.getdoc(type(one))
            assert public(other) == public(one)
            for method in public(one):
                assert_equal_methods(getattr(one, method), getattr(other, method))
        elif isinstance(inspect.getattr_static(AsyncDuro, name), property):
            assert other == one
            assert inspect.getdoc(getattr(Duro, name)) == inspect.getdoc(getattr(AsyncDuro, name))
        else:
            assert_equal_methods(one, other)
    assert resources == 15


def test_resources_are_plain_attributes_after_the_first_use(pair):
    for client in pair:
        for attribute in ("plans", "customer_portal"):
            assert not hasattr(inspect.getattr_static(type(client), attribute), "__set__")
            first = getattr(client, attribute)
            assert vars(client)[attribute] is first


def test_blocking_resource_with_a_docstring_keeps_it():
    class Documented(BlockingResource[AsyncDuro]):
        """Documentation of its own."""

    class Undocumented(BlockingResource[AsyncDuro]):
        pass

    assert Documented.__doc__ == "Documentation of its own."
    assert_derived_docstring(AsyncDuro, Undocumented)


def test_constructors_have_equal_signatures():
    assert inspect.signature(Duro) == inspect.signature(AsyncDuro)


def test_pages_have_equal_methods():
    names = public(AsyncPages) - ASYNCHRONOUS_ONLY_PAGES
    assert public(Pages) == names
    for name in names:
        asynchronous, blocking = getattr(AsyncPages, name), getattr(Pages, name)
        if isinstance(asynchronous, property):
            asynchronous, blocking = asynchronous.fget, blocking.fget
        assert_equal_methods(asynchronous, blocking)


def test_methods_of_the_class_have_docstrings():
    for blocking, asynchronous in ((Duro.token, AsyncDuro.token), (Duro.request, AsyncDuro.request)):
        assert_derived_docstring(asynchronous, blocking)
        assert not inspect.iscoroutinefunction(blocking)


def test_representation_shows_the_class_without_secrets(pair):
    asynchronous, blocking = pair
    assert repr(blocking) == repr(asynchronous).replace("AsyncDuro", "Duro")
    assert "sk_test_1" not in repr(blocking)
    assert repr(blocking.plans) == "<Plans>"

"""The blocking client is the awaited one: the same names, arguments, results and words."""

from __future__ import annotations

import inspect

import pytest

from duro import AsyncDuro, AsyncPages, Duro, Pages
from duro.api.resources.base import AsyncResource
from duro.blocking.declare import BlockingResource

RENAMED = {"aclose": "close"}
# What carries the blocking client, and what only the awaited one can be asked for.
OWN = {"asynchronous"}
UNDERNEATH = {"check_open"}
UNDERNEATH_PAGES = {"iterate"}


def public(value):
    return {name for name in dir(value) if not name.startswith("_")}


def without_waiting(annotation):
    for awaited, blocking in (("AsyncPages", "Pages"), ("AsyncIterator", "Iterator")):
        annotation = str(annotation).replace(awaited, blocking)
    return annotation


def signature(method):
    written = inspect.signature(method)
    return written.replace(return_annotation=without_waiting(written.return_annotation))


def check(awaited, blocking):
    """Compare two methods."""
    assert signature(awaited) == inspect.signature(blocking), awaited
    assert inspect.getdoc(awaited) == inspect.getdoc(blocking)
    assert blocking.__name__ == awaited.__name__
    assert not inspect.iscoroutinefunction(blocking)
    assert not inspect.isasyncgenfunction(blocking)


@pytest.fixture
def pair():
    options = {"base_url": "http://127.0.0.1"}
    return AsyncDuro("sk_test_1", **options), Duro("sk_test_1", **options)


def test_both_trees_are_the_same(pair):
    awaited, blocking = pair
    names = public(awaited) - UNDERNEATH
    assert public(blocking) - OWN == {RENAMED.get(name, name) for name in names}
    resources = 0
    for name in names:
        one, other = getattr(awaited, name), getattr(blocking, RENAMED.get(name, name))
        if isinstance(one, AsyncResource):
            resources += 1
            assert isinstance(other, BlockingResource)
            assert type(one).__name__ == f"Async{type(other).__name__}"
            assert type(one).__doc__.partition("\n")[0] == type(other).__doc__.partition("\n")[0]
            assert getattr(AsyncDuro, name).__doc__ == getattr(Duro, name).__doc__
            assert public(other) - OWN == public(one)
            for method in public(one):
                check(getattr(one, method), getattr(other, method))
        else:
            check(one, other)
    assert resources >= 4


def test_the_constructors_take_the_same_arguments():
    assert inspect.signature(Duro) == inspect.signature(AsyncDuro)


def test_pages_have_the_same_methods():
    names = public(AsyncPages) - UNDERNEATH_PAGES
    assert public(Pages) == names
    for name in names:
        awaited, blocking = getattr(AsyncPages, name), getattr(Pages, name)
        if isinstance(awaited, property):
            awaited, blocking = awaited.fget, blocking.fget
        check(awaited, blocking)


def test_a_class_can_be_asked_for_its_methods():
    for blocking, awaited in ((Duro.token, AsyncDuro.token), (Duro.request, AsyncDuro.request)):
        assert inspect.getdoc(blocking) == inspect.getdoc(awaited)
        assert not inspect.iscoroutinefunction(blocking)


def test_representations_name_the_class_and_no_secret(pair):
    awaited, blocking = pair
    assert repr(blocking) == repr(awaited).replace("AsyncDuro", "Duro")
    assert "sk_test_1" not in repr(blocking)
    assert repr(blocking.plans) == "<Plans>"

"""Mapping of operations to methods, read from the methods' docstrings."""

from __future__ import annotations

import inspect
import re

from duro import AsyncDuro
from duro.api.resources.base import AsyncResource

NAMED = re.compile(r"\(``(\w+)``, ``([A-Z]+) (/\S*)``\)")


def resources():
    """Yield every resource of the asynchronous client: attribute and class."""
    client = AsyncDuro("sk_test_1")
    for name in dir(AsyncDuro):
        if not name.startswith("_") and isinstance(found := getattr(client, name), AsyncResource):
            yield name, type(found)


def methods():
    """Yield every method: ``(attribute, name)``, and the operation, HTTP method and path in its docstring."""
    for attribute, kind in resources():
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                [named] = NAMED.findall(method.__doc__)
                yield (attribute, name), named


METHODS = dict(methods())
PLACES = {operation: place for place, (operation, _, _) in METHODS.items()}


def method_of(client, operation_id):
    """Return the method of a client, asynchronous or blocking, that calls an operation."""
    attribute, name = PLACES[operation_id]
    return getattr(getattr(client, attribute), name)


async def outcome(method, *args, **kwargs):
    """Call a method of either client and return its result; for a list, the first page."""
    called = method(*args, **kwargs)
    if hasattr(called, "page"):
        called = called.page()
    return await called if inspect.isawaitable(called) else called

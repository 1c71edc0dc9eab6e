"""Fork: a child replaces the locks and connections that it inherits from its parent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_in_child"]

T = TypeVar("T")

_functions: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def call_in_child(target: T, function: Callable[[T], None]) -> None:
    """Call ``function(target)`` in each forked child, before the child can start a thread.

    Args:
        target: Object with a lock or a connection. Only a weak reference to it is kept.
        function: Function that replaces what the child must not use.
    """
    _functions[target] = function


def _call_all() -> None:
    for target, function in list(_functions.items()):
        function(target)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_call_all)

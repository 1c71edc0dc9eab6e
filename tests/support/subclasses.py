"""Subclasses of a class of the package."""

from __future__ import annotations

import sys


def find_subclasses(kind):
    """Return a set of all classes below a class that the package defines.

    attrs replaces a class with slots by a new one. The first one is a subclass too, until the garbage collector runs.
    """
    below = set().union(*([each, *find_subclasses(each)] for each in kind.__subclasses__()))
    return {
        each
        for each in below
        if each.__module__.startswith("duro.") and getattr(sys.modules[each.__module__], each.__name__, None) is each
    }

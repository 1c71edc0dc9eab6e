"""Groups of commands: one attribute for each resource, built when it is read."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cyclopts import App

from ...api import resources
from ...api.resources.base import AsyncResource
from .command import build_command
from .description import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .description import MethodDescription

__all__ = ["build_group", "describe_resource"]


def __getattr__(name: str) -> App:
    """Build the group of a resource, such as ``promo_codes``."""
    if name.startswith("_"):
        raise AttributeError(name)
    return build_group(name)


def build_group(resource: str) -> App:
    """Build the commands of a resource.

    Args:
        resource: Attribute of the client that holds the resource.

    Returns:
        The group.
    """
    app = App(name=resource.replace("_", "-"))
    for description, namespace in describe_resource(resource):
        app.command(build_command(description, namespace), name=description.name.replace("_", "-"))
    return app


def describe_resource(resource: str) -> Iterator[tuple[MethodDescription, dict[str, Any]]]:
    """Describe the methods of a resource.

    Args:
        resource: Attribute of the client that holds the resource.

    Yields:
        Each description, and the global names of the method's module.
    """
    module = import_module(f"{resources.__name__}.{resource}")
    [resource_class] = (
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, AsyncResource) and each.__module__ == module.__name__
    )
    for name, method in vars(resource_class).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            yield describe(resource, method), vars(sys.modules[method.__module__])

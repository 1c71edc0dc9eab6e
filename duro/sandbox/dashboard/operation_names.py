"""Operations of the contract, found by the method and path of a request."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from ...api import resources
from ...http.operation import Operation, Surface
from ..faults.path_pattern import matches

__all__ = ["find_operation"]

_MODULES: Final = [import_module(f"{resources.__name__}.{module.name}") for module in iter_modules(resources.__path__)]
_OPERATIONS: Final = (
    Operation("oauthToken", "POST", "/v1/oauth/token", Surface.PUBLIC),
    *(value for module in _MODULES for value in vars(module).values() if isinstance(value, Operation)),
)


@lru_cache(maxsize=1024)
def find_operation(method: str, path: str) -> Operation | None:
    """Return the operation of a request, or ``None`` for a path that the contract does not have.

    Args:
        method: HTTP method.
        path: Path without the query.

    Example:
        >>> find_operation("POST", "/v1/subscriptions/sub_1/cancel").id
        'cancelSubscription'
    """
    for operation in _OPERATIONS:
        if operation.method == method and matches(operation.path, path):
            return operation
    return None

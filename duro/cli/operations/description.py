"""Description of an operation's method, read from its signature and docstring."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ...api.models.base import SecretModel
from ...http.operation import Operation, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["MethodDescription", "describe"]

_OPERATION: Final = re.compile(r" \(``(\w+)``, ``([A-Z]+) (/\S*)``\)")
_SECTION: Final = re.compile(r"\n\n(?=(?:Args|Returns|Raises|Example):\n)")
_ARGUMENT: Final = re.compile(r"^    (\w+): (.+(?:\n {5,}.+)*)", re.MULTILINE)


@frozen
class MethodDescription:
    """Description of a method that calls one operation.

    Attributes:
        resource: Attribute of the client that holds the method.
        name: Name of the method.
        summary: First sentence of the docstring.
        details: Further paragraphs of the docstring.
        arguments: Text of each argument.
        parameters: Parameters of the signature, without ``self`` and the per-call options.
        operation: Operation of the contract.
        is_list: Whether the method returns pages.
        is_mutation: Whether the operation changes data, and so accepts an idempotency key.
        has_secrets: Whether the result contains a secret.
    """

    resource: str
    name: str
    summary: str
    details: str
    arguments: Mapping[str, str]
    parameters: tuple[inspect.Parameter, ...]
    operation: Operation
    is_list: bool
    is_mutation: bool
    has_secrets: bool


def describe(resource: str, method: Callable[..., object]) -> MethodDescription:
    """Describe a method.

    Args:
        resource: Attribute of the client that holds the method.
        method: Asynchronous method with a Google-style docstring.

    Returns:
        The description.
    """
    docstring = inspect.getdoc(method) or ""
    introduction, *sections = _SECTION.split(docstring)
    summary, _, details = introduction.partition("\n\n")
    signature = inspect.signature(method)
    namespace = vars(sys.modules[method.__module__])
    return MethodDescription(
        resource=resource,
        name=method.__name__,
        summary=_plain(_OPERATION.sub("", summary)),
        details=_plain(details),
        arguments={name: _plain(text) for name, text in _ARGUMENT.findall(sections[0])},
        parameters=tuple(
            each
            for each in signature.parameters.values()
            if each.name != "self" and each.kind is not inspect.Parameter.VAR_KEYWORD
        ),
        operation=_find_operation(docstring, namespace),
        is_list="Pages[" in str(signature.return_annotation),
        is_mutation="OutcomeUnknownError:" in docstring,
        has_secrets=_has_secrets(str(signature.return_annotation), namespace),
    )


def _has_secrets(result: str, namespace: Mapping[str, Any]) -> bool:
    # The token is the one result with a secret that is not a model.
    result_class = namespace.get(result)
    return result == "Token" or (isinstance(result_class, type) and issubclass(result_class, SecretModel))


def _find_operation(docstring: str, namespace: Mapping[str, Any]) -> Operation:
    [(name, http_method, path)] = _OPERATION.findall(docstring)
    declared = {each.id: each for each in namespace.values() if isinstance(each, Operation)}
    # The token exchange is not declared, because it does not pass through the calls.
    return declared.get(name) or Operation(name, http_method, path, Surface.MERCHANT)


def _plain(text: str) -> str:
    # The command line sends null for the word null.
    return " ".join(text.replace("``None``", "null").replace("``", "").split())

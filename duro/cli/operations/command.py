"""Command of one operation: its options and help, and the call of the method."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from ...http.operation import Surface
from ..account import ACCOUNT_OF_ENVIRONMENT, Account
from ..options import JSONOutput
from .call import DEFAULT_LIMIT, CommandOptions, run_operation
from .customer import CustomerAccount
from .values import ValueKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .description import MethodDescription

__all__ = ["build_command", "option_name"]

_Key = Annotated[
    str | None,
    Parameter(
        metavar="TEXT", help="Idempotency key; pass that of an earlier call to get its outcome. Default: a new one."
    ),
]
_Yes = Annotated[bool, Parameter(show_default=False, help="Change live data without a confirmation.")]
_Limit = Annotated[int, Parameter(metavar="INTEGER", validator=Number(gte=1), help="Maximum number of items.")]
_Reveal = Annotated[bool, Parameter(show_default=False, help="Print tokens and secrets instead of masking them.")]


def option_name(argument: str) -> str:
    """Return the option of a keyword argument, ``--plan-id`` for ``plan_id``."""
    return f"--{argument.replace('_', '-')}"


def build_command(description: MethodDescription, namespace: Mapping[str, Any]) -> Callable[..., None]:
    """Build the function of a command, whose signature and docstring the command line reads.

    Args:
        description: Description of the operation's method.
        namespace: Global names of the method's module, in which its annotations are looked up.

    Returns:
        The function.
    """
    kinds = {each.name: kind_of(each, namespace) for each in description.parameters}
    positional = [each.name for each in description.parameters if each.kind is each.POSITIONAL_ONLY]

    def command(*path: str, **given: Any) -> None:
        account = given.pop("account", _default_account(description))
        options = CommandOptions(
            **{name: given.pop(name) for name in CommandOptions.__annotations__.keys() & given.keys()}
        )
        values = [kinds[name].convert(name.upper(), text) for name, text in zip(positional, path, strict=True)]
        arguments = {
            name: value if kinds[name].is_flag else kinds[name].convert(option_name(name), value)
            for name, value in given.items()
            if value is not None
        }
        run_operation(description, values, arguments, account, options)

    parameters = [*_method_parameters(description, kinds), *_common_parameters(description)]
    command.__name__ = description.name
    command.__doc__ = _help(description)
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    vars(command)["__signature__"] = inspect.Signature(parameters)
    return command


def _help(description: MethodDescription) -> str:
    operation = description.operation
    paragraphs = [
        description.summary,
        description.details,
        f"Operation {operation.id}, {operation.method} {operation.path}.",
    ]
    return "\n\n".join(filter(None, paragraphs))


def _method_parameters(description: MethodDescription, kinds: Mapping[str, ValueKind]) -> Iterator[inspect.Parameter]:
    for each in description.parameters:
        kind = kinds[each.name]
        is_required = each.default is each.empty
        known = f" Known values: {', '.join(kind.choices)}." if kind.choices else ""
        text = description.arguments[each.name] + known
        if kind.is_flag:
            declared = Parameter(help=text, negative=f"--no-{each.name.replace('_', '-')}", show_default=False)
            annotation: Any = Annotated[bool | None, declared]
        else:
            declared = Parameter(help=text, metavar=kind.metavar, completer=_completer(kind.choices))
            annotation = Annotated[str if is_required else str | None, declared]
        yield each.replace(annotation=annotation, default=each.empty if is_required else None)


def _completer(choices: tuple[str, ...]) -> Callable[[object], tuple[str, ...]] | None:
    return (lambda _context: choices) if choices else None


def _common_parameters(description: MethodDescription) -> Iterator[inspect.Parameter]:
    if description.is_list:
        yield _option("limit", _Limit, DEFAULT_LIMIT)
    if description.is_mutation:
        yield _option("idempotency_key", _Key, None)
        yield _option("yes", _Yes, False)
    if description.has_secrets:
        yield _option("reveal", _Reveal, False)
    yield _option("as_json", JSONOutput, False)
    account = _default_account(description)
    yield _option("account", type(account), account)


def _default_account(description: MethodDescription) -> Account:
    needs_customer = description.operation.surface in (Surface.IDENTITY, Surface.PORTAL)
    return CustomerAccount() if needs_customer else ACCOUNT_OF_ENVIRONMENT


def _option(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)

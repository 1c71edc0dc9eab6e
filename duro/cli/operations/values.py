"""Values of options: their kinds, derived from annotations, and their conversion from text."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ...api.codec import OpenEnum
from ...errors import InvalidArgumentError, redact

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping

__all__ = ["NULL", "ValueKind", "kind_of"]

NULL: Final = "null"


@frozen
class ValueKind:
    """Kind of an option's value.

    Attributes:
        metavar: Placeholder in the help.
        noun: Description for errors.
        advice: Example for errors.
        parse: Function that converts the text, and raises ``ValueError`` if it cannot.
        is_nullable: Whether the word ``null`` sends null.
        choices: Values that this release knows.
    """

    metavar: str
    noun: str
    advice: str
    parse: Callable[[str], Any]
    is_nullable: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_flag(self) -> bool:
        """Whether the option is a flag, without a text."""
        return self.metavar == ""

    def convert(self, option: str, text: str) -> Any:
        """Convert the text of an option.

        Args:
            option: Name of the option, for errors.
            text: Text from the command line.

        Returns:
            The value for the method, ``None`` for null.

        Raises:
            InvalidArgumentError: The text is not of this kind.
        """
        if self.is_nullable and text == NULL:
            return None
        try:
            return self.parse(text)
        except (ValueError, RecursionError):
            pass
        raise InvalidArgumentError(f"{option} must be {self.noun}, got {redact(repr(text))}; {self.advice}")


def _parse_time(text: str) -> date:
    return date.fromisoformat(text) if len(text) == len("2026-12-31") else datetime.fromisoformat(text)


def _parse_object(text: str) -> dict[str, Any]:
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError  # noqa: TRY004 - as for text that is not JSON
    return document  # pyright: ignore[reportUnknownVariableType] - a JSON object


_TEXT: Final = ValueKind("TEXT", "text", "write text", str)
_FLAG: Final = ValueKind("", "a flag", "leave out the value", bool)
_KINDS: Final[Mapping[str, ValueKind]] = {
    "str": _TEXT,
    "Mode": ValueKind("MODE", "test or live", "write test or live", str, choices=("test", "live")),
    "int": ValueKind("INTEGER", "an integer", "write digits only, such as 500000", int),
    "bool": _FLAG,
    "date": ValueKind("TIME", "a date or a time", "write for example 2026-12-31 or 2026-12-31T23:59:59Z", _parse_time),
    "JSONObject": ValueKind("JSON", "a JSON object", """write for example '{"order": "A-17"}'""", _parse_object),
}


def kind_of(parameter: inspect.Parameter, namespace: Mapping[str, Any]) -> ValueKind:
    """Return the kind of a parameter.

    Args:
        parameter: Parameter of a resource's method, with its annotation as text.
        namespace: Global names of the method's module.

    Returns:
        The kind.

    Raises:
        StopIteration: The annotation names no type with a kind.
    """
    # As text, because the modules import some of the types for type checkers only.
    names = [name for name in str(parameter.annotation).split(" | ") if name != "Unset"]
    # A default of None leaves the argument out.
    is_nullable = "None" in names and parameter.default is not None
    for name in names:
        enum = namespace.get(name)
        if isinstance(enum, type) and issubclass(enum, OpenEnum):
            choices = tuple(member.value for member in enum)
            return ValueKind("TEXT", "text", "write text", str, is_nullable, choices)
    # An enum that only type checkers import is in a union with str.
    kind = next(_KINDS[name] for name in names if name in _KINDS)
    return ValueKind(kind.metavar, kind.noun, kind.advice, kind.parse, is_nullable, kind.choices)

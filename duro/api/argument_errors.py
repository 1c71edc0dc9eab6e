"""Errors for arguments that a method does not accept, in terms of the call that the user wrote."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from .._nearest_names import find_nearest, join_names, path_of
from ..errors import redact
from .options import CallOptions, ClientOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

__all__ = ["build_option_error", "call_of", "check_option_names", "explain_binding_error", "explains_arguments"]

P = ParamSpec("P")

_OPTIONS: Final = "options"


def check_option_names(options: Mapping[str, object], known: type[object]) -> None:
    """Check the names of options, as Python checks keyword arguments.

    Raises:
        TypeError: An option does not exist. The message contains the method, and the nearest name.
    """
    for name in options:
        if name not in known.__annotations__:
            raise build_option_error(name, known)


def build_option_error(option: str, known: type[object]) -> TypeError:
    """Build the error for an option that does not exist.

    Args:
        option: Name of the option.
        known: Typed dictionary of the options that exist.

    Returns:
        The error. It names the method that was called with ``**options``, and its nearest argument.
    """
    name = redact(option)
    code = _find_method()
    if code is None:
        return TypeError(f"got an unexpected keyword argument {name!r}")
    positional = code.co_varnames[1 : code.co_posonlyargcount]
    first = max(1, code.co_posonlyargcount)
    named = code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]
    advice = _advise(name, positional, [*named, *known.__annotations__])
    return TypeError(f"{_call_of(code.co_qualname)} got an unexpected keyword argument {name!r}; {advice}")


def explain_binding_error(
    error: TypeError, function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object], call: str
) -> TypeError | None:
    """Explain why the arguments of a call do not match the parameters of a function.

    Args:
        error: Error of the call.
        function: Function that was called.
        args: Positional arguments.
        kwargs: Keyword arguments.
        call: Expression of the call for the message, such as ``"Duro()"``.

    Returns:
        The error to raise instead. ``None`` if the arguments match, and the function itself raised the error.
    """
    signature = inspect.signature(function)
    if _matches(signature, args, kwargs):
        return None
    return TypeError(f"{call} {_describe_mismatch(error, signature, args, kwargs)}")


def explains_arguments(constructor: Callable[P, None]) -> Callable[P, None]:
    """Decorate a constructor, so that the error for an unknown argument contains the nearest name.

    Args:
        constructor: ``__init__`` of a client.

    Returns:
        The constructor.
    """

    @wraps(constructor)
    def __init__(*args: P.args, **kwargs: P.kwargs) -> None:  # noqa: N807 - becomes the method
        try:
            return constructor(*args, **kwargs)
        except TypeError as error:
            explained = explain_binding_error(error, constructor, args, kwargs, f"{type(args[0]).__name__}()")
            if explained is None:
                raise
        finally:
            # Secrets among the arguments must not be in a traceback that shows local variables.
            del args, kwargs
        raise explained

    return __init__


def call_of(method: Callable[..., Any]) -> str:
    """Return the expression of a call of a client's method, such as ``client.plans.create()``."""
    return _call_of(method.__qualname__)


def _matches(signature: inspect.Signature, args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    # Python 3.13.0 binds the name of a positional-only parameter to **options, and does not miss the parameter.
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and name in kwargs:
            return False
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _describe_mismatch(
    error: TypeError, signature: inspect.Signature, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> str:
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items() if name != "self"}
    positional_only = [name for name, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_ONLY]
    keyword_only = [name for name, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY]
    either = [name for name, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    by_name = [*either, *keyword_only, *(CallOptions.__annotations__ if _OPTIONS in kinds else ())]
    for name in kwargs:
        if name not in by_name:
            return f"got an unexpected keyword argument {redact(name)!r}; {_advise(name, positional_only, by_name)}"
    accepted = len(positional_only) + len(either)
    received = len(args) - ("self" in signature.parameters)
    if received > accepted:
        advice = f"pass the others by name, such as {keyword_only[0]}=" if keyword_only else "leave the others out"
        return f"accepts {accepted} positional argument{'s' * (accepted != 1)}, got {received}; {advice}"
    # Python's message, without its own name of the function.
    return str(error).partition("() ")[2]


def _advise(name: str, by_position: list[str] | tuple[str, ...], by_name: list[str]) -> str:
    if nearest := find_nearest(name, by_name):
        return f"use {nearest}="
    if nearest := find_nearest(name, by_position):
        return f"pass {nearest} first and without a name"
    if nearest := find_nearest(name, ClientOptions.__annotations__):
        return f"use client.with_options({nearest}=…)"
    return f"it accepts {join_names(f'{each}=' for each in by_name)}"


def _find_method() -> CodeType | None:
    """Return the code of the method on the call stack that received ``**options`` from the user."""
    frame = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        index = code.co_argcount + code.co_kwonlyargcount
        if code.co_flags & inspect.CO_VARKEYWORDS and code.co_varnames[index] == _OPTIONS:
            return code
        frame = frame.f_back
    return None


def _call_of(qualified_name: str) -> str:
    class_name, _, method = qualified_name.rpartition(".")
    return f"{path_of(class_name)}.{method}()"

"""Query strings of requests."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from urllib.parse import urlencode

from .._unset import UNSET
from ..errors import InvalidArgumentError

__all__ = ["encode_query"]


def encode_query(query: Mapping[str, object]) -> str:
    """Check the parameters of a query string and encode them. ``UNSET`` ones are left out.

    Raises:
        InvalidArgumentError: A name or value cannot be part of a query string.
    """
    if not isinstance(query, Mapping):
        raise InvalidArgumentError(f"params must be a mapping, got {type(query).__name__}; pass a dict")
    try:
        return urlencode({_check_name(key): _to_text(value) for key, value in query.items() if value is not UNSET})
    except UnicodeEncodeError:
        problem = "text without lone surrogates; remove the characters that UTF-8 cannot encode"
    except ValueError:
        problem = f"only integers of at most {sys.get_int_max_str_digits():,} digits; pass a smaller number"
    except TypeError as error:
        problem = str(error)
    # Raised outside the handlers, so that no __context__ leads to the values.
    raise InvalidArgumentError(f"params must contain {problem}")


def _check_name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"only names that are strings, got {type(name).__name__}; pass a str")
    return name


def _to_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"only strings, integers and booleans, got {type(value).__name__}; convert the value")

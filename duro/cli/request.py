"""``duro request``: send a request to any path, and print the JSON response."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from rich.console import Console
from rich.highlighter import JSONHighlighter

from .._unset import UNSET
from ..errors import InvalidArgumentError, redact
from ..http.operation import raw_operation
from .confirmation import confirm_live
from .json_text import format_json
from .output import print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..api.options import CallOptions
    from .account import Account

__all__ = ["check_words", "send"]


def send(
    account: Account,
    method: str,
    path: str,
    *,
    data: str | None,
    parameters: Iterable[str],
    idempotency_key: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Send a request, and print its response; an empty response prints nothing.

    Args:
        account: Account to send the request with.
        method: HTTP method.
        path: Path of the API, with or without a query string.
        data: JSON body, ``@file``, ``-`` for standard input, or ``None`` for an empty body.
        parameters: Query parameters, each ``name=value``.
        idempotency_key: Idempotency key; ``None`` generates one for a mutation.
        yes: Whether to change live data without a confirmation.
        as_json: Whether to print the response on one line.

    Raises:
        InvalidArgumentError: An argument is malformed; the request was not sent.
        DuroError: The call failed.
    """
    path, question_mark, query_string = path.partition("?")
    query = _parse_parameters(parameters, parse_qsl(query_string, keep_blank_values=True) if question_mark else ())
    body = UNSET if data is None else _parse_data(data)
    options: CallOptions = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
    operation = raw_operation(method, path)
    if operation.is_mutation:
        confirm_live(f"{operation.method} {redact(path)}", account.mode, yes=yes)
    with account.client() as client:
        response = client.request(method, path, params=query, json=body, **options)
    if response is not None:
        _print_response(response, as_json=as_json)


def check_words(method: str, path: str | None, rest: str | None) -> str:
    """Check the words of the command, and return the path.

    Args:
        method: First word.
        path: Second word, ``None`` if it is missing.
        rest: Third word, which must be missing.

    Raises:
        InvalidArgumentError: The method or the path is missing, or the body is not in ``--data``.
    """
    if path is None:
        if method.startswith("/"):
            raise InvalidArgumentError(f"METHOD is missing; write: duro request GET {redact(method)}")
        raise InvalidArgumentError("PATH is missing; write for example: duro request GET /v1/plans")
    if rest is not None:
        raise InvalidArgumentError("a body must be the value of --data, got it as a word; write --data '{…}'")
    return path


def _print_response(response: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(response)
        return
    console = Console(highlighter=JSONHighlighter())
    console.print(format_json(response, encoding=console.encoding), markup=False, emoji=False, soft_wrap=True)


def _parse_parameters(parameters: Iterable[str], of_path: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for name, value in [*of_path, *map(_parse_parameter, parameters)]:
        if name in pairs:
            raise InvalidArgumentError(f"the parameter {name} must be given once, got it twice; remove one of them")
        pairs[name] = value
    return pairs


def _parse_parameter(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not (name and equals):
        raise InvalidArgumentError("--param must be NAME=VALUE; write for example --param limit=5")
    return name, value


def _parse_data(data: str) -> Any:
    try:
        return json.loads(_read_data(data))
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"--data must be JSON, got text that cannot be parsed: {error}") from error
    except OSError as error:
        raise InvalidArgumentError(f"--data cannot be read from {data}: {error.strerror}") from error


def _read_data(data: str) -> str | bytes:
    if data == "-":
        return sys.stdin.buffer.read()
    # As bytes: json.loads detects which UTF encoding a file has.
    return Path(data[1:]).read_bytes() if data.startswith("@") else data

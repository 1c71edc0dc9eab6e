"""``duro request``: send a request to any path, and print the JSON response."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.highlighter import JSONHighlighter

from .._unset import UNSET
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..api.options import CallOptions
    from .account import Account

__all__ = ["format_json", "send"]


def send(
    account: Account,
    method: str,
    path: str,
    *,
    data: str | None,
    parameters: Iterable[str],
    idempotency_key: str | None,
) -> None:
    """Send a request, and print its response; an empty response prints nothing.

    Args:
        account: Account to send the request with.
        method: HTTP method.
        path: Path of the API.
        data: JSON body, ``@file``, ``-`` for standard input, or ``None`` for an empty body.
        parameters: Query parameters, each ``name=value``.
        idempotency_key: Idempotency key; ``None`` generates one for a mutation.

    Raises:
        InvalidArgumentError: An argument is malformed; the request was not sent.
        DuroError: The call failed.
    """
    query = _parse_parameters(parameters)
    body = UNSET if data is None else _parse_data(data)
    options: CallOptions = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
    with account.client() as client:
        response = client.request(method, path, params=query, json=body, **options)
    if response is not None:
        console = Console(highlighter=JSONHighlighter())
        console.print(format_json(response, encoding=console.encoding), markup=False, emoji=False, soft_wrap=True)


def format_json(document: Any, *, encoding: str) -> str:
    """Return JSON for a terminal: indented, letters unescaped, control characters escaped.

    Args:
        document: JSON document.
        encoding: Encoding of the output. Any encoding but UTF gets ASCII only.

    Returns:
        The same JSON document as text.

    Example:
        >>> print(format_json({"name": "Adé"}, encoding="utf-8"))
        {
          "name": "Adé"
        }
    """
    text = json.dumps(document, indent=2, ensure_ascii=not encoding.lower().startswith("utf"))
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1] for character in text
    )


def _parse_parameters(parameters: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not (name and equals):
            raise InvalidArgumentError("--param must be NAME=VALUE; write for example --param limit=5")
        if name in pairs:
            raise InvalidArgumentError(f"--param {name} must be given once, got it twice; remove one of them")
        pairs[name] = value
    return pairs


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

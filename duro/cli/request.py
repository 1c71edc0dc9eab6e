"""``duro request``: any call, from texts to JSON."""

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

__all__ = ["readable", "send"]


def send(
    account: Account,
    method: str,
    path: str,
    *,
    data: str | None,
    parameters: Iterable[str],
    idempotency_key: str | None,
) -> None:
    """Call a path, and print the answer; an empty one prints nothing.

    Args:
        account: Who calls.
        method: The HTTP method.
        path: The path.
        data: The body: JSON, ``@file``, ``-``, or ``None`` for none.
        parameters: The query string, each ``name=value``.
        idempotency_key: The key to call under; ``None`` makes one.

    Raises:
        InvalidArgumentError: An argument is malformed; nothing was sent.
        DuroError: The call failed.
    """
    query = _pairs(parameters)
    body = UNSET if data is None else _json(data)
    options: CallOptions = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
    with account.client() as duro:
        answer = duro.request(method, path, params=query, json=body, **options)
    if answer is not None:
        console = Console(highlighter=JSONHighlighter())
        console.print(readable(answer, encoding=console.encoding), markup=False, emoji=False, soft_wrap=True)


def readable(document: Any, *, encoding: str) -> str:
    """Write JSON for people: indented, with letters as they are and nothing that steers a terminal.

    Args:
        document: Any JSON.
        encoding: What the output can hold; one that is no UTF gets plain ASCII.

    Returns:
        The JSON.

    Example:
        >>> print(readable({"name": "Adé"}, encoding="utf-8"))
        {
          "name": "Adé"
        }
    """
    text = json.dumps(document, indent=2, ensure_ascii=not encoding.lower().startswith("utf"))
    return "".join(mark if mark.isprintable() or mark == "\n" else json.dumps(mark)[1:-1] for mark in text)


def _pairs(parameters: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not (name and equals):
            raise InvalidArgumentError("--param takes NAME=VALUE, as in --param limit=5")
        if name in pairs:
            raise InvalidArgumentError(f"--param {name} was given twice; a name takes one value")
        pairs[name] = value
    return pairs


def _json(data: str) -> Any:
    try:
        return json.loads(_text(data))
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"--data is not JSON: {error}") from error
    except OSError as error:
        raise InvalidArgumentError(f"--data cannot be read from {data}: {error.strerror}") from error


def _text(data: str) -> str | bytes:
    if data == "-":
        return sys.stdin.buffer.read()
    # JSON says of itself which UTF it is in, so files are read as bytes.
    return Path(data[1:]).read_bytes() if data.startswith("@") else data

"""Output of commands: results on standard output, notes on standard error."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final, TextIO

from .amounts import format_amount
from .json_text import format_line
from .table import Column, fit_columns, format_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._json_types import JSONObject, JSONValue

__all__ = ["is_colored", "print_details", "print_json", "print_note", "print_rows", "printable"]

# Members that are amounts in minor units.
_AMOUNTS: Final = frozenset({"amount", "balance", "balanceAfter", "refunded"})


def print_json(document: object) -> None:
    """Print a JSON document on one line of standard output.

    Args:
        document: JSON document.
    """
    print(format_line(document, encoding=sys.stdout.encoding), flush=True)


def print_note(text: str) -> None:
    """Print a sentence for people on standard error."""
    print("duro:", printable(text), file=sys.stderr)


def print_rows(rows: Sequence[JSONObject], *, as_json: bool) -> None:
    """Print a list as a table, or as JSON with one line for each item.

    A terminal shows the columns that fit. A pipe gets all of them.

    Args:
        rows: Items with the names of the API.
        as_json: Whether to print JSON.
    """
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not rows:
        print_note("the list is empty")
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [
        Column(name, [_cell(row[name]) if name in row else "" for row in rows], priority)
        for priority, name in enumerate(names)
    ]
    shown = fit_columns(columns, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    heading, *lines = format_table(shown)
    print(_bold(heading), *lines, sep="\n")
    if len(shown) < len(columns):
        hidden = ", ".join(column.title for column in columns if column not in shown)
        print_note(f"hidden for lack of width: {hidden}; use --json to see them")


def print_details(document: JSONObject, *, as_json: bool) -> None:
    """Print an object as one line for each member, or as JSON.

    Args:
        document: Object with the names of the API.
        as_json: Whether to print JSON.
    """
    if as_json:
        print_json(document)
        return
    width = max((len(printable(name)) for name in document), default=0)
    for name, value in document.items():
        text = f"{printable(name):<{width}}  {_cell(value)}{_in_major_units(name, value, document)}"
        print(text.rstrip())


def printable(text: str) -> str:
    """Replace control characters, which could change the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def is_colored(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that shows colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if is_colored(sys.stdout) else text


def _cell(value: JSONValue) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return printable(value)
    return format_line(value, encoding=sys.stdout.encoding)


def _in_major_units(name: str, value: JSONValue, document: JSONObject) -> str:
    if name not in _AMOUNTS or not isinstance(value, int):
        return ""
    currency = document.get("currency")
    return f" ({format_amount(value, printable(currency) if isinstance(currency, str) else '')})"

"""Python code for the width of a terminal."""

from __future__ import annotations

from typing import Final

__all__ = ["wrap_code"]

INDENT: Final = "    "


def wrap_code(line: str, width: int) -> list[str]:
    """Break a statement that calls a function, so that it fits and remains the same statement.

    Args:
        line: One line of Python code, with its indentation.
        width: Number of characters in a line.

    Example:
        >>> for line in wrap_code('customer = client.customers.create(email="ada@example.com")', width=40):
        ...     print(line)
        customer = client.customers.create(
            email="ada@example.com"
        )
    """
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    head, _, rest = line.partition("(")
    target, equals, call = line.partition(" = ")
    if equals and len(head) >= width:
        return [f"{target} = (", *wrap_code(f"{indent}{INDENT}{call}", width), f"{indent})"]
    arguments, _, tail = rest.rpartition(")")
    inner = f"{indent}{INDENT}{arguments}"
    lines = [inner] if len(inner) <= width else [f"{indent}{INDENT}{argument}," for argument in arguments.split(", ")]
    return [f"{head}(", *lines, f"{indent}){tail}"]

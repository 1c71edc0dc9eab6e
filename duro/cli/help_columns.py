"""Columns of the help: names of options break between words only, however narrow the terminal is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from cyclopts.help import AsteriskRenderer, ColumnSpec, DescriptionRenderer, NameRenderer

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry
    from rich.console import Console, ConsoleOptions

__all__ = ["build_columns"]

# The default of cyclopts, which breaks longer words.
NAME_SHARE: Final = 0.35
# Indentation of the second line of a name.
INDENT: Final = 2


def build_columns(
    console: Console,
    options: ConsoleOptions,  # noqa: ARG001 - cyclopts defines the arguments
    entries: list[HelpEntry],
) -> tuple[ColumnSpec, ...]:
    """Return the columns of commands or options: a mark for required ones, the names, and the descriptions.

    Args:
        console: Console of the help.
        options: Size of the console.
        entries: Commands or options of one panel.
    """
    words = [word for entry in entries for label in entry.display_labels_with_metavar for word in label.split()]
    width = max(math.ceil(console.width * NAME_SHARE), INDENT + max(map(len, words), default=0))
    names = ColumnSpec(renderer=NameRenderer(max_width=width), style="cyclopts.name", no_wrap=True)
    descriptions = ColumnSpec(renderer=DescriptionRenderer())
    if any(entry.required for entry in entries):
        return (ColumnSpec(renderer=AsteriskRenderer(), width=1, style="cyclopts.required_marker"), names, descriptions)
    return (names, descriptions)

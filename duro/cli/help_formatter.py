"""Help texts that keep their words whole on a narrow terminal."""

from __future__ import annotations

import textwrap
from io import StringIO
from typing import TYPE_CHECKING, Final

from cyclopts.help import DefaultFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

__all__ = ["HelpFormatter"]

# Below this width, two columns in a frame break names such as --idempotency-key.
MIN_FRAME_WIDTH: Final = 60
MAX_TEXT_WIDTH: Final = 10_000


class HelpFormatter(DefaultFormatter):
    """Formatter of the library, which puts each description under its name if the terminal is narrow."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print one panel of the help."""
        if console.width >= MIN_FRAME_WIDTH:
            super().__call__(console, options, panel)
            return
        if not panel.entries:
            return
        lines = [_to_text(panel.title), *_wrap(_to_text(panel.description), console.width, "  ")]
        for entry in panel.entries:
            lines += _format_entry(entry, console.width)
        console.print("\n".join(lines), "", sep="\n", highlight=False, markup=False, soft_wrap=True)


def _format_entry(entry: HelpEntry, width: int) -> Iterator[str]:
    details = [_to_text(entry.description), "Required." if entry.required else ""]
    if entry.default is not None:
        details.append(f"Default: {entry.default}.")
    yield from _wrap(", ".join(entry.display_labels_with_metavar), width, "  ")
    yield from _wrap(" ".join(filter(None, details)), width, "      ")


def _to_text(renderable: object) -> str:
    """Return the text of a part of the help on one line."""
    from rich.console import Console

    console = Console(file=StringIO(), width=MAX_TEXT_WIDTH, color_system=None)
    with console.capture() as capture:
        console.print("" if renderable is None else renderable)
    return " ".join(capture.get().split())


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )

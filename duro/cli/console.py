"""Console of the command line: width, styles, and text that wraps between words."""

from __future__ import annotations

import textwrap
from shutil import get_terminal_size

from rich.console import Console, ConsoleDimensions

__all__ = ["create_console", "print_text"]


def create_console(*, stderr: bool = False) -> Console:
    """Create a console that uses styles only on a terminal that supports them.

    Args:
        stderr: Whether to print on standard error, instead of standard output.
    """
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if console.is_dumb_terminal:
        # rich assumes 80 columns for a dumb terminal, unless both width and height are set.
        console.size = ConsoleDimensions(*get_terminal_size())
    return console


def print_text(text: str, console: Console, *, end: str = "\n") -> None:
    """Print text that wraps between words.

    Args:
        text: Text of one paragraph. A word that is wider than the terminal, such as a long URL, is not broken.
        console: Console to print on.
        end: Text to print after the paragraph.
    """
    lines = textwrap.wrap(text, console.width, break_long_words=False, break_on_hyphens=False)
    console.print("\n".join(lines), end=end, soft_wrap=True)

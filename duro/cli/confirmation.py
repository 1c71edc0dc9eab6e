"""Confirmation of writes by a person at the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import DuroError, InvalidArgumentError
from .console import create_console, print_text

if TYPE_CHECKING:
    from ..config import Mode

__all__ = ["confirm", "confirm_live"]


def confirm_live(action: str, mode: Mode | None, *, yes: bool) -> None:
    """Ask whether to change live data; return at once in test mode.

    Args:
        action: Name of the operation.
        mode: Mode of the credential, ``None`` if unknown.
        yes: Whether the caller has confirmed already.

    Raises:
        InvalidArgumentError: Nobody can be asked, because there is no terminal.
        DuroError: The answer was not yes.
    """
    if mode == "live" and not yes:
        confirm(
            f"{action} changes live data.",
            without_terminal=f"{action} changes live data and was not sent; add --yes to confirm it",
            declined=f"{action} was not sent, because it was not confirmed; repeat the command and enter y",
        )


def confirm(effect: str, *, without_terminal: str, declined: str) -> None:
    """Ask whether to continue, on standard error.

    Args:
        effect: Sentence with the effect of the command.
        without_terminal: Message of the error without a terminal for the question and the answer.
        declined: Message of the error after another answer than yes.

    Raises:
        InvalidArgumentError: Standard input or standard error is not a terminal.
        DuroError: The answer was not yes.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidArgumentError(without_terminal)
    console = create_console(stderr=True)
    print_text(f"{effect} Continue? [y/N]", console, end=" ")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # Ctrl-D
        console.print()
    if answer.strip().lower() not in {"y", "yes"}:
        raise DuroError(declined)

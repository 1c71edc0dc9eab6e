"""Question before the quickstart writes to a server that it did not start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...errors import DuroError, InvalidArgumentError
from ..console import print_text

if TYPE_CHECKING:
    from rich.console import Console

    from .target import Target

__all__ = ["confirm_writes"]


def confirm_writes(target: Target, console: Console) -> None:
    """Ask on the terminal whether to write to the target.

    Args:
        target: Target of the writes.
        console: Console to print the question on.

    Raises:
        InvalidArgumentError: Standard input or the console is not a terminal.
        DuroError: The response is not yes.
    """
    if not (sys.stdin.isatty() and console.is_terminal):
        raise InvalidArgumentError(
            f"the writes to {target.base_url} must be confirmed, and standard input is not a terminal; pass --yes, "
            "or remove the account from the options and the environment to use a new sandbox"
        )
    print_text(f"This creates a plan, a customer and a subscription at {target.base_url} in test mode.", console)
    print_text("Continue? [y/N]", console, end=" ")
    response = sys.stdin.readline()
    if not response.endswith("\n"):  # Ctrl-D
        console.print()
    if response.strip().lower() not in {"y", "yes"}:
        raise DuroError("the writes were declined, and nothing was sent; enter y to continue, or pass --yes")

"""Confirmation of calls that change live data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import DuroError, InvalidArgumentError

if TYPE_CHECKING:
    from ..config import Mode

__all__ = ["confirm"]


def confirm(action: str, mode: Mode | None, *, yes: bool) -> None:
    """Ask whether to change live data; return at once in test mode.

    Args:
        action: Name of the operation.
        mode: Mode of the credential, ``None`` if unknown.
        yes: Whether the caller has confirmed already.

    Raises:
        InvalidArgumentError: Nobody can be asked, because standard input is not a terminal.
        DuroError: The answer was not yes.
    """
    if mode != "live" or yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidArgumentError(f"{action} changes live data and was not sent; add --yes to confirm it")
    print(f"{action} changes live data. Continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise DuroError(f"{action} was not sent, because it was not confirmed; repeat the command and enter y")

"""The command ``duro``: entry point, exit codes and error output.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted. Every expected
error is printed as one line on standard error.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Final, NoReturn

from ..errors import ConfigurationError, DuroError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

SUCCESS: Final = 0
FAILURE: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit.

    Args:
        arguments: Words after the program's name. Default: those of this process.

    Raises:
        SystemExit: Always, with one of the exit codes.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        raise SystemExit(_exit_code_of(sys.argv[1:] if arguments is None else arguments))


def _exit_code_of(arguments: Sequence[str]) -> int:
    try:
        _run(arguments)
        sys.stdout.flush()
    except InvalidArgumentError as error:
        _print_error(str(error))
        return WRONG_USAGE
    except DuroError as error:
        _print_error(str(error))
        return FAILURE
    except KeyboardInterrupt as interruption:
        # A note reports a write whose outcome is unknown. The same text was logged, to the standard error.
        if not getattr(interruption, "__notes__", ()):
            _print_error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe. Without this, Python prints another error when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    return SUCCESS


def _run(arguments: Sequence[str]) -> None:
    try:
        from .app import run

        run(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"cyclopts", "rich"}:
            raise
        raise ConfigurationError(
            "the command line needs its extra; install it with: pip install 'duro-sdk[cli]'"
        ) from error


def _print_error(message: str) -> None:
    """Print a message as one line, without control characters: it may quote text from outside."""
    line = " ".join(message.split())
    print("duro:", "".join(character if character.isprintable() else "?" for character in line), file=sys.stderr)


def _show_warning(message: Warning | str, *_place: object, **_named_place: object) -> None:
    _print_error(f"warning: {message}")

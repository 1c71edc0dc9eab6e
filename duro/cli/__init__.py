"""The command ``duro``: entry point, exit codes and error output.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted. Every expected
error is printed as one line on standard error, with ``--json`` as one JSON object.
"""

from __future__ import annotations

import os
import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from ..errors import ConfigurationError, DuroError, InvalidArgumentError
from .errors import print_error, wants_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    words = sys.argv[1:] if arguments is None else arguments
    report = partial(print_error, as_json=wants_json(words))
    with warnings.catch_warnings():
        warnings.showwarning = partial(_show_warning, report)
        raise SystemExit(_exit_code_of(words, report))


def _exit_code_of(arguments: Sequence[str], report: Callable[..., None]) -> int:
    try:
        _run(arguments)
        sys.stdout.flush()
    except InvalidArgumentError as error:
        report(str(error), error)
        return WRONG_USAGE
    except DuroError as error:
        report(str(error), error)
        return FAILURE
    except KeyboardInterrupt as interruption:
        # A note reports a write whose outcome is unknown. The same text was logged, to the standard error.
        if not getattr(interruption, "__notes__", ()):
            report("interrupted", interruption)
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


def _show_warning(report: Callable[..., None], message: Warning | str, *_place: object, **_named_place: object) -> None:
    report(f"warning: {message}")

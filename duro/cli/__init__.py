"""The command ``duro``: how it starts, and how it ends.

Its exit codes are 0 for done, 1 for failed, 2 for wrongly used, and 130 for
interrupted. Whatever goes wrong on purpose is one line on standard error.
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

DONE: Final = 0
FAILED: Final = 1
WRONGLY_USED: Final = 2
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit.

    Args:
        arguments: What follows the program's name; ``None`` takes it from the process.

    Raises:
        SystemExit: Always, with one of the exit codes.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        raise SystemExit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        _carry_out(arguments)
        sys.stdout.flush()
    except InvalidArgumentError as error:
        _complain(str(error))
        return WRONGLY_USED
    except DuroError as error:
        _complain(str(error))
        return FAILED
    except KeyboardInterrupt as interruption:
        # They say whether a write is in doubt, and how to learn what became of it.
        for note in getattr(interruption, "__notes__", ("interrupted",)):
            _complain(note)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has left; without this, Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return DONE


def _carry_out(arguments: Sequence[str]) -> None:
    try:
        from .app import carry_out

        carry_out(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"cyclopts", "rich"}:
            raise
        raise ConfigurationError("the command line needs its extra: pip install 'duro-sdk[cli]'") from error


def _complain(message: str) -> None:
    """Tell people what is wrong, in one line that cannot steer their terminal, whoever wrote it."""
    line = " ".join(message.split())
    print("duro:", "".join(mark if mark.isprintable() else "?" for mark in line), file=sys.stderr)


def _show_warning(message: Warning | str, *_place: object, **_named_place: object) -> None:
    _complain(f"warning: {message}")

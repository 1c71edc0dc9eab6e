"""Lock of an open file, which the operating system releases when the process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["close", "is_current", "try_lock", "unlink_and_close"]

_HELD: Final = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})

# Windows locks a range of bytes, and other programs cannot read them. This one is after the rows of most exports.
LOCKED_BYTE: Final = 0x7FFFFFFE


def try_lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed, and return whether it was free.

    Args:
        file: File that is open for writing.

    Raises:
        OSError: The file system does not support locks.
    """
    try:
        _lock(file.fileno())
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def is_current(file: BinaryIO, path: Path) -> bool:
    """Return whether a path still leads to an open file. Its previous owner may have deleted it before the lock.

    Args:
        file: Open file.
        path: Path that it was opened with.
    """
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def close(file: BinaryIO) -> None:
    """Close a file, and release its lock.

    The bytes of a failed write are still in the buffer, and fail again. They are dropped.

    Args:
        file: Locked file, whose valid bytes were flushed.
    """
    with suppress(OSError):
        file.close()


def unlink_and_close(file: BinaryIO, path: Path) -> None:
    """Delete a locked file and release its lock.

    Args:
        file: Locked file.
        path: Path of the file.
    """
    if sys.platform == "win32":
        # Windows does not delete an open file. A process that opens it after the close owns it, and deletes it.
        close(file)
        with suppress(PermissionError):
            path.unlink(missing_ok=True)
    else:
        # While it is locked. After the close, the path can lead to the file of another process.
        path.unlink(missing_ok=True)
        close(file)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, position, os.SEEK_SET)
else:

    def _lock(descriptor: int) -> None:
        # Not lockf, whose lock ends when the process closes any other descriptor of the file.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

"""Files of a database: private to their owner, and complete when they appear."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

from ...errors import InvalidArgumentError

__all__ = ["create_private_file", "find_temporary_folder", "write_private_file"]


def create_private_file(path: str | os.PathLike[str]) -> None:
    """Create an empty file that only its owner can read.

    Args:
        path: Path of the file.

    Raises:
        OSError: The file exists or cannot be created.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def find_temporary_folder() -> str:
    """Return the folder in which SQLite creates its temporary files."""
    if sys.platform == "win32":
        return gettempdir()
    # The order of SQLite, which differs from that of Python.
    candidates = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108
    usable = (each for each in candidates if each and Path(each).is_dir() and os.access(each, os.W_OK | os.X_OK))
    return next(usable, str(Path.cwd()))


def write_private_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a new file that only its owner can read. It appears when it is complete.

    Args:
        path: Path of the file.
        content: Content of the file.

    Raises:
        InvalidArgumentError: The file exists.
        OSError: The file cannot be written.
    """
    target = Path(path)
    if target.exists():
        raise InvalidArgumentError(
            f"path must be that of a new file, got {str(target)!r}, which exists; delete it first"
        )
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    create_private_file(part)
    try:
        part.write_bytes(content)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise

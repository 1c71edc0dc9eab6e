"""Partial file of an export: rows as JSON Lines, and the position to continue from.

The rows of a page are written first, and the position after them. An export
that was killed continues at the last position, and the rows after it are
removed. No row is therefore lost or repeated.

The rows are locked as long as the export runs. The lock is on the file of the
rows itself, because that has one identity whatever path leads to it, and
because a second file would remain after a kill.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import asdict, evolve, field, frozen
from attrs.validators import ge, instance_of, optional

from ...errors import DuroError
from .file_lock import close, is_current, try_lock, unlink_and_close

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from ..._json_types import JSONObject

__all__ = ["PartialFile", "Position", "open_partial_file", "replace_file"]


@frozen
class Position:
    """Position of an export.

    Attributes:
        source: List and account of the export.
        cursor: Cursor of the next page, ``None`` at the start.
        size: Size of the complete pages in bytes.
        rows: Number of rows in them.
        is_complete: Whether all pages are written.
    """

    source: str = field(validator=instance_of(str))
    cursor: str | None = field(default=None, validator=optional(instance_of(str)))
    size: int = field(default=0, validator=[instance_of(int), ge(0)])
    rows: int = field(default=0, validator=[instance_of(int), ge(0)])
    is_complete: bool = field(default=False, validator=instance_of(bool))


class PartialFile:
    """Partial file beside the target of an export, locked by this process. Use ``open_partial_file``.

    Args:
        file: Rows, as an open and locked file.
        path: Path of the rows.
        source: List and account of the export.

    Attributes:
        position: Position after the last complete page.

    Raises:
        DuroError: The partial file belongs to another export, or cannot be read.
    """

    def __init__(self, file: BinaryIO, path: Path, source: str) -> None:
        self._file = file
        self._path = path
        self._state_path = _state_path(path)
        self.position: Position = self._load(source)
        # Rows of a page that was not completed.
        file.truncate(self.position.size)

    def append(self, rows: Iterable[JSONObject], next_cursor: str | None) -> Iterator[int]:
        """Write the rows of a page, and then the position after them.

        Args:
            rows: Rows of the page.
            next_cursor: Cursor of the next page, ``None`` on the last one.

        Yields:
            Number of rows of the page so far.
        """
        number = 0
        for number, row in enumerate(rows, 1):
            self._file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            yield number
        self._file.flush()
        os.fsync(self._file.fileno())
        self.position = evolve(
            self.position,
            cursor=next_cursor,
            size=os.fstat(self._file.fileno()).st_size,
            rows=self.position.rows + number,
            is_complete=next_cursor is None,
        )
        with replace_file(self._state_path) as state:
            state.write(json.dumps(asdict(self.position)).encode())

    def read(self) -> Iterator[JSONObject]:
        """Yield the rows."""
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)

    def remove(self) -> None:
        """Delete the position. The rows without a position are deleted when the file is closed."""
        self._state_path.unlink(missing_ok=True)

    def _load(self, source: str) -> Position:
        if not self._state_path.exists():
            return Position(source)
        try:
            members: dict[str, Any] = json.loads(self._state_path.read_bytes())
            position = Position(**members)
        except (ValueError, TypeError) as error:
            raise DuroError(
                f"{self._state_path} must be the position of an export; delete it to start again"
            ) from error
        if position.source != source:
            raise DuroError(
                f"{self._state_path} must belong to the same list and account, got {position.source}; "
                "delete it to start again"
            )
        size = os.fstat(self._file.fileno()).st_size
        if size < position.size:
            raise DuroError(
                f"{self._path} must have the {position.size:,} bytes that were exported, got {size:,}; "
                f"delete {self._state_path} to start again"
            )
        return position


@contextmanager
def open_partial_file(target: Path, source: str) -> Generator[PartialFile]:
    """Open the partial file of a target, and lock it until the end of a ``with`` block or of the process.

    Rows without a position are deleted at the end.

    Args:
        target: File that the export creates at its end.
        source: List and account of the export.

    Raises:
        DuroError: Another process exports to the target, or the partial file belongs to another export or cannot be
            read.
    """
    path = target.with_name(f"{target.name}.part")
    file = _open_locked(path, target)
    try:
        yield PartialFile(file, path, source)
    finally:
        if _state_path(path).exists():
            close(file)
        else:
            unlink_and_close(file, path)


def _open_locked(path: Path, target: Path) -> BinaryIO:
    while True:
        # Nothing is written to the file before the lock. It stays open until the end of the export.
        file = path.open("a+b")
        try:
            _lock(file, path, target)
            if is_current(file, path):
                return file
        except BaseException:
            file.close()
            raise
        # The other export has just ended, and has deleted the file.
        file.close()


def _lock(file: BinaryIO, path: Path, target: Path) -> None:
    try:
        is_free = try_lock(file)
    except OSError as error:
        raise DuroError(
            f"{path} cannot be locked: {error.strerror or error}; pass a file on a local disk to --out, and copy it"
        ) from error
    if not is_free:
        raise DuroError(f"{target} is being written by another export; wait for its end, or pass another file to --out")


def _state_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


@contextmanager
def replace_file(target: Path) -> Generator[BinaryIO]:
    """Open a new file that replaces the target at the end of a ``with`` block, or is deleted if the block raises.

    Args:
        target: Path of the file to replace.
    """
    new = target.with_name(f"{target.name}.new")
    try:
        with new.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)

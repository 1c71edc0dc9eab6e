"""Partial file of an export: rows as JSON Lines, and the position to continue from.

The rows of a page are written first, and the position after them. An export
that was killed continues at the last position, and the rows after it are
removed. No row is therefore lost or repeated.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import asdict, evolve, field, frozen
from attrs.validators import ge, instance_of, optional

from ...errors import DuroError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from ..._json_types import JSONObject

__all__ = ["PartialFile", "Position", "replace_file"]


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
    """Partial file beside the target of an export.

    Args:
        target: File that the export creates at its end.
        source: List and account of the export.

    Attributes:
        path: Path of the rows.
        position: Position after the last complete page.

    Raises:
        DuroError: The partial file belongs to another export, or cannot be read.
    """

    def __init__(self, target: Path, source: str) -> None:
        self.path: Path = target.with_name(f"{target.name}.part")
        self._state_path = target.with_name(f"{target.name}.part.json")
        self.position: Position = self._load(source)

    @contextmanager
    def open(self) -> Generator[BinaryIO]:
        """Open the file for the rows after the position."""
        with self.path.open("ab") as file:
            file.truncate(self.position.size)
            yield file

    def append(self, file: BinaryIO, rows: Iterable[JSONObject], next_cursor: str | None) -> Iterator[int]:
        """Write the rows of a page, and then the position after them.

        Args:
            file: Open file.
            rows: Rows of the page.
            next_cursor: Cursor of the next page, ``None`` on the last one.

        Yields:
            Number of rows of the page so far.
        """
        number = 0
        for number, row in enumerate(rows, 1):
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            yield number
        file.flush()
        os.fsync(file.fileno())
        self.position = evolve(
            self.position,
            cursor=next_cursor,
            size=self.path.stat().st_size,
            rows=self.position.rows + number,
            is_complete=next_cursor is None,
        )
        with replace_file(self._state_path) as state:
            state.write(json.dumps(asdict(self.position)).encode())

    def read(self) -> Iterator[JSONObject]:
        """Yield the rows."""
        with self.path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def remove(self) -> None:
        """Delete the rows and the position."""
        self._state_path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

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
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < position.size:
            raise DuroError(
                f"{self.path} must have the {position.size:,} bytes that were exported, got {size:,}; "
                f"delete {self._state_path} to start again"
            )
        return position


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

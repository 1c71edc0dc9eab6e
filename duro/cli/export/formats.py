"""Formats of an export: CSV, JSON Lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias, get_args

from ...errors import ConfigurationError, InvalidArgumentError
from ..options import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ..._json_types import JSONObject, JSONValue

    Write: TypeAlias = Callable[[BinaryIO, Iterable[JSONObject], Mapping[str, object]], None]

__all__ = ["check_format", "write_rows"]

BATCH_ROWS: Final = 10_000

# Start of a text that a spreadsheet calculates, in normal or full width. Phone numbers and signed integers are exempt.
_FORMULA: Final = re.compile(r"[=@\t\r\n\uff1d\uff0b\uff0d\uff20]|[+-](?![\d ]*\Z)")


def check_format(path: Path, given: ExportFormat | None) -> ExportFormat:
    """Return the format of a file.

    Args:
        path: File to write.
        given: Format that the user chose, ``None`` for the suffix of the file.

    Raises:
        InvalidArgumentError: The suffix does not name a format.
        ConfigurationError: The package for Parquet is not installed.
    """
    suffix = path.suffix.removeprefix(".").lower()
    chosen = given or next((each for each in get_args(ExportFormat) if each == suffix), None)
    if chosen is None:
        raise InvalidArgumentError(
            f"--out must end in .csv, .jsonl or .parquet, got {path.name!r}; rename it, or pass --format"
        )
    if chosen == "parquet":
        _import_pyarrow()
    return chosen


def write_rows(
    file: BinaryIO, export_format: ExportFormat, rows: Iterable[JSONObject], columns: Mapping[str, object]
) -> None:
    """Write rows in a format.

    Args:
        file: Binary file to write to.
        export_format: Format.
        rows: Rows with the names of the API.
        columns: Columns in order, with the types of their values. JSON Lines also has all other members.
    """
    _WRITERS[export_format](file, rows, columns)


def _write_csv(file: BinaryIO, rows: Iterable[JSONObject], columns: Mapping[str, object]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_escape_formula(_to_text(row.get(column))) for column in columns] for row in rows)
    # Without closing the file, which belongs to the caller.
    text.detach()


def _escape_formula(text: str) -> str:
    """Return a text that a spreadsheet does not calculate. Customers choose their names, which can be formulas."""
    return f"'{text}" if _FORMULA.match(text) else text


def _to_text(value: JSONValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_json_lines(file: BinaryIO, rows: Iterable[JSONObject], _columns: Mapping[str, object]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def _write_parquet(file: BinaryIO, rows: Iterable[JSONObject], columns: Mapping[str, object]) -> None:
    pyarrow, parquet = _import_pyarrow()
    types: dict[object, Any] = {int: pyarrow.int64(), bool: pyarrow.bool_(), datetime: pyarrow.timestamp("ms", "UTC")}
    schema = pyarrow.schema([(name, types.get(kind, pyarrow.string())) for name, kind in columns.items()])
    remaining = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(remaining, BATCH_ROWS)):
            values = {name: [_to_cell(row.get(name), kind) for row in batch] for name, kind in columns.items()}
            writer.write_table(pyarrow.table(values, schema=schema))


def _to_cell(value: JSONValue, kind: object) -> object:
    if value is None or isinstance(value, int):
        return value
    return datetime.fromisoformat(str(value)) if kind is datetime else _to_text(value)


def _import_pyarrow() -> tuple[Any, Any]:
    try:
        # By name, because pyarrow is not typed.
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "Parquet needs the package 'pyarrow'; install it with: pip install 'duro-sdk[parquet]'"
        ) from error


_WRITERS: Final[Mapping[ExportFormat, Write]] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
    "parquet": _write_parquet,
}

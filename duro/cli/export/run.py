"""Run of an export: pages to the partial file, and the partial file to the target."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ...errors import DuroError, InvalidArgumentError
from ..console import create_console
from ..output import print_json, print_note
from .formats import check_format, write_rows
from .partial_file import open_partial_file, replace_file
from .sources import column_types, iterate_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from ...blocking.client import Duro
    from ..account import Account
    from ..options import ExportFormat, ExportKind
    from .partial_file import PartialFile

__all__ = ["run_export"]


def run_export(
    account: Account,
    kind: ExportKind,
    out: Path,
    *,
    export_format: ExportFormat | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a whole list to a file. A second run continues an export that was interrupted.

    Args:
        account: Account of the list.
        kind: List to export.
        out: File to create.
        export_format: Format, ``None`` for the suffix of the file.
        overwrite: Whether to replace an existing file.
        as_json: Whether to print JSON.

    Raises:
        InvalidArgumentError: The file exists, or its suffix does not name a format. Nothing was sent.
        DuroError: A call failed, a file cannot be written, or another export writes it. The partial file is kept.
    """
    chosen = check_format(out, export_format)
    _check_target(out, overwrite=overwrite)
    try:
        with account.client() as client, open_partial_file(out, f"{kind} of {client!r}") as partial:
            # Again, because another export may have ended before the lock.
            _check_target(out, overwrite=overwrite)
            if partial.position.rows and not as_json:
                print_note(f"continuing after {partial.position.rows:,} {kind}")
            _fetch(client, kind, partial)
            with replace_file(out) as file:
                write_rows(file, chosen, partial.read(), column_types(kind))
            rows = partial.position.rows
            partial.remove()
    except OSError as error:
        raise DuroError(f"{error.strerror or error}: {error.filename or out}") from error
    if as_json:
        print_json({"kind": kind, "rows": rows, "file": str(out)})
    else:
        print(f"exported {rows:,} {kind} to {out}")


def _check_target(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not overwrite:
        raise InvalidArgumentError(f"--out must be a new file, got {out.name!r}; pass --overwrite to replace it")


def _fetch(client: Duro, kind: ExportKind, partial: PartialFile) -> None:
    if partial.position.is_complete:
        return
    try:
        with _show_progress(kind) as show:
            for page in iterate_pages(client, kind, partial.position.cursor):
                complete = partial.position.rows
                for number in partial.append(page.rows, page.next_cursor):
                    show(complete + number)
    except (DuroError, OSError, KeyboardInterrupt):
        print_note("the complete pages are kept; run the command again to continue")
        raise


@contextmanager
def _show_progress(kind: ExportKind) -> Generator[Callable[[int], None]]:
    """Show the number of rows on a terminal. The API does not return the length of a list."""
    console = create_console(stderr=True)
    if not console.is_interactive:
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(kind, total=None)
        yield lambda rows: progress.update(task, completed=rows)

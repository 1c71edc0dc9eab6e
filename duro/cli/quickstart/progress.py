"""Progress: bars on a terminal, plain lines anywhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager

    from rich.console import Console

    from .acts import Act, Advance

    Follow: TypeAlias = Callable[[Act], AbstractContextManager[Advance]]

__all__ = ["watch"]


@contextmanager
def watch(acts: Sequence[Act], console: Console) -> Generator[Follow]:
    """Show how far the acts are.

    Args:
        acts: All that will be played.
        console: Where to show it.

    Yields:
        What follows one act: a context that gives what to call after each call.
    """
    if not console.is_interactive:
        yield _lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _bars(progress, acts)


def _bars(progress: Progress, acts: Sequence[Act]) -> Follow:
    width = max(len(act.title) for act in acts)

    @contextmanager
    def follow(act: Act) -> Generator[Advance]:
        bar = progress.add_task(act.title.ljust(width), total=act.calls)
        yield lambda: progress.advance(bar)

    return follow


def _lines(console: Console) -> Follow:
    @contextmanager
    def follow(act: Act) -> Generator[Advance]:
        console.print(f"{act.title} ...")
        yield lambda: None

    return follow

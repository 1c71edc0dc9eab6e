"""Progress of the scenarios: a bar for each on a terminal, nothing elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import Console

    from .scenarios import Advance, Scenario

    Begin: TypeAlias = Callable[[Scenario], Advance]

__all__ = ["show_progress"]

# A line for 100,000 callers has 39 characters.
BAR_WIDTH: Final = 10


@contextmanager
def show_progress(console: Console) -> Generator[Begin]:
    """Show the progress of scenarios while a ``with`` block runs.

    Args:
        console: Console to show the progress on.

    Yields:
        Function that begins a scenario. It returns the function to call after each call of the scenario.
    """
    if not console.is_interactive:
        yield lambda _: lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(BAR_WIDTH), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:

        def add_bar(scenario: Scenario) -> Advance:
            bar = progress.add_task(scenario.callers, total=scenario.calls)
            return lambda: progress.advance(bar)

        yield add_bar

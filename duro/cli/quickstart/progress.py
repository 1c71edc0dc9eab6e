"""Progress of the scenarios: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rich.console import Console

    from .scenarios import Advance, Scenario

    Begin: TypeAlias = Callable[[Scenario], Advance]

__all__ = ["show_progress"]


@contextmanager
def show_progress(scenarios: Sequence[Scenario], console: Console) -> Generator[Begin]:
    """Show the progress of scenarios while a ``with`` block runs.

    Args:
        scenarios: All scenarios of the block.
        console: Console to show the progress on.

    Yields:
        Function that begins a scenario. It returns the function to call after each call of the scenario.
    """
    if not console.is_interactive:

        def print_line(scenario: Scenario) -> Advance:
            console.print(f"{scenario.title} ...")
            return lambda: None

        yield print_line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    width = max(len(scenario.title) for scenario in scenarios)
    with Progress(*columns, console=console, transient=True) as progress:

        def add_bar(scenario: Scenario) -> Advance:
            bar = progress.add_task(scenario.title.ljust(width), total=scenario.calls)
            return lambda: progress.advance(bar)

        yield add_bar

"""The table at the end: what was called, and what the server counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .acts import Act

__all__ = ["Result", "explanation", "table"]


@frozen(kw_only=True)
class Result:
    """What came of one act.

    Attributes:
        act: The act.
        calls: Calls that were made.
        exchanges: Token exchanges, as the server counted them; ``None`` if it does not tell.
        expected_exchanges: How many there have to be.
        retries: Attempts after the first of each call.
        seconds: How long it took.
    """

    act: Act
    calls: int
    exchanges: int | None
    expected_exchanges: int
    retries: int
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether the server counted what it should have."""
        return self.exchanges in (None, self.expected_exchanges)

    @property
    def complaint(self) -> str:
        """What is wrong if it is not right."""
        return (
            f"{self.act.title}: the server counted {self.exchanges} token exchanges for one client, "
            f"where {self.expected_exchanges} was to be expected"
        )


def table(results: Iterable[Result]) -> Table:
    """Draw the table.

    Args:
        results: One for each act.

    Returns:
        The table, for any console.
    """
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column("Act")
    drawn.add_column("Client")
    for name in ("Calls", "Exchanges", "Retries", "Time"):
        drawn.add_column(name, justify="right")
    for result in results:
        drawn.add_row(
            result.act.title,
            result.act.client,
            f"{result.calls:,}",
            _exchanges(result),
            f"{result.retries:,}",
            f"{result.seconds:.2f} s",
        )
    return drawn


def explanation(result: Result) -> str:
    """Say what the number of exchanges means.

    Args:
        result: Any of the results.

    Returns:
        One sentence.
    """
    if result.exchanges is None:
        return "Only a sandbox tells how many token exchanges it counted."
    if result.expected_exchanges == 0:
        return "A secret key is never exchanged for a token."
    return "Token exchanges are what the server counted: one for each client."


def _exchanges(result: Result) -> str:
    if result.exchanges is None:
        return "not told"
    return f"[bold {'green' if result.is_right else 'red'}]{result.exchanges:,}[/]"

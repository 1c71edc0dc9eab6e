"""Result table of the quickstart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .scenarios import Scenario

__all__ = ["Result", "build_table", "explain_exchanges"]


@frozen(kw_only=True)
class Result:
    """Counts of one scenario.

    Attributes:
        scenario: Scenario that was run.
        calls: Number of calls.
        exchanges: Number of token exchanges that the server counted; ``None`` if the server does not report it.
        expected_exchanges: Expected number of token exchanges.
        retries: Number of attempts after the first one of each call.
        seconds: Duration in seconds.
    """

    scenario: Scenario
    calls: int
    exchanges: int | None
    expected_exchanges: int
    retries: int
    seconds: float

    @property
    def is_expected(self) -> bool:
        """Whether the number of exchanges is the expected one, or unknown."""
        return self.exchanges in (None, self.expected_exchanges)

    @property
    def error_message(self) -> str:
        """Error message for an unexpected number of exchanges."""
        return (
            f"{self.scenario.title}: the server must count {self.expected_exchanges} token exchanges for one client, "
            f"got {self.exchanges}; check that no other client uses the server at the same time"
        )


def build_table(results: Iterable[Result]) -> Table:
    """Build the table of results.

    Args:
        results: Results, one for each scenario.

    Returns:
        Table for any console.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Scenario")
    table.add_column("Client")
    for name in ("Calls", "Exchanges", "Retries", "Time"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(
            result.scenario.title,
            result.scenario.client,
            f"{result.calls:,}",
            _format_exchanges(result),
            f"{result.retries:,}",
            f"{result.seconds:.2f} s",
        )
    return table


def explain_exchanges(result: Result) -> str:
    """Return a sentence that explains the number of exchanges.

    Args:
        result: Any of the results.
    """
    if result.exchanges is None:
        return "Only a sandbox reports its number of token exchanges."
    if result.expected_exchanges == 0:
        return "A secret key does not need a token exchange."
    return "The server counts the token exchanges: one for each client."


def _format_exchanges(result: Result) -> str:
    if result.exchanges is None:
        return "unknown"
    return f"[bold {'green' if result.is_expected else 'red'}]{result.exchanges:,}[/]"

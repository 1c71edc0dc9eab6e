"""Measurement of a scenario: calls and retries counted by the client, token exchanges counted by the server."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from attrs import frozen

from ...http.observe import capture

if TYPE_CHECKING:
    from .scenarios import Advance, Scenario
    from .target import Target

__all__ = ["Measurement", "measure"]


@frozen(kw_only=True)
class Measurement:
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
            f"{self.scenario.callers}: the server must count {self.expected_exchanges} token exchanges for one client, "
            f"got {self.exchanges}; check that no other client uses the server at the same time"
        )


def measure(scenario: Scenario, target: Target, advance: Advance) -> Measurement:
    """Run one scenario, and count its calls, retries and token exchanges.

    Args:
        scenario: Scenario to run.
        target: Server and credential to run it with.
        advance: Function to call after each call of the scenario.

    Returns:
        Counts of the scenario.

    Raises:
        DuroError: A call failed.
    """
    before = target.count_exchanges()
    start = perf_counter()
    with capture() as calls:
        scenario.run(target, advance)
    seconds = perf_counter() - start
    after = target.count_exchanges()
    return Measurement(
        scenario=scenario,
        calls=len(calls),
        exchanges=None if before is None or after is None else after - before,
        expected_exchanges=target.exchanges_per_client,
        retries=sum(call.attempts - 1 for call in calls),
        seconds=seconds,
    )

"""``duro quickstart``: run three scenarios, and count calls, retries and token exchanges."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console

from ...errors import DuroError
from ...http.observe import capture
from .progress import show_progress
from .report import Result, build_table, explain_exchanges
from .scenarios import list_scenarios
from .target import open_target

if TYPE_CHECKING:
    from ..account import Account
    from .scenarios import Advance, Scenario
    from .target import Target

__all__ = ["measure", "run"]


def run(account: Account, *, coroutines: int, threads: int) -> None:
    """Run all scenarios, and print a table of the results.

    Progress is printed on standard error, the table on standard output.

    Args:
        account: Account to run in. If it is not configured, a sandbox is started for this run.
        coroutines: Number of concurrent calls of the asynchronous client.
        threads: Number of threads that share the blocking client.

    Raises:
        DuroError: A call failed, or the server counted another number of exchanges than one for each client.
    """
    scenarios = list_scenarios(coroutines, threads)
    status = Console(stderr=True, highlight=False)
    with open_target(account) as target:
        status.print(f"Running on {target}", markup=False, soft_wrap=True)
        with show_progress(scenarios, status) as begin:
            results = [measure(scenario, target, begin(scenario)) for scenario in scenarios]
    console = Console(highlight=False)
    console.print("", build_table(results), "", explain_exchanges(results[0]), sep="\n")
    for result in results:
        if not result.is_expected:
            raise DuroError(result.error_message)
    console.print("Next: read docs/getting-started.md, or start a sandbox with: duro sandbox")


def measure(scenario: Scenario, target: Target, advance: Advance) -> Result:
    """Run one scenario, and count its calls, retries and token exchanges.

    Args:
        scenario: Scenario to run.
        target: Server and credential to run it with.
        advance: Function to call after each call of the scenario.

    Returns:
        Calls and retries, counted by the client, and exchanges, counted by the server.

    Raises:
        DuroError: A call failed.
    """
    before = target.count_exchanges()
    start = perf_counter()
    with capture() as calls:
        scenario.run(target, advance)
    seconds = perf_counter() - start
    after = target.count_exchanges()
    return Result(
        scenario=scenario,
        calls=len(calls),
        exchanges=None if before is None or after is None else after - before,
        expected_exchanges=target.exchanges_per_client,
        retries=sum(call.attempts - 1 for call in calls),
        seconds=seconds,
    )

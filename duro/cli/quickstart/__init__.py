"""``duro quickstart``: a first subscription, and many callers that share one token exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import DuroError
from ..confirmation import confirm
from ..console import create_console
from ..output import print_json
from .document import build_document
from .first_subscription import list_charges, subscribe
from .measurement import measure
from .progress import show_progress
from .report import print_measurements, print_next_steps, print_start, print_subscription
from .scenarios import list_scenarios
from .target import open_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ..account import Account
    from .measurement import Measurement
    from .scenarios import Scenario
    from .target import Target

__all__ = ["run"]


def run(account: Account, *, callers: int, threads: int, yes: bool, as_json: bool) -> None:
    """Run both parts, and print them on standard output.

    Args:
        account: Account to run in. If it is not configured, a sandbox is started for this run.
        callers: Number of tasks that share an asynchronous client.
        threads: Number of threads that share a blocking client.
        yes: Whether to write to a configured account without a question.
        as_json: Whether to print one JSON document in place of the text.

    Raises:
        InvalidArgumentError: There is no terminal to confirm the writes on.
        DuroError: A call failed, the writes were declined, or the server counted an unexpected number of exchanges.
    """
    with open_target(account) as target:
        if not (target.is_temporary or yes):
            _confirm_writes(target)
        scenarios = list_scenarios(callers, threads)
        if as_json:
            _print_as_json(target, scenarios)
        else:
            _print_as_text(target, scenarios, create_console())


def _confirm_writes(target: Target) -> None:
    confirm(
        f"This creates a plan, a customer and a subscription at {target.base_url} in test mode.",
        without_terminal=f"the writes to {target.base_url} must be confirmed, and standard input or standard error is "
        "not a terminal; pass --yes, or remove the account from the options and the environment to use a new sandbox",
        declined="the writes were declined, and nothing was sent; enter y to continue, or pass --yes",
    )


def _print_as_json(target: Target, scenarios: Sequence[Scenario]) -> None:
    _, customer, subscription = subscribe(target.options)
    charges = list_charges(target.options, customer)
    measurements = [measure(scenario, target, lambda: None) for scenario in scenarios]
    print_json(build_document(target, subscription, charges, measurements))
    _check(measurements)


def _print_as_text(target: Target, scenarios: Sequence[Scenario], console: Console) -> None:
    print_start(target, console)
    plan, customer, subscription = subscribe(target.options)
    print_subscription(plan, customer, subscription, list_charges(target.options, customer), console)
    with show_progress(create_console(stderr=True)) as begin:
        measurements = [measure(scenario, target, begin(scenario)) for scenario in scenarios]
    print_measurements(measurements, console)
    _check(measurements)
    print_next_steps(console)


def _check(measurements: Sequence[Measurement]) -> None:
    for measurement in measurements:
        if not measurement.is_expected:
            raise DuroError(measurement.error_message)

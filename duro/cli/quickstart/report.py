"""Report of the quickstart, for any width of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._secrets import sanitize
from ..amounts import format_amount
from ..console import print_text
from ..table import Column, fit_columns, format_table
from .code import wrap_code
from .first_subscription import read_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from ...api.models.customers import Customer
    from ...api.models.plans import Plan
    from ...api.models.subscriptions import Subscription
    from ...api.models.transactions import Transaction
    from .measurement import Measurement
    from .target import Target

__all__ = ["print_measurements", "print_next_steps", "print_start", "print_subscription"]

CODE_INDENT: Final = 2
MAX_CELL_CHARS: Final = 100


def print_start(target: Target, console: Console) -> None:
    """Print the address of the server.

    Args:
        target: Server of the calls.
        console: Console to print on.
    """
    print_text(f"Running on {target}", console)


def print_subscription(
    plan: Plan, customer: Customer, subscription: Subscription, charges: Sequence[Transaction], console: Console
) -> None:
    """Print the code of the first part, the subscription that it created, and the charges.

    Args:
        plan: Plan of the subscription.
        customer: Customer who is charged.
        subscription: Subscription that the code created.
        charges: Charges of the customer.
        console: Console to print on.
    """
    _print_heading("1. A subscription", console)
    print_text("This code has run, with the address and the credential of the server as options:", console)
    console.print()
    for line in read_code().splitlines():
        for part in wrap_code(line, console.width - CODE_INDENT):
            console.print(" " * CODE_INDENT + part, style="cyan", soft_wrap=True)
    console.print()
    print_text("The subscription that it created:", console)
    console.print()
    _print_table(
        [
            Column("Plan", [_to_cell(plan.name)], 2),
            Column("Customer", [_to_cell(customer.email or customer.id)], 3),
            Column("Status", [_to_cell(subscription.status)], 0),
            Column("Next charge", [_format_date(subscription.current_period_end)], 1),
            Column("ID", [_to_cell(subscription.id)], 4),
        ],
        console,
    )
    console.print()
    _print_charges(charges, plan.currency, console)


def _print_charges(charges: Sequence[Transaction], currency: str, console: Console) -> None:
    if not charges:
        print_text("The ledger has not recorded a charge of this customer yet.", console)
        return
    print_text("The money in the ledger, in naira and kobo:", console)
    console.print()
    _print_table(
        [
            Column("Date", [_format_date(charge.created_at) for charge in charges], 2),
            Column("Amount", [format_amount(charge.amount, currency) for charge in charges], 0, align_right=True),
            Column("Status", [_to_cell(charge.status) for charge in charges], 1),
            Column("Rail", [_to_cell(charge.rail) for charge in charges], 3),
            Column("ID", [_to_cell(charge.id) for charge in charges], 4),
        ],
        console,
    )


def print_measurements(measurements: Sequence[Measurement], console: Console) -> None:
    """Print the counts of the second part.

    Args:
        measurements: Counts, one for each scenario.
        console: Console to print on.
    """
    _print_heading(f"2. {measurements[0].calls:,} concurrent callers", console)
    print_text("In a token exchange, a client sends its ID and secret, and receives the token of its calls.", console)
    print_text(_explain_exchanges(measurements[0]), console)
    console.print()
    _print_table(
        [
            Column("Callers", [each.scenario.callers for each in measurements], 0),
            Column("Client", [each.scenario.client for each in measurements], 4),
            Column("Calls", [f"{each.calls:,}" for each in measurements], 2, align_right=True),
            Column("Token exchanges", [_format_count(each.exchanges) for each in measurements], 1, align_right=True),
            Column("Retries", [f"{each.retries:,}" for each in measurements], 5, align_right=True),
            Column("Time", [f"{each.seconds:.2f} s" for each in measurements], 3, align_right=True),
        ],
        console,
    )


def _explain_exchanges(measurement: Measurement) -> str:
    if measurement.exchanges is None:
        return "Only a sandbox reports its number of token exchanges."
    if measurement.expected_exchanges == 0:
        return "A secret key does not need a token exchange."
    return "All callers of a client share one exchange, as counted by the server:"


def print_next_steps(console: Console) -> None:
    """Print the next steps of a new user.

    Args:
        console: Console to print on.
    """
    console.print()
    print_text("Next: start a server for your own code with: duro sandbox", console)
    print_text("Then read docs/getting-started.md.", console)


def _to_cell(text: str) -> str:
    """Return text of a server on one line and without control characters."""
    return sanitize(text, max_chars=MAX_CELL_CHARS)


def _format_date(time: datetime | None) -> str:
    return "none" if time is None else f"{time:%Y-%m-%d}"


def _format_count(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _print_heading(text: str, console: Console) -> None:
    console.print()
    console.print(text, style="bold")
    console.print()


def _print_table(columns: Sequence[Column], console: Console) -> None:
    header, *rows = format_table(fit_columns(columns, console.width))
    console.print(header, style="bold", soft_wrap=True)
    for row in rows:
        console.print(row, soft_wrap=True)

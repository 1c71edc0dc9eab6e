"""Layout of ``duro quickstart``: no line is wider than the terminal, and no word is broken."""

from __future__ import annotations

import ast
import io
import re
import textwrap
from datetime import UTC, datetime

import attrs
import pytest
from rich.console import Console

from duro import SecretKey, Transaction
from duro.cli.console import print_text
from duro.cli.quickstart import report
from duro.cli.quickstart.code import wrap_code
from duro.cli.quickstart.first_subscription import list_charges, read_code, subscribe
from duro.cli.quickstart.measurement import Measurement
from duro.cli.quickstart.scenarios import list_scenarios
from duro.cli.quickstart.target import Target

WIDTHS = [100, 80, 60, 40]
WORD = re.compile(r"[\w@./:*\"'-]+")


@pytest.fixture
def print_report(sandbox):
    """Print the report of one run on a terminal of a width, and return it."""
    target = Target(SecretKey(sandbox.secret_key), sandbox.url, is_temporary=True)
    created = subscribe(target.options)
    charges = list_charges(target.options, created[1])
    measurements = [
        Measurement(scenario=scenario, calls=1000, exchanges=1, expected_exchanges=1, retries=0, seconds=1.25)
        for scenario in list_scenarios(callers=1000, threads=16)
    ]

    def print_it(width):
        console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
        report.print_start(target, console)
        report.print_subscription(*created, charges, console)
        report.print_measurements(measurements, console)
        report.print_next_steps(console)
        return console.file.getvalue()

    return print_it


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(print_report, width):
    lines = print_report(width).splitlines()
    assert [line for line in lines if len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_broken(print_report, width):
    output = print_report(width)
    assert set(WORD.findall(output)) <= set(WORD.findall(print_report(200)))
    assert "…" not in output


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (100, ["Callers", "Client", "Calls", "Token exchanges", "Retries", "Time"]),
        (60, ["Callers", "Client", "Calls", "Token exchanges", "Time"]),
        (40, ["Callers", "Calls", "Token exchanges"]),
    ],
)
def test_narrow_table_loses_columns(print_report, width, titles):
    (header,) = [line for line in print_report(width).splitlines() if line.startswith("Callers")]
    assert re.split(r" {2,}", header) == titles


@pytest.mark.parametrize("width", [*range(38, 100, 3), 200])
def test_wrapped_code_is_the_same_code(width):
    lines = [part for line in read_code().splitlines() for part in wrap_code(line, width)]
    assert max(map(len, lines)) <= width
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(read_code()))


def test_control_characters_of_a_cell_are_replaced(sandbox):
    plan, customer, subscription = subscribe(Target(SecretKey(sandbox.secret_key), sandbox.url).options)
    console = Console(file=io.StringIO(), width=100)
    report.print_subscription(attrs.evolve(plan, name="Pro\x1b[31m\nlast"), customer, subscription, [], console)
    assert "Pro?[31m last " in console.file.getvalue()


def test_many_charges_are_aligned(sandbox):
    def charge(amount):
        return Transaction(
            id="txn_1",
            invoice_id="inv_1",
            status="failed",
            amount=amount,
            rail="card",
            created_at=datetime(2026, 1, 5, tzinfo=UTC),
        )

    created = subscribe(Target(SecretKey(sandbox.secret_key), sandbox.url).options)
    console = Console(file=io.StringIO(), width=40)
    report.print_subscription(*created, [charge(5), charge(123_456_789)], console)
    assert (
        textwrap.dedent(
            """
        Date                  Amount  Status
        2026-01-05          NGN 0.05  failed
        2026-01-05  NGN 1,234,567.89  failed
        """
        )
        in console.file.getvalue()
    )


def test_long_url_is_not_broken():
    url = "https://a-long-name-of-a-server.of-a-company.example/duro/api"
    console = Console(file=io.StringIO(), width=20)
    print_text(f"This writes to {url} in test mode.", console)
    assert console.file.getvalue().splitlines() == ["This writes to", url, "in test mode."]

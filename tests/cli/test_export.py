"""``duro export``: formats, interruptions, and errors."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import datetime

import pytest
from rich.console import Console

from duro import Duro, DuroError
from duro.cli.export.formats import write_rows
from duro.cli.export.partial_file import open_partial_file, replace_file
from duro.cli.export.run import _show_progress
from tests.support.timeouts import PROGRAM_TIMEOUT


@pytest.fixture
def client(sandbox_environment):
    with Duro() as client:
        yield client


@pytest.fixture
def subscribe(client):
    """Create customers with a subscription each, and return their ids, newest first as in lists."""
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")

    def create(number):
        ids = [client.customers.create(email=f"{index}@example.com").id for index in range(number)]
        for customer_id in ids:
            client.subscriptions.create(customer_id=customer_id, plan_id=plan.id)
        return ids[::-1]

    return create


@pytest.fixture
def export(run_in_process):
    return lambda *arguments: run_in_process("export", *map(str, arguments))


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_csv_has_a_column_for_each_field(client, export, tmp_path):
    client.customers.create(email="ada@example.com", name='Ada, "A"\nLovelace')
    target = tmp_path / "customers.csv"
    finished = export("customers", "--out", target)
    assert (finished.returncode, finished.stdout) == (0, f"exported 1 customers to {target}\n")
    with target.open(newline="") as file:
        [row] = csv.DictReader(file)
    assert list(row) == [
        *("id", "email", "phone", "name", "merchantRef", "blacklisted", "blacklistReason", "createdAt"),
    ]
    assert (row["name"], row["phone"], row["blacklisted"]) == ('Ada, "A"\nLovelace', "", "false")
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]


def test_an_empty_list_has_a_heading(sandbox_environment, export, tmp_path):
    target = tmp_path / "plans.csv"
    assert export("plans", "--out", target).returncode == 0
    assert target.read_text().startswith("id,name,amount,currency,interval,")


def test_json_lines_have_the_names_of_the_api(client, export, tmp_path):
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    target = tmp_path / "plans.jsonl"
    finished = export("plans", "--out", target, "--json")
    assert json.loads(finished.stdout) == {"kind": "plans", "rows": 1, "file": str(target)}
    assert read_lines(target) == [plan.to_dict(wire=True)]


def test_lists_by_customer_have_the_id_of_the_customer(subscribe, export, tmp_path):
    customers = subscribe(3)
    for kind in ("transactions", "subscriptions"):
        target = tmp_path / f"{kind}.jsonl"
        assert export(kind, "--out", target).returncode == 0
        assert [row["customerId"] for row in read_lines(target)] == customers


def test_parquet_has_the_types_of_the_fields(subscribe, export, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    subscribe(2)
    target = tmp_path / "transactions.parquet"
    assert export("transactions", "--out", target).returncode == 0
    rows = parquet.read_table(target).to_pylist()
    assert [row["amount"] for row in rows] == [500_000] * 2
    assert isinstance(rows[0]["createdAt"], datetime)
    assert rows[0]["failureCode"] is None


@pytest.mark.process
def test_killed_export_continues_without_a_lost_or_repeated_row(subscribe, sandbox_environment, run_duro, tmp_path):
    customers = subscribe(150)
    target = tmp_path / "subscriptions.jsonl"
    # The request of a customer on the second page of 100, after rows of that page were written.
    fault = sandbox_environment.faults.add("silence", path=f"/v1/customers/{customers[145]}/subscriptions")
    command = [sys.executable, "-m", "duro", "export", "subscriptions", "--out", str(target)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not fault.times_applied:
            with suppress(subprocess.TimeoutExpired):
                assert process.wait(0.05) is None
        process.kill()
    assert not target.exists()
    position = json.loads((tmp_path / "subscriptions.jsonl.part.json").read_text())
    assert position["rows"] == 100
    assert (tmp_path / "subscriptions.jsonl.part").stat().st_size > position["size"]

    finished = run_duro("export", "subscriptions", "--out", target)
    assert finished.returncode == 0, finished.stderr
    assert "continuing after 100 subscriptions" in finished.stderr
    assert [row["customerId"] for row in read_lines(target)] == customers
    assert [path.name for path in tmp_path.iterdir()] == ["subscriptions.jsonl"]


def test_failed_export_keeps_its_pages_and_not_the_file(client, sandbox, export, tmp_path):
    client.customers.create()
    sandbox.faults.add("status", path="/v1/customers", status=403)
    target = tmp_path / "customers.csv"
    finished = export("customers", "--out", target)
    assert finished.returncode == 1
    assert "run the command again to continue" in finished.stderr
    assert not target.exists()
    assert export("customers", "--out", target).returncode == 0
    assert len(target.read_text().splitlines()) == 2


def test_partial_file_of_another_account_is_refused(sandbox_environment, export, tmp_path):
    target = tmp_path / "customers.csv"
    with open_partial_file(target, "customers of <Duro https://api.example.com>") as partial:
        list(partial.append([{"id": "cus_1"}], "cursor"))
    finished = export("customers", "--out", target)
    assert finished.returncode == 1
    assert "must belong to the same list and account" in finished.stderr


@pytest.mark.parametrize(
    "content", ["[]", '{"source": 1}', '{"source": "", "size": "abc"}', '{"source": "", "rows": -1}', "{"]
)
def test_invalid_position_is_named(sandbox_environment, export, tmp_path, content):
    (tmp_path / "customers.csv.part.json").write_text(content)
    finished = export("customers", "--out", tmp_path / "customers.csv")
    assert finished.returncode == 1
    assert "delete it to start again" in finished.stderr


def test_missing_rows_are_not_replaced_by_zeros(tmp_path):
    with open_partial_file(tmp_path / "out.csv", "plans") as partial:
        list(partial.append([{"id": "1"}], "next"))
    (tmp_path / "out.csv.part").unlink()
    with (
        pytest.raises(DuroError, match=r"out.csv.part must have the 11 bytes that were exported, got 0; delete "),
        open_partial_file(tmp_path / "out.csv", "plans"),
    ):
        pass


@pytest.mark.process
def test_full_disk_leaves_no_file_and_the_export_continues_later(client, run_duro, tmp_path):
    resource = pytest.importorskip("resource")
    client.customers.create()
    target = tmp_path / "customers.csv"
    command = [sys.executable, "-m", "duro", "export", "customers", "--out", str(target)]
    finished = subprocess.run(
        command,
        # Without coverage, whose data file would be cut too.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    assert finished.returncode == 1
    assert "the complete pages are kept; run the command again to continue" in finished.stderr
    assert "duro: File too large: " in finished.stderr
    assert not target.exists()
    finished = run_duro("export", "customers", "--out", target)
    assert finished.returncode == 0, finished.stderr
    assert len(target.read_text().splitlines()) == 2


def test_disk_that_is_full_at_the_end_needs_no_page_again(client, sandbox, export, tmp_path, monkeypatch):
    client.customers.create()
    target = tmp_path / "customers.csv"

    def write_half(file, *_):
        file.write(b"id,em")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("duro.cli.export.run.write_rows", write_half)
        finished = export("customers", "--out", target)
    assert (finished.returncode, finished.stderr.splitlines()[-1]) == (1, f"duro: No space left on device: {target}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["customers.csv.part", "customers.csv.part.json"]
    sandbox.faults.add("status", path="/v1/customers", status=403)
    assert export("customers", "--out", target).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("+234 801 234 5678", "+234 801 234 5678"),
        ("-500", "-500"),
        ("Ada = Lovelace", "Ada = Lovelace"),
    ],
)
def test_a_name_in_csv_is_not_a_formula_of_a_spreadsheet(tmp_path, name, cell):
    for export_format, expected in (("csv", cell), ("jsonl", json.dumps({"name": name}, ensure_ascii=False))):
        target = tmp_path / f"customers.{export_format}"
        with target.open("wb") as file:
            write_rows(file, export_format, [{"name": name}], {"name": str})
        text = target.read_text(encoding="utf-8").splitlines()[-1]
        assert text == (expected if export_format == "csv" else expected.replace(": ", ":"))


def test_rows_after_the_position_are_removed(tmp_path):
    with open_partial_file(tmp_path / "out.csv", "plans") as partial:
        assert list(partial.append([{"id": "1"}, {"id": "2"}], "next")) == [1, 2]
    with (tmp_path / "out.csv.part").open("ab") as file:
        file.write(b'{"id": "half a')
    with open_partial_file(tmp_path / "out.csv", "plans") as again:
        list(again.append([{"id": "3"}], None))
        assert [row["id"] for row in again.read()] == ["1", "2", "3"]
        assert again.position.is_complete


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def write_half():
        with replace_file(target) as file:
            file.write(b"ne")
            raise ValueError("disk")

    with pytest.raises(ValueError, match="disk"):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_existing_file_is_kept_without_overwrite(sandbox_environment, export, tmp_path):
    target = tmp_path / "plans.csv"
    target.write_text("old")
    finished = export("plans", "--out", target)
    assert finished.returncode == 2
    assert "--out must be a new file, got 'plans.csv'; pass --overwrite to replace it" in finished.stderr
    assert export("plans", "--out", target, "--overwrite").returncode == 0
    assert target.read_text() != "old"


def test_unknown_ending_is_refused_and_a_format_accepted(sandbox_environment, export, tmp_path):
    finished = export("plans", "--out", tmp_path / "plans.txt")
    assert finished.returncode == 2
    assert "--out must end in .csv, .jsonl or .parquet, got 'plans.txt'" in finished.stderr
    assert export("plans", "--out", tmp_path / "plans.txt", "--format", "jsonl").returncode == 0


def test_missing_package_of_parquet_is_named(sandbox_environment, export, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    finished = export("plans", "--out", tmp_path / "plans.parquet")
    assert finished.returncode == 1
    assert "pip install 'duro-sdk[parquet]'" in finished.stderr


def test_directory_that_does_not_exist_is_named(sandbox_environment, export, tmp_path):
    finished = export("plans", "--out", tmp_path / "missing" / "plans.csv")
    assert finished.returncode == 1
    assert "No such file or directory" in finished.stderr


def test_progress_on_a_terminal_shows_the_number_of_rows(monkeypatch):
    terminal = Console(file=io.StringIO(), force_terminal=True, force_interactive=True, width=80)
    monkeypatch.setattr("duro.cli.export.run.create_console", lambda **_: terminal)
    with _show_progress("customers") as show:
        show(1_234)
    assert "1,234 customers" in terminal.file.getvalue()


def test_export_in_process_prints_the_number_of_rows(run_in_process, sandbox_environment, tmp_path):
    with Duro() as client:
        client.customers.create(email="ada@example.com")
    finished = run_in_process("export", "customers", "--out", str(tmp_path / "customers.csv"))
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("exported 1 customers to ")

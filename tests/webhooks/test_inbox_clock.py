"""``SQLiteInbox`` while the system time jumps, the machine reboots, or the file moves to another machine."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duro import _boot_id
from duro._clock import Clock
from duro.webhooks import ClaimStatus, SQLiteInbox
from duro.webhooks.inbox import sqlite

HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365 * DAY
LEASE = 300.0
WEEK = 7 * DAY


class Machine:
    """Machine with a system time that can be set, a monotonic clock that restarts at a boot, and one file."""

    def __init__(self, path):
        self.path = path
        self.wall = 1_782_637_200.0
        self.monotonic = 50_000.0
        self.boot = "boot 1"
        self.inboxes = []

    def open(self):
        """Open the file as another process does."""
        clock = Clock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)
        self.inboxes.append(SQLiteInbox(self.path, clock=clock))
        return self.inboxes[-1]

    def run(self, seconds):
        self.wall += seconds
        self.monotonic += seconds

    def reboot(self, *, off=0.0, uptime=5.0, boot="boot 2"):
        self.close()
        self.wall += off
        self.monotonic = uptime
        self.boot = boot

    def close(self):
        for inbox in self.inboxes:
            inbox.close()
        self.inboxes.clear()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    machine = Machine(tmp_path / "inbox.db")
    monkeypatch.setattr(sqlite, "read_boot_id", lambda: machine.boot)
    yield machine
    machine.close()


def acquire(inbox):
    return inbox._acquire("evt_1", "another")


def claim(inbox):
    assert inbox._acquire("evt_1", "one") is ClaimStatus.CLAIMED


def handle(inbox):
    claim(inbox)
    assert inbox._complete("evt_1", "one")


@pytest.mark.parametrize("jump", [YEAR, -YEAR, LEASE, -HOUR])
class TestSystemTimeThatIsSet:
    def test_lease_neither_ends_early_nor_lasts_longer(self, machine, jump):
        inbox = machine.open()
        claim(inbox)
        machine.wall += jump
        machine.run(LEASE - 1)
        assert acquire(inbox) is ClaimStatus.IN_PROGRESS
        assert acquire(machine.open()) is ClaimStatus.IN_PROGRESS
        machine.run(1)
        assert acquire(machine.open()) is ClaimStatus.CLAIMED

    def test_handled_event_is_remembered_for_the_retention(self, machine, jump):
        inbox = machine.open()
        handle(inbox)
        machine.wall += jump
        machine.run(WEEK - 1)
        assert acquire(machine.open()) is ClaimStatus.HANDLED
        machine.run(1)
        assert acquire(inbox) is ClaimStatus.CLAIMED

    def test_process_that_opens_the_file_later_has_the_same_time(self, machine, jump):
        claim(machine.open())
        machine.close()
        machine.wall += jump
        machine.run(LEASE - 1)
        assert acquire(machine.open()) is ClaimStatus.IN_PROGRESS


class TestReboot:
    @pytest.mark.parametrize("jump", [0, YEAR, -YEAR])
    @pytest.mark.parametrize("uptime", [0.0, 5.0, 49_000.0, 10 * YEAR])
    def test_handled_event_is_remembered(self, machine, jump, uptime):
        handle(machine.open())
        machine.run(DAY)
        machine.reboot(off=jump, uptime=uptime)
        assert acquire(machine.open()) is ClaimStatus.HANDLED
        machine.run(WEEK - DAY - 1)
        assert acquire(machine.open()) is ClaimStatus.HANDLED
        machine.run(DAY + 1)
        assert acquire(machine.open()) is ClaimStatus.CLAIMED

    @pytest.mark.parametrize("uptime", [0.0, 49_000.0, 10 * YEAR])
    def test_claim_of_the_last_boot_ends_within_a_lease_and_a_minute(self, machine, uptime):
        inbox = machine.open()
        inbox._acquire("evt_0", "one")  # stores the time
        machine.run(59)
        claim(inbox)
        machine.reboot(off=HOUR, uptime=uptime)
        inbox = machine.open()
        assert acquire(inbox) is ClaimStatus.IN_PROGRESS
        machine.run(LEASE + 60)
        assert acquire(inbox) is ClaimStatus.CLAIMED

    def test_time_spent_off_does_not_count(self, machine):
        handle(machine.open())
        for number in range(10):
            machine.reboot(off=10 * WEEK, boot=f"boot {number + 2}")
            assert acquire(machine.open()) is ClaimStatus.HANDLED

    def test_reboot_without_a_boot_id_is_found_by_the_monotonic_clock(self, machine):
        handle(machine.open())
        machine.reboot(boot="boot 1")
        inbox = machine.open()
        assert acquire(inbox) is ClaimStatus.HANDLED
        machine.run(WEEK)
        assert acquire(inbox) is ClaimStatus.CLAIMED

    def test_times_in_a_new_file_look_like_timestamps(self, machine):
        claim(machine.open())
        with closing(sqlite3.connect(machine.path)) as connection:
            ((expires_at,),) = connection.execute("SELECT expires_at FROM duro_inbox")
        assert expires_at == machine.wall + LEASE


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.floats(0, 2 * DAY)),
        st.tuples(st.just("set"), st.floats(-10 * YEAR, 10 * YEAR)),
        st.tuples(st.just("reboot"), st.floats(0, 10 * YEAR)),
    ),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=40)
@given(steps=STEPS)
def test_no_handled_event_is_forgotten_before_its_retention_ends(steps):
    """Whatever happens to clocks and boots, an entry lives at least as long in real time as it should."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        machine = Machine(Path(folder) / "inbox.db")
        patch.setattr(sqlite, "read_boot_id", lambda: machine.boot)
        handle(machine.open())
        age = 0.0
        for number, (step, amount) in enumerate(steps):
            if step == "run":
                machine.run(amount)
                age += amount
            elif step == "set":
                machine.wall += amount
            else:
                machine.reboot(uptime=amount, boot=f"boot {number + 2}")
            if age >= WEEK - 1:
                break
            assert acquire(machine.open()) is ClaimStatus.HANDLED
        machine.close()


def test_boot_id_is_that_of_linux_or_the_host_name(monkeypatch, tmp_path):
    (tmp_path / "boot_id").write_text("0c1b\n")
    monkeypatch.setattr(_boot_id, "_BOOT_ID", tmp_path / "boot_id")
    assert _boot_id.read_boot_id() == "0c1b"
    monkeypatch.setattr(_boot_id, "_BOOT_ID", tmp_path / "missing")
    monkeypatch.setattr(_boot_id.platform, "node", lambda: "shop-1")
    assert _boot_id.read_boot_id() == "shop-1"


@pytest.mark.process
def test_monotonic_clock_is_the_same_in_another_process(run_program):
    """The file's clock depends on it."""
    before = Clock().monotonic()
    program = run_program("import json, time; print(json.dumps(time.monotonic()))")
    program.wait()
    (reading,) = map(json.loads, program.read_lines())
    assert before < reading < Clock().monotonic()

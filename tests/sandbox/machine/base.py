"""``SandboxMachine``: a strict sandbox in a file, its client, and the calls that it may refuse."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine

from duro import APIError, ConflictError, Duro, InvalidArgumentError
from duro.sandbox import Sandbox

from .cached_rows import check_cached_rows

__all__ = ["SandboxMachine", "refusable"]

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
REFUSALS = {403, 404, 409, 422}

# The table of the contract: statuses in which an action succeeds. The others are refused with 409.
ALLOWED = {
    "cancel": {"incomplete", "trialing", "active", "past_due", "paused", "unpaid"},
    "cancel_at_period_end": {"trialing", "active", "paused"},
    "pause": {"active"},
    "resume": {"paused"},
    "change_plan": {"trialing", "active"},
}


@contextmanager
def refusable() -> Generator[None, None, None]:
    """Accept that the sandbox refuses a call. An error of the server is a failure."""
    try:
        yield
    except InvalidArgumentError:
        # A refusal of a method of the sandbox.
        pass
    except APIError as error:
        if error.status not in REFUSALS:
            raise


def is_accepted(call: Callable[[], object]) -> bool:
    """Run a call, and return whether the sandbox accepted it. Another error than a conflict is a failure."""
    try:
        call()
    except ConflictError:
        return False
    return True


class SandboxMachine(RuleBasedStateMachine):
    """State machine over one database file. Its sandboxes are strict, and raise when an invariant is violated."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="machine-"))
        self.files = 0
        self.calls = 0
        self.open(self.directory / "sandbox-0.db")

    def open(self, database: Path) -> None:
        self.database = database
        self.sandbox = Sandbox(database=database, clock="frozen", start=START, seed=7, strict=True)
        self.sandbox.start()
        check_cached_rows(self.sandbox._backend.store)
        self.client = Duro(self.sandbox.secret_key, base_url=self.sandbox.url, retries=0)

    def close(self) -> None:
        self.client.close()
        self.sandbox.stop()

    def teardown(self) -> None:
        with suppress(Exception):
            # A violation has already failed the step that caused it.
            self.close()
        shutil.rmtree(self.directory)

    def name(self) -> str:
        """Return a text that no other call has."""
        self.calls += 1
        return f"call-{self.calls}"

    def status_of(self, subscription: str) -> str:
        row = self.sandbox._backend.transact(
            lambda db: db.execute("SELECT status FROM subscriptions WHERE id = ?", (subscription,)).fetchone()
        )
        status: str = row["status"]
        return status

    def act(self, action: str, subscription: str, call: Callable[[], object]) -> None:
        """Run an action, and compare its success with the table of the contract."""
        before = self.status_of(subscription)
        is_allowed = before in ALLOWED[action]
        if is_accepted(call):
            assert is_allowed, (before, action)
        else:
            # A plan change can fail for other reasons: an archived plan, or a charge that fails.
            assert not is_allowed or action == "change_plan", (before, action)
            assert self.status_of(subscription) == before

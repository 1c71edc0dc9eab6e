"""``InvariantChecks``: checks the invariants before each commit, and remembers the violations."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from ..billing.subscription_states import list_transitions
from ..clock import SandboxClock, timestamp
from ..storage.database import Database
from .credit import CREDIT_MATCHES_INVOICES
from .cycles import CYCLES_MATCH_INVOICES
from .endings import NO_CHARGE_AFTER_END
from .errors import StrictError, Violation
from .events import EVENTS_MATCH_CHANGES
from .invariant import Invariant
from .ledger import LEDGER_MATCHES_INVOICES
from .payments import PAID_AT_MOST_ONCE
from .periods import ONE_INVOICE_PER_PERIOD
from .statuses import STATUS_IS_REACHABLE
from .wallets import BALANCE_MATCHES_TOP_UPS

__all__ = ["INVARIANTS", "InvariantChecks"]

_logger = logging.getLogger("duro.sandbox")

INVARIANTS: Final[tuple[Invariant, ...]] = (
    ONE_INVOICE_PER_PERIOD,
    PAID_AT_MOST_ONCE,
    NO_CHARGE_AFTER_END,
    LEDGER_MATCHES_INVOICES,
    BALANCE_MATCHES_TOP_UPS,
    CREDIT_MATCHES_INVOICES,
    CYCLES_MATCH_INVOICES,
    STATUS_IS_REACHABLE,
    EVENTS_MATCH_CHANGES,
)


class InvariantChecks:
    """Checks of one database, for requests, due items and commands alike.

    Args:
        store: Database to check. Temporary triggers record its changes.
        clock: Time of the sandbox.
    """

    def __init__(self, store: Database, clock: SandboxClock) -> None:
        self._clock = clock
        # A dictionary is an ordered set. A due item that fails is repeated, and its violation counts once.
        self._violations: dict[tuple[str, str], Violation] = {}
        store.check_commits(self._install, self._check)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All violations since the start or the last reset, oldest first."""
        return tuple(self._violations.values())

    def clear(self) -> None:
        """Forget the violations."""
        self._violations.clear()

    def _install(self, db: sqlite3.Connection) -> None:
        script = files("duro.sandbox.invariants").joinpath("changes.sql").read_text(encoding="utf-8")
        db.executescript(script)
        db.executemany("INSERT INTO transitions VALUES (?, ?, ?)", list_transitions())

    def _check(self, db: sqlite3.Connection) -> None:
        """Check the changes of a transaction.

        Raises:
            StrictError: They break an invariant.
        """
        kinds = {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM changes")}
        if not kinds:
            return
        checked = [each for each in INVARIANTS if not each.kinds.isdisjoint(kinds)]
        problems = [(each.name, problem) for each in checked for (problem,) in db.execute(each.query)]
        if problems:
            raise self._remember(problems)
        db.execute("DELETE FROM changes")

    def _remember(self, problems: Iterable[tuple[str, str]]) -> StrictError:
        at = timestamp(self._clock.now())
        violations = [Violation(name, problem, at) for name, problem in problems]
        for each in violations:
            self._violations.setdefault((each.invariant, each.problem), each)
        error = StrictError(violations)
        # A due item that runs by itself does not have a caller.
        _logger.error("%s", error)
        return error

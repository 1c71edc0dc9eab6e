"""``Modes``: the backends of test and live mode. The second opens at its first use."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from attrs import astuple, evolve

from ..auth.credentials import CREDENTIALS
from ..auth.modes import mode_of
from ..backend import Backend
from ..clock import ClockSettings
from ..deliveries.deliverer import WorkerDeliverer
from ..deliveries.wakeup import Wakeup
from ..invariants.errors import Violation
from ..storage.database import is_temporary

__all__ = ["Modes", "find_live_database"]

_LIVE_CREDENTIALS: Final[frozenset[str]] = frozenset(astuple(CREDENTIALS["live"]))


def find_live_database(database: str | os.PathLike[str] | None) -> Path | None:
    """Return the path of the live database, which is beside that of test mode. It is ``None`` for a temporary one.

    Args:
        database: Path of the database of test mode, or ``None`` for a temporary one.

    Example:
        >>> str(find_live_database("sandbox.db"))
        'sandbox.live.db'
    """
    if database is None or is_temporary(database):
        return None
    path = Path(database)
    return path.with_name(f"{path.stem}.live{path.suffix}")


class Modes:
    """Backends of one server. They share the request log and the faults, and nothing else.

    Args:
        test: Backend of test mode.
        database: Path of the database of test mode, or ``None`` for a temporary one.
        clock: Settings of the time of both modes.

    Attributes:
        test: Backend of test mode.
        opened: Signal that live mode was opened.
    """

    def __init__(self, test: Backend, database: str | os.PathLike[str] | None, clock: ClockSettings) -> None:
        self.test = test
        self.opened: Wakeup = Wakeup()
        self._database = find_live_database(database)
        self._clock = clock
        self._live: Backend | None = None
        self._lock = threading.Lock()
        _connect_worker(test)

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Backends that are open, that of test mode first."""
        live = self._live
        return (self.test,) if live is None else (self.test, live)

    def select(self, credential: str) -> Backend:
        """Return the backend that serves a credential.

        Args:
            credential: Credential of a request. It is checked afterwards.
        """
        if mode_of(credential) == "test":
            return self.test
        if credential in _LIVE_CREDENTIALS:
            return self.open_live()
        # Other live credentials exist only after live mode was opened. An invalid one does not create a database.
        return self._live or self.test

    def open_existing(self) -> None:
        """Open live mode if its database exists. Otherwise it opens at its first use.

        Raises:
            ConfigurationError: The live database cannot be used.
        """
        if self._database is not None and self._database.exists():
            self.open_live()

    def open_live(self) -> Backend:
        """Return the backend of live mode, and open it first if it is not open.

        Raises:
            ConfigurationError: The live database cannot be used.
        """
        with self._lock:
            if self._live is None:
                live = self._create_live()
                _connect_worker(live)
                self._live = live
                self.opened.notify()
            return self._live

    def _create_live(self) -> Backend:
        test, seed = self.test, self.test.work.seed
        clock = evolve(self._clock, seed=seed.derive("live") if seed.is_chosen else None)
        is_strict = test.invariants is not None
        live = Backend.open(self._database, test.token_lifetime, clock, is_strict=is_strict, mode="live")
        return evolve(live, request_log=test.request_log, faults=test.faults)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Violations of the invariants in both modes."""
        return tuple(violation for backend in self.backends for violation in backend.violations)

    def reset(self) -> None:
        """Reset both modes."""
        for backend in self.backends:
            backend.reset()

    def close(self) -> None:
        """Close the backends."""
        for backend in self.backends:
            backend.close()


def _connect_worker(backend: Backend) -> None:
    """Make an advance of the clock wait for the delivery worker of the backend."""
    backend.scheduler.deliverer = WorkerDeliverer(backend.outbox, backend.time, backend.wakeup, backend.endpoints)

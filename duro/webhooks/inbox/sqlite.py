"""Inbox in a SQLite file, for all processes of one machine.

Leases and retention follow a clock that the file stores, see ``file_clock``. They survive a system time that is set
forward or back, and reboots.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar, TypeVarTuple

import anyio.to_thread

from ..._boot_id import read_boot_id
from ..._checks import describe_text
from ...errors import ConfigurationError
from ...http.event_loop import run_to_completion
from .base import DEFAULT_LEASE_SECONDS, DEFAULT_RETENTION_SECONDS, Inbox
from .claims import ClaimStatus
from .file_clock import CREATE_TABLE, read_time
from .fork import call_in_child

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..._clock import Clock

__all__ = ["SQLiteInbox"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Longest wait for the write lock of another process.
_BUSY_TIMEOUT_SECONDS: Final = 30.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS duro_inbox (
    event_id TEXT PRIMARY KEY,
    holder TEXT,              -- NULL once the event is handled
    expires_at REAL NOT NULL
) WITHOUT ROWID
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS duro_inbox_expires_at ON duro_inbox (expires_at)"
# Each step is atomic, and its transaction begins with the write lock. So it never waits while it holds a read lock.
_ACQUIRE: Final = """
INSERT INTO duro_inbox VALUES (:event_id, :holder, :until)
ON CONFLICT (event_id) DO UPDATE SET holder = :holder, expires_at = :until WHERE expires_at <= :now
"""
_FIND_HOLDER: Final = "SELECT holder FROM duro_inbox WHERE event_id = :event_id"
_COMPLETE: Final = """
INSERT INTO duro_inbox VALUES (:event_id, NULL, :until)
ON CONFLICT (event_id) DO UPDATE SET holder = NULL, expires_at = :until WHERE holder = :holder
"""
_RELEASE: Final = "DELETE FROM duro_inbox WHERE event_id = :event_id AND (:holder IS NULL OR holder = :holder)"
_SWEEP: Final = "DELETE FROM duro_inbox WHERE expires_at <= :now"


class SQLiteInbox(Inbox):
    """Inbox in a file that all processes of this machine share.

    The file is opened at first use. Put it on a local disk: SQLite's locks and write-ahead log do not work
    on a network file system.

    Args:
        path: Path of the database file. The file is created if it is missing; its folder must exist.
        lease: Lifetime of a claim in seconds; longer than the slowest handler.
        retention: Time in seconds for which a handled event is remembered.
        clock: Clock that tests can replace.

    Raises:
        ConfigurationError: A number is out of range, or the path is not a file path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from duro.webhooks import Event, SQLiteInbox
        >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
        >>> with TemporaryDirectory() as folder, SQLiteInbox(f"{folder}/inbox.db") as inbox:
        ...     await inbox.accept(Event.from_dict(wire)), await inbox.accept(Event.from_dict(wire))
        (True, False)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        retention: float = DEFAULT_RETENTION_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(lease=lease, retention=retention, clock=clock)
        self._database = _Database(_check_path(path))

    async def acquire(self, event_id: str, holder: str) -> ClaimStatus:
        """Claim an event; see ``Inbox.acquire``.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        return await _run_in_thread(self._acquire, event_id, holder)

    async def complete(self, event_id: str, holder: str) -> bool:
        """Record an event as handled; see ``Inbox.complete``.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        return await _run_in_thread(self._complete, event_id, holder)

    async def release(self, event_id: str, holder: str | None) -> None:
        """Delete the entry of an event; see ``Inbox.release``.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        await _run_in_thread(self._release, event_id, holder)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _acquire(self, event_id: str, holder: str) -> ClaimStatus:
        with self._database.transaction() as connection:
            now = self._read_time(connection)
            values = {"event_id": event_id, "holder": holder, "until": now + self._lease, "now": now}
            if connection.execute(_ACQUIRE, values).rowcount:
                return ClaimStatus.CLAIMED
            (found,) = connection.execute(_FIND_HOLDER, {"event_id": event_id}).fetchone()
        return ClaimStatus.HANDLED if found is None else ClaimStatus.IN_PROGRESS

    def _complete(self, event_id: str, holder: str) -> bool:
        with self._database.transaction() as connection:
            until = self._read_time(connection) + self._retention
            values = {"event_id": event_id, "holder": holder, "until": until}
            return connection.execute(_COMPLETE, values).rowcount > 0

    def _release(self, event_id: str, holder: str | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(_RELEASE, {"event_id": event_id, "holder": holder})

    def _read_time(self, connection: sqlite3.Connection) -> float:
        now, was_stored = read_time(connection, self._clock, self._database.boot)
        if was_stored:
            connection.execute(_SWEEP, {"now": now})
        return now


class _Database:
    """SQLite connection of one process, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self.boot = ""
        # SQLite forbids a forked child to use or close an inherited connection, so the child keeps it alive.
        self._inherited: list[object] = []
        call_in_child(self, _Database._forget_parent)

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        # For forks that run no hooks.
        if self._pid != os.getpid():
            self._forget_parent()
        with self._lock:
            if self._open is None:
                self._open, self.boot = _connect(self._path), read_boot_id()
            self._open.execute("BEGIN IMMEDIATE")
            # Commits, or rolls back after an error.
            with self._open:
                yield self._open

    def close(self) -> None:
        if self._pid != os.getpid():
            self._forget_parent()
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _forget_parent(self) -> None:
        self._inherited += [self._open, self._lock]
        self._open, self._lock, self._pid = None, threading.Lock(), os.getpid()


async def _run_in_thread(work: Callable[[*Ts], T], *args: *Ts) -> T:
    # To completion: after a cancellation, a thread that still writes could come after the release of its claim.
    return await run_to_completion(lambda: anyio.to_thread.run_sync(work, *args))


def _connect(path: Path) -> sqlite3.Connection:
    # Autocommit: sqlite3 begins no transactions of its own.
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            # A crash of the process loses no entry. A crash of the machine can lose the last ones; a repeat of such
            # an event is handled again, as after a crash between the end of a handler and its completion.
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute(_TABLE)
            cursor.execute(_INDEX)
            cursor.execute(CREATE_TABLE)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or os.fspath(path) == ":memory:":
        raise ConfigurationError(
            f"path must be the path of a file, got {describe_text(path)}; for an inbox in memory, use MemoryInbox"
        )
    return Path(os.fspath(path))

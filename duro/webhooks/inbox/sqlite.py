"""An inbox in a SQLite file, for all processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import anyio.to_thread

from ...errors import ConfigurationError
from .base import DEFAULT_LEASE, DEFAULT_RETENTION, Inbox, Standing

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..._clock import Clock

__all__ = ["SQLiteInbox"]

# So long one process waits for the others to write.
_BUSY_SECONDS: Final = 30.0
_SWEEP_SECONDS: Final = 60.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS duro_inbox (
    event_id TEXT PRIMARY KEY,
    holder TEXT,              -- nobody's once it is handled
    expires_at REAL NOT NULL
) WITHOUT ROWID
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS duro_inbox_expires_at ON duro_inbox (expires_at)"
# One statement each, so that each is atomic and begins by writing: none has to wait with a lock in hand.
_TAKE: Final = """
INSERT INTO duro_inbox VALUES (:event_id, :holder, :until)
ON CONFLICT (event_id) DO UPDATE SET holder = :holder, expires_at = :until WHERE expires_at <= :now
"""
_LOOK: Final = "SELECT holder FROM duro_inbox WHERE event_id = :event_id"
_KEEP: Final = """
INSERT INTO duro_inbox VALUES (:event_id, NULL, :until)
ON CONFLICT (event_id) DO UPDATE SET holder = NULL, expires_at = :until WHERE holder = :holder
"""
_DROP: Final = "DELETE FROM duro_inbox WHERE event_id = :event_id AND (:holder IS NULL OR holder = :holder)"
_SWEEP: Final = "DELETE FROM duro_inbox WHERE expires_at <= :now"


class SQLiteInbox(Inbox):
    """Remembers events in a file that all processes of this machine share.

    The file is opened at first use. It belongs on a local disk: its lock and its
    write-ahead log do not work over a network.

    Args:
        path: The file; it is made if it is not there, its folder is not.
        lease: Seconds that a claim holds; longer than any handler takes.
        retention: Seconds that a handled event is remembered.
        clock: Time, for tests.

    Raises:
        ConfigurationError: A number is out of range, or the path is none.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lease: float = DEFAULT_LEASE,
        retention: float = DEFAULT_RETENTION,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(lease=lease, retention=retention, clock=clock)
        self._database = _Database(_path_of(path))
        self._next_sweep = 0.0

    async def take(self, event_id: str, holder: str) -> Standing:
        """Claim an event.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        return await anyio.to_thread.run_sync(self._take, event_id, holder)

    async def keep(self, event_id: str, holder: str) -> bool:
        """Remember an event as handled.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        until = self._clock.wall() + self._retention
        return await anyio.to_thread.run_sync(
            self._change, _KEEP, {"event_id": event_id, "holder": holder, "until": until}
        )

    async def drop(self, event_id: str, holder: str | None) -> None:
        """Forget an event.

        Raises:
            sqlite3.Error: The file cannot be used.
        """
        await anyio.to_thread.run_sync(self._change, _DROP, {"event_id": event_id, "holder": holder})

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, event_id: str, holder: str) -> Standing:
        now = self._clock.wall()
        values = {"event_id": event_id, "holder": holder, "until": now + self._lease, "now": now}
        with self._database.connection() as connection:
            if now >= self._next_sweep:
                connection.execute(_SWEEP, {"now": now})
                self._next_sweep = now + _SWEEP_SECONDS
            if connection.execute(_TAKE, values).rowcount:
                return Standing.FIRST
            found = connection.execute(_LOOK, {"event_id": event_id}).fetchone()
        # Released in this very instant, it is the next delivery's.
        return Standing.HANDLED if found is not None and found[0] is None else Standing.UNDER_WAY

    def _change(self, statement: str, values: dict[str, Any]) -> bool:
        with self._database.connection() as connection:
            return connection.execute(statement, values).rowcount > 0


class _Database:
    """One connection a process, which its threads use in turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        # A forked child must neither use nor close what it inherited: SQLite forbids both.
        self._inherited: list[object] = []

    @contextmanager
    def connection(self) -> Generator[sqlite3.Connection]:
        if self._pid != os.getpid():
            self._forget_parent()
        with self._lock:
            if self._open is None:
                self._open = _connect(self._path)
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


def _connect(path: Path) -> sqlite3.Connection:
    # Without transactions of its own: every statement here is one.
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            # A crash of the process loses nothing. One of the machine may lose the last entries, and a repeat of them
            # is handled again: as after a crash between the handler's end and its entry.
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute(_TABLE)
            cursor.execute(_INDEX)
    except BaseException:
        connection.close()
        raise
    return connection


def _path_of(path: object) -> Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or os.fspath(path) == ":memory:":
        raise ConfigurationError(f"{path!r} is no path of a file; for an inbox in memory, there is MemoryInbox")
    return Path(os.fspath(path))

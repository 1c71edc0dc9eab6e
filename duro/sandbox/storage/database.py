"""Database of a sandbox: one SQLite connection and its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

from ...errors import ConfigurationError
from ..errors import DiskFullError
from .connection import CachingConnection, clear_cache
from .files import create_private_file, find_temporary_folder
from .schema import copy_schema, create_schema

__all__ = ["SCHEMA_VERSION", "Database", "clear", "count", "is_temporary", "savepoint"]

# A file of another version is refused, because its tables would be misread.
SCHEMA_VERSION: Final = 8

# A sandbox that stops at the moment releases its file within this time.
LOCK_TIMEOUT_SECONDS: Final = 1.0

# Size of the write-ahead log that starts a checkpoint: 32 MiB.
CHECKPOINT_PAGES: Final = 8192

# Size of the page cache. A commit after the growth of a table searches the whole cache, so a large one is slower.
CACHE_KIBIBYTES: Final = 8192

# SQLite's name of a database that is in memory as long as it fits into the page cache. The rest goes to a temporary
# file, which is deleted at the close. A database that is in memory as a whole has its whole content as its page cache.
_TEMPORARY: Final = ""

# Mask of SQLite's error codes. The other bits tell variants of an error apart.
_PRIMARY_CODE: Final = 0xFF


class Database:
    """SQLite database in memory or in a file. It is thread-safe.

    One connection behind a lock is sufficient, and the fastest choice for a
    server with one event loop: a transaction takes microseconds and never waits
    for I/O other than its own.

    A file is locked from the open to the close, because the counts, logs and
    faults of a sandbox are in memory. The operating system releases the lock of
    a process that is killed. Only the owner of a new file can read it, because
    it contains secrets.

    Args:
        path: File that stores the state, or ``None`` for a temporary database.

    Raises:
        ConfigurationError: The file cannot be opened, is in use, or is not a database of this version of the sandbox.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._lock = threading.RLock()
        self._before_commit: Callable[[sqlite3.Connection], None] | None = None
        self._is_temporary: bool = path is None or is_temporary(path)
        name = _TEMPORARY if path is None or is_temporary(path) else os.fspath(path)
        _create_private(name)
        try:
            # isolation_level=None: sqlite3 itself must not open or commit transactions.
            self._connection = sqlite3.connect(
                name,
                timeout=LOCK_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                factory=CachingConnection,
            )
        except sqlite3.Error as error:
            raise ConfigurationError(f"the database {name!r} cannot be opened: {error}") from error
        try:
            self._prepare(name)
        except sqlite3.Error as error:
            self._connection.close()
            if _primary_code(error) == sqlite3.SQLITE_BUSY:
                raise ConfigurationError(
                    f"the database {name!r} is in use by another sandbox or program; stop it, or pass another file"
                ) from error
            raise ConfigurationError(
                f"the database {name!r} cannot be used: {error}; pass a new file, or one that a sandbox created"
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, name: str) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        # SQLite keeps each lock that it takes, and the empty transaction below takes the one that excludes the others.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if name == _TEMPORARY:
            # Otherwise a second temporary file has the changes that a rollback restores.
            connection.execute("PRAGMA journal_mode = MEMORY")
            copy_schema(connection, SCHEMA_VERSION)
        elif version == 0 and objects == 0:
            # WAL is only faster. On read-only media SQLite keeps its own mode, which is correct too.
            connection.execute("PRAGMA journal_mode = WAL")
            create_schema(connection, SCHEMA_VERSION)
        elif version != SCHEMA_VERSION:
            origin = _describe_origin(connection, version)
            raise ConfigurationError(f"the database {name!r} must be of version {SCHEMA_VERSION}, got {origin}")
        connection.execute("PRAGMA synchronous = NORMAL")
        # Each checkpoint waits for the disk, and a large log needs fewer of them.
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript("BEGIN EXCLUSIVE; COMMIT;")

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        """Open a transaction. It is committed at the end, and rolled back after an exception.

        Yields:
            The connection. Rows support access by column name.

        Raises:
            DiskFullError: The disk is full, and the transaction was rolled back.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.rows.clear()
                yield self._connection
                if self._before_commit is not None:
                    self._before_commit(self._connection)
                # Not commit(), which does not cache its statement.
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._connection.rollback()
                clear_cache(self._connection)
                if _is_disk_full(error):
                    raise self.disk_full_error() from error
                raise

    def disk_full_error(self) -> DiskFullError:
        """Create the error for a full disk, which names the folder of a temporary database."""
        return DiskFullError(find_temporary_folder() if self._is_temporary else None)

    @property
    def changes(self) -> int:
        """Number of rows that were changed since the database was opened."""
        return self._connection.total_changes

    def check_commits(
        self, install: Callable[[sqlite3.Connection], None], check: Callable[[sqlite3.Connection], None]
    ) -> None:
        """Check each transaction before its commit.

        Args:
            install: Function that prepares the connection, without an open transaction.
            check: Function of the open transaction. If it raises, the transaction is rolled back.
        """
        with self._lock:
            install(self._connection)
            self._before_commit = check

    def copy(self) -> Database:
        """Return an independent copy, in a temporary database.

        Raises:
            DiskFullError: The copy does not fit on the disk of temporary files.
        """
        copy = Database()
        try:
            with self._lock:
                self._connection.backup(copy._connection)
        except sqlite3.Error as error:
            copy.close()
            if _is_disk_full(error):
                raise copy.disk_full_error() from error
            raise
        return copy

    def serialize(self) -> bytes:
        """Return the content of a database file with the present state."""
        with self._lock:
            return self._connection.serialize()

    def close(self) -> None:
        """Close the database. Repeated calls are allowed."""
        with self._lock:
            self._connection.close()


def is_temporary(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is one of SQLite's names for a database without a file.

    Args:
        path: Path of a database.
    """
    return os.fspath(path) in {_TEMPORARY, ":memory:"}


def _describe_origin(connection: sqlite3.Connection, version: int) -> str:
    """Return the origin of a database that cannot be used, and what to do."""
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('plans', 'idempotency')"
    (tables,) = connection.execute(query).fetchone()
    if tables < 2:
        return "a file of another program; pass a new file"
    return f"version {version} of another release; delete the file, pass a new one, or install that release"


def _create_private(name: str) -> None:
    """Create a database file that only its owner can read. SQLite gives its other files the same mode."""
    if name == _TEMPORARY:
        return
    # An existing file keeps its mode. For other failures, SQLite has the better message.
    with suppress(OSError):
        create_private_file(name)


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and _primary_code(error) == sqlite3.SQLITE_FULL


def _primary_code(error: sqlite3.Error) -> int:
    # Errors of the module itself, such as a wrong number of parameters, do not have a code.
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE


@contextmanager
def savepoint(db: sqlite3.Connection) -> Generator[None, None, None]:
    """Roll back the effects of the block if it raises. The surrounding transaction stays open."""
    db.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        # SQLite ends the whole transaction by itself after some errors, such as a full disk.
        if db.in_transaction:
            db.execute("ROLLBACK TO step")
            clear_cache(db)
        raise
    finally:
        if db.in_transaction:
            db.execute("RELEASE step")


def clear(db: sqlite3.Connection) -> None:
    """Delete all rows of all tables."""
    # Foreign keys are checked at the commit, so that the order of the tables does not matter.
    db.execute("PRAGMA defer_foreign_keys = ON")
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema
    clear_cache(db)


def count(db: sqlite3.Connection, table: str) -> int:
    """Return the number of rows of a table."""
    number: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of the schema
    return number

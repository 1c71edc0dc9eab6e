"""The state of a sandbox: one SQLite database, changed in transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager

from ...errors import ConfigurationError
from .schema import SCHEMA, SCHEMA_VERSION, TABLES

__all__ = ["Store", "clear", "count", "savepoint"]


class Store:
    """One database, in memory or in a file, that every thread of the process may use.

    A single connection behind a lock is enough and the fastest for a server
    with one event loop: a transaction takes some microseconds, and nothing in
    it waits for anything else.

    Args:
        database: A file that keeps the state; ``None`` keeps it in memory.

    Raises:
        ConfigurationError: The file is not a database of this sandbox, or cannot be opened.
    """

    def __init__(self, database: str | os.PathLike[str] | None = None) -> None:
        self._lock = threading.RLock()
        path = ":memory:" if database is None else os.fspath(database)
        try:
            # Transactions are opened and closed here, never behind our back.
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise ConfigurationError(f"the database {path!r} cannot be opened: {error}") from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self._connection.close()
            raise ConfigurationError(
                f"the database {path!r} cannot be used: {error}; give a new file, or one written by a sandbox"
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, path: str) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and objects == 0:
            # In memory and in read-only places SQLite keeps its own mode; all of it is correct, WAL is just quicker.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise ConfigurationError(
                f"the database {path!r} was written by something else, or by another version of the sandbox; "
                "give a new file, or delete this one"
            )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        """Open a transaction: all of it is committed at the end, or nothing after an exception.

        Yields:
            The connection, with rows that answer to column names.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def close(self) -> None:
        """Close the database; a second time changes nothing."""
        with self._lock:
            self._connection.close()


@contextmanager
def savepoint(db: sqlite3.Connection) -> Generator[None, None, None]:
    """Undo what the block did if it raises, and keep the transaction around it open."""
    db.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO step")
        raise
    finally:
        db.execute("RELEASE step")


def clear(db: sqlite3.Connection) -> None:
    """Empty every table."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names come from the schema


def count(db: sqlite3.Connection, table: str) -> int:
    """Count the records of a table."""
    number: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - the same
    return number

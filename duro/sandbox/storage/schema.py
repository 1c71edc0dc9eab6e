"""Schema of a database: a script creates it in a file. A temporary database copies it, in a tenth of the time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from importlib.resources import files

__all__ = ["copy_schema", "create_schema"]


def create_schema(connection: sqlite3.Connection, version: int) -> None:
    """Create the tables of an empty database, all or none of them.

    Args:
        connection: Connection without an open transaction.
        version: Version of the schema, which the database stores.
    """
    script = files("duro.sandbox.storage").joinpath("schema.sql").read_text(encoding="utf-8")
    connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")


def copy_schema(connection: sqlite3.Connection, version: int) -> None:
    """Replace the content of a temporary database by the empty tables.

    Args:
        connection: Connection without an open transaction.
        version: Version of the schema, which the database stores.
    """
    with closing(sqlite3.connect(":memory:")) as source:
        source.deserialize(_image(version))
        source.backup(connection)


@cache
def _image(version: int) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_schema(connection, version)
        return connection.serialize()

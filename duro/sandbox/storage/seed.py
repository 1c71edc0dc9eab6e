"""Seed of a sandbox: a source of ids and outcomes that are pure functions of their subject."""

from __future__ import annotations

import secrets
import sqlite3
from hashlib import blake2b
from typing import Final

from attrs import frozen

from ...errors import ConfigurationError

__all__ = ["Seed", "load_seed", "save_seed"]

DIGEST_BYTES: Final = 16


@frozen
class Seed:
    """Seed of a sandbox.

    Attributes:
        value: Number that selects the ids and outcomes.
        is_chosen: Whether the user passed it. Otherwise it is random.
    """

    value: int = 0
    is_chosen: bool = False

    def derive(self, *parts: str | int) -> int:
        """Return a number of 128 bits that looks random. It is a pure function of the seed and the arguments.

        Args:
            *parts: Parts that identify the subject, such as a kind and an id.

        Example:
            >>> Seed(7).derive("sub_1", 1) == Seed(7).derive("sub_1", 1), Seed(7).derive(1) == Seed(8).derive(1)
            (True, False)
        """
        text = "\0".join([str(self.value), *map(str, parts)])
        return int.from_bytes(blake2b(text.encode(), digest_size=DIGEST_BYTES).digest())


def load_seed(db: sqlite3.Connection, chosen: int | None) -> Seed:
    """Return the seed of a database, and store it in a new one.

    Args:
        db: Open transaction.
        chosen: Seed that the user passed, if any.

    Raises:
        ConfigurationError: The database has another seed.
    """
    row = db.execute("SELECT value, is_chosen FROM seed").fetchone()
    if row is None:
        seed = Seed(secrets.randbits(63), False) if chosen is None else Seed(chosen, True)
        save_seed(db, seed)
        return seed
    seed = Seed(int(row["value"]), bool(row["is_chosen"]))
    if chosen is not None and chosen != seed.value:
        stored = str(seed.value) if seed.is_chosen else "a random one"
        raise ConfigurationError(
            f"seed must be that of the database, {stored}, got {chosen}; omit it, or pass a new database file"
        )
    return seed


def save_seed(db: sqlite3.Connection, seed: Seed) -> None:
    """Store the seed in a database without one.

    Args:
        db: Open transaction.
        seed: Seed to store.
    """
    # As a string: SQLite limits integers to 64 bits.
    db.execute("INSERT INTO seed (value, is_chosen) VALUES (?, ?)", (str(seed.value), seed.is_chosen))

"""Register a customer exactly once, whatever happens on the way.

The key is made and stored before the call. A program that crashes, or learns that the outcome is unknown, makes the
same call under the same key: Duro answers what it answered first, and does the work if it never did.
"""

import sqlite3
import uuid

from duro import Customer, Duro, OutcomeUnknownError


def stored_key(database: sqlite3.Connection, email: str) -> str:
    with database:
        database.execute("create table if not exists keys (email text primary key, key text)")
        database.execute("insert or ignore into keys values (?, ?)", (email, str(uuid.uuid4())))
    (key,) = database.execute("select key from keys where email = ?", (email,)).fetchone()
    return str(key)


def sign_up(duro: Duro, database: sqlite3.Connection, email: str) -> Customer:
    key = stored_key(database, email)
    try:
        return duro.customers.create(email=email, idempotency_key=key)
    except OutcomeUnknownError:
        return duro.customers.create(email=email, idempotency_key=key, timeout=120)


def main() -> None:
    database = sqlite3.connect(":memory:")
    with Duro() as duro:
        first = sign_up(duro, database, "ada@example.com")
        again = sign_up(duro, database, "ada@example.com")
    database.close()
    print("one customer" if first.id == again.id else "two customers")


main()

"""Create a customer exactly once, with an idempotency key that is stored before the call.

After a crash or an unknown outcome, the program repeats the call with the same key.
Duro then returns the first response, or processes the call if it did not receive it before.
"""

import sqlite3
import uuid

from duro import Customer, Duro, OutcomeUnknownError


def load_or_create_key(database: sqlite3.Connection, email: str) -> str:
    with database:
        database.execute("create table if not exists keys (email text primary key, key text)")
        database.execute("insert or ignore into keys values (?, ?)", (email, str(uuid.uuid4())))
    (key,) = database.execute("select key from keys where email = ?", (email,)).fetchone()
    return str(key)


def sign_up(client: Duro, database: sqlite3.Connection, email: str) -> Customer:
    key = load_or_create_key(database, email)
    try:
        return client.customers.create(email=email, idempotency_key=key)
    except OutcomeUnknownError:
        return client.customers.create(email=email, idempotency_key=key, timeout=120)


def main() -> None:
    database = sqlite3.connect(":memory:")
    with Duro() as client:
        first = sign_up(client, database, "ada@example.com")
        again = sign_up(client, database, "ada@example.com")
    database.close()
    print("one customer" if first.id == again.id else "two customers")


main()

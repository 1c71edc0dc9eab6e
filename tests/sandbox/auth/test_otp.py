"""One-time codes of one instant: the latest is valid, whatever its id is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro.sandbox.auth.otp import EMAIL, list_codes, redeem_code, send_code
from duro.sandbox.storage.database import Database

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
ADDRESS = "ada@example.com"


@pytest.mark.parametrize("identifiers", [("otp_1", "otp_2"), ("otp_2", "otp_1")])
def test_the_code_that_was_sent_last_is_the_valid_one(identifiers: tuple[str, str]) -> None:
    database = Database()
    with database.transaction() as db:
        for identifier in identifiers:
            send_code(db, identifier, EMAIL, ADDRESS, NOW)
        first, last = list_codes(db)
        stored = {row["id"]: row["code"] for row in db.execute("SELECT id, code FROM codes")}
        assert [first.code, last.code] == [stored[identifier] for identifier in identifiers]
        assert redeem_code(db, EMAIL, ADDRESS, last.code, NOW) is None
    database.close()

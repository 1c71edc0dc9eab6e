"""Seeds: the same seed and calls have the same records, whatever else happens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from duro.errors import ConfigurationError
from duro.sandbox import Sandbox
from duro.sandbox.storage.seed import Seed
from tests.support.tls import NO_AUTHORITIES

START = datetime(2026, 1, 31, 9, tzinfo=UTC)


def post(sandbox: Sandbox, path: str, body: dict[str, object]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
    return httpx.post(f"{sandbox.url}{path}", json=body, headers=headers, verify=NO_AUTHORITIES).json()


def run_story(sandbox: Sandbox, *emails: str) -> tuple[dict[str, str], tuple[object, ...]]:
    """Subscribe customers, advance three months, and return the ids by e-mail address and the ledger."""
    plan = post(sandbox, "/v1/plans", {"name": "Pro", "amount": 3000, "interval": "month"})
    customers = {email: post(sandbox, "/v1/customers", {"email": email})["id"] for email in emails}
    for customer in customers.values():
        post(sandbox, "/v1/subscriptions", {"customerId": customer, "planId": plan["id"]})
    sandbox.clock.advance(days=90)
    return customers, sandbox.ledger + sandbox.events


def frozen(seed: int) -> Sandbox:
    return Sandbox(clock="frozen", start=START, seed=seed)


@pytest.mark.slow
def test_the_same_seed_has_the_same_ids_charges_and_events() -> None:
    stories = []
    for seed in (7, 7, 8):
        with frozen(seed) as sandbox:
            stories.append(run_story(sandbox, "ada@example.com", "eve@example.com"))
    assert stories[0] == stories[1] != stories[2]


@pytest.mark.slow
def test_another_customer_or_order_does_not_change_a_story() -> None:
    stories = []
    for emails in (["ada@example.com"], ["eve@example.com", "ada@example.com"]):
        with frozen(7) as sandbox:
            customers, story = run_story(sandbox, *emails)
            ada = customers["ada@example.com"]
            stories.append([entry for entry in story if getattr(entry, "customer_id", None) == ada])
    assert stories[0] == stories[1]
    assert len(stories[0]) == 4


def test_equal_requests_of_one_instant_have_different_ids() -> None:
    with frozen(7) as sandbox:
        ids = [post(sandbox, "/v1/customers", {"email": "ada@example.com"})["id"] for _ in range(3)]
        assert len(set(ids)) == 3
        sandbox.reset()
        assert [post(sandbox, "/v1/customers", {"email": "ada@example.com"})["id"] for _ in range(3)] == ids


def test_a_database_keeps_its_seed(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    with Sandbox(database=database, seed=7) as sandbox:
        assert sandbox._require().backend.work.seed == Seed(7, True)
    with Sandbox(database=database) as sandbox:
        assert sandbox._require().backend.work.seed == Seed(7, True)
    with pytest.raises(ConfigurationError, match="seed must be that of the database, 7, got 8"):
        Sandbox(database=database, seed=8).start()


def test_a_random_seed_is_not_shown(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    Sandbox(database=database).__enter__().stop()
    with pytest.raises(ConfigurationError, match="a random one, got 8"):
        Sandbox(database=database, seed=8).start()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clock": "stopped"}, "clock must be 'real' or 'frozen', got 'stopped'"),
        ({"start": "2026-01-31"}, "start must be an aware datetime, got str"),
        ({"start": datetime(2026, 1, 31)}, "start must be an aware datetime, got a naive one"),  # noqa: DTZ001
        ({"start": datetime(9000, 1, 1, tzinfo=UTC)}, "start must be before the year 8000"),
        ({"seed": "7"}, "seed must be an integer, got str"),
        ({"seed": True}, "seed must be an integer, got bool"),
    ],
)
def test_invalid_settings_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Sandbox(**options)


def test_derived_numbers_depend_on_every_part() -> None:
    numbers = {
        Seed(7).derive("a", 1),
        Seed(7).derive("a", 2),
        Seed(7).derive("b", 1),
        Seed(8).derive("a", 1),
        Seed(7).derive("a1"),
    }
    assert len(numbers) == 5
    assert Seed(7).derive("a", 1) in numbers

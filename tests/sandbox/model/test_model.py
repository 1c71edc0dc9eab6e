"""Random stories: the sandbox charges, decides and emits what an independent model of the contract does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duro import Duro
from duro.sandbox import Sandbox

from .stories import Story

STEPS = 25
STARTS = [
    datetime(2026, 1, 31, 9, tzinfo=UTC),
    datetime(2026, 1, 30, 23, 30, tzinfo=UTC),
    datetime(2027, 11, 29, 8, tzinfo=UTC),
    datetime(2026, 2, 10, 12, 0, 1, tzinfo=UTC),
    datetime(2026, 2, 28, 9, tzinfo=UTC),
]


def run_stories(start: datetime, seeds: range) -> None:
    with (
        Sandbox(clock="frozen", start=start) as sandbox,
        Duro(sandbox.secret_key, base_url=sandbox.url, retries=0) as client,
    ):
        for seed in seeds:
            story = Story(sandbox, client, seed)
            for _ in range(STEPS):
                story.step()


@pytest.mark.parametrize("start", STARTS, ids=str)
def test_the_sandbox_agrees_with_the_model(start: datetime) -> None:
    run_stories(start, range(5))


@pytest.mark.load
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_the_sandbox_agrees_with_the_model_in_many_stories(start: datetime) -> None:
    run_stories(start, range(100, 160))

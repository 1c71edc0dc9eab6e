"""Random calls, clock moves, failures and crashes: the invariants of a strict sandbox hold."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sandbox.machine.machine import BillingMachine


@pytest.mark.slow
def test_the_invariants_hold_in_every_story() -> None:
    # "nox -s machine" runs thousands of other stories.
    run_state_machine_as_test(
        BillingMachine, settings=settings(max_examples=15, stateful_step_count=20, derandomize=True, deadline=None)
    )

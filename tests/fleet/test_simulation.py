"""Commands of 100,000 processes around one refresh, and the figure of them in the documentation."""

from __future__ import annotations

import pytest

from tests.fleet.simulation import FIGURE, LIFETIME, PROCESSES, draw, draw_soft_limits, simulate

pytestmark = pytest.mark.fleet


def test_random_soft_limits_spread_the_commands_of_a_refresh():
    commands = simulate(draw_soft_limits())
    assert max(commands.values()) < 1_000
    assert sum(commands.values()) < 1.01 * PROCESSES


def test_one_soft_limit_for_all_processes_sends_all_commands_at_once():
    assert simulate([LIFETIME - 300] * PROCESSES) == {LIFETIME - 300: 2 * PROCESSES}


def test_figure_of_the_documentation_is_that_of_the_simulation():
    assert FIGURE.read_text(encoding="utf-8") == draw()

"""Table of the contract's rules, each with the tests that prove it: ``rules.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parent
SECTIONS = tomllib.loads(DIRECTORY.joinpath("rules.toml").read_text(encoding="utf-8"))
RULES = [(rule, tests) for section in SECTIONS.values() for rule, tests in section.items()]


@pytest.mark.parametrize(("rule", "tests"), RULES, ids=[rule for rule, _ in RULES])
def test_the_tests_of_a_rule_exist(rule: str, tests: list[str]) -> None:
    assert rule.endswith(".")
    assert tests
    for test in tests:
        path, name = test.split("::")
        assert re.search(
            rf"^ *(async )?def {name}\(", DIRECTORY.joinpath(path).read_text(encoding="utf-8"), re.MULTILINE
        )

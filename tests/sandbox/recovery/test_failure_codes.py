"""Failure codes: each category has one code, and both names find it."""

from __future__ import annotations

import pytest

from duro.sandbox.recovery.failure_codes import CATEGORIES, describe_category, failure_code, find_category

# The table of the contract.
CODES = {
    "insufficient_funds": "51",
    "expired_card": "54",
    "card_not_supported": "card_not_supported",
    "do_not_honor": "05",
    "hard_decline": "stolen_card",
    "processor_error": "timeout",
}


def test_each_category_of_the_contract_has_its_code() -> None:
    assert {category: failure_code(category) for category in CATEGORIES} == CODES


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_category_is_found_by_its_name_and_by_its_code(category: str) -> None:
    assert find_category(category) == find_category(CODES[category]) == category


@pytest.mark.parametrize("name", ["", "ok", "5", "INSUFFICIENT_FUNDS", "decline"])
def test_other_strings_are_not_a_category(name: str) -> None:
    assert find_category(name) is None


def test_a_category_in_words_begins_a_sentence() -> None:
    assert describe_category("insufficient_funds") == "Insufficient funds"

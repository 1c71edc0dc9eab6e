"""Tokens of portal links."""

from __future__ import annotations

import pytest

from duro.sandbox.auth.portal_links import create_link_token, read_link_token
from duro.sandbox.errors import ApiError
from duro.sandbox.storage.seed import Seed


@pytest.mark.parametrize("name", ["a", "ad", "ada", "adao", "é"])
def test_a_token_carries_an_address_of_any_length(name: str) -> None:
    email = f"{name}@example.com"
    assert read_link_token(Seed(7), create_link_token(Seed(7), email)) == email


def test_a_token_of_another_seed_is_refused() -> None:
    with pytest.raises(ApiError, match="portal link is invalid"):
        read_link_token(Seed(8), create_link_token(Seed(7), "ada@example.com"))


@pytest.mark.parametrize("text", ["", "=", "====", "é", "a b", "A" * 24])
def test_text_that_is_not_a_token_is_refused(text: str) -> None:
    for token in (text, f"plk_test_{text}"):
        with pytest.raises(ApiError, match="portal link is invalid"):
            read_link_token(Seed(7), token)

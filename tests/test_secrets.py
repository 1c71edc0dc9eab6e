from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro._secrets import sanitize

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize("lead", range(0, 60, 7))
def test_secret_at_the_cut_is_masked(lead):
    assert "4eC39" not in sanitize("x" * lead + " " + KEY, max_chars=40)


def test_password_beyond_the_cut_is_masked():
    assert sanitize("a" * 10 + " https://user:pass-word@host", max_chars=26) == "a" * 10 + " https://user:…@"


def test_lone_surrogates_are_replaced_before_the_cut():
    assert sanitize("\ud800a\udfff", max_chars=3) == "?a?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("one\r\ntwo\tthree\u2028four\x85five\xa0six", "one  two three four five six"),
        ("\x00\x07\x7f\x9b", "????"),
        ("\u202edlrow\u2066\u200b", "?dlrow??"),
        ("Ada's café, ₦5,000 \u2714 日本", "Ada's café, ₦5,000 \u2714 日本"),
    ],
)
def test_control_characters_are_replaced(text, expected):
    assert sanitize(text, max_chars=100) == expected


def test_text_of_megabytes_is_cut():
    assert sanitize("x" * 16_000_000, max_chars=5) == "xxxxx"
    assert sanitize("\x1b" * 16_000_000, max_chars=5) == "?????"


@given(st.text(st.characters(), max_size=60), st.integers(0, 50))
def test_any_text_is_printable_and_short(text, limit):
    cleaned = sanitize(text, max_chars=limit)
    assert len(cleaned) <= limit
    cleaned.encode()
    assert cleaned.isprintable()

"""Bodies of the dashboard: indentation, masked secrets, and the cut of long ones."""

from __future__ import annotations

from duro.sandbox.dashboard.bodies import MAX_BODY_CHARACTERS, show_body


def test_json_is_indented_and_its_secrets_are_masked() -> None:
    assert show_body(b'{"clientSecret":"a b","n":1}') == '{\n  "clientSecret": "…",\n  "n": 1\n}'


def test_other_text_stays_as_it_is() -> None:
    assert show_body("plain <b>") == "plain <b>"
    assert show_body(b"\xff") == "\N{REPLACEMENT CHARACTER}"


def test_long_body_is_cut_after_secrets_are_masked() -> None:
    secret = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
    shown = show_body("x" * (MAX_BODY_CHARACTERS - 12) + " " + secret + " " + "y" * 100)
    assert "4eC3" not in shown
    assert shown.endswith("more characters")

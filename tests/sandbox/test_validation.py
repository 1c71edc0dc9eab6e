"""Declarations of request bodies."""

from __future__ import annotations

import pytest
from attrs import frozen

from duro.sandbox.validation import structure


def test_an_annotation_without_a_rule_is_named() -> None:
    @frozen
    class Body:
        name: str

    with pytest.raises(TypeError, match="annotation must contain a rule"):
        structure(Body, {"name": "Ada"})

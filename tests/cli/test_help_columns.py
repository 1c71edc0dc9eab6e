"""Width of the help."""

from __future__ import annotations

import re

import pytest

COMMANDS = [[], ["quickstart"], ["request"], ["sandbox"], ["token"], ["webhooks", "sign"], ["webhooks", "verify"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_forty_columns_does_not_break_words(run_in_process, monkeypatch, command):
    def words(columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        output = run_in_process(*command, "--help").stdout
        assert max(map(len, output.splitlines())) <= columns
        assert "…" not in output
        # Without the full stop of a sentence, because the narrow layout writes "Default: 16."
        return {word.rstrip(".") for word in re.findall(r"[\w./-]+", output)}

    # A frame marks required arguments with a star, and the narrow layout with this word.
    assert words(40) - {"Required"} <= words(200)

"""Kills during writes and advances: after the restarts, the records are those of a run without a kill."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killed_story.py")
TIMEOUT = 120
KILLED = -9
KILLS = 50


def run(database: Path, commit: int = 0, where: str = "before") -> int:
    command = [sys.executable, "-W", "error", str(PROGRAM), str(database), str(commit), where]
    process = subprocess.run(command, check=False, timeout=TIMEOUT, capture_output=True, text=True)
    assert process.returncode in {0, KILLED}, process.stderr
    return process.returncode


def content_of(database: Path) -> list[str]:
    """Return the content of all tables as SQL."""
    connection = sqlite3.connect(database)
    content = list(connection.iterdump())
    connection.close()
    return content


@pytest.mark.process
@pytest.mark.load
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not have SIGKILL")
@pytest.mark.timeout(1800)
def test_fifty_kills_end_like_a_run_without_one(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    assert run(whole) == 0
    for number in range(KILLS):
        # The third commit at most, so that the story is longer than the kills.
        assert run(killed, commit=1 + number % 3, where=("before", "after")[number % 2]) == KILLED
    assert run(killed) == 0
    assert content_of(killed) == content_of(whole)

"""Confirmation of calls that change live data."""

from __future__ import annotations

import io

import pytest

CREATE = ("plans", "create", "--name", "Pro", "--amount", "100", "--interval", "month")


class Terminal(io.StringIO):
    """Text that a person enters."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def live_key(monkeypatch, closed_port):
    monkeypatch.setenv("DURO_SECRET_KEY", "sk_live_example")
    monkeypatch.setenv("DURO_BASE_URL", f"http://127.0.0.1:{closed_port}")


@pytest.fixture
def enter(monkeypatch, capsys):
    """Run a command on a terminal with an answer."""

    def prepare(answer):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    return prepare


@pytest.mark.parametrize("words", [CREATE, ("request", "POST", "/v1/plans")])
def test_change_of_live_data_without_a_terminal_needs_yes(run_in_process, words):
    finished = run_in_process(*words)
    assert finished.returncode == 2
    assert "changes live data and was not sent; add --yes to confirm it" in finished.stderr


def test_other_answer_than_yes_sends_nothing(run_in_process, enter):
    enter("no\n")
    finished = run_in_process(*CREATE)
    assert finished.returncode == 1
    assert "createPlan changes live data. Continue? [y/N]" in finished.stderr
    assert "was not sent, because it was not confirmed" in finished.stderr


def test_answer_yes_sends_the_call(run_in_process, enter):
    enter("y\n")
    assert "no connection to" in run_in_process(*CREATE).stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [(*CREATE, "--yes"), ("plans", "list"), ("request", "GET", "/v1/plans")])
def test_confirmed_calls_and_reads_are_sent(run_in_process, words):
    assert "no connection to" in run_in_process(*words).stderr

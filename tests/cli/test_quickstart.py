"""``duro quickstart``: the main job, and the numbers it shows for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from duro import ClientCredentials, ConfigurationError, DuroError, SecretKey, TokenExchangeError
from duro.cli.account import Account
from duro.cli.quickstart import count, play
from duro.cli.quickstart.acts import Act, programme
from duro.cli.quickstart.stage import Stage

ROW = re.compile(r"^(?P<act>\S.*?)  +(?P<client>\w+)  +(?P<numbers>[\d,].*) s *$", re.MULTILINE)


def rows_of(output):
    """Give act and client, calls, exchanges and retries of each row."""
    return [
        (row["act"], row["client"], *re.split(r" {2,}", row["numbers"].replace(",", ""))[:3])
        for row in ROW.finditer(output)
    ]


def expected_rows(*, callers, threads, exchanges="1"):
    return [
        (f"{callers:,} coroutines at once", "AsyncDuro", str(callers), exchanges, "0"),
        ("plan, customer, subscription", "AsyncDuro", "3", exchanges, "0"),
        (f"the same from {threads} threads", "Duro", str(3 * threads), exchanges, "0"),
    ]


@pytest.mark.process
def test_a_thousand_callers_cost_one_exchange(duro):
    finished = duro("quickstart")
    assert finished.returncode == 0, finished.stderr
    assert rows_of(finished.stdout) == expected_rows(callers=1000, threads=16)


@pytest.mark.process
def test_without_a_terminal_progress_is_plain_lines_beside_the_table(duro):
    finished = duro("quickstart", "--callers", 10, "--threads", 2)
    assert finished.returncode == 0, finished.stderr
    told, *acts = finished.stderr.splitlines()
    assert told.startswith("Playing on a sandbox of its own, http://127.0.0.1:")
    assert acts == [f"{act} ..." for act, *_ in expected_rows(callers=10, threads=2)]
    assert rows_of(finished.stdout) == expected_rows(callers=10, threads=2)
    assert "\x1b" not in finished.stdout + finished.stderr


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_terminal_sees_bars(plain_environment):
    ours, theirs = os.openpty()
    arguments = [sys.executable, "-m", "duro", "quickstart", "--callers", "100"]
    with subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = read_to_the_end(ours)
    assert process.returncode == 0, seen
    assert "━" in seen
    assert "100/100" in seen
    assert "Exchanges" in seen


@pytest.mark.process
def test_an_environment_of_ascii_gets_ascii(duro):
    finished = duro("quickstart", "--callers", 5, "--threads", 1, PYTHONIOENCODING="ascii")
    assert finished.returncode == 0, finished.stderr
    assert (finished.stdout + finished.stderr).isascii()


@pytest.mark.process
def test_a_failure_is_one_line_and_exit_code_1(duro, sandbox):
    account = {"DURO_CLIENT_ID": "cid_test_sandbox", "DURO_CLIENT_SECRET": "csec_test_mistaken"}
    finished = duro("quickstart", "--callers", 10, DURO_BASE_URL=sandbox.url, **account)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.splitlines()[-1].startswith("duro: the token endpoint refused with 401")
    assert "Traceback" not in finished.stderr


def test_options_name_another_duro(sandbox, capsys):
    play(Account(**sandbox.options), callers=5, threads=2)
    assert rows_of(capsys.readouterr().out) == expected_rows(callers=5, threads=2)
    assert sandbox.stats.token_exchanges == 3


def test_the_environment_names_another_duro(sandbox_environment, capsys):
    play(Account(), callers=5, threads=2)
    assert sandbox_environment.url in capsys.readouterr().err
    assert sandbox_environment.stats.requests == 5 + 3 + 6 + 3


def test_a_secret_key_takes_no_exchange(sandbox, capsys):
    play(Account(secret_key=sandbox.secret_key, base_url=sandbox.url), callers=5, threads=2)
    output = capsys.readouterr().out
    assert rows_of(output) == expected_rows(callers=5, threads=2, exchanges="0")
    assert "never exchanged" in output


def test_a_real_duro_does_not_tell_its_exchanges(sandbox, monkeypatch, capsys):
    monkeypatch.setattr(Stage, "exchanges", lambda _: None)
    play(Account(**sandbox.options), callers=5, threads=2)
    output = capsys.readouterr().out
    assert output.count("not told") == 3
    assert "Only a sandbox tells" in output


def test_a_real_duro_is_not_asked_for_its_exchanges():
    assert Stage(SecretKey("sk_test_example"), "https://127.0.0.1:9").exchanges() is None


def test_a_server_that_is_no_sandbox_tells_no_exchanges(sandbox):
    assert Stage(SecretKey("sk_test_example"), f"{sandbox.url}/elsewhere").exchanges() is None


def test_more_exchanges_than_one_for_each_client_fail(sandbox, monkeypatch, capsys):
    counted = iter([0, 1, 1, 3, 3, 4])
    monkeypatch.setattr(Stage, "exchanges", lambda _: next(counted))
    with pytest.raises(DuroError, match="subscription: the server counted 2 token exchanges for one client"):
        play(Account(**sandbox.options), callers=5, threads=2)
    assert len(rows_of(capsys.readouterr().out)) == 3


def test_attempts_after_the_first_are_retries(sandbox):
    def meet_a_revoked_token(stage, advance):
        with stage.client() as duro:
            duro.token()
            sandbox.revoke_tokens()
            duro.plans.list().collect()

    options = sandbox.options
    stage = Stage(ClientCredentials(options["client_id"], options["client_secret"]), sandbox.url)
    result = count(Act("a story", "Duro", 1, meet_a_revoked_token), stage, advance=lambda: None)
    assert (result.calls, result.exchanges, result.retries) == (1, 2, 1)
    assert not result.is_right


@pytest.mark.parametrize("number", range(3))
def test_the_first_failure_of_an_act_is_raised(sandbox, number):
    stage = Stage(ClientCredentials("cid_test_sandbox", "csec_test_mistaken"), sandbox.url)
    act = programme(callers=50, threads=4)[number]
    with pytest.raises(TokenExchangeError):
        act.perform(stage, lambda: None)
    assert stage.exchanges() == 1


def test_a_live_credential_is_refused():
    with pytest.raises(ConfigurationError, match="takes no live credential"):
        play(Account(secret_key="sk_live_example"), callers=1, threads=1)


def read_to_the_end(terminal):
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux says so when the last writer has left
            piece = b""
        if not piece:
            os.close(terminal)
            return b"".join(pieces).decode()
        pieces.append(piece)

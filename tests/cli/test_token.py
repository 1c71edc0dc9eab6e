"""``duro token``: masked for people, bare for scripts, and never the secret."""

from __future__ import annotations

import re

import pytest

from duro.cli.token import mask

TOKEN = re.compile(r"at_test_[\w-]+")


@pytest.mark.process
def test_it_shows_type_expiry_and_a_masked_token(duro, sandbox_environment):
    finished = duro("token")
    assert (finished.returncode, finished.stderr) == (0, "")
    kind, expiry, token = finished.stdout.splitlines()
    assert kind == "type     Bearer"
    assert re.fullmatch(r"expires  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in 3600 s", expiry)
    assert re.fullmatch(r"token    \*{8}.{4}", token)


@pytest.mark.process
def test_revealed_it_is_all_of_standard_output(duro, sandbox_environment):
    finished = duro("token", "--reveal")
    assert finished.returncode == 0
    token = finished.stdout.removesuffix("\n")
    assert TOKEN.fullmatch(token)
    assert "Bearer" in finished.stderr
    assert token not in finished.stderr
    assert sandbox_environment.revoke_tokens(token) == 1


@pytest.mark.process
@pytest.mark.parametrize("reveal", [(), ("--reveal",)])
def test_the_secret_is_never_shown(duro, sandbox, reveal):
    options = sandbox.options
    accepted = duro("token", *reveal, *as_arguments(options))
    refused = duro("token", *reveal, *as_arguments({**options, "client_secret": "csec_test_mistaken"}))
    assert (accepted.returncode, refused.returncode) == (0, 1)
    (line,) = refused.stderr.splitlines()
    assert "401" in line
    shown = accepted.stdout + accepted.stderr + refused.stdout + refused.stderr
    assert options["client_secret"] not in shown
    assert "mistaken" not in shown


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({}, "no credential"),
        ({"DURO_SECRET_KEY": "sk_test_sandbox", "DURO_BASE_URL": "http://127.0.0.1:9"}, "must be an OAuth client"),
        ({"DURO_CLIENT_ID": "cid_test_sandbox"}, "half of an OAuth client is missing"),
    ],
)
def test_an_account_without_tokens_is_told_why(duro_here, monkeypatch, variables, complaint):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    finished = duro_here("token")
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert complaint in line


@pytest.mark.parametrize("length", range(1, 16))
def test_of_a_short_token_nothing_is_shown(length):
    assert set(mask("t" * length)) == {"*"}


def test_the_mask_hides_the_length():
    assert len(mask("t" * 16)) == len(mask("t" * 160))


def as_arguments(options):
    return [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]

"""``duro token``: masked and revealed tokens; the client secret is not shown."""

from __future__ import annotations

import json
import re

import pytest

from duro.cli.token import mask

TOKEN = re.compile(r"at_test_[\w-]+")


@pytest.mark.process
def test_token_shows_type_expiry_and_a_masked_token(run_duro, sandbox_environment):
    finished = run_duro("token")
    assert (finished.returncode, finished.stderr) == (0, "")
    type_line, expiry, token = finished.stdout.splitlines()
    assert type_line == "type     Bearer"
    assert re.fullmatch(r"expires  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in 3600 s", expiry)
    assert re.fullmatch(r"token    \*{8}.{4}", token)


@pytest.mark.process
def test_revealed_token_is_all_of_standard_output(run_duro, sandbox_environment):
    finished = run_duro("token", "--reveal")
    assert finished.returncode == 0
    token = finished.stdout.removesuffix("\n")
    assert TOKEN.fullmatch(token)
    assert "Bearer" in finished.stderr
    assert token not in finished.stderr
    assert sandbox_environment.revoke_tokens(token) == 1


def test_token_as_json_is_masked_unless_revealed(run_in_process, sandbox_environment):
    masked = json.loads(run_in_process("token", "--json").stdout)
    assert re.fullmatch(r"\*{8}.{4}", masked.pop("token"))
    assert masked.keys() == {"type", "expiresAt", "expiresIn"}
    revealed = run_in_process("token", "--json", "--reveal")
    assert TOKEN.fullmatch(json.loads(revealed.stdout)["token"])
    assert revealed.stderr == ""


@pytest.mark.process
@pytest.mark.parametrize("reveal", [(), ("--reveal",)])
def test_client_secret_is_not_shown(run_duro, sandbox, reveal):
    options = sandbox.options
    success = run_duro("token", *reveal, *as_arguments(options))
    failure = run_duro("token", *reveal, *as_arguments({**options, "client_secret": "csec_test_mistaken"}))
    assert (success.returncode, failure.returncode) == (0, 1)
    (line,) = failure.stderr.splitlines()
    assert "401" in line
    output = success.stdout + success.stderr + failure.stdout + failure.stderr
    assert options["client_secret"] not in output
    assert "mistaken" not in output


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "the credential is missing"),
        (
            {"DURO_SECRET_KEY": "sk_test_sandbox", "DURO_BASE_URL": "http://127.0.0.1:9"},
            "must be an OAuth client to get a token",
        ),
        ({"DURO_CLIENT_ID": "cid_test_sandbox"}, "half of an OAuth client is missing"),
    ],
)
def test_account_without_tokens_fails_with_the_reason(run_in_process, monkeypatch, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    finished = run_in_process("token")
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize("length", range(1, 16))
def test_short_token_is_masked_completely(length):
    assert set(mask("t" * length)) == {"*"}


def test_mask_hides_the_length():
    assert len(mask("t" * 16)) == len(mask("t" * 160))


def as_arguments(options):
    return [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]

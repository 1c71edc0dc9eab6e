"""``duro token --store``: status of a shared token."""

from __future__ import annotations

import json
import os
import re
import socket

import pytest

from duro import Duro


@pytest.fixture
def url(tmp_path):
    return f"file:{tmp_path}"


@pytest.fixture
def token(sandbox_environment, url):
    """Exchange the credentials with the store, and return the token."""
    with Duro(token_store=url) as client:
        return client.token().access_token


def test_status_names_the_holder_and_not_the_token(run_in_process, token, url):
    finished = run_in_process("token", "--store", url)
    assert (finished.returncode, finished.stderr) == (0, "")
    generation, age, expiry, holder = finished.stdout.splitlines()
    assert generation == "generation  1"
    assert re.fullmatch(r"age         \d+ s", age)
    assert re.fullmatch(r"expires     in 3[56]\d\d s", expiry)
    assert holder == f"holder      {socket.gethostname()}:{os.getpid()}"
    assert token not in finished.stdout


def test_status_as_json(run_in_process, token, url, sandbox_environment):
    status = json.loads(run_in_process("token", "--store", url, "--json").stdout)
    assert status.keys() == {"generation", "age", "expiresIn", "holder"}
    assert status["age"] + status["expiresIn"] == pytest.approx(3600)
    assert sandbox_environment.stats.token_exchanges == 1


def test_empty_store_is_reported(run_in_process, sandbox_environment, url):
    finished = run_in_process("token", "--store", url, "--json")
    assert (finished.returncode, finished.stdout) == (0, "null\n")
    assert "does not have a valid token" in finished.stderr
    assert sandbox_environment.stats.token_exchanges == 0


def test_token_of_another_secret_is_not_shown(run_in_process, token, url, monkeypatch):
    monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_test_another_one")
    assert "does not have a valid token" in run_in_process("token", "--store", url).stderr


def test_changed_value_is_reported(run_in_process, token, url, tmp_path):
    (path,) = [each for each in tmp_path.iterdir() if not each.suffix]
    document = json.loads(path.read_text())
    path.write_text(path.read_text().replace(document["payload"], document["payload"][:-8] + "AAAAAAA="))
    finished = run_in_process("token", "--store", url)
    assert finished.returncode == 1
    assert "was damaged or changed" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--store", "memory:"), "store must be shared by processes"),
        (("--store", "postgres://host"), "must be the URL of a token store"),
        (("--store", f"file:{os.devnull}"), "the token store failed"),
    ],
)
def test_unusable_store_is_reported(run_in_process, sandbox_environment, arguments, message):
    finished = run_in_process("token", *arguments)
    assert finished.returncode == 1
    assert message in finished.stderr


def test_secret_key_has_no_shared_token(run_in_process, monkeypatch, url):
    monkeypatch.setenv("DURO_SECRET_KEY", "sk_test_example")
    finished = run_in_process("token", "--store", url)
    assert finished.returncode == 1
    assert "only OAuth clients share tokens" in finished.stderr

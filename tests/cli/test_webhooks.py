"""``duro webhooks``: signing, verifying and errors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from duro.webhooks import Webhook
from tests.support.timeouts import PROGRAM_TIMEOUT, TIMEOUT
from tests.support.webhook_receiver import listening

BODY = b'{"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}\n'
SECRET = "whsec_1needle2"


@pytest.fixture
def body(tmp_path):
    """File that ends with a newline, as editors write it."""
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    return file


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("DURO_WEBHOOK_SECRET", SECRET)


def headers_of(finished):
    assert (finished.returncode, finished.stderr) == (0, "")
    return dict(line.split(": ", 1) for line in finished.stdout.splitlines())


@pytest.mark.process
def test_body_comes_from_a_file_or_standard_input(run_duro, body, secret):
    for arguments, stdin in (((body,), None), (("-",), BODY.decode()), ((), BODY.decode())):
        headers = headers_of(run_duro("webhooks", "sign", *arguments, stdin=stdin))
        assert Webhook(SECRET).verify(BODY, headers).id == "evt_1"
        verified = run_duro("webhooks", "verify", *arguments, "--signature", headers["Duro-Signature"], stdin=stdin)
        assert (verified.returncode, verified.stderr) == (0, "")
        assert verified.stdout.splitlines() == [
            "event    evt_1",
            "type     invoice_created",
            "created  2026-06-28 09:00:00 UTC",
            "secret   number 1 of the given secrets",
        ]


def test_output_of_sign_fits_verify(run_in_process, body, secret, tmp_path):
    headers = tmp_path / "headers.txt"
    headers.write_text(run_in_process("webhooks", "sign", str(body)).stdout, encoding="utf-8")
    [line] = [each for each in headers.read_text().splitlines() if each.startswith("Duro-Signature")]
    for signature in (f"@{headers}", line, line.partition(": ")[2]):
        assert run_in_process("webhooks", "verify", str(body), "--signature", signature).returncode == 0
    missing = run_in_process("webhooks", "verify", str(body), "--signature", "@no-such-file")
    assert (missing.returncode, missing.stdout) == (2, "")


@pytest.mark.process
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_output_of_sign_fits_curl(run_in_process, body, secret, tmp_path):
    headers = tmp_path / "headers.txt"
    headers.write_text(run_in_process("webhooks", "sign", str(body)).stdout, encoding="utf-8")
    with listening() as receiver:
        command = ["curl", "-sS", "--noproxy", "*", "-H", f"@{headers}", "--data-binary", f"@{body}", receiver.url]
        subprocess.run(command, check=True, timeout=PROGRAM_TIMEOUT, capture_output=True)
        delivery = receiver.arrived.get(timeout=TIMEOUT)
    assert Webhook(SECRET).verify(delivery.body, delivery.headers).id == "evt_1"


def test_json_has_the_headers_and_the_event(run_in_process, body, secret):
    headers = json.loads(run_in_process("webhooks", "sign", str(body), "--json").stdout)
    verify = ("webhooks", "verify", str(body), "--signature", headers["Duro-Signature"], "--json")
    event = json.loads(run_in_process(*verify).stdout)
    assert (event["id"], event["type"], event["secret"]) == ("evt_1", "invoice_created", 1)


def test_matching_secret_of_several_is_printed(run_in_process, body):
    options = ["--secret", "whsec_new", "--secret", "whsec_old"]
    assert headers_of(run_in_process("webhooks", "sign", str(body), *options))["Duro-Signature"].count("v1=") == 2
    signature = Webhook("whsec_old").sign(BODY)["Duro-Signature"]
    finished = run_in_process("webhooks", "verify", str(body), "--signature", signature, *options)
    assert "secret   number 2 of the given secrets" in finished.stdout


def test_old_delivery_can_be_verified_at_its_own_time(run_in_process, body, secret):
    headers = headers_of(run_in_process("webhooks", "sign", str(body), "--at", "1700000000"))
    verify = ["webhooks", "verify", str(body), "--signature", headers["Duro-Signature"]]
    assert headers["Duro-Signature"].startswith("t=1700000000,v1=")
    assert run_in_process(*verify).returncode == 1
    assert run_in_process(*verify, "--at", "1700000300").returncode == 0
    assert run_in_process(*verify, "--at", "1700000301").returncode == 1
    assert run_in_process(*verify, "--at", "1700000301", "--tolerance", "301").returncode == 0


def test_unknown_type_is_printed_without_control_characters(run_in_process, tmp_path, secret):
    odd = tmp_path / "odd.json"
    odd.write_bytes(BODY.replace(b"evt_1", b"evt_\\u001b[2J").replace(b"invoice_created", b"plan_renamed"))
    signature = Webhook(SECRET).sign(odd.read_bytes())["Duro-Signature"]
    finished = run_in_process("webhooks", "verify", str(odd), "--signature", signature)
    assert "evt_?[2J" in finished.stdout
    assert "plan_renamed (unknown to this release)" in finished.stdout


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("t=1,v1=00", "the signature does not match"),
        ("v1=00", "must contain one timestamp"),
        ("malformed", "must contain a v1 signature"),
    ],
)
def test_rejected_delivery_is_one_line_and_exit_code_1(run_in_process, body, secret, signature, message):
    finished = run_in_process("webhooks", "verify", str(body), "--signature", signature)
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert message in line


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["sign", "no-such-file"], 2, "no-such-file: No such file"),
        (["verify", "no-such-file", "--signature", "x"], 2, "no-such-file: No such file"),
        (["verify", "{body}"], 2, "--signature"),
        (["sign", "{body}", "--at", "-1"], 2, "--at"),
        (["verify", "{body}", "--signature", "x", "--tolerance", "0"], 2, "--tolerance"),
        (["verify", "{body}", "--signature", "x", "--tolerance", "1e9"], 1, "tolerance"),
        (["sign", "{body}", "--secret", "1needle2"], 1, "must begin with whsec_"),
        (["resend"], 2, "resend"),
    ],
)
def test_wrong_usage_is_one_line_without_the_secret(run_in_process, body, arguments, code, message):
    finished = run_in_process("webhooks", *[argument.format(body=body) for argument in arguments])
    assert (finished.returncode, finished.stdout) == (code, "")
    (line,) = finished.stderr.splitlines()
    assert message in line
    assert "needle" not in line


def test_missing_secret_error_names_the_variable(run_in_process, body):
    assert "DURO_WEBHOOK_SECRET" in run_in_process("webhooks", "sign", str(body)).stderr


def test_help_recommends_the_environment_variable(run_in_process):
    for command in ("sign", "verify"):
        output = re.sub(r"\s+", " ", run_in_process("webhooks", command, "--help").stdout)
        assert "DURO_WEBHOOK_SECRET" in output
        assert "can read the options" in output

"""``duro webhooks``: what it signs it verifies, and what is refused is one line."""

from __future__ import annotations

import re

import pytest

from duro.webhooks import Webhook

BODY = b'{"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}\n'
SECRET = "whsec_1needle2"


@pytest.fixture
def body(tmp_path):
    """A file that ends with a newline, as editors leave them."""
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
def test_body_comes_from_a_file_or_standard_input(duro, body, secret):
    for words, given in (((body,), None), (("-",), BODY.decode()), ((), BODY.decode())):
        headers = headers_of(duro("webhooks", "sign", *words, given=given))
        assert Webhook(SECRET).verify(BODY, headers).id == "evt_1"
        verified = duro("webhooks", "verify", *words, "--signature", headers["Duro-Signature"], given=given)
        assert (verified.returncode, verified.stderr) == (0, "")
        assert verified.stdout.splitlines() == [
            "event    evt_1",
            "type     invoice_created",
            "created  2026-06-28 09:00:00 UTC",
            "secret   number 1 of those given",
        ]


def test_several_secrets_sign_and_the_one_that_fits_is_told(duro_here, body):
    options = ["--secret", "whsec_new", "--secret", "whsec_old"]
    assert headers_of(duro_here("webhooks", "sign", str(body), *options))["Duro-Signature"].count("v1=") == 2
    signature = Webhook("whsec_old").sign(BODY)["Duro-Signature"]
    finished = duro_here("webhooks", "verify", str(body), "--signature", signature, *options)
    assert "secret   number 2 of those given" in finished.stdout


def test_recorded_delivery_is_judged_by_its_own_time(duro_here, body, secret):
    headers = headers_of(duro_here("webhooks", "sign", str(body), "--at", "1700000000"))
    verify = ["webhooks", "verify", str(body), "--signature", headers["Duro-Signature"]]
    assert headers["Duro-Signature"].startswith("t=1700000000,v1=")
    assert duro_here(*verify).returncode == 1
    assert duro_here(*verify, "--at", "1700000300").returncode == 0
    assert duro_here(*verify, "--at", "1700000301").returncode == 1
    assert duro_here(*verify, "--at", "1700000301", "--tolerance", "301").returncode == 0


def test_unknown_type_is_told_and_steers_no_terminal(duro_here, tmp_path, secret):
    odd = tmp_path / "odd.json"
    odd.write_bytes(BODY.replace(b"evt_1", b"evt_\\u001b[2J").replace(b"invoice_created", b"weather_changed"))
    signature = Webhook(SECRET).sign(odd.read_bytes())["Duro-Signature"]
    finished = duro_here("webhooks", "verify", str(odd), "--signature", signature)
    assert "evt_?[2J" in finished.stdout
    assert "weather_changed, which this release does not know" in finished.stdout


@pytest.mark.parametrize(
    ("signature", "complaint"),
    [("t=1,v1=00", "no signature fits"), ("v1=00", "where one belongs"), ("nonsense", "no v1 signature")],
)
def test_refused_delivery_is_one_line_and_exit_code_1(duro_here, body, secret, signature, complaint):
    finished = duro_here("webhooks", "verify", str(body), "--signature", signature)
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert complaint in line


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["sign", "no-such-file"], 2, "no-such-file: No such file"),
        (["verify", "no-such-file", "--signature", "x"], 2, "no-such-file: No such file"),
        (["verify", "{body}"], 2, "--signature"),
        (["sign", "{body}", "--at", "-1"], 2, "--at"),
        (["verify", "{body}", "--signature", "x", "--tolerance", "0"], 2, "--tolerance"),
        (["verify", "{body}", "--signature", "x", "--tolerance", "1e9"], 1, "tolerance"),
        (["sign", "{body}", "--secret", "1needle2"], 1, "begins with whsec_"),
        (["resend"], 2, "resend"),
    ],
)
def test_wrong_use_is_one_line_without_the_secret(duro_here, body, arguments, code, complaint):
    finished = duro_here("webhooks", *[word.format(body=body) for word in arguments])
    assert (finished.returncode, finished.stdout) == (code, "")
    (line,) = finished.stderr.splitlines()
    assert complaint in line
    assert "needle" not in line


def test_without_a_secret_it_names_the_variable(duro_here, body):
    assert "DURO_WEBHOOK_SECRET" in duro_here("webhooks", "sign", str(body)).stderr


def test_help_prefers_the_environment_for_secrets(duro_here):
    for command in ("sign", "verify"):
        shown = re.sub(r"\s+", " ", duro_here("webhooks", command, "--help").stdout)
        assert "DURO_WEBHOOK_SECRET" in shown
        assert "can read the options" in shown

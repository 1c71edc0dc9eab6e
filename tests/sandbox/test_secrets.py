"""Secrets do not appear in responses, logs or files."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

from duro.sandbox import Sandbox

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


def test_secrets_are_neither_shown_nor_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    with Sandbox(database=tmp_path / "state.db") as sandbox, httpx.Client(base_url=sandbox.url) as client:
        token = client.post("/v1/oauth/token", json=CREDENTIALS).json()["access_token"]
        secrets = [token, sandbox.secret_key, CREDENTIALS["client_secret"], "sk_test_4eC39HqLyjWDarjtT1zdp7dc"]
        shown: list[str] = []
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "a key"}
            responses = [
                client.get(f"/v1/customers/{secrets[-1]}?key={secret}", headers=headers),
                client.post("/v1/plans", json={"name": "x", "amount": secret}, headers=headers),
                client.post("/v1/plans", content=secret, headers=headers),
                client.post("/v1/oauth/token", json=CREDENTIALS | {"client_secret": secret + "x"}),
            ]
            assert all(response.is_client_error for response in responses)
            shown += [response.text for response in responses]
        shown += [
            # Without the program of an empty sandbox, which contains its documented key.
            client.get("/_sandbox/").text.replace('Duro("sk_test_sandbox"', ""),
            client.get("/_sandbox/requests").text,
            client.get("/_sandbox/ledger").text,
            client.get("/_sandbox/stats").text,
            repr(sandbox),
            repr(sandbox.requests),
            repr(sandbox.stats),
        ]
        kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    printed = capfd.readouterr()
    shown += [caplog.text, printed.out, printed.err]
    for secret in secrets:
        assert not [text for text in shown if secret in text]
        assert secret.encode() not in kept

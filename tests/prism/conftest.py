"""Prism, an independent mock server that holds each request against the contract."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import httpx
import pytest
import yaml

from tests.support.contract.openapi import CONTRACT, MOMENT

# What the contract says in prose of members that it describes as any text or number.
EXAMPLES = {"token_type": "Bearer", "expires_in": 3600}
READY = re.compile(r"Prism is listening on (http://\S+)")
START_SECONDS = 60


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    """The contract as a file that says what its prose does: a mock cannot know that ``createdAt`` is a moment."""

    def told(node, name=""):
        if isinstance(node, list):
            return [told(each) for each in node]
        if not isinstance(node, dict):
            return node
        if MOMENT.fullmatch(name) and "type" in node:
            return {**node, "format": "date-time"}
        if name in EXAMPLES and "type" in node:
            return {**node, "example": EXAMPLES[name]}
        return {each: told(value, each) for each, value in node.items()}

    path = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    path.write_text(yaml.safe_dump(told(CONTRACT), sort_keys=False), encoding="utf-8")
    return path


def end(process):
    os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture(scope="session")
def prism(described):
    """The address of a running Prism, which refuses what breaks the contract instead of only saying so."""
    program = os.environ.get("PRISM") or shutil.which("prism")
    assert program, "run this with: nox -s contract"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "mock", str(described), "--host", "127.0.0.1", "--port", str(port), "--errors"]
    # A group of their own: what is called node may be a script that starts it, and would leave it behind.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        watchdog = threading.Timer(START_SECONDS, end, [process])
        watchdog.start()
        said = []
        for line in process.stdout:
            said.append(line)
            if found := READY.search(line):
                break
        else:
            pytest.fail("".join(said))
        watchdog.cancel()
        # Prism writes of each request; a full pipe would stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield found[1].rstrip("/")
        finally:
            end(process)


@pytest.fixture
def plain(prism):
    """A client that says what it is told to, right or wrong."""
    with httpx.Client(base_url=prism, timeout=30) as client:
        yield client

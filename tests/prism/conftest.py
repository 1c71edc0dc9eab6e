"""Prism: an independent mock server that validates each request against the contract."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading

import httpx
import pytest
import yaml

from tests.support.contract.openapi import CONTRACT, MOMENT
from tests.support.ports import reserve_port

# Values of members whose type the contract describes only in prose.
EXAMPLES = {"token_type": "Bearer", "expires_in": 3600}
READY = re.compile(r"Prism is listening on (http://\S+)")
MAX_START_SECONDS = 60


@pytest.fixture(scope="session")
def contract_file(tmp_path_factory):
    """Return a copy of the contract with formats and examples that the original describes only in prose."""

    def add_details(node, name=""):
        if isinstance(node, list):
            return [add_details(each) for each in node]
        if not isinstance(node, dict):
            return node
        if MOMENT.fullmatch(name) and "type" in node:
            return {**node, "format": "date-time"}
        if name in EXAMPLES and "type" in node:
            return {**node, "example": EXAMPLES[name]}
        return {each: add_details(value, each) for each, value in node.items()}

    path = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    path.write_text(yaml.safe_dump(add_details(CONTRACT), sort_keys=False), encoding="utf-8")
    return path


def terminate(process):
    os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture(scope="session")
def port():
    """Return a port for Prism."""
    with reserve_port() as port:
        yield port


@pytest.fixture(scope="session")
def prism(contract_file, port):
    """Return the URL of a running Prism, which rejects requests that violate the contract."""
    program = os.environ.get("PRISM") or shutil.which("prism")
    assert program, "Prism was not found; run: nox -s contract"
    command = [program, "mock", str(contract_file), "--host", "127.0.0.1", "--port", str(port), "--errors"]
    # A process group of its own, because the command may be a script that starts the server as a child.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        watchdog = threading.Timer(MAX_START_SECONDS, terminate, [process])
        watchdog.start()
        output = []
        for line in process.stdout:
            output.append(line)
            if found := READY.search(line):
                break
        else:
            pytest.fail("".join(output))
        watchdog.cancel()
        # Prism prints a line for each request, and a full pipe would block it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield found[1].rstrip("/")
        finally:
            terminate(process)


@pytest.fixture
def http(prism):
    """Return an HTTP client that can send invalid requests."""
    with httpx.Client(base_url=prism, timeout=30) as client:
        yield client

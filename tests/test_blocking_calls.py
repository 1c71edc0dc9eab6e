"""Detection of calls that block the event loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import anyio.to_thread
import pytest
from blockbuster import BlockingError

import duro
from duro import Duro
from duro.http.transport.tls import _build_context
from duro.webhooks.inbox.file_clock import read_boot_id

pytestmark = pytest.mark.asyncio


def define(path, source):
    """Define a function ``call`` in a file of the package that does not exist."""
    names = {}
    exec(compile(source, str(Path(duro.__file__).parent / path), "exec"), names)
    return names["call"]


async def test_a_file_that_the_package_reads_on_the_loop_is_found(blocking_calls):
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        read_boot_id()
    assert len(found) == 1
    assert found[0].startswith("duro/webhooks/inbox/file_clock.py:")
    assert " in read_boot_id: io.open\n" in found[0]
    assert "test_blocking_calls.py" in found[0]


async def test_a_tls_context_that_is_built_on_the_loop_is_found(blocking_calls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        _build_context()
    assert [finding.partition(" in ")[0].partition(":")[0] for finding in found] == ["duro/http/transport/tls.py"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ndef call(): time.sleep(0)", id="sleep"),
        pytest.param("import socket\ndef call(): socket.getaddrinfo('127.0.0.1', 80)", id="name lookup"),
        pytest.param("import sqlite3\ndef call(): sqlite3.connect(':memory:')", id="sqlite"),
        pytest.param("import ssl\ndef call(): ssl.create_default_context()", id="tls"),
        pytest.param("import os\ndef call(): os.path.isfile('/')", id="stat"),
        pytest.param("def call(): open('/dev/null')", id="open"),
        pytest.param("import threading\ndef call(): threading.Event().wait(0.001)", id="event"),
    ],
)
async def test_each_kind_of_call_is_found(blocking_calls, source):
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        define("http/example.py", source)()
    assert [finding.partition(" ")[0] for finding in found] == ["duro/http/example.py:" + found[0].partition(" ")[0][21:]]


async def test_a_finding_that_the_package_swallows_is_recorded(blocking_calls):
    call = define("http/example.py", "import time\ndef call():\n  try: time.sleep(0)\n  except Exception: pass")
    with blocking_calls.expect() as found:
        call()
    assert len(found) == 1


async def test_calls_of_a_test_are_not_found(blocking_calls):
    with blocking_calls.expect() as found:
        time.sleep(0)
        Path(__file__).read_text()
    assert found == []


async def test_calls_of_a_handler_that_a_test_passes_are_not_found(blocking_calls):
    run = define("webhooks/example.py", "def call(handler): handler()")
    with blocking_calls.expect() as found:
        run(lambda: time.sleep(0))
    assert found == []


async def test_calls_of_the_sandbox_are_not_found(blocking_calls):
    with blocking_calls.expect() as found:
        define("sandbox/example.py", "import time\ndef call(): time.sleep(0)")()
    assert found == []


async def test_calls_in_a_worker_thread_are_not_found(blocking_calls):
    with blocking_calls.expect() as found:
        await anyio.to_thread.run_sync(read_boot_id)
    assert found == []

"""Detection of calls that block the event loop."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import anyio
import anyio.to_thread
import coverage
import pytest
from blockbuster import BlockingError

import duro
from duro._boot_id import read_boot_id
from duro.blocking import portal
from duro.http.transport.tls import _build_context

pytestmark = pytest.mark.asyncio


def define(path, source):
    """Define a function ``call`` in a file of the package that does not exist."""
    names = {}
    exec(compile(source, str(Path(duro.__file__).parent / path), "exec"), names)  # noqa: S102 - the source is in this file
    return names["call"]


async def test_a_file_that_the_package_reads_on_the_loop_is_found(blocking_calls):
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        read_boot_id()
    assert len(found) == 1
    assert found[0].startswith("duro/_boot_id.py:")
    assert " in read_boot_id: io.open\n" in found[0]
    assert "test_blocking_calls.py" in found[0]


async def test_a_tls_context_that_is_built_on_the_loop_is_found(blocking_calls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        _build_context()
    assert len(found) == 1
    assert found[0].startswith("duro/http/transport/tls.py:")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ndef call(): time.sleep(0)", id="sleep"),
        pytest.param("import socket\ndef call(): socket.getaddrinfo('127.0.0.1', 80)", id="name lookup"),
        pytest.param("import sqlite3\ndef call(): sqlite3.connect(':memory:')", id="sqlite"),
        pytest.param("import ssl\ndef call(): ssl.create_default_context()", id="tls"),
        pytest.param("import os\ndef call(): os.path.isfile('/')", id="stat"),
        pytest.param("\ndef call(): open('/dev/null')", id="open"),
        pytest.param("import threading\ndef call(): threading.Event().wait(0.001)", id="event"),
    ],
)
async def test_each_kind_of_call_is_found(blocking_calls, source):
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        define("http/example.py", source)()
    assert len(found) == 1
    assert found[0].startswith("duro/http/example.py:2 in call: ")


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


async def test_a_log_handler_that_writes_a_file_is_not_found(blocking_calls, tmp_path):
    handler = logging.FileHandler(tmp_path / "log")
    logger = logging.getLogger("duro.test")
    logger.addHandler(handler)
    try:
        with blocking_calls.expect() as found:
            define("http/example.py", "import logging\ndef call(): logging.getLogger('duro.test').warning('text')")()
    finally:
        logger.removeHandler(handler)
        handler.close()
    assert found == []


async def test_a_blocking_client_may_block_the_loop_of_its_caller(blocking_calls):
    async def pause():
        await anyio.sleep(0.01)

    with blocking_calls.expect() as found:
        portal.run(pause)
    assert found == []


async def test_calls_on_the_loop_of_the_portal_are_found(blocking_calls):
    call = define("http/example.py", "import time\nasync def call(): time.sleep(0)")
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        portal.run(call)
    assert len(found) == 1
    assert found[0].startswith("duro/http/example.py:2 in call: time.sleep\n")


async def test_calls_in_a_worker_thread_are_not_found(blocking_calls):
    with blocking_calls.expect() as found:
        await anyio.to_thread.run_sync(read_boot_id)
    assert found == []


async def test_the_lock_of_coverage_is_no_finding(blocking_calls, monkeypatch):
    """Its tracer takes the lock in the frame of the function that it measures. Here, another thread holds it."""
    lock = threading.Lock()
    measurement = SimpleNamespace(_collector=SimpleNamespace(data_lock=lock))
    monkeypatch.setattr(coverage.Coverage, "current", lambda: measurement)
    source = "def call(lock): lock.acquire()"
    with blocking_calls.expect() as found, pytest.raises(BlockingError):
        define("http/example.py", source)(_locked())
    assert len(found) == 1

    lock.acquire()
    threading.Timer(0.02, lock.release).start()
    with blocking_calls.expect() as found:
        define("http/example.py", source)(lock)
    assert found == []


def _locked():
    lock = threading.Lock()
    lock.acquire()
    return lock

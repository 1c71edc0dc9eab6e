"""``gunicorn --preload``: two workers inherit a client that was used before the fork; each gets its own responses."""

from __future__ import annotations

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import httpx
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    pytest.mark.skipif(find_spec("gunicorn") is None, reason="gunicorn is not installed"),
]

ROUNDS = 50

# A worker handles one request at a time, so two requests that wait for each other are in two workers. A worker whose
# end relied on the time limit of the SDK would exceed that of the test.
SHOP = """
import json, multiprocessing, os
from duro import Duro
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600

client = Duro(**json.loads(os.environ["OPTIONS"]))
client.request("GET", "/v1/plans")
both_workers = multiprocessing.Barrier(2)

def application(environ, start_response):
    both_workers.wait(30)
    body = json.dumps([os.getpid(), work(environ["PATH_INFO"][1:])]).encode()
    start_response("200 OK", [("content-type", "application/json"), ("content-length", str(len(body)))])
    return [body]
"""

# Gunicorn settings: print the port, and print a line when a worker gets SIGTERM.
HOOKS = """
import signal

def when_ready(server):
    print(server.LISTENERS[0].getsockname()[1], flush=True)

def post_worker_init(worker):
    def stop(number, frame):
        print("stopping", flush=True)
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)
"""

COMMAND = 'import sys; sys.argv[0] = "gunicorn"; from gunicorn.app.wsgiapp import run; run()'
ARGUMENTS = ("--preload", "--workers=2", "--bind=127.0.0.1:0", "--config=hooks.py", "--log-level=warning")


@pytest.fixture
def gunicorn(run_program, tmp_path, monkeypatch):
    """Serve an application whose requests run ``work``; return the program and its URL."""

    def start(options, work):
        (tmp_path / "shop.py").write_text(SHOP + work)
        (tmp_path / "hooks.py").write_text(HOOKS)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPTIONS", json.dumps(options))
        # Python 3.12 and newer warn about each fork of a process that has threads.
        running = run_program(COMMAND, *ARGUMENTS, "shop:application", options=["-W", "ignore::DeprecationWarning"])
        return running, f"http://127.0.0.1:{running.read_line()}"

    return start


def test_two_workers_get_their_own_responses(gunicorn, sandbox):
    work = """
def work(name):
    created = client.customers.create(email=f"{name}@example.com")
    return [created.email, client.customers.retrieve(created.id).email]
"""
    running, url = gunicorn(sandbox.options, work)
    workers = set()
    with httpx.Client(base_url=url, timeout=30) as browser, ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            names = [f"one-{number}", f"other-{number}"]
            for name, response in zip(names, pool.map(browser.get, [f"/{name}" for name in names]), strict=True):
                worker, emails = response.json()
                assert emails == [f"{name}@example.com"] * 2
                workers.add(worker)
    assert len(workers - {running.process.pid}) == 2
    created = [entry for entry in sandbox.requests if entry.path == "/v1/customers"]
    assert len({entry.idempotency_key for entry in created}) == len(created) == 2 * ROUNDS

    running.send_signal(signal.SIGTERM)
    running.wait()
    assert running.read_lines() == ["stopping"] * 2
    assert running.status == 0
    assert running.unexpected_errors == []


def test_calls_in_progress_get_their_responses_during_a_graceful_stop(gunicorn, raw_server):
    stopping = threading.Event()

    def reply(request):
        if request.method == "POST":
            stopping.wait(30)
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    options = {"credential": "sk_test_1", "base_url": raw_server.url}
    running, url = gunicorn(options, 'def work(name): return client.request("POST", f"/v1/{name}")')
    assert raw_server.wait_for_request().path == "/v1/plans"
    with httpx.Client(base_url=url, timeout=30) as browser, ThreadPoolExecutor(2) as pool:
        responses = [pool.submit(browser.get, f"/{name}") for name in ("one", "other")]
        assert {raw_server.wait_for_request().path, raw_server.wait_for_request().path} == {"/v1/one", "/v1/other"}
        running.send_signal(signal.SIGTERM)
        assert [running.read_line(), running.read_line()] == ["stopping"] * 2
        stopping.set()
        assert [response.result().json()[1] for response in responses] == ["/v1/one", "/v1/other"]
    running.wait()
    assert running.status == 0
    assert running.unexpected_errors == []
    assert len(raw_server.received) == 3

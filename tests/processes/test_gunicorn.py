"""``gunicorn --preload``: two workers share a client that was used before the fork, and each gets its own answers."""

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
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.skipif(find_spec("gunicorn") is None, reason="gunicorn is not installed"),
]

ROUNDS = 50
MAX_STOP_SECONDS = 5.0

# A worker has one request at a time, so that two requests that meet are in two workers.
SHOP = """
import json, multiprocessing, os
from duro import Duro

client = Duro(**json.loads(os.environ["OPTIONS"]))
client.request("GET", "/v1/plans")
both = multiprocessing.Barrier(2)

def application(environ, start_response):
    both.wait(30)
    answer = json.dumps([os.getpid(), work(environ["PATH_INFO"][1:])]).encode()
    start_response("200 OK", [("content-type", "application/json"), ("content-length", str(len(answer)))])
    return [answer]
"""

# What gunicorn is told besides: to say where it listens, and when a worker was told to stop.
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
    """Serve a shop whose requests do some work: ``gunicorn(options, work)`` gives the program and its address."""

    def start(options, work):
        (tmp_path / "shop.py").write_text(SHOP + work)
        (tmp_path / "hooks.py").write_text(HOOKS)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPTIONS", json.dumps(options))
        # Python 3.12 and newer warn of every fork beside threads; that it works is what is tested here.
        running = run_program(COMMAND, *ARGUMENTS, "shop:application", options=["-W", "ignore::DeprecationWarning"])
        return running, f"http://127.0.0.1:{running.read_line()}"

    return start


def test_two_workers_get_their_own_answers(gunicorn, sandbox):
    work = """
def work(name):
    made = client.customers.create(email=f"{name}@example.com")
    return [made.email, client.customers.retrieve(made.id).email]
"""
    running, url = gunicorn(sandbox.options, work)
    workers = set()
    with httpx.Client(base_url=url, timeout=30) as browser, ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            names = [f"one-{number}", f"other-{number}"]
            for name, answer in zip(names, pool.map(browser.get, [f"/{name}" for name in names]), strict=True):
                worker, emails = answer.json()
                assert emails == [f"{name}@example.com"] * 2
                workers.add(worker)
    assert len(workers - {running.process.pid}) == 2
    made = [entry for entry in sandbox.requests if entry.path == "/v1/customers"]
    assert len({entry.idempotency_key for entry in made}) == len(made) == 2 * ROUNDS

    running.send_signal(signal.SIGTERM)
    assert running.wait() < MAX_STOP_SECONDS
    assert running.read_lines() == ["stopping"] * 2
    assert running.status == 0
    assert running.unexpected_errors == []


def test_a_graceful_stop_lets_calls_in_flight_be_answered(gunicorn, raw_server):
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
        asking = [pool.submit(browser.get, f"/{name}") for name in ("one", "other")]
        assert {raw_server.wait_for_request().path, raw_server.wait_for_request().path} == {"/v1/one", "/v1/other"}
        running.send_signal(signal.SIGTERM)
        assert [running.read_line(), running.read_line()] == ["stopping"] * 2
        stopping.set()
        assert [asked.result().json()[1] for asked in asking] == ["/v1/one", "/v1/other"]
    assert running.wait() < MAX_STOP_SECONDS
    assert running.status == 0
    assert running.unexpected_errors == []
    assert len(raw_server.received) == 3

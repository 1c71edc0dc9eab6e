"""Celery's prefork pool: two workers inherit a client that was used before the fork; each gets its own responses."""

from __future__ import annotations

import json
import os
import signal
import threading
from importlib.util import find_spec

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    pytest.mark.skipif(find_spec("celery") is None, reason="celery is not installed"),
]

TASKS = 100

# A worker runs one task at a time, so two tasks that wait for each other run in two workers. The broker is in the
# memory of the parent, and only the parent uses it. A worker whose end relied on the time limit of the SDK would exceed
# that of the test.
WORKER = """
import json, multiprocessing, os, sys
from celery import Celery
from duro import Duro
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600

client = Duro(**json.loads(sys.argv[1]))
client.request("GET", "/v1/plans")
both_workers = multiprocessing.Barrier(2)
app = Celery("shop", broker="memory://")
app.conf.update(worker_redirect_stdouts=False, worker_hijack_root_logger=False, task_ignore_result=True)

def report(*values):
    os.write(1, (json.dumps(values) + "\\n").encode())

@app.task
def task(name):
    both_workers.wait(30)
    try:
        report(os.getpid(), name, work(name))
    except BaseException as error:
        report(os.getpid(), name, repr(error))

def serve(names):
    for name in names:
        task.delay(name)
    app.worker_main(["--quiet", "worker", "--pool=prefork", "--concurrency=2", "--loglevel=ERROR"])
"""


@pytest.fixture
def celery(run_program):
    """Start a worker that runs a task for each name: ``celery(options, names, work)``."""

    def start(options, names, work):
        source = f"{WORKER}\n{work}\nserve({names!r})"
        # Python 3.12 and newer warn about each fork of a process that has threads.
        return run_program(source, json.dumps(options), options=["-W", "ignore"])

    return start


def stop(running):
    running.send_signal(signal.SIGTERM)
    while "Warm shutdown" not in running.read_line():
        pass


def test_two_workers_get_their_own_responses(celery, sandbox):
    names = [f"task-{number}" for number in range(TASKS)]
    work = """
def work(name):
    created = client.customers.create(email=f"{name}@example.com")
    return [created.email, client.customers.retrieve(created.id).email]
"""
    running = celery(sandbox.options, names, work)
    results = [json.loads(running.read_line()) for _ in names]
    assert sorted(name for _, name, _ in results) == sorted(names)
    for _, name, emails in results:
        assert emails == [f"{name}@example.com"] * 2
    assert len({worker for worker, _, _ in results} - {running.process.pid}) == 2
    created = [entry for entry in sandbox.requests if entry.path == "/v1/customers"]
    assert len({entry.idempotency_key for entry in created}) == len(created) == TASKS

    stop(running)
    running.wait()
    assert running.status == 0
    assert running.unexpected_errors == []


def test_calls_in_progress_get_their_responses_during_a_graceful_stop(celery, raw_server):
    stopping = threading.Event()

    def reply(request):
        if request.method == "POST":
            stopping.wait(30)
        return raw_server.json(b'"%s"' % request.path.encode())

    raw_server.reply = reply
    options = {"credential": "sk_test_1", "base_url": raw_server.url}
    running = celery(options, ["one", "other"], 'def work(name): return client.request("POST", f"/v1/{name}")')
    assert raw_server.wait_for_request().path == "/v1/plans"
    assert {raw_server.wait_for_request().path, raw_server.wait_for_request().path} == {"/v1/one", "/v1/other"}
    stop(running)
    stopping.set()
    results = [json.loads(running.read_line()) for _ in range(2)]
    assert {name: response for _, name, response in results} == {"one": "/v1/one", "other": "/v1/other"}
    running.wait()
    assert running.status == 0
    assert running.unexpected_errors == []
    assert len(raw_server.received) == 3

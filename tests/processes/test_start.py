"""Programs in which the thread of the blocking client cannot start."""

from __future__ import annotations

import sys

import pytest

resource = pytest.importorskip("resource", reason="needs limits of POSIX")

pytestmark = pytest.mark.process


@pytest.fixture
def raw_server(raw_server):
    raw_server.reply = lambda request: raw_server.json(b'"%s"' % request.path.encode())
    return raw_server


AFTER_MAIN = """
import sys, threading
from duro import Duro, DuroError

client = Duro("sk_test_1", base_url=sys.argv[1])

def work():
    threading.main_thread().join()
    try:
        print(client.request("GET", "/v1/late"), flush=True)
    except DuroError as error:
        print(type(error).__name__, error, flush=True)
    client.close()

threading.Thread(target=work).start()
"""


def test_the_first_call_after_the_end_of_the_main_thread(select_loop, raw_server, run_program):
    running = run_program(select_loop + AFTER_MAIN, raw_server.url)
    (line,) = running.read_lines()
    running.wait()
    # These releases of Python do not start a thread after the end of the main thread.
    if (3, 12) <= sys.version_info < (3, 12, 3):
        assert line.startswith("ClientClosedError the blocking client cannot start after the main thread has ended")
    else:
        assert line == "/v1/late"
    assert running.unexpected_errors == []
    assert running.status == 0


def test_a_call_after_the_end_of_the_main_thread_uses_a_running_portal(select_loop, raw_server, run_program):
    source = AFTER_MAIN + 'client.request("GET", "/v1/early")\n'
    running = run_program(select_loop + source, raw_server.url)
    assert running.read_lines() == ["/v1/late"]
    running.wait()
    assert running.unexpected_errors == []


OPEN_ALL = """
import os, resource, sys, threading
from duro import ConnectionFailedError, Duro
import anyio.to_thread, httpcore, httpx, ssl  # a module cannot be imported without a descriptor
try:
    import uvloop
except ImportError:
    pass
with Duro("sk_test_1", base_url=sys.argv[1]) as warm:
    pass

def open_all(left):
    opened = []
    try:
        while True:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        for _ in range(left):
            os.close(opened.pop())
    return opened

resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
client = Duro("sk_test_1", base_url=sys.argv[1], retries=0)
"""


@pytest.mark.parametrize("left", [0, 1, 2, 3, 5, 7, 9])
def test_without_descriptors_the_call_fails_and_the_next_one_works(left, select_loop, raw_server, run_program):
    source = """
opened = open_all(int(sys.argv[2]))
try:
    client.request("POST", "/v1/x")
except ConnectionFailedError as error:
    message = str(error)
    cause = type(error.__cause__).__name__
for descriptor in opened:
    os.close(descriptor)
print(message)
print(cause)
print(client.request("GET", "/v1/after"))
client.close()
"""
    running = run_program(select_loop + OPEN_ALL + source, raw_server.url, left)
    message, cause, after = running.read_lines()
    running.wait()
    assert "Too many open files" in message
    assert "nothing was sent" in message
    assert "raise the limit of open files" in message
    assert cause == "OSError"
    assert after == "/v1/after"
    assert running.unexpected_errors == []
    assert running.status == 0


def test_every_call_that_waits_for_the_start_gets_an_error_of_its_own(select_loop, raw_server, run_program):
    source = """
from duro.blocking import portal

waiting = threading.Semaphore(0)
check = portal.check_descriptors
wait_for_start = portal._PortalThread.wait_for_start

def check_when_all_wait():
    for _ in range(8):
        waiting.acquire()
    check()

def wait(self):
    waiting.release()
    wait_for_start(self)

portal.check_descriptors = check_when_all_wait
portal._PortalThread.wait_for_start = wait
errors = []

def call():
    try:
        client.request("GET", "/v1/x")
    except ConnectionFailedError as error:
        errors.append(error)

opened = open_all(0)
threads = [threading.Thread(target=call) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for descriptor in opened:
    os.close(descriptor)
print(len(set(map(id, errors))), len(set(map(str, errors))))
portal.check_descriptors = check
print(client.request("GET", "/v1/after"))
client.close()
"""
    running = run_program(select_loop + OPEN_ALL + source, raw_server.url)
    assert running.read_lines() == ["8 1", "/v1/after"], running.errors
    running.wait()
    assert running.unexpected_errors == []


def test_without_threads_the_call_fails_and_the_next_one_works(raw_server, run_program):
    source = """
import sys, threading
from duro import ConnectionFailedError, Duro

def refuse(*arguments, **options):
    raise RuntimeError("can't start new thread")

client = Duro("sk_test_1", base_url=sys.argv[1])
start, threading.Thread.start = threading.Thread.start, refuse
try:
    client.request("POST", "/v1/x")
except ConnectionFailedError as error:
    print(error)
threading.Thread.start = start
print(client.request("GET", "/v1/after"))
client.close()
"""
    running = run_program(source, raw_server.url)
    message, after = running.read_lines()
    assert "too many threads" in message
    assert after == "/v1/after"


def test_a_subinterpreter_raises_configuration_error(select_loop, raw_server, run_program):
    pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    source = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

inside = '''
import sys
sys.path[:0] = {path!r}
{select_loop}
from duro import ConfigurationError, Duro
with Duro("sk_test_1", base_url={url!r}) as client:
    try:
        client.request("GET", "/v1/x")
    except ConfigurationError as error:
        print(error, flush=True)
'''.format(path=sys.path, select_loop=select_loop, url=sys.argv[1])
run = getattr(interpreters, "exec", None) or interpreters.run_string
failure = run(interpreters.create(), inside)
print(failure and failure.formatted, flush=True)
"""
    running = run_program(f"import sys\nselect_loop = {select_loop!r}\n{source}", raw_server.url)
    message, failure = running.read_lines()
    assert message.startswith("the blocking client cannot start in a subinterpreter")
    assert "use AsyncDuro, or call from the main interpreter" in message
    assert failure == "None"

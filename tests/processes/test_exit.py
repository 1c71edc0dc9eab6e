"""A program that never closes its client ends all the same, quickly and quietly."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.process

MAX_EXIT_SECONDS = 2.0

IDLE = """
import sys
from duro import Duro

client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/idle")
"""

# The thread is in the call as soon as the server has the request, of which the test tells by a line.
IN_FLIGHT = """
import sys, threading
from duro import Duro

client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
client.request("GET", "/v1/idle")
threading.Thread(target=lambda: client.request("POST", "/v1/hang", json={}), daemon=True).start()
sys.stdin.readline()
"""

ENDINGS = {
    "returns": ("print('ending', flush=True)", 0),
    "sys.exit": ("print('ending', flush=True); sys.exit(3)", 3),
    "raises": ("print('ending', flush=True); raise LookupError('the last word')", 1),
}


@pytest.fixture
def hanging_server(raw_server):
    raw_server.reply = lambda request: raw_server.HANG if request.path == "/v1/hang" else raw_server.json(b"{}")
    return raw_server


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("state", ["idle", "in flight"])
def test_an_unclosed_client_lets_the_program_end(state, ending, select_loop, hanging_server, run_program):
    last_line, status = ENDINGS[ending]
    running = run_program(select_loop + (IDLE if state == "idle" else IN_FLIGHT) + last_line, hanging_server.url)
    assert hanging_server.wait_for_request().path == "/v1/idle"
    if state == "in flight":
        assert hanging_server.wait_for_request().path == "/v1/hang"
        running.write_line()
    assert running.read_line() == "ending"

    assert running.wait() < MAX_EXIT_SECONDS
    assert running.status == status
    if ending == "raises":
        assert running.errors.count("Traceback") == 1
        assert running.unexpected_errors[-1] == "LookupError: the last word\n"
    else:
        assert running.unexpected_errors == []


def test_a_request_in_flight_is_cancelled_at_exit(hanging_server, run_program):
    running = run_program(IN_FLIGHT, hanging_server.url)
    hanging_server.wait_for_request()
    hanging_server.wait_for_request()
    running.write_line()
    assert hanging_server.wait_for_disconnect().path == "/v1/hang"
    running.wait()
    assert running.status == 0


def test_a_daemon_thread_in_a_call_ends_at_exit_with_its_finally_blocks(hanging_server, run_program):
    source = """
    import atexit, sys, threading
    thread = threading.Thread(target=lambda: work(), daemon=True)

    @atexit.register  # before the SDK is imported, and so run after it
    def join():
        thread.join()
        print("joined", flush=True)

    from duro import Duro

    def work():
        try:
            with Duro("sk_test_1", base_url=sys.argv[1]) as client:
                while True:
                    try:
                        client.request("GET", "/v1/hang")
                    except Exception as error:
                        print("caught", error, flush=True)
        finally:
            print("finally", flush=True)

    thread.start()
    sys.stdin.readline()
    """
    running = run_program(source, hanging_server.url)
    hanging_server.wait_for_request()
    running.write_line()
    running.wait()
    assert running.read_lines() == ["finally", "joined"]
    assert running.unexpected_errors == []
    assert running.status == 0


def test_calls_work_in_an_atexit_callback_of_the_program(hanging_server, run_program):
    source = """
    import atexit, sys
    from duro import Duro

    client = Duro("sk_test_1", base_url=sys.argv[1])

    @atexit.register
    def say_goodbye():
        print(client.request("GET", "/v1/goodbye"), flush=True)
        client.close()

    client.request("GET", "/v1/idle")
    """
    running = run_program(source, hanging_server.url)
    running.wait()
    assert running.read_lines() == ["{}"]
    assert running.unexpected_errors == []
    assert running.status == 0


def test_a_call_after_the_portal_ended_for_good_says_so(hanging_server, run_program):
    source = """
    import atexit, sys

    @atexit.register  # before the SDK is imported, and so run after it
    def too_late():
        try:
            client.request("GET", "/v1/late")
        except Exception as error:
            print(type(error).__name__, flush=True)

    from duro import Duro
    client = Duro("sk_test_1", base_url=sys.argv[1])
    client.request("GET", "/v1/idle")
    """
    running = run_program(source, hanging_server.url)
    running.wait()
    assert running.read_lines() == ["ClientClosedError"]
    assert running.unexpected_errors == []


def test_a_task_that_resists_cancellation_holds_the_exit_up_for_two_seconds_at_most(run_program):
    source = """
    import sys, threading
    import anyio
    from duro import Duro

    class Stubborn:
        async def send(self, request):
            with anyio.CancelScope(shield=True):
                print("in flight", flush=True)
                while True:
                    try:
                        await anyio.sleep_forever()
                    except BaseException:
                        pass

        async def aclose(self):
            pass

    client = Duro("sk_test_1", base_url="http://127.0.0.1", transport=Stubborn())
    threading.Thread(target=lambda: client.request("GET", "/v1/hang"), daemon=True).start()
    sys.stdin.readline()
    """
    running = run_program(source)
    assert running.read_line() == "in flight"
    running.write_line()
    assert running.wait() < MAX_EXIT_SECONDS + 1
    assert running.unexpected_errors == []
    assert running.status == 0


def test_an_unclosed_client_warns_when_warnings_are_asked_for(hanging_server, run_program):
    source = IDLE + "del client; print('gone')"
    running = run_program(source, hanging_server.url, options=["-W", "default::ResourceWarning"])
    running.wait()
    assert running.read_lines() == ["gone"]
    assert "ResourceWarning: a Duro client was not closed" in running.errors


def test_a_look_up_that_hangs_does_not_hold_the_exit_up(run_program):
    # As with a name server that never answers.
    source = """
import socket, sys, threading
sys.modules["uvloop"] = None  # uvloop makes look-ups in threads that nobody joins
from duro import Duro

asked = threading.Event()

def hang(*question, **hints):
    asked.set()
    threading.Event().wait()

socket.getaddrinfo = hang
client = Duro("sk_test_1", base_url="https://api.example.com")
for number in range(3):
    threading.Thread(target=lambda: client.request("GET", "/v1/hang"), daemon=True).start()
asked.wait()
print(sum(thread.name == "duro-look-up" for thread in threading.enumerate()), flush=True)
"""
    running = run_program(source)
    assert running.read_line() == "1"
    assert running.wait() < MAX_EXIT_SECONDS
    assert running.unexpected_errors == []
    assert running.status == 0

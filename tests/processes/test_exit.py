"""Program exit with a client that is not closed: quick and without output."""

from __future__ import annotations

import pytest

from duro.blocking import portal

pytestmark = [pytest.mark.process, pytest.mark.plain_and_tls]

# An exit that relied on the time limit of the SDK would exceed that of the test.
IDLE = """
import sys
from duro import Duro
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600

client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/idle")
"""

# The test writes a line when the server has the request, so the thread is in the call by then.
IN_PROGRESS = """
import sys, threading
from duro import Duro
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600
client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
client.request("GET", "/v1/idle")
write = {"json": {}, "idempotency_key": "key-of-mine"}
threading.Thread(target=lambda: client.request("POST", "/v1/hang", **write), daemon=True).start()
sys.stdin.readline()
"""

ENDINGS = {
    "returns": ("print('ending', flush=True)", 0),
    "sys.exit": ("print('ending', flush=True); sys.exit(3)", 3),
    "raises": ("print('ending', flush=True); raise LookupError('the last line')", 1),
}


@pytest.fixture
def hanging_server(raw_server):
    raw_server.reply = lambda request: raw_server.HANG if request.path == "/v1/hang" else raw_server.json(b"{}")
    return raw_server


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("state", ["idle", "in progress"])
def test_a_program_ends_although_its_client_is_not_closed(state, ending, select_loop, hanging_server, run_program):
    last_line, status = ENDINGS[ending]
    running = run_program(select_loop + (IDLE if state == "idle" else IN_PROGRESS) + last_line, hanging_server.url)
    assert hanging_server.wait_for_request().path == "/v1/idle"
    if state == "in progress":
        assert hanging_server.wait_for_request().path == "/v1/hang"
        running.write_line()
    assert running.read_line() == "ending"

    running.wait()
    assert running.status == status
    if state == "in progress":
        (warning,) = running.lost_outcomes
        assert "POST /v1/" in warning
        assert "idempotency_key='key-of-mine'" in warning
    else:
        assert running.lost_outcomes == []
    if ending == "raises":
        assert running.errors.count("Traceback") == 1
        others = [line for line in running.unexpected_errors if line not in running.lost_outcomes]
        assert others[-1] == "LookupError: the last line\n"
    else:
        assert running.unexpected_errors == running.lost_outcomes


def test_a_request_in_progress_is_cancelled_at_exit(hanging_server, run_program):
    running = run_program(IN_PROGRESS, hanging_server.url)
    hanging_server.wait_for_request()
    hanging_server.wait_for_request()
    running.write_line()
    assert hanging_server.wait_for_disconnect().path == "/v1/hang"
    running.wait()
    assert running.status == 0


def test_a_daemon_thread_in_a_call_runs_its_finally_blocks_at_exit(hanging_server, run_program):
    source = """
    import atexit, sys, threading
    thread = threading.Thread(target=lambda: work(), daemon=True)

    @atexit.register  # registered before the SDK is imported, so it runs after the SDK's own callback
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
    def call_at_exit():
        print(client.request("GET", "/v1/exit"), flush=True)
        client.close()

    client.request("GET", "/v1/idle")
    """
    running = run_program(source, hanging_server.url)
    running.wait()
    assert running.read_lines() == ["{}"]
    assert running.unexpected_errors == []
    assert running.status == 0


def test_a_call_after_the_portal_has_ended_raises_client_closed_error(hanging_server, run_program):
    source = """
    import atexit, sys

    @atexit.register  # registered before the SDK is imported, so it runs after the SDK's own callback
    def call_too_late():
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


def test_a_task_that_ignores_cancellation_delays_the_exit_by_at_most_two_seconds(run_program):
    source = """
    import sys, threading
    import anyio
    from duro import Duro
    from duro.blocking import portal

    portal.EXIT_TIMEOUT = 0.1

    class UncancellableTransport:
        async def send(self, request):
            with anyio.CancelScope(shield=True):
                print("in progress", flush=True)
                while True:
                    try:
                        await anyio.sleep_forever()
                    except BaseException:
                        pass

        async def aclose(self):
            pass

    client = Duro("sk_test_1", base_url="http://127.0.0.1", transport=UncancellableTransport())
    threading.Thread(target=lambda: client.request("GET", "/v1/hang"), daemon=True).start()
    sys.stdin.readline()
    """
    running = run_program(source)
    assert running.read_line() == "in progress"
    running.write_line()
    # It would never end without the limit, which is two seconds outside this test.
    assert portal.EXIT_TIMEOUT == 2.0
    running.wait()
    assert running.unexpected_errors == []
    assert running.status == 0


def test_an_unclosed_client_warns_when_resource_warnings_are_enabled(hanging_server, run_program):
    source = IDLE + "del client; print('deleted')"
    running = run_program(source, hanging_server.url, options=["-W", "default::ResourceWarning"])
    running.wait()
    assert running.read_lines() == ["deleted"]
    assert "ResourceWarning: a Duro client was not closed" in running.errors


HANGING_LOOKUP = """
import asyncio, socket, sys, threading
import anyio
from duro import AsyncDuro, Duro
from duro.blocking import portal

portal.EXIT_TIMEOUT = 600

started = threading.Event()

def hang(*arguments, **options):
    started.set()
    threading.Event().wait()

socket.getaddrinfo = hang

async def cancel_during_the_lookup():
    async with AsyncDuro("sk_test_1", base_url="http://localhost:9") as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.request, "GET", "/v1/hang")
        while not started.is_set():
            await anyio.sleep(0.001)
        tasks.cancel_scope.cancel()

def call_in_threads():
    client = Duro("sk_test_1", base_url="http://localhost:9")
    for number in range(3):
        threading.Thread(target=lambda: client.request("GET", "/v1/hang"), daemon=True).start()
    started.wait()
"""

LOOKUPS = {
    "blocking": "call_in_threads()",
    "blocking without uvloop": 'sys.modules["uvloop"] = None; call_in_threads()',
    "asyncio": "asyncio.run(cancel_during_the_lookup())",
    "uvloop": "import uvloop; uvloop.run(cancel_during_the_lookup())",
    "trio": "import trio; trio.run(cancel_during_the_lookup)",
}


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_a_name_lookup_that_hangs_does_not_delay_the_exit(lookup, run_program):
    # A name server that does not respond has the same effect.
    threads = 'print(sum(thread.name == "duro-resolver" for thread in threading.enumerate()), flush=True)'
    running = run_program(f"{HANGING_LOOKUP}\n{LOOKUPS[lookup]}\n{threads}")
    assert running.read_line() == "1"
    running.wait()
    assert running.unexpected_errors == []
    assert running.status == 0


CLOSINGS = {
    "a callback that runs after that of the SDK": """
import atexit
atexit.register(lambda: close())
""",
    "a callback that runs before that of the SDK": """
import atexit
from duro import Duro
atexit.register(lambda: close())
""",
    "weakref.finalize": """
import weakref
class Holder:
    pass
holder = Holder()
weakref.finalize(holder, lambda: close())
""",
    "__del__": """
class Holder:
    def __del__(self):
        self.close()
holder = Holder()
""",
    "__del__ in another module": """
import types
class Holder:
    def __del__(self):
        self.close()
holder = Holder()
sys.modules["aaa"] = types.ModuleType("aaa")
sys.modules["aaa"].holder = holder
""",
    "__del__ in a reference cycle": """
class Holder:
    def __del__(self):
        self.close()
holder = Holder()
holder.cycle = holder
""",
}


@pytest.mark.parametrize("used", [True, False], ids=["used", "never used"])
@pytest.mark.parametrize("closing", CLOSINGS)
def test_close_at_exit_is_quiet(closing, used, select_loop, hanging_server, run_program):
    source = f"""
from duro import Duro

client = Duro("sk_test_1", base_url=sys.argv[1])
if {used}:
    client.request("GET", "/v1/idle")

def close(client=client, write=sys.__stdout__.write, flush=sys.__stdout__.flush):
    client.close()
    client.close()
    write("closed\\n")
    flush()

if "holder" in globals():
    holder.close = close
"""
    running = run_program("import sys\n" + CLOSINGS[closing] + select_loop + source, hanging_server.url)
    running.wait()
    assert running.read_lines() == ["closed"], running.errors
    assert running.errors == ""
    assert running.status == 0


def test_client_closed_at_exit_rejects_calls(hanging_server, run_program):
    source = """
import atexit, sys

@atexit.register  # registered before the SDK is imported, so it runs after the SDK's own callback
def close():
    client.close()
    try:
        client.request("GET", "/v1/late")
    except Exception as error:
        print(type(error).__name__, flush=True)
    try:
        client.__enter__()
    except Exception as error:
        print(error, flush=True)

from duro import Duro
client = Duro("sk_test_1", base_url=sys.argv[1])
client.request("GET", "/v1/idle")
"""
    running = run_program(source, hanging_server.url)
    running.wait()
    assert running.read_lines() == ["ClientClosedError", "this client is closed; create a new one"]
    assert running.errors == ""

"""Inboxes in a forked child: a lock that another thread of the parent held does not block the child."""

from __future__ import annotations

import os
from textwrap import dedent

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
]

BEGIN = """
import os, sys, threading, time, warnings
import anyio
from duro.webhooks import MemoryInbox, SQLiteInbox
warnings.simplefilter("ignore", DeprecationWarning)

path = sys.argv[1]
inbox = MemoryInbox() if path == "memory" else SQLiteInbox(path)

def acquire(event_id):
    return anyio.run(inbox.acquire, event_id, f"holder of {os.getpid()}").name

def run_in_child(work):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        work()
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


@pytest.fixture(params=["memory", "sqlite"])
def kind(request, tmp_path):
    return "memory" if request.param == "memory" else str(tmp_path / "inbox.db")


def test_lock_held_at_the_fork_does_not_block_the_child(run_program, kind):
    source = """
    acquire("evt_1")
    lock = getattr(inbox, "_lock", None) or inbox._database._lock
    held, release = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    print(run_in_child(lambda: print("child", acquire("evt_2"))))
    release.set()
    thread.join()
    print("parent", acquire("evt_3"))
    """
    program = run_program(BEGIN + dedent(source), kind)
    program.wait()
    assert program.read_lines() == ["child CLAIMED", "0", "parent CLAIMED"]
    assert program.unexpected_errors == []


def test_threads_of_a_child_share_one_lock(run_program, kind):
    """The lock is replaced before the child can start a thread, and not at the first use in each thread."""
    source = """
    acquire("evt_1")

    def claim_in_threads():
        barrier, statuses = threading.Barrier(8), []

        def claim():
            barrier.wait(10)
            statuses.append(acquire("evt_2"))

        threads = [threading.Thread(target=claim) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(sorted(statuses) == ["CLAIMED"] + 7 * ["IN_PROGRESS"])

    print(run_in_child(claim_in_threads))
    """
    program = run_program(BEGIN + dedent(source), kind)
    program.wait()
    assert program.read_lines() == ["True", "0"]


def test_child_has_a_copy_of_the_claims_in_memory(run_program):
    source = """
    acquire("evt_claimed_before")
    run_in_child(lambda: print("child", acquire("evt_claimed_before"), acquire("evt_claimed_by_child")))
    print("parent", acquire("evt_claimed_by_child"))
    """
    program = run_program(BEGIN + dedent(source), "memory")
    program.wait()
    assert program.read_lines() == ["child IN_PROGRESS CLAIMED", "parent CLAIMED"]


def test_child_shares_the_claims_in_a_file(run_program, tmp_path):
    source = """
    acquire("evt_claimed_before")
    run_in_child(lambda: print("child", acquire("evt_claimed_before"), acquire("evt_claimed_by_child")))
    print("parent", acquire("evt_claimed_by_child"))
    """
    program = run_program(BEGIN + dedent(source), str(tmp_path / "inbox.db"))
    program.wait()
    assert program.read_lines() == ["child IN_PROGRESS CLAIMED", "parent IN_PROGRESS"]

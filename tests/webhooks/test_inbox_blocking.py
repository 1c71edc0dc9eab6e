"""``BlockingInbox``: the blocking twin of every inbox."""

from __future__ import annotations

import inspect
import threading

import anyio
import pytest

from duro import ConfigurationError
from duro.blocking.docstrings import blocking_docstring
from duro.webhooks import BlockingInbox, ClaimStatus, Inbox, MemoryInbox


def test_both_use_the_same_entries(inbox, make_event):
    blocking = BlockingInbox(inbox)
    assert [blocking.accept(make_event()) for _ in range(3)] == [True, False, False]
    assert not anyio.run(inbox.accept, make_event())
    blocking.forget(make_event())
    assert anyio.run(inbox.accept, make_event())


def test_claim_is_completed_or_released(inbox, time, make_event, caplog):
    blocking = BlockingInbox(inbox)

    def fail():
        with blocking.claim(make_event()) as claim:
            assert claim.status is ClaimStatus.CLAIMED
            with blocking.claim(make_event()) as repeat:
                assert repeat.status is ClaimStatus.IN_PROGRESS
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with blocking.claim(make_event()) as claim:
        assert claim
    with blocking.claim(make_event()) as claim:
        assert claim.status is ClaimStatus.HANDLED
    with blocking.claim(make_event(number=2)):
        time.now += 300
        blocking.accept(make_event(number=2))
    assert "increase the inbox's lease" in caplog.text


def test_one_of_many_threads_accepts_the_event(inbox, make_event):
    blocking, accepted = BlockingInbox(inbox), []
    gate = threading.Barrier(8)

    def deliver():
        gate.wait(10)
        accepted.append(blocking.accept(make_event()))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert accepted.count(True) == 1


@pytest.mark.parametrize("name", sorted(name for name in vars(Inbox) if not name.startswith("_")))
def test_blocking_twin_has_the_same_signature_and_docstring(name):
    method, twin = getattr(Inbox, name), inspect.getattr_static(BlockingInbox, name)
    signature = inspect.signature(method)
    annotation = signature.return_annotation.replace("AbstractAsync", "Abstract")
    assert inspect.signature(getattr(BlockingInbox(MemoryInbox()), name)) == without_self(
        signature.replace(return_annotation=annotation)
    )
    with_blocking_inbox = blocking_docstring(method.__doc__).replace("MemoryInbox()", "BlockingInbox(MemoryInbox())")
    assert twin.__doc__ == with_blocking_inbox.replace("import Event", "import BlockingInbox, Event")


def test_blocking_twins_are_all_of_the_inbox():
    assert public_names(BlockingInbox) == public_names(Inbox)


def test_blocking_hold_settles_an_acquired_claim(inbox, make_event):
    blocking = BlockingInbox(inbox)
    assert blocking.acquire("evt_1", "one") is ClaimStatus.CLAIMED
    with pytest.raises(LookupError), blocking.hold(make_event(), "one"):
        raise LookupError
    assert blocking.acquire("evt_1", "two") is ClaimStatus.CLAIMED
    with blocking.hold(make_event(), "two"):
        assert blocking.acquire("evt_1", "three") is ClaimStatus.IN_PROGRESS
    assert blocking.acquire("evt_1", "three") is ClaimStatus.HANDLED
    assert not blocking.complete("evt_1", "three")
    blocking.release("evt_1", None)
    assert blocking.acquire("evt_1", "three") is ClaimStatus.CLAIMED


def test_blocking_twin_calls_the_methods_of_a_subclass(make_event):
    class Full(MemoryInbox):
        async def accept(self, event):
            return False

    assert not BlockingInbox(Full()).accept(make_event())


def without_self(signature):
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def public_names(inbox):
    return {name for name in vars(inbox) if not name.startswith("_")}


def test_blocking_inbox_of_something_else_is_rejected():
    with pytest.raises(ConfigurationError, match="inbox must be an Inbox, got None; pass"):
        BlockingInbox(None)

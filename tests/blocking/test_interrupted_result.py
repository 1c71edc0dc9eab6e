"""Interrupts between the end of a call and its return: no outcome of a write is lost without its key."""

from __future__ import annotations

import logging
import sys

import pytest

from duro import OutcomeUnknownError, ResponseLostError
from duro.blocking import portal
from duro.blocking.portal_call import PortalCall

TRACED = (portal.run.__code__, PortalCall.result.__code__)


class Interruption:
    """Trace function that raises KeyboardInterrupt at one step, counted from zero.

    A step is the start or a line of `portal.run` or `PortalCall.result`. The lines
    of an exception handler are not steps, because CPython handles no signal there.
    """

    def __init__(self, step):
        self.step = step
        self.is_raised = False

    def __call__(self, frame, event, argument):
        if frame.f_code not in TRACED:
            return None
        if event in {"call", "line"} and sys.exc_info()[0] is None:
            if self.step == 0:
                self.is_raised = True
                raise KeyboardInterrupt
            self.step -= 1
        return self

    def trace(self, function):
        """Call a function with this trace function. Return its result or its exception."""
        outer = sys.gettrace()
        sys.settrace(self)
        try:
            return function()
        except BaseException as error:
            return error
        finally:
            sys.settrace(outer)


@pytest.fixture
def submit_and_wait(monkeypatch):
    """Let each call end before its submission returns, so that each later step has its outcome."""
    submit = portal._PortalThread.submit

    def submit_and_wait(thread, call):
        submit(thread, call)
        assert call.wait(30)

    monkeypatch.setattr(portal._PortalThread, "submit", submit_and_wait)


async def respond(request):
    return b'{"done": true}'


async def lose_response(request):
    raise ResponseLostError("the connection was reset")


def interrupt_at_each_step(caplog, client):
    """Make a write for each step, and interrupt it there. Return the outcomes, and the one without an interrupt."""
    transport = client._asynchronous._requester.state.pipeline._open_transport.__self__._source
    interrupted = []
    while True:
        caplog.clear()
        sent_before = len(transport.requests)
        key = f"key-{len(interrupted)}"
        interruption = Interruption(len(interrupted))
        outcome = interruption.trace(lambda key=key: client.request("POST", "/v1/x", idempotency_key=key))
        if not interruption.is_raised:
            return interrupted, outcome
        assert type(outcome) is KeyboardInterrupt
        is_sent = len(transport.requests) > sent_before
        notes = getattr(outcome, "__notes__", [])
        # The task of the call may report the write too, but only one of the two reports is logged.
        portal.run(pass_one_iteration)
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert notes == warnings
        assert len(notes) == is_sent
        assert all(f"idempotency_key={key!r}" in note for note in notes)
        interrupted.append(notes)


async def pass_one_iteration():
    pass


@pytest.mark.usefixtures("submit_and_wait")
def test_interrupt_at_any_step_does_not_lose_a_success(caplog, make_client):
    caplog.set_level(logging.WARNING, logger="duro.http")
    client = make_client(respond)
    interrupted, outcome = interrupt_at_each_step(caplog, client)
    assert outcome == {"done": True}
    noted = [notes for notes in interrupted if notes]
    assert all("got a response with status 200" in notes[0] for notes in noted)
    # The wait, the call of result, and the start and two lines of result.
    assert len(noted) == 5
    # Before the submission, nothing is sent. The submission itself is the last of these steps.
    assert interrupted.index(noted[0]) == len(interrupted) - 5


@pytest.mark.usefixtures("submit_and_wait")
def test_interrupt_at_any_step_does_not_lose_a_write_in_doubt(caplog, make_client):
    caplog.set_level(logging.WARNING, logger="duro.http")
    client = make_client(lose_response, retries=0)
    interrupted, outcome = interrupt_at_each_step(caplog, client)
    assert type(outcome) is OutcomeUnknownError
    noted = [notes for notes in interrupted if notes]
    assert all("was sent and may have been processed" in notes[0] for notes in noted)
    assert len(noted) == 5

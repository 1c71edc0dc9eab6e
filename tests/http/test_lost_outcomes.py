"""Writes whose caller does not get the outcome: one warning and one note with the idempotency key."""

from __future__ import annotations

import asyncio
import logging
import types
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from duro._clock import Clock
from duro.errors import DuroError, OutcomeUnknownError
from duro.http import in_flight_writes
from tests.support.call_outcomes import LOST, NOT_SENT, api_error, response

pytestmark = pytest.mark.anyio


class StopProgram(BaseException):
    """Exception of a program that no library may catch."""


# Exceptions that keep their class, and those that become an OutcomeUnknownError while a write is in doubt.
ENDINGS = [KeyboardInterrupt, SystemExit, GeneratorExit, StopProgram]
ERRORS = [MemoryError, RecursionError, LookupError]


@pytest.fixture
def warnings_of(caplog):
    """Function that returns the messages of the warnings so far."""
    caplog.set_level(logging.DEBUG, logger="duro.http")

    def warnings():
        records = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert {record.name for record in records} <= {"duro.http"}
        return [record.getMessage() for record in records]

    return warnings


@pytest.fixture
def hanging():
    """Outcome that waits forever, and the event that is set when it begins."""

    class Hanging:
        def __init__(self):
            self.begun = anyio.Event()

        async def __call__(self, request):
            self.begun.set()
            await anyio.sleep_forever()

    return Hanging()


def assert_names_the_write(text):
    assert "createThing" in text
    assert "idempotency_key='key-1'" in text


def assert_reported(warnings_of, ending):
    (warning,) = warnings_of()
    assert_names_the_write(warning)
    (note,) = ending.__notes__
    assert_names_the_write(note)


async def test_write_cancelled_by_a_scope_is_logged(pipeline_over, write, hanging, warnings_of):
    pipeline, _ = pipeline_over(hanging)
    seen = []

    async def send():
        try:
            await pipeline.execute(write)
        except BaseException as ending:
            seen.append(ending)
            raise

    with anyio.move_on_after(60) as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await hanging.begun.wait()
            scope.cancel()
    (ending,) = seen
    assert isinstance(ending, anyio.get_cancelled_exc_class())
    assert_reported(warnings_of, ending)
    assert f"ended by {type(ending).__name__}" in warnings_of()[0]


async def run_together(*functions):
    async with anyio.create_task_group() as tasks:
        for function in functions:
            tasks.start_soon(function)


async def fail_after(event):
    await event.wait()
    raise LookupError


async def test_write_cancelled_by_the_failure_of_another_task_is_logged(pipeline_over, write, hanging, warnings_of):
    pipeline, _ = pipeline_over(hanging)
    with pytest.raises(BaseExceptionGroup):
        await run_together(lambda: pipeline.execute(write), lambda: fail_after(hanging.begun))
    (warning,) = warnings_of()
    assert_names_the_write(warning)


@pytest.mark.parametrize("kind", ENDINGS)
async def test_write_ended_by_a_base_exception_keeps_its_class_and_is_logged(kind, pipeline_over, write, warnings_of):
    pipeline, _ = pipeline_over(LOST, clock=Clock(sleep=raising(kind)))
    with pytest.raises(kind) as caught:
        await pipeline.execute(write)
    assert_reported(warnings_of, caught.value)


@pytest.mark.parametrize("kind", ERRORS)
async def test_write_in_doubt_that_an_error_ends_raises_outcome_unknown_error(kind, pipeline_over, write, warnings_of):
    pipeline, _ = pipeline_over(LOST, clock=Clock(sleep=raising(kind)))
    with pytest.raises(OutcomeUnknownError, match=kind.__name__) as caught:
        await pipeline.execute(write)
    assert_names_the_write(str(caught.value))
    assert type(caught.value.__cause__) is kind
    assert warnings_of() == []


def raising(kind):
    async def raise_it(*_):
        raise kind

    return raise_it


@pytest.mark.parametrize("kind", [*ENDINGS, *ERRORS])
async def test_write_whose_response_is_not_read_is_logged(kind, pipeline_over, write, warnings_of):
    pipeline, _ = pipeline_over(response(201))

    def read(received):
        raise kind

    with pytest.raises(kind) as caught:
        await pipeline.execute(write, read)
    assert_reported(warnings_of, caught.value)
    assert "status 201" in warnings_of()[0]


@types.coroutine
def run_until(call, condition):
    """Run a coroutine in this task, up to the next point where it waits while the condition is true."""
    sent = None
    while True:
        waiting = call.send(sent)
        if condition():
            return
        sent = yield waiting


async def test_closed_coroutine_is_logged(pipeline_over, write, hanging, warnings_of):
    pipeline, _ = pipeline_over(hanging)
    call = pipeline.execute(write)
    await run_until(call, hanging.begun.is_set)
    call.close()
    (warning,) = warnings_of()
    assert_names_the_write(warning)


async def test_outcome_unknown_error_is_not_logged(pipeline_over, invocation, write, warnings_of):
    pipeline, _ = pipeline_over(LOST)
    with pytest.raises(OutcomeUnknownError):
        await pipeline.execute(write)

    def read(received):
        raise OutcomeUnknownError("unreadable", idempotency_key="key-1")

    pipeline, _ = pipeline_over(response())
    with pytest.raises(OutcomeUnknownError):
        await pipeline.execute(write, read)
    assert warnings_of() == []


async def test_write_that_was_not_sent_is_not_logged(pipeline_over, write, warnings_of):
    pipeline, _ = pipeline_over(NOT_SENT, clock=Clock(sleep=raising(KeyboardInterrupt)))
    with pytest.raises(KeyboardInterrupt) as caught:
        await pipeline.execute(write)
    assert not hasattr(caught.value, "__notes__")
    assert warnings_of() == []


async def test_read_is_not_logged(pipeline_over, read, warnings_of):
    for outcome in (LOST, response()):
        pipeline, _ = pipeline_over(outcome, clock=Clock(sleep=raising(KeyboardInterrupt)))

        def decode(received):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) as caught:
            await pipeline.execute(read, decode)
        assert not hasattr(caught.value, "__notes__")
    assert warnings_of() == []


async def test_refused_write_is_not_logged(pipeline_over, write, warnings_of):
    pipeline, _ = pipeline_over(api_error(503), clock=Clock(sleep=raising(KeyboardInterrupt)))
    with pytest.raises(KeyboardInterrupt) as caught:
        await pipeline.execute(write)
    assert not hasattr(caught.value, "__notes__")
    assert warnings_of() == []


async def test_write_in_progress_is_reported_once_at_the_end_of_the_program(
    pipeline_over, write, read, hanging, warnings_of
):
    pipeline, _ = pipeline_over(hanging)
    with anyio.move_on_after(60) as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pipeline.execute, write)
            tasks.start_soon(pipeline.execute, read)
            await hanging.begun.wait()
            in_flight_writes._report_at_exit()
            (warning,) = warnings_of()
            assert_names_the_write(warning)
            assert "the program ended" in warning
            in_flight_writes._report_at_exit()
            scope.cancel()
    assert len(warnings_of()) == 1


async def test_ended_writes_are_not_reported_at_the_end_of_the_program(pipeline_over, write, warnings_of):
    for outcome in (response(), response(404), LOST):
        pipeline, _ = pipeline_over(outcome)
        with suppress(DuroError):
            await pipeline.execute(write)
    in_flight_writes._report_at_exit()
    assert warnings_of() == []


def test_pending_task_of_a_closed_loop_is_logged_at_the_end_of_the_program(pipeline_over, write, hanging, warnings_of):
    async def begin():
        task = asyncio.ensure_future(pipeline.execute(write))
        await hanging.begun.wait()
        return task

    pipeline, _ = pipeline_over(hanging)
    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(begin())
    loop.close()
    in_flight_writes._report_at_exit()
    (warning,) = warnings_of()
    assert_names_the_write(warning)
    # A cancel scope cannot be left without a loop, and that error replaces GeneratorExit.
    with pytest.raises(OutcomeUnknownError, match="RuntimeError") as caught:
        task.get_coro().close()
    assert_names_the_write(str(caught.value))
    assert len(warnings_of()) == 1

"""Live updates: messages after changes, bounds, and the end of the streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.backend import Backend
from duro.sandbox.dashboard import live
from duro.sandbox.request_log import RequestEntry
from tests.support.html_pages import parse

PATH = "/_sandbox/live"


@pytest.fixture(autouse=True)
def short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "INTERVAL_SECONDS", 0.01)


def read_lines(response: httpx.Response) -> Iterator[str]:
    return (line for line in response.iter_lines() if line)


def read_version(lines: Iterator[str]) -> str:
    assert next(lines) == "event: change"
    return next(lines).removeprefix("data: ")


def test_stream_begins_with_the_version_of_the_page(anonymous: httpx.Client) -> None:
    page = parse(anonymous.get("/_sandbox/").text)
    with anonymous.stream("GET", PATH) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = read_lines(response)
        assert next(lines) == "retry: 1000"
        assert page.attributes("body", "data-version") == [read_version(lines)]


def test_change_is_reported_without_its_content(sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client) -> None:
    with anonymous.stream("GET", PATH) as response:
        lines = read_lines(response)
        next(lines)
        before = read_version(lines)
        api.post("/v1/customers", json={"email": "ada@example.com"})
        after = read_version(lines)
        assert before != after
        assert "ada" not in after


def test_request_that_changes_nothing_is_reported_too(anonymous: httpx.Client, api: httpx.Client) -> None:
    with anonymous.stream("GET", PATH) as response:
        lines = read_lines(response)
        next(lines)
        before = read_version(lines)
        api.get("/v1/plans")
        assert read_version(lines) != before


def test_faults_and_the_ends_of_requests_have_versions_of_their_own(sandbox: Sandbox, api: httpx.Client) -> None:
    versions = [live.read_version(sandbox._backend)]

    def add_version() -> None:
        versions.append(live.read_version(sandbox._backend))

    sandbox.faults.add("status", path="/v1/plans", status=503)
    add_version()
    sandbox._backend.request_log.count("GET", "/v1/plans")
    add_version()
    sandbox._backend.request_log.record(RequestEntry("GET", "/v1/plans", 200, None, "req_1", "", None), 0.1)
    add_version()
    sandbox.faults.clear()
    sandbox.faults.add("status", path="/v1/customers", status=503)
    add_version()
    assert len(set(versions)) == 5


def test_silent_stream_sends_heartbeats(anonymous: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.02)
    with anonymous.stream("GET", PATH) as response:
        lines = read_lines(response)
        next(lines)
        read_version(lines)
        assert next(lines) == ":"


def test_stream_ends_after_its_time(anonymous: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_STREAM_SECONDS", 0.03)
    assert anonymous.get(PATH).text.startswith("retry")


def test_stream_beyond_the_bound_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    # The sandbox of the module may not have noticed yet that the stream of another test has ended.
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as client, client.stream("GET", PATH) as response:
        lines = read_lines(response)
        next(lines)
        assert client.get(PATH).status_code == 204


@pytest.mark.usefixtures("stop_without_limit")
def test_stop_ends_open_streams_at_once() -> None:
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as client, client.stream("GET", PATH) as response:
        lines = read_lines(response)
        next(lines)
        sandbox.stop()


def test_closed_stream_leaves_its_place() -> None:
    backend = Backend.open(None, 3600)
    updates = live.LiveUpdates(backend)

    async def disconnect_at_once() -> int:
        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        async def send(_message: object) -> None:
            pass

        await updates({"type": "http", "method": "GET", "asgi": {}}, receive, send)
        return updates._open

    assert asyncio.run(disconnect_at_once()) == 0
    backend.close()

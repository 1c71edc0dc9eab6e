"""``duro export``: two exports to one file."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from duro import Duro, DuroError
from duro.cli.export import file_lock, run
from duro.cli.export.partial_file import open_partial_file
from tests.support.timeouts import TIMEOUT


class PagedServer(ThreadingHTTPServer):
    """Server with one plan on each of two pages. The second page waits for ``released``."""

    def __init__(self, plan):
        super().__init__(("127.0.0.1", 0), PageHandler)
        self.plan = plan
        self.requests = 0
        self.second_requested, self.released = threading.Event(), threading.Event()

    def page(self, path):
        if "cursor=second" not in path:
            return {"items": [{**self.plan, "id": "plan_1"}], "nextCursor": "second", "hasMore": True}
        self.second_requested.set()
        assert self.released.wait(TIMEOUT)
        return {"items": [{**self.plan, "id": "plan_2"}], "nextCursor": None, "hasMore": False}


class PageHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        body = json.dumps(self.server.page(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # The client may have been killed.
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(sandbox_environment):
    with Duro() as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month").to_dict(wire=True)
    with PagedServer(plan) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def arguments(server, tmp_path):
    address = f"http://127.0.0.1:{server.server_address[1]}"
    target = str(tmp_path / "plans.jsonl")
    return ["export", "plans", "--out", target, "--secret-key", "sk_test_example", "--base-url", address]


@contextmanager
def first_export(server, arguments):
    """Start an export, and yield its process when it waits for the second page."""
    command = [sys.executable, "-m", "duro", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert server.second_requested.wait(TIMEOUT)
            yield process
        finally:
            process.kill()


def read_ids(path):
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def read_files(folder):
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.mark.process
@pytest.mark.parametrize("options", [[], ["--overwrite"], ["--format", "csv"]])
def test_second_export_to_a_file_fails_before_it_sends_or_writes(server, arguments, run_duro, tmp_path, options):
    with first_export(server, arguments) as process:
        files, requests = read_files(tmp_path), server.requests
        finished = run_duro(*arguments, *options)
        assert finished.returncode == 1
        assert finished.stderr == (
            f"duro: {tmp_path / 'plans.jsonl'} is being written by another export; "
            "wait for its end, or pass another file to --out\n"
        )
        assert (read_files(tmp_path), server.requests) == (files, requests)
        server.released.set()
        _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, errors
    assert read_ids(tmp_path / "plans.jsonl") == ["plan_1", "plan_2"]
    assert list(read_files(tmp_path)) == ["plans.jsonl"]


@pytest.mark.process
def test_killed_export_releases_its_lock_and_another_one_continues(server, arguments, run_duro, tmp_path):
    with first_export(server, arguments) as process:
        process.kill()
        process.communicate(timeout=TIMEOUT)
    server.released.set()
    finished = run_duro(*arguments)
    assert finished.returncode == 0, finished.stderr
    assert "continuing after 1 plans" in finished.stderr
    assert read_ids(tmp_path / "plans.jsonl") == ["plan_1", "plan_2"]
    assert list(read_files(tmp_path)) == ["plans.jsonl"]


def test_target_by_another_path_is_the_same_file(tmp_path):
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("symbolic links are not permitted")
    with (
        open_partial_file(folder / "plans.csv", "plans"),
        pytest.raises(DuroError, match="is being written by another export"),
        open_partial_file(link / "plans.csv", "plans"),
    ):
        pass
    assert not list(folder.iterdir())


def test_file_that_the_other_export_deleted_before_the_lock_is_opened_again(tmp_path, monkeypatch):
    path = tmp_path / "plans.csv.part"

    def try_lock_late(file):
        monkeypatch.setattr("duro.cli.export.partial_file.try_lock", file_lock.try_lock)
        path.unlink()
        return file_lock.try_lock(file)

    monkeypatch.setattr("duro.cli.export.partial_file.try_lock", try_lock_late)
    with open_partial_file(tmp_path / "plans.csv", "plans") as partial:
        list(partial.append([{"id": "1"}], "next"))
        assert path.read_text() == '{"id":"1"}\n'


def test_file_that_another_export_finished_before_the_lock_is_kept(
    server, arguments, run_in_process, tmp_path, monkeypatch
):
    target = tmp_path / "plans.jsonl"

    @contextmanager
    def open_late(path, source):
        target.write_text("of the other export")
        with open_partial_file(path, source) as partial:
            yield partial

    monkeypatch.setattr(run, "open_partial_file", open_late)
    finished = run_in_process(*arguments)
    assert finished.returncode == 2
    assert "--out must be a new file, got 'plans.jsonl'; pass --overwrite to replace it" in finished.stderr
    assert (target.read_text(), server.requests) == ("of the other export", 0)
    assert list(read_files(tmp_path)) == ["plans.jsonl"]


def test_folder_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "_lock", refuse)
    with (
        pytest.raises(DuroError, match=r"plans.csv.part cannot be locked: No locks available; pass a file on a local "),
        open_partial_file(tmp_path / "plans.csv", "plans"),
    ):
        pass

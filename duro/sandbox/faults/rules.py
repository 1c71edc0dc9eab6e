"""Faults: which requests and deliveries a fault applies to, how often, and in which order.

``kinds`` defines what a fault does to a request.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final

from ..._unset import UNSET, Unset
from ...errors import InvalidArgumentError
from ..deliveries.delivery_faults import DeliveryFaultKind
from ..errors import ApiError
from .build import build_fault
from .fault import Fault
from .kinds import FaultKind

__all__ = ["Faults"]

# More than the precision of a float.
DRAW_BYTES: Final = 8


class Faults:
    """Faults of one sandbox, oldest first. Any thread may use them.

    Iteration includes spent faults.

    Args:
        seed: Number that selects the requests and deliveries of a ``probability``. ``None`` for a random one.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = secrets.randbits(64) if seed is None else seed
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._last_id = 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    def add(
        self,
        kind: FaultKind,
        *,
        method: str | None = None,
        path: str | None = None,
        event: str | None = None,
        times: int | None = 1,
        probability: float = 1.0,
        status: int | Unset = UNSET,
        retry_after: float | Unset = UNSET,
        seconds: float | Unset = UNSET,
        pause: float | Unset = UNSET,
        commit: bool | Unset = UNSET,
    ) -> Fault:
        """Apply a fault to later API requests or webhook deliveries.

        The first fault that matches a request and is not spent applies to it.
        Faults do not apply to ``/_sandbox``. The kinds:

        - ``status``: Error response with ``status``. The call is not processed, and its idempotency key stays free.
        - ``delay``: Response after ``seconds``. The call is processed after the delay, even if the client has gone.
        - ``reset_before``: Connection reset. The call is not processed.
        - ``reset_after``: Connection reset. The call is processed.
        - ``truncate``: Half of the response body, then the end of the connection. The call is processed.
        - ``garbage``: Status 200 with a body that is not JSON. The call is processed.
        - ``drip``: Response one byte at a time, with ``pause`` in between, then the end of the connection. The call is
          processed.
        - ``silence``: Open connection without a response. The call is processed unless ``commit`` is false.
        - ``early``: Response after the webhook deliveries of the call's events. The call is processed.
        - ``duplicate``: Delivery that is made once more after its success.
        - ``reorder``: Delivery that is made after the next one, if another one to the endpoint is due.

        Args:
            kind: Fault kind.
            method: HTTP method of the requests. ``None`` for any.
            path: Path of the requests, such as ``/v1/invoices/{id}/refund``. ``None`` for any. ``{id}`` and ``*``
                match one segment, and ``*`` also matches a part of one.
            event: Event type of the deliveries of ``duplicate`` and ``reorder``. ``None`` for any.
            times: Number of requests or deliveries to apply the fault to. ``None`` applies it until ``clear``.
            probability: Share of the matching requests or deliveries to apply the fault to, above 0 and up to 1.
            status: HTTP status of ``status``, from 400 to 599. That kind requires it.
            retry_after: Seconds of the ``Retry-After`` header of ``status``. The default leaves the header out.
            seconds: Delay of ``delay`` in seconds. That kind requires it.
            pause: Seconds between two bytes of ``drip``. The default is 0.001.
            commit: Whether ``silence`` processes the call. The default is true.

        Returns:
            The fault. Its ``times_applied`` is updated with each request.

        Raises:
            InvalidArgumentError: A value is invalid or missing, or belongs to another kind.

        Example:
            >>> fault = sandbox.faults.add("reset_after", method="POST", path="/v1/customers")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> fault.times_applied, [customer.email async for customer in client.customers.list()]
            (1, ['ada@example.com'])
        """
        options = {"status": status, "retry_after": retry_after, "seconds": seconds, "pause": pause, "commit": commit}
        members: dict[str, object] = {"kind": kind, "times": times, "probability": probability}
        match = {"method": method, "path": path, "event": event}
        members |= {name: value for name, value in match.items() if value is not None}
        members |= {name: value for name, value in options.items() if value is not UNSET}
        try:
            return self.append(build_fault(members, spelling=str))
        except ApiError as error:
            issues = [f"{detail['path']}: {detail['issue']}" for detail in error.details]
        raise InvalidArgumentError(f"invalid fault: {'; '.join(issues)}")

    def append(self, fault: Fault) -> Fault:
        """Append a fault, and return it."""
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._faults += (fault,)
        return fault

    def remove(self, fault: Fault | int) -> None:
        """Remove one fault. If it already applies to a request, that request continues with it.

        Args:
            fault: Fault, or its id.

        Raises:
            InvalidArgumentError: The fault does not exist.

        Example:
            >>> fault = sandbox.faults.add("reset_after")
            >>> sandbox.faults.remove(fault)
            >>> len(sandbox.faults)
            0
        """
        is_found = self._remove(lambda each: each is fault) if isinstance(fault, Fault) else self.discard(fault)
        if not is_found:
            raise InvalidArgumentError(
                "fault must be one of the sandbox, got one that does not exist; pass an item of sandbox.faults"
            )

    def discard(self, identifier: int) -> bool:
        """Remove a fault if it exists, and return whether it did.

        Args:
            identifier: Id of the fault.
        """
        return self._remove(lambda fault: fault.id == identifier)

    def clear(self) -> int:
        """Remove all faults. A fault that already applies to a request continues.

        Returns:
            Number of removed faults.
        """
        with self._lock:
            removed, self._faults = self._faults, ()
            self._last_id = 0
        return len(removed)

    def select(self, method: str, path: str) -> Fault | None:
        """Return the fault that applies to a request, if any, and count the application."""
        return self._select(lambda fault: fault.matches(method, path))

    def applies(self, kind: DeliveryFaultKind, event_type: str) -> bool:
        """Return whether a fault applies to a delivery, and count the application.

        Args:
            kind: Kind of the fault.
            event_type: Type of the delivered event.
        """
        return self._select(lambda fault: fault.matches_delivery(kind, event_type)) is not None

    def _remove(self, is_removed: Callable[[Fault], bool]) -> bool:
        with self._lock:
            kept = tuple(fault for fault in self._faults if not is_removed(fault))
            is_found = len(kept) < len(self._faults)
            self._faults = kept
        return is_found

    def _select(self, matches: Callable[[Fault], bool]) -> Fault | None:
        # Without faults, which is the usual case, requests skip the lock.
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if not fault.is_spent and matches(fault):
                    fault.times_matched += 1
                    if self._draw(fault.id, fault.times_matched) < fault.probability:
                        fault.times_applied += 1
                        return fault
        return None

    def _draw(self, identifier: int, number: int) -> float:
        """Return a number from 0 up to 1 that looks random. The same seed repeats it."""
        # Ids count from 1. The seed has always selected outcomes by numbers from 0.
        text = f"{self._seed}:{identifier - 1}:{number}"
        digest = blake2b(text.encode(), digest_size=DRAW_BYTES).digest()
        return int.from_bytes(digest) / 256**DRAW_BYTES

"""Fault rules: which requests a fault applies to, how often, and in which order.

``kinds`` defines what a fault does to a request.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Final, TypeVar, cast

from attrs import AttrsInstance, asdict, define, field, fields_dict, frozen, setters

from ..._json_types import JSONObject, JSONValue, camel_case
from ..._unset import UNSET, Unset
from ...errors import InvalidArgumentError
from ..errors import ApiError
from ..validation import InvalidValueError, find_unknown, invalid_field, one_of, structure
from .kinds import KINDS, FaultEffect, FaultKind
from .path_pattern import is_control_path, matches

__all__ = ["Fault", "FaultKind", "Faults", "parse_fault"]

Shape = TypeVar("Shape", bound=AttrsInstance)

_MATCH: Final = ("method", "path")
_OPTIONS: Final = tuple(dict.fromkeys(name for kind in KINDS.values() for name in fields_dict(kind)))


def _check_method(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]+", value):
        raise InvalidValueError("expected HTTP method")
    return value.upper()


def _check_path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/") or re.search(r"[?#\s]", value):
        raise InvalidValueError("expected path that begins with a slash, without a query")
    if "**" in value:
        raise InvalidValueError("expected one '*' at most in a row; it does not match more than one segment")
    if re.search(r"[{}]", re.sub(r"(?<=/)\{\w+\}(?=/|$)", "", value)):
        raise InvalidValueError("expected a parameter such as {id} to be a whole segment")
    if is_control_path(value):
        raise InvalidValueError("expected path of the API; faults do not apply to the control routes")
    return value


def _check_times(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise InvalidValueError("expected positive integer, or null for every request")
    return value


@frozen
class _Rule:
    kind: Annotated[FaultKind, one_of(*KINDS)]
    method: Annotated[str | None, _check_method] = None
    path: Annotated[str | None, _check_path] = None
    times: Annotated[int | None, _check_times] = 1


@define(eq=False, on_setattr=setters.frozen)
class Fault:
    """Fault that applies to some API requests, created by ``sandbox.faults.add``.

    Attributes:
        effect: Fault kind with its options, such as ``DelayFault(seconds=1)``.
        method: HTTP method of the requests. ``None`` for any.
        path: Path of the requests, in which ``*`` and ``{id}`` match one segment. ``None`` for any.
        times: Maximum number of requests. ``None`` for every request.
        times_applied: Number of requests that the fault has been applied to.
    """

    effect: FaultEffect
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    # The one attribute that changes. Only Faults.select changes it, under its lock.
    times_applied: int = field(default=0, init=False, on_setattr=setters.NO_OP)

    @property
    def kind(self) -> FaultKind:
        """Name of the fault kind."""
        return self.effect.kind

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault applies to requests with this method and path."""
        return self.method in (None, method) and (self.path is None or matches(self.path, path))

    @property
    def is_spent(self) -> bool:
        """Whether the fault has been applied ``times`` times."""
        return self.times is not None and self.times_applied >= self.times

    def to_json(self) -> JSONObject:
        """Return the JSON shape of ``/_sandbox/faults``."""
        match: dict[str, JSONValue] = {name: value for name in _MATCH if (value := getattr(self, name)) is not None}
        options = {camel_case(name): value for name, value in asdict(self.effect).items()}
        return {"kind": self.kind, "match": match, "times": self.times, "timesApplied": self.times_applied, **options}


class Faults:
    """Faults of one sandbox, oldest first. Any thread may use them.

    Iteration includes spent faults.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()

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
        times: int | None = 1,
        status: int | Unset = UNSET,
        retry_after: float | Unset = UNSET,
        seconds: float | Unset = UNSET,
        pause: float | Unset = UNSET,
        commit: bool | Unset = UNSET,
    ) -> Fault:
        """Apply a fault to later API requests.

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

        Args:
            kind: Fault kind.
            method: HTTP method of the requests. ``None`` for any.
            path: Path of the requests, such as ``/v1/invoices/{id}/refund``. ``None`` for any. ``{id}`` and ``*``
                match one segment, and ``*`` also matches a part of one.
            times: Number of requests to apply the fault to. ``None`` applies it until ``clear``.
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
        members: dict[str, object] = {"kind": kind, "times": times}
        members |= {name: value for name, value in (("method", method), ("path", path)) if value is not None}
        members |= {name: value for name, value in options.items() if value is not UNSET}
        try:
            return self.append(_build_fault(members, spelling=str))
        except ApiError as error:
            issues = [f"{detail['path']}: {detail['issue']}" for detail in error.details]
        raise InvalidArgumentError(f"invalid fault: {'; '.join(issues)}")

    def append(self, fault: Fault) -> Fault:
        """Append a fault, and return it."""
        with self._lock:
            self._faults += (fault,)
        return fault

    def clear(self) -> int:
        """Remove all faults. A fault that already applies to a request continues.

        Returns:
            Number of removed faults.
        """
        with self._lock:
            removed, self._faults = self._faults, ()
        return len(removed)

    def select(self, method: str, path: str) -> Fault | None:
        """Return the fault that applies to a request, if any, and count the application."""
        # Without faults, which is the usual case, requests skip the lock.
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if not fault.is_spent and fault.matches(method, path):
                    fault.times_applied += 1
                    return fault
        return None


def parse_fault(body: object) -> Fault:
    """Parse the body of ``POST /_sandbox/faults``.

    Raises:
        ApiError: The body is not a valid fault (422).
    """
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.", [{"path": "", "issue": "expected object"}])
    members = dict(cast("dict[str, object]", body))
    match = members.pop("match", {})
    if not isinstance(match, dict):
        raise invalid_field("match", "expected object")
    matched = cast("dict[str, object]", match).items()
    members |= {f"match.{name}": value for name, value in matched if value is not None}
    return _build_fault(members, spelling=_json_name)


def _json_name(name: str) -> str:
    return f"match.{name}" if name in _MATCH else camel_case(name)


def _build_fault(members: Mapping[str, object], *, spelling: Callable[[str], str]) -> Fault:
    """Build a fault, or report every invalid member at once."""
    details: list[Mapping[str, str]] = []
    rule = _structure(_Rule, members, spelling, details)
    name = members.get(spelling("kind"))
    kind = KINDS.get(name) if isinstance(name, str) else None
    effect = None if kind is None else _structure(kind, members, spelling, details)
    if kind is not None:
        foreign = [spelling(option) for option in _OPTIONS if option not in fields_dict(kind)]
        details += [{"path": path, "issue": f"does not belong to {name}"} for path in foreign if path in members]
    # Request bodies of the API may have unknown members. Here a misspelt one would apply the fault to other requests.
    details += find_unknown(members, [spelling(name) for name in (*fields_dict(_Rule), *_OPTIONS)])
    if rule is None or effect is None or details:
        raise ApiError(422, "Not valid: the members do not describe a fault.", details)
    return Fault(effect, rule.method, rule.path, rule.times)


def _structure(
    shape: type[Shape], members: Mapping[str, object], spelling: Callable[[str], str], details: list[Mapping[str, str]]
) -> Shape | None:
    try:
        return structure(shape, dict(members), spelling)
    except ApiError as error:
        details += error.details
        return None

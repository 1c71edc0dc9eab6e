"""Faults: which requests go wrong, how, and how often.

These are the rules alone; :mod:`.saboteur` carries them out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Annotated, Final, Literal, TypeAlias, cast, get_args

from attrs import define, field, fields, setters

from ..._json import JSONObject, JSONValue, camel_case
from ..._unset import UNSET, Unset
from ...errors import InvalidArgumentError
from ..errors import ApiError
from ..validation import Flag, InvalidValueError, one_of, structure
from .path_pattern import is_control, matches

__all__ = ["Fault", "FaultKind", "Faults", "read_fault"]

FaultKind: TypeAlias = Literal[
    "status", "delay", "reset_before", "reset_after", "truncate", "garbage", "drip", "silence"
]

# Whoever wants to wait longer wants "silence".
LONGEST_WAIT: Final = 86_400

_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status", "retry_after"),
    "delay": ("seconds",),
    "drip": ("pause",),
    "silence": ("commit",),
}
_REQUIRED: Final = frozenset({"status", "seconds"})
_MATCH: Final = ("method", "path")


def _method(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]+", value):
        raise InvalidValueError("expected HTTP method")
    return value.upper()


def _path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/") or re.search(r"[?#\s]", value):
        raise InvalidValueError("expected path from the first slash on, without a query")
    if "**" in value:
        raise InvalidValueError("expected one '*' at most in a row; it stands for no more than one segment")
    if re.search(r"[{}]", re.sub(r"(?<=/)\{\w+\}(?=/|$)", "", value)):
        raise InvalidValueError("expected a parameter such as {id} to be a whole segment")
    if is_control(value):
        raise InvalidValueError("expected path of the API; no fault strikes the control surface")
    return value


def _times(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise InvalidValueError("expected positive integer, or null for always")
    return value


def _failure(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 400 <= value <= 599:
        raise InvalidValueError("expected status from 400 to 599")
    return value


def _wait(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_WAIT:
        raise InvalidValueError(f"expected number of seconds from 0 to {LONGEST_WAIT}")
    return value


@define(eq=False, on_setattr=setters.frozen)
class Fault:
    """One way in which requests go wrong; made by ``sandbox.faults.add``.

    Attributes:
        kind: What goes wrong.
        method: The HTTP method of the requests that it strikes; ``None`` for any.
        path: Their path, in which ``*`` and ``{id}`` stand for a segment; ``None`` for any.
        times: How many requests it strikes; ``None`` for all of them.
        status: The status that is answered (``status``).
        retry_after: The seconds of its ``Retry-After``; ``None`` for no such header (``status``).
        seconds: How long the request waits for its handler (``delay``).
        pause: The seconds between two bytes (``drip``).
        commit: Whether the handler runs (``silence``).
        times_applied: How many requests it has struck so far.
    """

    kind: Annotated[FaultKind, one_of(*get_args(FaultKind))]
    method: Annotated[str | None, _method] = None
    path: Annotated[str | None, _path] = None
    times: Annotated[int | None, _times] = 1
    status: Annotated[int, _failure] = 0
    retry_after: Annotated[float | None, _wait] = None
    seconds: Annotated[float, _wait] = 0.0
    pause: Annotated[float, _wait] = 0.001
    commit: Flag = True
    times_applied: int = field(default=0, init=False, on_setattr=setters.NO_OP)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of those that it strikes."""
        return self.method in (None, method) and (self.path is None or matches(self.path, path))

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it was meant to."""
        return self.times is not None and self.times_applied >= self.times

    def to_json(self) -> JSONObject:
        """Give the fault the shape in which the control surface shows it."""
        match: dict[str, JSONValue] = {name: value for name in _MATCH if (value := getattr(self, name)) is not None}
        options = {camel_case(name): getattr(self, name) for name in _OPTIONS.get(self.kind, ())}
        return {"kind": self.kind, "match": match, "times": self.times, "timesApplied": self.times_applied, **options}


class Faults:
    """The faults of one sandbox, in the order in which they were added; any thread may use them.

    Iterating gives every one of them, spent ones among them.
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
        """Let requests to the API go wrong from now on.

        A request is struck by the first fault that matches it and is not
        spent. ``/_sandbox`` itself is never struck. What the client meets, and
        what became of its call:

        - ``status``: it is answered ``status`` in the API's error shape; nothing was done, and nothing is kept under
          its idempotency key.
        - ``delay``: it is answered ``seconds`` late; the call is done after the delay, even if nobody waits any more.
        - ``reset_before``: its connection is reset; nothing was done.
        - ``reset_after``: its connection is reset; the call was done.
        - ``truncate``: half a body comes, and then the connection ends; the call was done.
        - ``garbage``: a 200 comes whose body is not JSON; the call was done.
        - ``drip``: the answer comes a byte at a time, ``pause`` between two, and then the connection ends; the call
          was done.
        - ``silence``: nothing comes, and the connection stays open; the call was done, unless ``commit`` is false.

        Args:
            kind: What goes wrong.
            method: Strike only requests with this HTTP method.
            path: Strike only requests to this path, such as ``/v1/invoices/{id}/refund``:
                ``{id}`` and ``*`` stand for one segment, and ``*`` for a part of one too.
            times: How many requests to strike; ``None`` strikes all, until ``clear``.
            status: What ``status`` answers, 400 to 599; it has to be given there.
            retry_after: The seconds of the ``Retry-After`` that ``status`` answers; none if left out.
            seconds: How long ``delay`` waits; it has to be given there.
            pause: The seconds between two bytes of ``drip``; a thousandth if left out.
            commit: Whether ``silence`` lets the handler run first; it does if left out.

        Returns:
            The fault, whose ``times_applied`` counts on.

        Raises:
            InvalidArgumentError: A value is wrong, is missing, or belongs to another kind.

        Example:
            >>> fault = sandbox.faults.add("reset_after", method="POST", path="/v1/customers")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> fault.times_applied, [customer.email async for customer in client.customers.list()]
            (1, ['ada@example.com'])
        """
        options = {"status": status, "retry_after": retry_after, "seconds": seconds, "pause": pause, "commit": commit}
        given: dict[str, object] = {"kind": kind, "times": times}
        given |= {name: value for name, value in (("method", method), ("path", path)) if value is not None}
        given |= {name: value for name, value in options.items() if value is not UNSET}
        try:
            return self.append(_define(given, spelling=str))
        except ApiError as refusal:
            issues = [f"{detail['path']}: {detail['issue']}" for detail in refusal.details]
        raise InvalidArgumentError(f"no such fault can be made: {'; '.join(issues)}")

    def append(self, fault: Fault) -> Fault:
        """Put a fault behind the others; gives it back."""
        with self._lock:
            self._faults += (fault,)
        return fault

    def clear(self) -> int:
        """Take all faults away; a request that was struck already stays so.

        Returns:
            How many there were.
        """
        with self._lock:
            cleared, self._faults = self._faults, ()
        return len(cleared)

    def strike(self, method: str, path: str) -> Fault | None:
        """Count a request against the fault that strikes it, if one does."""
        # Nearly always there are none, and then a request pays for no lock.
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if not fault.is_spent and fault.matches(method, path):
                    fault.times_applied += 1
                    return fault
        return None


def read_fault(body: object) -> Fault:
    """Read the body of ``POST /_sandbox/faults``.

    Raises:
        ApiError: It describes no fault (422).
    """
    if not isinstance(body, dict):
        return structure(Fault, body)
    given = dict(cast("dict[str, object]", body))
    match = given.pop("match", {})
    if not isinstance(match, dict):
        raise ApiError(422, "Not valid: match.", [{"path": "match", "issue": "expected object"}])
    members = cast("dict[str, object]", match).items()
    given |= {f"match.{name}": value for name, value in members if value is not None}
    return _define(given, spelling=_wire_name)


def _wire_name(name: str) -> str:
    return f"match.{name}" if name in _MATCH else camel_case(name)


def _define(given: Mapping[str, object], *, spelling: Callable[[str], str]) -> Fault:
    fault = structure(Fault, given, spelling)
    own = _OPTIONS.get(fault.kind, ())
    details: list[dict[str, str]] = []
    for name in chain.from_iterable(_OPTIONS.values()):
        if name in own and name in _REQUIRED and spelling(name) not in given:
            details.append({"path": spelling(name), "issue": "required"})
        elif name not in own and spelling(name) in given:
            details.append({"path": spelling(name), "issue": f"does not belong to {fault.kind}"})
    # Elsewhere unknown members pass, but a misspelt one here would strike requests that nobody meant.
    if given.keys() - {spelling(attribute.name) for attribute in fields(Fault) if attribute.init}:
        details.append({"path": "", "issue": "expected no member but those of a fault"})
    if details:
        raise ApiError(422, "Not valid: the members do not make a fault.", details)
    return fault

"""Fault: one kind with its options, the requests or deliveries that it applies to, and its counts."""

from __future__ import annotations

from typing import Final

from attrs import asdict, define, field, setters

from ..._json_types import JSONObject, JSONValue, camel_case
from ..deliveries.delivery_faults import DeliveryFaultKind
from .kinds import FaultEffect, FaultKind, applies_to_deliveries
from .path_pattern import matches

__all__ = ["DELIVERY_MATCH", "MATCH", "REQUEST_MATCH", "Fault"]

REQUEST_MATCH: Final = ("method", "path")
DELIVERY_MATCH: Final = ("event",)
MATCH: Final = REQUEST_MATCH + DELIVERY_MATCH


@define(eq=False, on_setattr=setters.frozen)
class Fault:
    """Fault that applies to some API requests or webhook deliveries, created by ``sandbox.faults.add``.

    Attributes:
        effect: Fault kind with its options, such as ``DelayFault(seconds=1)``.
        method: HTTP method of the requests. ``None`` for any.
        path: Path of the requests, in which ``*`` and ``{id}`` match one segment. ``None`` for any.
        event: Event type of the deliveries. ``None`` for any.
        times: Maximum number of requests or deliveries. ``None`` for every one.
        probability: Share of the matching requests or deliveries that the fault applies to, up to 1.
        id: Number of the fault in its sandbox, from 1. 0 before it was added.
        times_matched: Number of requests or deliveries that the fault could have been applied to.
        times_applied: Number of requests or deliveries that the fault has been applied to.
    """

    effect: FaultEffect
    method: str | None = None
    path: str | None = None
    event: str | None = None
    times: int | None = 1
    probability: float = 1.0
    # The attributes that change. Only Faults changes them, under its lock.
    id: int = field(default=0, init=False, on_setattr=setters.NO_OP)
    times_matched: int = field(default=0, init=False, on_setattr=setters.NO_OP)
    times_applied: int = field(default=0, init=False, on_setattr=setters.NO_OP)

    @property
    def kind(self) -> FaultKind:
        """Name of the fault kind."""
        return self.effect.kind

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault applies to requests with this method and path."""
        return (
            not applies_to_deliveries(type(self.effect))
            and self.method in (None, method)
            and (self.path is None or matches(self.path, path))
        )

    def matches_delivery(self, kind: DeliveryFaultKind, event_type: str) -> bool:
        """Return whether the fault has a kind and applies to deliveries of an event type."""
        return self.kind == kind and self.event in (None, event_type)

    @property
    def is_spent(self) -> bool:
        """Whether the fault has been applied ``times`` times."""
        return self.times is not None and self.times_applied >= self.times

    def to_json(self) -> JSONObject:
        """Return the JSON shape of ``/_sandbox/faults``."""
        match: dict[str, JSONValue] = {name: value for name in MATCH if (value := getattr(self, name)) is not None}
        options = {camel_case(name): value for name, value in asdict(self.effect).items()}
        numbers = {"times": self.times, "probability": self.probability, "timesApplied": self.times_applied}
        return {"id": self.id, "kind": self.kind, "match": match, **numbers, **options}

"""``StrictError``: a unit of work that breaks an invariant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from ...errors import DuroError

__all__ = ["StrictError", "Violation"]

MAX_SHOWN: Final = 3


@frozen
class Violation:
    """Violation of an invariant.

    Attributes:
        invariant: Name of the invariant, such as ``paid_at_most_once``.
        problem: Sentence with the ids of the rows.
        at: Sandbox time of the unit of work, in the API's format.
    """

    invariant: str
    problem: str
    at: str


class StrictError(DuroError):
    """Violation of an invariant in a strict sandbox; the unit of work was rolled back.

    Attributes:
        violations: All violations of the unit of work.
    """

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations: tuple[Violation, ...] = tuple(violations)
        super().__init__(_describe(self.violations))


def _describe(violations: tuple[Violation, ...]) -> str:
    shown = "; ".join(f"{each.invariant}: {each.problem}" for each in violations[:MAX_SHOWN])
    hidden = len(violations) - MAX_SHOWN
    more = f"; and {hidden} more" if hidden > 0 else ""
    return f"{shown}{more}; the change was rolled back, report it with the calls that led to it"

"""Reports of a program that follow the report of its start."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Generic, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AfterStart"]

P = ParamSpec("P")


class AfterStart(Generic[P]):
    """Reports in their order, as soon as the start has been reported.

    A client that waits for the program can cause a report before that. Any thread may report.

    Args:
        report: Function that makes a report.
    """

    def __init__(self, report: Callable[P, object]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._early: deque[Callable[[], object]] | None = deque()

    def report(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Report now or after the start."""
        with self._lock:
            if self._early is not None:
                self._early.append(partial(self._report, *args, **kwargs))
                return
        self._report(*args, **kwargs)

    def begin(self) -> None:
        """Make the early reports, and the others from now on."""
        while (early := self._next()) is not None:
            early()

    def _next(self) -> Callable[[], object] | None:
        with self._lock:
            if self._early:
                return self._early.popleft()
            self._early = None
            return None

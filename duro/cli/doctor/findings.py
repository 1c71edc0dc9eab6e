"""Results of checks, and the list that collects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from attrs import field, frozen

from ...errors import DuroError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Finding", "Findings", "State"]

N = TypeVar("N")
T = TypeVar("T")

State: TypeAlias = Literal["ok", "warning", "failed", "skipped"]


@frozen
class Finding:
    """Result of one check.

    Attributes:
        check: Name of the check.
        state: Result.
        text: Sentence for people. After a failure, it says what to do.
    """

    check: str
    state: State
    text: str


@frozen
class Findings:
    """Results of all checks so far, in order."""

    results: list[Finding] = field(factory=list[Finding], init=False)

    def add(self, check: str, state: State, text: str) -> None:
        """Add a result."""
        self.results.append(Finding(check, state, text))

    def attempt(self, check: str, action: Callable[[N], T], need: N | None, describe: Callable[[T], str]) -> T | None:
        """Run a check, and add its result.

        Args:
            check: Name of the check.
            action: Function that raises a ``DuroError`` if the check fails.
            need: Argument of the function, the result of an earlier check. ``None`` skips this check.
            describe: Function that returns the text of a success.

        Returns:
            The result of the action, ``None`` if it failed or was skipped.
        """
        if need is None:
            self.add(check, "skipped", "needs what failed above")
            return None
        try:
            result = action(need)
        except DuroError as error:
            self.add(check, "failed", str(error))
            return None
        self.add(check, "ok", describe(result))
        return result

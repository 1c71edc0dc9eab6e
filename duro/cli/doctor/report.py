"""Report of the checks, as a table for people or as JSON for programs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from ..console import create_console
from ..output import print_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from .findings import Finding, State

__all__ = ["print_findings"]

_STYLES: Final[dict[State, str]] = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}
_GAP: Final = "  "
# Below this width, the text of a check starts on a line of its own.
_MIN_TEXT_WIDTH: Final = 30


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the results of all checks.

    Args:
        findings: Results in order.
        as_json: Print one JSON object.
    """
    if as_json:
        checks = [{"check": each.check, "state": each.state, "text": each.text} for each in findings]
        print_json({"checks": checks})
        return
    console = create_console()
    state_width = max(len(finding.state) for finding in findings)
    check_width = max(len(finding.check) for finding in findings)
    for finding in findings:
        head = f"{finding.state:<{state_width}}{_GAP}{finding.check:<{check_width}}"
        _print_finding(finding, head, console)


def _print_finding(finding: Finding, head: str, console: Console) -> None:
    indent = " " * (len(head) + len(_GAP))
    if console.width - len(indent) < _MIN_TEXT_WIDTH:
        indent = " " * 4
    lines = textwrap.wrap(
        printable(finding.text), max(console.width - len(indent), 1), break_long_words=False, break_on_hyphens=False
    )
    first = lines.pop(0) if len(indent) > len(head) else ""
    console.print(finding.state, style=_STYLES[finding.state], end="")
    console.print(f"{head[len(finding.state) :]}{_GAP}{first}".rstrip(), soft_wrap=True)
    for line in lines:
        console.print(f"{indent}{line}", soft_wrap=True)

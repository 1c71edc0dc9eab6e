"""Hooks of a chaos run: faults in each test with a sandbox, and a report at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ..stash import SANDBOX

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["ChaosPlugin"]

FINDING: Final = "duro_chaos"
COUNT: Final = "duro_chaos_faults"
KINDS: Final = "duro_chaos_kinds"


class ChaosPlugin:
    """Hooks of a run with ``--duro-chaos``.

    Args:
        seed: Seed of the run.
        allow_real_hosts: Whether clients may use addresses other than loopback.
    """

    def __init__(self, seed: str, *, allow_real_hosts: bool) -> None:
        from .real_hosts import refuse_real_hosts

        self._seed = seed
        self._faults = self._tests = 0
        self._findings: list[tuple[str, str]] = []
        self._failures: list[tuple[str, str]] = []
        self._patch = pytest.MonkeyPatch()
        if not allow_real_hosts:
            refuse_real_hosts(self._patch)

    def pytest_unconfigure(self) -> None:
        """Accept real hosts again."""
        self._patch.undo()

    # Last among the wrappers: the faults of marks come first.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Add the faults to the sandbox of a test, and look at their effects at its end."""
        sandbox = item.stash.get(SANDBOX, None)
        if sandbox is None:
            return (yield)
        from .applied import count_faults, list_faults
        from .findings import find_effects
        from .injection import ChaosFaults

        faults = ChaosFaults(sandbox, f"{self._seed}:{item.nodeid}")
        try:
            return (yield)
        finally:
            # Properties reach the controller of pytest-xdist, and the JUnit report.
            item.user_properties.append((COUNT, faults.times_applied))
            if sandbox.is_alive:
                effects = find_effects(sandbox, faults.lost_request_ids)
                item.user_properties.extend((FINDING, effect) for effect in effects)
                if lines := list_faults(sandbox):
                    item.user_properties.append((KINDS, count_faults(lines)))
                    # pytest prints it for a test that fails.
                    item.add_report_section("call", "duro chaos", "\n".join(lines))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the findings of a test."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == COUNT and isinstance(value, int):
                self._tests += 1
                self._faults += value
            elif name == FINDING:
                self._findings.append((report.nodeid, str(value)))
            elif name == KINDS and report.failed:
                self._failures.append((report.nodeid, str(value)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run with findings, also if its tests pass."""
        if self._findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the findings, and the command that repeats them."""
        write = terminalreporter.write_line
        terminalreporter.section(f"duro chaos, seed {self._seed}")
        findings = "1 finding" if len(self._findings) == 1 else f"{len(self._findings)} findings"
        failures = f", {len(self._failures)} failed under faults" if self._failures else ""
        write(f"{self._faults} faults in {self._tests} tests with a sandbox, {findings}{failures}")
        lines: dict[str, list[str]] = {}
        for test, finding in self._findings:
            lines.setdefault(test, []).append(f"  {finding}")
        for test, kinds in self._failures:
            lines.setdefault(test, []).append(f"  failed under faults: {kinds}; its output above lists them")
        for test, problems in lines.items():
            write("\n".join([test, *problems]))
        if lines:
            tests = " ".join(f"'{test}'" for test in lines)
            write(f"repeat them with: pytest --duro-chaos={self._seed} {tests}")

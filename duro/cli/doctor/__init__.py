"""``duro doctor``: check the installation, the environment and the connection to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import DuroError
from .checks import run_checks
from .report import print_findings

if TYPE_CHECKING:
    from ..account import Account

__all__ = ["run"]


def run(account: Account, store: str | None, *, as_json: bool) -> None:
    """Run all checks, and print what they found. Nothing is written to the account.

    Args:
        account: Account to check.
        store: URL of a token store, ``None`` for that of the environment.
        as_json: Print one JSON object on standard output.

    Raises:
        DuroError: At least one check failed.
    """
    findings = run_checks(account, store)
    print_findings(findings, as_json=as_json)
    if failed := [finding.check for finding in findings if finding.state == "failed"]:
        raise DuroError(f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}")

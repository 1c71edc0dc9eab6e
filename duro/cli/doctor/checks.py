"""All checks, in the order in which a call needs what they check."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from ...auth.credentials import ClientCredentials
from ...auth.stores.selection import VARIABLE as STORE_VARIABLE
from ...webhooks.webhook import SECRET_VARIABLE, Webhook
from ..shared_token import describe_shared_token, read_shared_token
from .checked_account import (
    CheckedAccount,
    authenticate,
    call_api,
    describe_address,
    describe_authentication,
    describe_call,
    describe_credential,
)
from .clocks import check_clock
from .findings import Finding, Findings
from .installation import describe_installation

if TYPE_CHECKING:
    from ...auth.credentials import Credential
    from ..account import Account

__all__ = ["run_checks"]


def run_checks(account: Account, store: str | None) -> list[Finding]:
    """Run all checks. They read, and write nothing.

    Args:
        account: Account to check.
        store: URL of a token store, ``None`` for that of the environment.

    Returns:
        Results in order. A failure skips the checks that need what failed.
    """
    findings = Findings()
    findings.add("installation", "ok", describe_installation())
    credential = findings.attempt("credential", lambda each: each.credential(), account, describe_credential)
    with ExitStack() as stack:
        checked = findings.attempt("address", partial(_open, stack, account), credential, describe_address)
        authenticated = findings.attempt("token", authenticate, checked, describe_authentication)
        call = findings.attempt("API", call_api, authenticated, describe_call)
        check_clock(findings, call)
    _check_token_store(findings, account, credential, store or os.environ.get(STORE_VARIABLE))
    _check_webhook_secrets(findings)
    return findings.results


def _open(stack: ExitStack, account: Account, credential: Credential) -> CheckedAccount:
    checked = CheckedAccount.open(account, credential)
    stack.enter_context(checked.client)
    return checked


def _check_token_store(findings: Findings, account: Account, credential: Credential | None, url: str | None) -> None:
    if not url:
        findings.add("token store", "skipped", f"{STORE_VARIABLE} is not set, so each process has a token of its own")
    elif not isinstance(credential, ClientCredentials):
        findings.add("token store", "skipped", "needs an OAuth client")
    else:
        # A tuple, because the status of an empty store is ``None``.
        findings.attempt(
            "token store",
            lambda store: (read_shared_token(account, store),),
            url,
            lambda found: describe_shared_token(found[0]),
        )


def _check_webhook_secrets(findings: Findings) -> None:
    if not os.environ.get(SECRET_VARIABLE):
        findings.add("webhooks", "skipped", f"{SECRET_VARIABLE} is not set, which only receivers of events need")
        return
    findings.attempt("webhooks", lambda create: create(), Webhook, lambda _: f"{SECRET_VARIABLE} is well-formed")

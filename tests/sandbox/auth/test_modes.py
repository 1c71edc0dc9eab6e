"""Modes of credentials: the prefix selects test or live."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from duro.sandbox.auth.modes import find_credential, mode_of


@pytest.mark.parametrize(
    ("credential", "mode"),
    [
        ("sk_live_sandbox", "live"),
        ("pk_live_sandbox", "live"),
        ("cid_live_sandbox", "live"),
        ("csec_live_sandbox", "live"),
        ("at_live_1", "live"),
        ("cs_live_1", "live"),
        ("plk_live_1", "live"),
        ("idt_live_1", "live"),
        ("pst_live_1", "live"),
        ("sk_test_sandbox", "test"),
        ("sk_test_live_1", "test"),
        ("sk_live", "test"),
        ("sk_LIVE_1", "test"),
        ("live_1", "test"),
        ("", "test"),
    ],
)
def test_the_prefix_of_a_credential_selects_the_mode(credential: str, mode: str) -> None:
    assert mode_of(credential) == mode


@pytest.mark.parametrize(
    ("path", "headers", "credential"),
    [
        ("/v1/plans", {"authorization": "Bearer sk_live_1"}, "sk_live_1"),
        ("/v1/plans", {"authorization": "Bearer  sk_live_1"}, "sk_live_1"),
        ("/v1/plans", {"x-portal-session": "pst_live_1"}, ""),
        ("/identity/me", {"authorization": "Bearer idt_live_1"}, "idt_live_1"),
        ("/checkout/cs_live_1/pay", {"authorization": "Bearer sk_test_1"}, "cs_live_1/pay"),
        ("/portal/email/cards", {"x-portal-session": "pst_live_1", "authorization": "Bearer sk_test_1"}, "pst_live_1"),
        ("/portal/email/start", {}, ""),
    ],
)
def test_each_surface_has_a_place_for_its_credential(path: str, headers: dict[str, str], credential: str) -> None:
    assert find_credential(path, Headers(headers)) == credential

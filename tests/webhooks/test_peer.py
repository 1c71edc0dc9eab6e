"""Comparison with ``stripe``, an independent implementation of the same signature scheme."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from duro._clock import Clock
from duro.webhooks import SignatureMismatchError, TimestampError, Webhook, WebhookError

# stripe accepts text only, so bodies are text here; Webhook gets the same text as bytes.
SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-+/=", min_size=1).map("whsec_".__add__)
BODIES = st.text(st.characters(codec="utf-8"))


def stripe_accepts(body, header, secret, tolerance=300):
    try:
        return WebhookSignature.verify_header(body, header, secret, tolerance)
    except SignatureVerificationError:
        return False


def we_accept(body, header, secret):
    try:
        return Webhook(secret).check(body.encode(), {"Duro-Signature": header}) == 0
    except WebhookError:
        return False


def stripe_header(body, secret, timestamp):
    return f"t={timestamp},v1={WebhookSignature._compute_signature(f'{timestamp}.{body}', secret)}"


@given(BODIES, SECRETS)
def test_stripe_accepts_our_signatures(body, secret):
    header = Webhook(secret).sign(body.encode())["Duro-Signature"]
    assert stripe_accepts(body, header, secret)


@given(BODIES, SECRETS)
def test_we_accept_signatures_of_stripe(body, secret):
    assert we_accept(body, stripe_header(body, secret, int(time.time())), secret)


@given(BODIES, BODIES, SECRETS, SECRETS)
def test_both_reject_another_body_or_secret(body, other_body, secret, other_secret):
    header = Webhook(secret).sign(body.encode())["Duro-Signature"]
    for claimed_body, used_secret in ((other_body, secret), (body, other_secret)):
        expected = claimed_body == body and used_secret == secret
        assert we_accept(claimed_body, header, used_secret) == expected
        assert bool(stripe_accepts(claimed_body, header, used_secret)) == expected


@given(st.integers(-1000, 1000))
def test_both_apply_the_same_tolerance(age):
    now = int(time.time())
    header = stripe_header("{}", "whsec_1", now - age)
    webhook = Webhook("whsec_1", clock=Clock(wall=lambda: now))
    if abs(age) <= 300:
        assert webhook.check(b"{}", {"Duro-Signature": header}) == 0
    else:
        with pytest.raises(TimestampError):
            webhook.check(b"{}", {"Duro-Signature": header})
    # stripe rejects old deliveries only, and reads the clock itself, so results near the limit can differ.
    if not 290 <= age <= 310:
        assert bool(stripe_accepts("{}", header, "whsec_1")) == (age < 300)


@given(st.lists(st.sampled_from(["v1", "v0", "v2"]), max_size=5), st.integers(0, 4))
def test_both_find_the_matching_signature_among_several(schemes, place):
    now = int(time.time())
    good = stripe_header("{}", "whsec_1", now).partition("v1=")[2]
    signatures = [f"{scheme}={'0' * 64}" for scheme in schemes]
    for scheme in ("v1", "v0"):
        header = ",".join([f"t={now}", *signatures[:place], f"{scheme}={good}", *signatures[place:]])
        assert we_accept("{}", header, "whsec_1") == bool(stripe_accepts("{}", header, "whsec_1")) == (scheme == "v1")


def test_changed_body_and_old_delivery_raise_different_errors():
    webhook = Webhook("whsec_1", clock=Clock(wall=lambda: 2_000_000_000))
    with pytest.raises(SignatureMismatchError):
        webhook.check(b"{} ", {"Duro-Signature": stripe_header("{}", "whsec_1", 1)})
    with pytest.raises(TimestampError):
        webhook.check(b"{}", {"Duro-Signature": stripe_header("{}", "whsec_1", 1)})

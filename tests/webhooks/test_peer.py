"""An independent implementation of the same scheme, ``stripe``'s, agrees in both directions."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from duro._clock import Clock
from duro.webhooks import SignatureMismatchError, TimestampError, Webhook, WebhookError

# The peer takes text and decodes nothing, so bodies are text here; ours is given the same as bytes.
SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-+/=", min_size=1).map("whsec_".__add__)
BODIES = st.text(st.characters(codec="utf-8"))


def peer_accepts(body, header, secret, tolerance=300):
    try:
        return WebhookSignature.verify_header(body, header, secret, tolerance)
    except SignatureVerificationError:
        return False


def we_accept(body, header, secret):
    try:
        return Webhook(secret).check(body.encode(), {"Duro-Signature": header}) == 0
    except WebhookError:
        return False


def peer_header(body, secret, timestamp):
    return f"t={timestamp},v1={WebhookSignature._compute_signature(f'{timestamp}.{body}', secret)}"


@given(BODIES, SECRETS)
def test_what_we_sign_the_peer_accepts(body, secret):
    header = Webhook(secret).sign(body.encode())["Duro-Signature"]
    assert peer_accepts(body, header, secret)


@given(BODIES, SECRETS)
def test_what_the_peer_signs_we_accept(body, secret):
    assert we_accept(body, peer_header(body, secret, int(time.time())), secret)


@given(BODIES, BODIES, SECRETS, SECRETS)
def test_both_refuse_another_body_or_secret(body, other_body, secret, other_secret):
    header = Webhook(secret).sign(body.encode())["Duro-Signature"]
    for shown, by in ((other_body, secret), (body, other_secret)):
        assert we_accept(shown, header, by) == bool(peer_accepts(shown, header, by)) == (shown == body and by == secret)


@given(st.integers(-1000, 1000))
def test_both_judge_old_deliveries_alike(age):
    now = int(time.time())
    header = peer_header("{}", "whsec_1", now - age)
    ours = Webhook("whsec_1", clock=Clock(wall=lambda: now))
    if abs(age) <= 300:
        assert ours.check(b"{}", {"Duro-Signature": header}) == 0
    else:
        with pytest.raises(TimestampError):
            ours.check(b"{}", {"Duro-Signature": header})
    # The peer looks back only, and by a clock of its own.
    if not 290 <= age <= 310:
        assert bool(peer_accepts("{}", header, "whsec_1")) == (age < 300)


@given(st.lists(st.sampled_from(["v1", "v0", "v2"]), max_size=5), st.integers(0, 4))
def test_both_find_the_one_that_fits_among_several(schemes, place):
    now = int(time.time())
    good = peer_header("{}", "whsec_1", now).partition("v1=")[2]
    signatures = [f"{scheme}={'0' * 64}" for scheme in schemes]
    for scheme in ("v1", "v0"):
        header = ",".join([f"t={now}", *signatures[:place], f"{scheme}={good}", *signatures[place:]])
        assert we_accept("{}", header, "whsec_1") == bool(peer_accepts("{}", header, "whsec_1")) == (scheme == "v1")


def test_whoever_tampers_is_told_apart_from_whoever_is_late():
    webhook = Webhook("whsec_1", clock=Clock(wall=lambda: 2_000_000_000))
    with pytest.raises(SignatureMismatchError):
        webhook.check(b"{} ", {"Duro-Signature": peer_header("{}", "whsec_1", 1)})
    with pytest.raises(TimestampError):
        webhook.check(b"{}", {"Duro-Signature": peer_header("{}", "whsec_1", 1)})

"""Fuzzing of ``Webhook.verify``: only signed bodies are accepted, errors are documented, time is linear.

``nox -s fuzz`` runs a million cases; a normal run has fewer (``FUZZ_CASES``).
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import json
import os
import random
import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duro._clock import Clock
from duro.webhooks import Event, PayloadError, Webhook, WebhookError

CASES = int(os.environ.get("FUZZ_CASES", "20000"))
NOW = 1_782_637_200
SECRETS = ("whsec_new", "whsec_old")
WEBHOOK = Webhook(*SECRETS, clock=Clock(wall=lambda: NOW))

TOKENS = [
    b"t=", b"v1=", b"v0=", b"T=", b"V1=", b"t=1", b"v1=00", b",", b"=", b";", b" ", b"\t", b"\r\n", b"\0", b"-", b"+",
    b".", b"_", b"0x", b"1e9", b"nan", b"inf", b"9" * 20, b"\xff", b"\xc3\xa9", b"\xd9\xa1", b"duro-signature",
    b"null", b"true", b"-1", b"1.5", b"{}", b"[]", b'"', b"{", b"}", b"[", b"]", b":", b'{"id":', b"\\u0000",
    b"\\ud800", b"1" * 5000, b"[" * 2000,
]  # fmt: skip


def is_signed(body, headers):
    """Check a signature independently of the SDK; must hold for each accepted delivery."""
    text = repr(headers)
    return any(
        abs(int(timestamp) - NOW) <= 300
        and hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest() in text.lower()
        for timestamp in re.findall(r"t=(\d+)", text)
        for secret in SECRETS
    )


def check(body, headers):
    """Verify a delivery, check the guarantees, and return whether it was accepted."""
    try:
        event = WEBHOOK.verify(body, headers)
    except WebhookError:
        return False
    assert isinstance(event, Event)
    assert is_signed(body, headers)
    return True


class Mutator:
    """Reproducible random mutations of valid deliveries."""

    def __init__(self, seed, bodies):
        self.chance = random.Random(seed)
        self.bodies = bodies

    def case(self):
        chance = self.chance
        body = chance.choice(self.bodies)
        if chance.random() < 0.4:
            # Mutated before signing, so that the parser gets it.
            body = self.mutated(body)
        at = NOW + chance.choice((0, 0, 0, 300, -300, 301, -301, -(10**6)))
        secret = chance.choice((*SECRETS, "whsec_another"))
        signature = Webhook(secret, clock=Clock(wall=lambda: at)).sign(body)["Duro-Signature"].encode()
        if chance.random() < 0.5:
            signature = self.mutated(signature)
        if chance.random() < 0.2:
            body = self.mutated(body)
        return body, self.headers(signature)

    def mutated(self, data):
        chance, data = self.chance, bytearray(data)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(data) + 1)
            match chance.randrange(5):
                case 0:
                    data[place:place] = chance.choice(TOKENS)
                case 1:
                    del data[place : place + chance.randint(1, 8)]
                case 2 if data:
                    data[place - 1] = chance.randrange(256)
                case 3:
                    data[place:place] = data[chance.randrange(len(data) + 1) :][:80]
                case 4 if data:
                    del data[chance.randrange(len(data)) :]
        return bytes(data)

    def headers(self, signature):
        chance = self.chance
        name = chance.choice(("Duro-Signature", "duro-signature", "DURO-SIGNATURE"))
        text = signature.decode("latin-1")
        more = [("Host", "example.com"), ("Duro-Event-Id", "evt_1"), (name[::-1], text)]
        match chance.randrange(9):
            case 0:
                return {name: text}
            case 1:
                return [*more, (name, text)]
            case 2:
                return [(name.encode(), signature)]
            case 3:
                return {**dict(more), name: text}
            case 4:
                return [(name, text), (name.lower(), self.mutated(signature).decode("latin-1"))]
            case 5:
                return [(name, signature), (None, b""), (name,)][: chance.randint(1, 3)]
            case 6:
                return {name: chance.choice((None, 5, [text], text.encode(), object()))}
            case 7:
                return chance.choice((None, 5, text, signature, {}, [], [name, text], [[name, text]]))
            case _:
                return ((each, text) for each in (name,))


@pytest.fixture(scope="module")
def bodies(delivery):
    return [
        delivery(data=data, kind=kind)
        for data in ("flat", "embedded", "empty")
        for kind in ("subscription_payment_failed", "plan_renamed")
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_mutations_of_valid_deliveries(bodies):
    mutator, accepted = Mutator(seed=CASES, bodies=bodies), 0
    for _ in range(CASES):
        body, headers = mutator.case()
        headers = list(headers) if not isinstance(headers, dict | list | str | bytes | int | None) else headers
        accepted += check(body, headers)
    print(f"{CASES} mutations, {accepted} of them signed and accepted")
    # Too few accepted cases would leave the parser untested.
    assert CASES * 0.03 < accepted < CASES * 0.5


NAMES = st.sampled_from(["Duro-Signature", "duro-signature"]) | st.text(max_size=16)
DIGITS = st.sampled_from([str(NOW), str(NOW - 301), "1" * 20, "-1", "", "\u0661"]) | st.text(max_size=12)
HEX = st.text(string.hexdigits, min_size=64, max_size=64)
VALUES = (
    st.lists(
        st.tuples(
            st.sampled_from(["t", "v1", "v0", " v1", ""]), DIGITS | st.text(string.hexdigits, min_size=64, max_size=64)
        ),
        max_size=6,
    ).map(lambda pairs: ",".join("=".join(pair) for pair in pairs))
    | st.text()
)
HEADERS = (
    st.dictionaries(NAMES, VALUES, max_size=4)
    | st.lists(st.tuples(NAMES, VALUES), max_size=4)
    | st.lists(st.tuples(NAMES.map(str.encode), VALUES.map(str.encode)), max_size=4)
    | st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists, max_leaves=5)
)
MEMBERS = st.sampled_from(
    ["id", "type", "createdAt", "data", "customer", "plan", "subscription", "invoice", "amount", "status"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            MEMBERS | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=max(300, CASES // 100))
@given(st.binary() | JSON.map(json.dumps).map(str.encode), HEADERS)
def test_unsigned_input_is_rejected(body, headers):
    check(body, headers)


@pytest.mark.slow
@settings(max_examples=max(300, CASES // 100))
@given(st.binary() | JSON.map(json.dumps).map(str.encode))
def test_signed_body_is_an_event_or_a_payload_error(body):
    headers = WEBHOOK.sign(body)
    try:
        assert isinstance(WEBHOOK.verify(body, headers), Event)
    except PayloadError:
        assert is_signed(body, headers)


LONG_HEADERS = {
    "signatures": lambda size: "t=1" + ",v1=" * size,
    "long signatures": lambda size: f"t={NOW}" + f",v1={'0' * 64}" * size,
    "times": lambda size: "t=1," * size + "v1=0",
    "digits": lambda size: "t=" + "1" * size + ",v1=0",
    "hex": lambda size: f"t={NOW},v1=" + "0" * size,
    "commas": lambda size: "," * size,
    "signs": lambda size: "=" * size,
    "spaces": lambda size: " " * size + ",v1=0",
    "names": lambda size: "v" * size,
}
LONG_BODIES = {
    "spaces": lambda size: b" " * size,
    "brackets": lambda size: b"[" * size,
    "digits": lambda size: b"9" * size,
    "text": lambda size: b'{"id": "' + b"x" * size + b'"}',
    "escapes": lambda size: b'{"id": "' + b"\\u0041" * size + b'", "type": 5}',
    "members": lambda size: b"{" + b",".join(b'"%d":0' % number for number in range(size)) + b"}",
    "list": lambda size: b'{"id": [' + b"0," * size + b"0]}",
}


def least_cpu_time(function):
    """Return the least CPU time of this thread, without garbage collection."""
    times = []
    gc.disable()
    try:
        for _ in range(5):
            start = time.thread_time()
            with pytest.raises(WebhookError):
                function()
            times.append(time.thread_time() - start)
    finally:
        gc.enable()
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize("shape", LONG_HEADERS)
def test_time_is_linear_in_the_header(shape):
    make = LONG_HEADERS[shape]
    small, large = ({"Duro-Signature": make(size)} for size in (4_000, 64_000))
    # 16 times the size may take up to 64 times as long, because of CPU caches; quadratic time would be 256 times.
    assert least_cpu_time(lambda: WEBHOOK.verify(b"{}", large)) < 64 * least_cpu_time(
        lambda: WEBHOOK.verify(b"{}", small)
    )


@pytest.mark.slow
@pytest.mark.parametrize("shape", LONG_BODIES)
def test_time_is_linear_in_the_body(shape):
    make = LONG_BODIES[shape]
    small, large = (make(size) for size in (4_000, 64_000))
    signed_small, signed_large = WEBHOOK.sign(small), WEBHOOK.sign(large)
    assert least_cpu_time(lambda: WEBHOOK.verify(large, signed_large)) < 64 * least_cpu_time(
        lambda: WEBHOOK.verify(small, signed_small)
    )


def test_time_is_linear_in_the_number_of_headers():
    small, large = ([("X-Header-Name1", "x")] * size for size in (4_000, 64_000))
    assert least_cpu_time(lambda: WEBHOOK.verify(b"{}", large)) < 64 * least_cpu_time(
        lambda: WEBHOOK.verify(b"{}", small)
    )

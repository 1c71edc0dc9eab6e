"""A delivery is believed if it is signed, and never otherwise."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
import traceback
from collections import UserDict
from email.message import Message

import anyio
import httpx
import pytest

import duro.webhooks.webhook as module
from duro import ConfigurationError, DuroError, Secret
from duro._clock import Clock
from duro.webhooks import (
    PayloadError,
    SignatureMismatchError,
    SignatureMissingError,
    SubscriptionPaymentFailed,
    TimestampError,
    Webhook,
    WebhookError,
)

SECRET, OTHER = "whsec_1needle2", "whsec_another"


@pytest.fixture
def webhook(time):
    return Webhook(SECRET, clock=time.clock)


def signature_of(body, timestamp, secret=SECRET):
    """The scheme once more, written out."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def test_signature_is_the_contracts(webhook, time, delivery):
    body = delivery()
    assert webhook.sign(body) == {
        "Duro-Signature": f"t={time.now},v1={signature_of(body, time.now)}",
        "Duro-Event-Id": "evt_1",
        "Duro-Event-Type": "subscription_payment_failed",
    }


def test_signed_delivery_becomes_an_event(webhook, delivery):
    body = delivery()
    event = webhook.verify(body, webhook.sign(body))
    assert isinstance(event, SubscriptionPaymentFailed)
    assert (event.id, event.secret_index) == ("evt_1", 0)
    assert webhook.check(body, webhook.sign(body)) == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_a_body(webhook, delivery, kind):
    body = delivery()
    assert webhook.verify(kind(body), webhook.sign(kind(body))).id == "evt_1"


@pytest.mark.parametrize("body", ["{}", None, {"id": "evt_1"}, 5])
def test_body_that_is_no_bytes_is_refused_with_advice(webhook, body):
    for refused in (webhook.verify, webhook.check):
        with pytest.raises(PayloadError, match=f"the body is a {type(body).__name__}; give the raw bytes"):
            refused(body, {})
    with pytest.raises(PayloadError, match="raw bytes"):
        webhook.sign(body)


def message(pairs):
    headers = Message()
    for name, value in pairs:
        headers[name] = value
    return headers


FORMS = {
    "dict": dict,
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "mapping that is no dict": UserDict,
    "email.message": message,
    "httpx": httpx.Headers,
    "lower case": lambda pairs: {name.lower(): value for name, value in pairs},
    "upper case": lambda pairs: {name.upper(): value for name, value in pairs},
    "lists": lambda pairs: [[name.lower(), value] for name, value in pairs],
    "ASGI": lambda pairs: [(name.lower().encode(), value.encode()) for name, value in pairs],
    "mapping of bytes": lambda pairs: {name.encode(): value.encode() for name, value in pairs},
    "items": lambda pairs: dict(pairs).items(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_headers_are_taken_in_any_form_and_case(webhook, delivery, form):
    body = delivery()
    headers = [("Host", "example.com"), *webhook.sign(body).items(), ("Some-Headers", "more")]
    assert webhook.verify(body, form(headers)).id == "evt_1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        [],
        None,
        7,
        "Duro-Signature",
        [("Duro-Signature",)],
        [5],
        {"Duro-Signature": None},
        {"Duro-Signature": ["t=1,v1=00"]},
        {"Duro-Signatures": "t=1,v1=00"},
        {"Signature": "t=1,v1=00"},
        {5: "t=1,v1=00", None: "t=1,v1=00"},
        {"Duro-Signature": ""},
        {"Duro-Signature": "v1"},
        {"Duro-Signature": "t=1,v2=00"},
        {"Duro-Signature": "t=1;v1=00"},
        {"Duro-Signature": "t=1,V1=00"},
    ],
)
def test_without_a_signature_it_is_missing(webhook, delivery, headers):
    with pytest.raises(SignatureMissingError, match="Duro-Signature"):
        webhook.verify(delivery(), headers)


CHANGES = {
    "a byte more": lambda body, header: (body + b" ", header),
    "a byte less": lambda body, header: (body[:-1], header),
    "parsed and written again": lambda body, header: (json.dumps(json.loads(body)).encode(), header),
    "no body": lambda body, header: (b"", header),
    "a digit less": lambda body, header: (body, header[:-1]),
    "a digit more": lambda body, header: (body, header + "0"),
    "a digit before": lambda body, header: (body, header.replace("v1=", "v1=0")),
    "the same time, written otherwise": lambda body, header: (body, header.replace("t=", "t=0")),
    "a sign before": lambda body, header: (body, header.replace("v1=", "v1==")),
    "nothing": lambda body, header: (body, header[: header.index("v1=")] + "v1="),
    "no ASCII": lambda body, header: (body, header[: header.index("v1=")] + "v1=é"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_changed_is_a_mismatch(webhook, delivery, change):
    body = delivery()
    changed, header = change(body, webhook.sign(body)["Duro-Signature"])
    with pytest.raises(SignatureMismatchError, match="give the secret of this very endpoint, and the raw body"):
        webhook.verify(changed, {"Duro-Signature": header})


def test_another_secret_is_a_mismatch(webhook, time, delivery):
    body = delivery()
    with pytest.raises(SignatureMismatchError):
        Webhook(OTHER, clock=time.clock).verify(body, webhook.sign(body))


def test_secret_is_the_key_exactly_as_it_is_shown(time, delivery):
    body = delivery()
    for near in (SECRET.removeprefix("whsec_"), SECRET + " ", SECRET.upper()):
        header = f"t={time.now},v1={signature_of(body, time.now, near)}"
        with pytest.raises(SignatureMismatchError):
            Webhook(SECRET, clock=time.clock).verify(body, {"Duro-Signature": header})


@pytest.mark.parametrize(
    "form",
    [
        "t={t},v1={good}",
        "t={t},v1={bad},v1={good}",
        "t={t},v1={good},v1={bad}",
        "v1={good},t={t}",
        "t={t},v0={bad},v1={good},v2={bad},new",
        "t={t}, v1={good}",
        " t={t},v1={good} ",
        ",t={t},,v1={good},",
        "t={t},v1={upper}",
    ],
)
def test_one_v1_that_fits_is_enough(webhook, time, delivery, form):
    body = delivery()
    good = signature_of(body, time.now)
    header = form.format(t=time.now, good=good, bad="0" * 64, upper=good.upper())
    assert webhook.verify(body, {"duro-signature": header}).id == "evt_1"


@pytest.mark.parametrize("scheme", ["v0", "v2", "V1", "v11", ""])
def test_signature_of_an_unknown_scheme_counts_for_nothing(webhook, time, delivery, scheme):
    body = delivery()
    header = f"t={time.now},{scheme}={signature_of(body, time.now)}"
    with pytest.raises(SignatureMissingError):
        webhook.verify(body, {"duro-signature": header})
    with pytest.raises(SignatureMismatchError):
        webhook.verify(body, {"duro-signature": f"{header},v1={'0' * 64}"})


def test_header_in_two_lines_is_one(webhook, time, delivery):
    body = delivery()
    lines = [
        ("Duro-Signature", f"t={time.now},v1={'0' * 64}"),
        ("duro-signature", f"v1={signature_of(body, time.now)}"),
    ]
    assert webhook.verify(body, lines).id == "evt_1"


class TestRotation:
    def test_event_tells_which_secret_signed_it(self, time, delivery):
        body = delivery()
        both = Webhook("whsec_new", "whsec_old", clock=time.clock)
        for position, secret in enumerate(["whsec_new", "whsec_old"]):
            signed = Webhook(secret, clock=time.clock).sign(body)
            assert both.verify(body, signed).secret_index == position
        with pytest.raises(SignatureMismatchError):
            both.verify(body, Webhook("whsec_older", clock=time.clock).sign(body))

    def test_every_secret_signs(self, time, delivery):
        body = delivery()
        signed = Webhook("whsec_new", "whsec_old", clock=time.clock).sign(body)
        assert signed["Duro-Signature"].count("v1=") == 2
        for secret in ("whsec_new", "whsec_old"):
            assert Webhook(secret, clock=time.clock).verify(body, signed).secret_index == 0

    def test_what_the_wire_says_of_it_counts_for_nothing(self, webhook, document):
        body = json.dumps({**document(), "secretIndex": 7, "secret_index": 8}).encode()
        event = webhook.verify(body, webhook.sign(body))
        assert event.secret_index == 0
        assert event.extra == {"secretIndex": 7, "secret_index": 8}


class TestTolerance:
    @pytest.mark.parametrize("drift", [-300, -299, 0, 299, 300])
    def test_within_it_both_ways(self, webhook, time, delivery, drift):
        signed = webhook.sign(delivery())
        time.now += drift
        assert webhook.verify(delivery(), signed)

    @pytest.mark.parametrize(("drift", "told"), [(301, "301 s ago"), (-301, "301 s in the future"), (1e9, "s ago")])
    def test_beyond_it_both_ways(self, webhook, time, delivery, drift, told):
        signed = webhook.sign(delivery())
        time.now += drift
        with pytest.raises(TimestampError, match=f"{told}, and the tolerance is 300 s"):
            webhook.verify(delivery(), signed)

    def test_it_is_settable(self, time, delivery):
        strict = Webhook(SECRET, tolerance=5, clock=time.clock)
        signed = strict.sign(delivery())
        time.now += 5
        assert strict.verify(delivery(), signed)
        time.now += 0.5
        with pytest.raises(TimestampError, match="tolerance is 5 s"):
            strict.verify(delivery(), signed)

    @pytest.mark.parametrize("tolerance", [0, -1, None, float("inf"), float("nan"), True, False, "300", 86_401, 1e18])
    def test_it_is_never_switched_off(self, tolerance):
        with pytest.raises(ConfigurationError, match="tolerance"):
            Webhook(SECRET, tolerance=tolerance)

    @pytest.mark.parametrize(
        "timestamp", ["", "-1", "+1", "1.0", "1_0", "\u0661", "0x1", " 1", "1e9", "now", "1" * 16, "9" * 5000]
    )
    def test_time_that_is_no_whole_number_is_refused(self, webhook, delivery, timestamp):
        header = f"t={timestamp},v1={'0' * 64}"
        with pytest.raises(TimestampError, match="whole seconds"):
            webhook.verify(delivery(), {"Duro-Signature": header})

    @pytest.mark.parametrize("header", ["v1=00", "t=1,t=1,v1=00", "T=1,v1=00"])
    def test_one_time_belongs_there(self, webhook, delivery, header):
        with pytest.raises(TimestampError, match="where one belongs"):
            webhook.verify(delivery(), {"Duro-Signature": header})

    def test_forged_delivery_is_not_told_the_time(self, webhook, delivery):
        with pytest.raises(SignatureMismatchError):
            webhook.verify(delivery(), {"Duro-Signature": f"t=1,v1={'0' * 64}"})


class TestOrder:
    """The comparison is constant in time, and comes before everything that looks into the body."""

    @pytest.fixture
    def steps(self, monkeypatch):
        steps = []

        def noted(name, function):
            def call(*words, **named):
                steps.append(name)
                return function(*words, **named)

            return call

        monkeypatch.setattr(hmac, "compare_digest", noted("compare", hmac.compare_digest))
        monkeypatch.setattr(module, "decode_json", noted("parse", module.decode_json))
        monkeypatch.setattr(module, "structure", noted("structure", module.structure))
        monkeypatch.setattr(json.JSONDecoder, "raw_decode", noted("json", json.JSONDecoder.raw_decode))
        return steps

    def test_body_is_parsed_after_the_comparison(self, webhook, delivery, steps):
        signed = webhook.sign(delivery())
        steps.clear()
        webhook.verify(delivery(), signed)
        assert steps == ["compare", "parse", "json", "structure"]

    def test_body_that_is_not_signed_is_never_parsed(self, webhook, time, delivery, steps):
        with pytest.raises(SignatureMismatchError):
            webhook.verify(delivery(), {"Duro-Signature": f"t={time.now},v1={'0' * 64}"})
        assert steps == ["compare"]
        signed = webhook.sign(delivery())
        steps.clear()
        time.now += 1000
        with pytest.raises(TimestampError):
            webhook.verify(delivery(), signed)
        assert steps == ["compare"]


class TestPayload:
    @pytest.mark.parametrize(
        ("body", "path"),
        [
            (b"", "$"),
            (b"{", "$"),
            (b"\xff\xfe", "$"),
            (b'{"id": NaN}', "$"),
            (b"[" * 100_000, "$"),
            (b"9" * 5_000, "$"),
            (b"[]", "$"),
            (b"null", "$"),
            (b'"text"', "$"),
            (b"{}", "$.id"),
            (b'{"id": 1}', "$.id"),
            (b'{"id": "e", "type": 5, "createdAt": "2026-06-28T09:00:00Z", "data": {}}', "$.type"),
            (b'{"id": "e", "type": "t", "createdAt": "soon", "data": {}}', "$.createdAt"),
            (b'{"id": "e", "type": "t", "createdAt": "2026-06-28T09:00:00Z", "data": []}', "$.data"),
        ],
    )
    def test_signed_body_that_is_no_event_is_refused(self, webhook, body, path):
        with pytest.raises(PayloadError, match="the delivery") as refusal:
            webhook.verify(body, webhook.sign(body))
        assert refusal.value.path == path

    def test_embedded_object_that_breaks_the_contract_is_named(self, webhook, delivery):
        body = delivery(data={"invoice": {"id": "inv_1", "amount": "5"}})
        with pytest.raises(PayloadError) as refusal:
            webhook.verify(body, webhook.sign(body))
        assert refusal.value.path == "$.data.invoice.subscriptionId"

    @pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"id": 5}', '{"id": "é\\n"}'.encode()])
    def test_anything_can_be_signed(self, webhook, body):
        assert list(webhook.sign(body)) == ["Duro-Signature"]


class TestSecrets:
    @pytest.mark.parametrize(
        "secret",
        ["", "whsec_", "sk_test_1needle2", "1needle2", " whsec_1needle2", "whsec_1needle2\n", "whsec_é", 5, None],
    )
    def test_malformed_secret_is_refused_and_not_repeated(self, secret):
        with pytest.raises(ConfigurationError, match="whsec_") as refusal:
            Webhook(SECRET, secret)
        told = traceback.TracebackException.from_exception(refusal.value, capture_locals=True)
        frames = [frame for frame in told.stack if "/duro/" in frame.filename]
        assert "needle" not in str(refusal.value) + repr([frame.locals for frame in frames])

    def test_secret_of_the_environment(self, monkeypatch, time, delivery):
        with pytest.raises(ConfigurationError, match="DURO_WEBHOOK_SECRET"):
            Webhook()
        monkeypatch.setenv("DURO_WEBHOOK_SECRET", "whsec_new, whsec_old,")
        signed = Webhook(Secret("whsec_old"), clock=time.clock).sign(delivery())
        assert Webhook(clock=time.clock).verify(delivery(), signed).secret_index == 1

    def test_no_secret_is_shown(self, webhook):
        assert repr(webhook) == "<Webhook with 1 secret, tolerance 300 s>"
        assert repr(Webhook(SECRET, OTHER, tolerance=10)) == "<Webhook with 2 secrets, tolerance 10 s>"
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(webhook)

    def test_no_refusal_shows_a_secret_or_a_signature_that_fits(self, webhook, time, delivery):
        """Neither in its message nor among the locals of our frames."""
        body = delivery()
        fits = signature_of(body, time.now)
        for header in (f"t={time.now},v1={'0' * 64}", f"t={time.now},v1={fits}x", "t=,v1=00", "t=1", ""):
            with pytest.raises(WebhookError) as refusal:
                webhook.verify(body, {"Duro-Signature": header.replace(fits, fits[::-1])})
            told = traceback.TracebackException.from_exception(refusal.value, capture_locals=True)
            shown = str(refusal.value) + "".join(
                repr(frame.locals) for frame in told.stack if "/duro/" in frame.filename
            )
            assert "needle" not in shown
            assert fits not in shown
            assert refusal.value.__context__ is None


def test_each_way_to_fail_has_its_class_and_word():
    kinds = [SignatureMissingError, SignatureMismatchError, TimestampError, PayloadError]
    assert len({kind.code for kind in kinds}) == 4
    for kind in kinds:
        assert kind.__base__ is WebhookError
    assert WebhookError.__base__ is DuroError


def test_threads_share_a_webhook(webhook, delivery):
    bodies = {delivery(number=number) for number in range(200)}

    async def main():
        async with anyio.create_task_group() as tasks:
            for body in bodies:
                tasks.start_soon(anyio.to_thread.run_sync, lambda body=body: webhook.verify(body, webhook.sign(body)))

    anyio.run(main)


def test_clock_is_the_machines_where_none_is_given(delivery):
    assert Webhook(SECRET).verify(delivery(), Webhook(SECRET).sign(delivery()))
    long_ago = Webhook(SECRET, clock=Clock(wall=lambda: 1_000_000_000))
    with pytest.raises(TimestampError):
        Webhook(SECRET).verify(delivery(), long_ago.sign(delivery()))

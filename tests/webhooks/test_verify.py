"""``Webhook``: arguments, tolerance, order of the checks, payloads and secrets."""

from __future__ import annotations

import hmac
import json
import pickle
import traceback
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import anyio
import pytest

import duro.webhooks.webhook as module
from duro import ConfigurationError, DuroError, InvalidArgumentError, Secret
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


class Unknown(tzinfo):
    """Time zone that does not know its offset; Python counts its times as naive."""

    def utcoffset(self, when):
        return None


def test_sign_returns_the_headers_of_the_contract(webhook, time, delivery, signature_of):
    body = delivery()
    assert webhook.sign(body) == {
        "Duro-Signature": f"t={time.now},v1={signature_of(body, time.now)}",
        "Duro-Event-Id": "evt_1",
        "Duro-Event-Type": "subscription_payment_failed",
    }


def test_signed_delivery_is_an_event(webhook, delivery):
    body = delivery()
    event = webhook.verify(body, webhook.sign(body))
    assert isinstance(event, SubscriptionPaymentFailed)
    assert (event.id, event.secret_index) == ("evt_1", 0)
    assert webhook.check(body, webhook.sign(body)) == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_body_can_be_any_bytes_type(webhook, delivery, kind):
    body = delivery()
    assert webhook.verify(kind(body), webhook.sign(kind(body))).id == "evt_1"


@pytest.mark.parametrize("body", ["{}", None, {"id": "evt_1"}, 5])
def test_body_of_another_type_is_rejected(webhook, body):
    for method in (webhook.verify, webhook.check):
        with pytest.raises(PayloadError, match=f"body must be bytes, got {type(body).__name__}; pass the raw bytes"):
            method(body, {})
    with pytest.raises(PayloadError, match="raw bytes"):
        webhook.sign(body)


class TestTolerance:
    @pytest.mark.parametrize("drift", [-300, -299, 0, 299, 300])
    def test_time_within_the_tolerance_is_accepted(self, webhook, time, delivery, drift):
        signed = webhook.sign(delivery())
        time.now += drift
        assert webhook.verify(delivery(), signed)

    @pytest.mark.parametrize(("drift", "when"), [(301, "301 s ago"), (-301, "301 s in the future"), (1e9, "s ago")])
    def test_time_outside_the_tolerance_is_rejected(self, webhook, time, delivery, drift, when):
        signed = webhook.sign(delivery())
        time.now += drift
        with pytest.raises(TimestampError, match=f"signed within 300 s of now, got one signed .*{when}"):
            webhook.verify(delivery(), signed)

    def test_tolerance_can_be_set(self, time, delivery):
        strict = Webhook(SECRET, tolerance=5, clock=time.clock)
        signed = strict.sign(delivery())
        time.now += 5
        assert strict.verify(delivery(), signed)
        time.now += 0.5
        with pytest.raises(TimestampError, match="within 5 s of now"):
            strict.verify(delivery(), signed)

    @pytest.mark.parametrize(
        "tolerance",
        [0, -1, None, float("inf"), float("nan"), True, "300", 86_401, pytest.param(10**5_000, id="a long integer")],
    )
    def test_tolerance_cannot_be_switched_off(self, tolerance):
        with pytest.raises(ConfigurationError, match="tolerance"):
            Webhook(SECRET, tolerance=tolerance)

    @pytest.mark.parametrize(
        "timestamp", ["", "-1", "+1", "1.0", "1_0", "\u0661", "0x1", " 1", "1e9", "now", "1" * 16, "9" * 5000]
    )
    def test_time_must_be_a_whole_number(self, webhook, delivery, timestamp):
        header = f"t={timestamp},v1={'0' * 64}"
        with pytest.raises(TimestampError, match="whole seconds"):
            webhook.verify(delivery(), {"Duro-Signature": header})

    @pytest.mark.parametrize("header", ["v1=00", "t=1,t=1,v1=00", "T=1,v1=00"])
    def test_header_must_contain_one_time(self, webhook, delivery, header):
        with pytest.raises(TimestampError, match="must contain one timestamp"):
            webhook.verify(delivery(), {"Duro-Signature": header})

    def test_signature_is_checked_before_the_time(self, webhook, delivery):
        with pytest.raises(SignatureMismatchError):
            webhook.verify(delivery(), {"Duro-Signature": f"t=1,v1={'0' * 64}"})


class TestDeliveryThatWaitedInAQueue:
    def received_at(self, time, age=0):
        return datetime.fromtimestamp(time.now - age, UTC)

    @pytest.mark.parametrize("drift", [-300, -1, 0, 1, 300])
    def test_tolerance_applies_to_the_time_of_receipt(self, webhook, time, delivery, drift):
        body, received_at = delivery(), self.received_at(time, drift)
        headers = webhook.sign(body)
        time.now += 7 * 86_400
        assert webhook.verify(body, headers, at=received_at).id == "evt_1"
        assert webhook.check(body, headers, at=received_at) == 0
        with pytest.raises(TimestampError, match="within 300 s of now, got one signed 604800 s ago"):
            webhook.verify(body, headers)

    @pytest.mark.parametrize(
        ("drift", "when"), [(-301, "301 s before"), (301, "301 s after"), (-86_400, "86400 s before")]
    )
    def test_delivery_that_was_old_when_it_was_received_is_rejected(self, webhook, time, delivery, drift, when):
        body = delivery()
        headers = webhook.sign(body)
        received_at = self.received_at(time, drift)
        time.now += 7 * 86_400
        for method in (webhook.verify, webhook.check):
            with pytest.raises(TimestampError, match=f"within 300 s of the time at=, got one signed {when} it"):
                method(body, headers, at=received_at)

    def test_time_zone_of_the_receipt_does_not_matter(self, webhook, time, delivery):
        body = delivery()
        headers = webhook.sign(body)
        received_at = self.received_at(time).astimezone(timezone(timedelta(hours=-11)))
        time.now += 86_400
        assert webhook.verify(body, headers, at=received_at).id == "evt_1"

    def test_clock_of_the_receiver_may_be_ahead_by_the_tolerance(self, webhook, time, delivery):
        body = delivery()
        headers = webhook.sign(body)
        assert webhook.verify(body, headers, at=self.received_at(time, -300)).id == "evt_1"
        with pytest.raises(InvalidArgumentError, match="at must not be in the future, got a time 301 s ahead"):
            webhook.verify(body, headers, at=self.received_at(time, -301))

    @pytest.mark.parametrize("zone", [None, Unknown()])
    def test_time_without_a_time_zone_is_rejected(self, webhook, zone):
        at = datetime(2026, 6, 28, 9, tzinfo=zone)
        with pytest.raises(InvalidArgumentError, match="at must have a time zone"):
            webhook.verify(b"{}", {}, at=at)

    @pytest.mark.parametrize("at", [1_782_637_200, "2026-06-28T09:00:00Z", date(2026, 6, 28), True])
    def test_time_of_another_type_is_rejected(self, webhook, at):
        with pytest.raises(InvalidArgumentError, match=f"at must be a datetime, got {type(at).__name__}"):
            webhook.check(b"{}", {}, at=at)

    def test_signature_is_still_verified(self, webhook, time, delivery):
        with pytest.raises(SignatureMismatchError):
            webhook.verify(delivery(number=2), webhook.sign(delivery()), at=self.received_at(time))

    @pytest.mark.parametrize(
        "at", [datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=timezone(timedelta(hours=23)))]
    )
    def test_earliest_time_is_only_too_early(self, webhook, delivery, at):
        body = delivery()
        with pytest.raises(TimestampError):
            webhook.verify(body, webhook.sign(body), at=at)


class TestOrder:
    """The signature is compared in constant time, before the body is parsed."""

    @pytest.fixture
    def steps(self, monkeypatch):
        steps = []

        def recorded(name, function):
            def call(*args, **kwargs):
                steps.append(name)
                return function(*args, **kwargs)

            return call

        monkeypatch.setattr(hmac, "compare_digest", recorded("compare", hmac.compare_digest))
        monkeypatch.setattr(module, "decode_json", recorded("parse", module.decode_json))
        monkeypatch.setattr(module, "structure", recorded("structure", module.structure))
        monkeypatch.setattr(json.JSONDecoder, "raw_decode", recorded("json", json.JSONDecoder.raw_decode))
        return steps

    def test_body_is_parsed_after_the_comparison(self, webhook, delivery, steps):
        signed = webhook.sign(delivery())
        steps.clear()
        webhook.verify(delivery(), signed)
        assert steps == ["compare", "parse", "json", "structure"]

    def test_unsigned_body_is_not_parsed(self, webhook, time, delivery, steps):
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
    def test_signed_body_must_be_an_event(self, webhook, body, path):
        with pytest.raises(PayloadError, match="the delivery") as caught:
            webhook.verify(body, webhook.sign(body))
        assert caught.value.path == path

    def test_error_names_the_invalid_embedded_object(self, webhook, delivery):
        body = delivery(data={"invoice": {"id": "inv_1", "amount": "5"}})
        with pytest.raises(PayloadError) as caught:
            webhook.verify(body, webhook.sign(body))
        assert caught.value.path == "$.data.invoice.subscriptionId"

    @pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"id": 5}', '{"id": "é\\n"}'.encode()])
    def test_sign_accepts_any_bytes(self, webhook, body):
        assert list(webhook.sign(body)) == ["Duro-Signature"]


class TestSecrets:
    @pytest.mark.parametrize(
        "secret",
        ["", "whsec_", "sk_test_1needle2", "1needle2", " whsec_1needle2", "whsec_1needle2\n", "whsec_é", 5, None],
    )
    def test_malformed_secret_is_rejected_and_not_shown(self, secret):
        with pytest.raises(ConfigurationError, match="whsec_") as caught:
            Webhook(SECRET, secret)
        formatted = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [frame for frame in formatted.stack if "/duro/" in frame.filename]
        assert "needle" not in str(caught.value) + repr([frame.locals for frame in frames])

    def test_secrets_are_read_from_the_environment(self, monkeypatch, time, delivery):
        with pytest.raises(ConfigurationError, match="DURO_WEBHOOK_SECRET"):
            Webhook()
        monkeypatch.setenv("DURO_WEBHOOK_SECRET", "whsec_new, whsec_old,")
        signed = Webhook(Secret("whsec_old"), clock=time.clock).sign(delivery())
        assert Webhook(clock=time.clock).verify(delivery(), signed).secret_index == 1

    def test_repr_and_pickle_show_no_secret(self, webhook):
        assert repr(webhook) == "<Webhook with 1 secret, tolerance 300 s>"
        assert repr(Webhook(SECRET, OTHER, tolerance=10)) == "<Webhook with 2 secrets, tolerance 10 s>"
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(webhook)

    def test_errors_show_neither_a_secret_nor_a_valid_signature(self, webhook, time, delivery, signature_of):
        """Neither in their messages nor in the local variables of the SDK's frames."""
        body = delivery()
        valid = signature_of(body, time.now)
        for header in (f"t={time.now},v1={'0' * 64}", f"t={time.now},v1={valid}x", "t=,v1=00", "t=1", ""):
            with pytest.raises(WebhookError) as caught:
                webhook.verify(body, {"Duro-Signature": header.replace(valid, valid[::-1])})
            formatted = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            shown = str(caught.value) + "".join(
                repr(frame.locals) for frame in formatted.stack if "/duro/" in frame.filename
            )
            assert "needle" not in shown
            assert valid not in shown
            assert caught.value.__context__ is None


def test_each_error_class_has_its_own_code():
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


def test_default_clock_is_the_system_clock(delivery):
    assert Webhook(SECRET).verify(delivery(), Webhook(SECRET).sign(delivery()))
    long_ago = Webhook(SECRET, clock=Clock(wall=lambda: 1_000_000_000))
    with pytest.raises(TimestampError):
        Webhook(SECRET).verify(delivery(), long_ago.sign(delivery()))

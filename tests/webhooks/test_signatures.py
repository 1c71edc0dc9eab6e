"""``Webhook.verify``: the signature header, the secrets that match it, and changed deliveries."""

from __future__ import annotations

import json
from collections import UserDict
from email.message import Message

import httpx
import pytest

from duro.webhooks import SignatureMismatchError, SignatureMissingError, Webhook

SECRET, OTHER = "whsec_1needle2", "whsec_another"


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
    "mapping other than dict": UserDict,
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
def test_headers_can_have_any_form_and_case(webhook, delivery, form):
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
def test_missing_signature_is_reported(webhook, delivery, headers):
    with pytest.raises(SignatureMissingError, match="Duro-Signature"):
        webhook.verify(delivery(), headers)


CHANGES = {
    "byte added": lambda body, header: (body + b" ", header),
    "byte removed": lambda body, header: (body[:-1], header),
    "parsed and encoded again": lambda body, header: (json.dumps(json.loads(body)).encode(), header),
    "empty body": lambda body, header: (b"", header),
    "last digit removed": lambda body, header: (body, header[:-1]),
    "digit appended": lambda body, header: (body, header + "0"),
    "digit prepended": lambda body, header: (body, header.replace("v1=", "v1=0")),
    "same time with a leading zero": lambda body, header: (body, header.replace("t=", "t=0")),
    "equals sign prepended": lambda body, header: (body, header.replace("v1=", "v1==")),
    "empty signature": lambda body, header: (body, header[: header.index("v1=")] + "v1="),
    "non-ASCII signature": lambda body, header: (body, header[: header.index("v1=")] + "v1=é"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_is_a_mismatch(webhook, delivery, change):
    body = delivery()
    changed, header = change(body, webhook.sign(body)["Duro-Signature"])
    with pytest.raises(SignatureMismatchError, match="use the secret of this endpoint, and pass the raw body"):
        webhook.verify(changed, {"Duro-Signature": header})


def test_another_secret_is_a_mismatch(webhook, time, delivery):
    body = delivery()
    with pytest.raises(SignatureMismatchError):
        Webhook(OTHER, clock=time.clock).verify(body, webhook.sign(body))


def test_key_is_the_whole_secret(time, delivery, signature_of):
    body = delivery()
    for other in (SECRET.removeprefix("whsec_"), SECRET + " ", SECRET.upper()):
        header = f"t={time.now},v1={signature_of(body, time.now, other)}"
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
def test_one_matching_v1_is_enough(webhook, time, delivery, form, signature_of):
    body = delivery()
    good = signature_of(body, time.now)
    header = form.format(t=time.now, good=good, bad="0" * 64, upper=good.upper())
    assert webhook.verify(body, {"duro-signature": header}).id == "evt_1"


@pytest.mark.parametrize("scheme", ["v0", "v2", "V1", "v11", ""])
def test_signature_of_an_unknown_scheme_is_ignored(webhook, time, delivery, scheme, signature_of):
    body = delivery()
    header = f"t={time.now},{scheme}={signature_of(body, time.now)}"
    with pytest.raises(SignatureMissingError):
        webhook.verify(body, {"duro-signature": header})
    with pytest.raises(SignatureMismatchError):
        webhook.verify(body, {"duro-signature": f"{header},v1={'0' * 64}"})


def test_header_in_two_lines_is_joined(webhook, time, delivery, signature_of):
    body = delivery()
    lines = [
        ("Duro-Signature", f"t={time.now},v1={'0' * 64}"),
        ("duro-signature", f"v1={signature_of(body, time.now)}"),
    ]
    assert webhook.verify(body, lines).id == "evt_1"


class TestRotation:
    def test_secret_index_is_that_of_the_secret_that_signed(self, time, delivery):
        body = delivery()
        both = Webhook("whsec_new", "whsec_old", clock=time.clock)
        for index, secret in enumerate(["whsec_new", "whsec_old"]):
            signed = Webhook(secret, clock=time.clock).sign(body)
            assert both.verify(body, signed).secret_index == index
        with pytest.raises(SignatureMismatchError):
            both.verify(body, Webhook("whsec_older", clock=time.clock).sign(body))

    def test_every_secret_signs(self, time, delivery):
        body = delivery()
        signed = Webhook("whsec_new", "whsec_old", clock=time.clock).sign(body)
        assert signed["Duro-Signature"].count("v1=") == 2
        for secret in ("whsec_new", "whsec_old"):
            assert Webhook(secret, clock=time.clock).verify(body, signed).secret_index == 0

    def test_secret_index_is_not_read_from_the_body(self, webhook, document):
        body = json.dumps({**document(), "secretIndex": 7, "secret_index": 8}).encode()
        event = webhook.verify(body, webhook.sign(body))
        assert event.secret_index == 0
        assert event.extra == {"secretIndex": 7, "secret_index": 8}

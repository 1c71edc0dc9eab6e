"""Webhook endpoints: control routes, validation, and secrets that stay hidden."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import Endpoint, Sandbox
from tests.support.webhook_receiver import Receiver, ReceiverResponse

Make = Callable[..., dict[str, Any]]


class TestControlRoutes:
    def test_endpoints_are_added_listed_and_removed(
        self, sandbox: Sandbox, anonymous: httpx.Client, receiver: Receiver
    ) -> None:
        response = anonymous.post("/_sandbox/endpoints", json={"url": receiver.url, "secret": "whsec_private"})
        assert response.status_code == 201
        assert response.json() == {"id": response.json()["id"], "url": receiver.url, "events": []}
        anonymous.post("/_sandbox/endpoints", json={"url": "https://shop.example/webhooks?from=duro"})
        listed = anonymous.get("/_sandbox/endpoints")
        assert [each["url"] for each in listed.json()] == [receiver.url, "https://shop.example/webhooks?from=duro"]
        assert "private" not in response.text + listed.text
        assert next(iter(sandbox.endpoints)) == Endpoint(response.json()["id"], receiver.url)
        assert anonymous.delete("/_sandbox/endpoints").json() == {"cleared": 2}
        assert anonymous.get("/_sandbox/endpoints").json() == []

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("body", "path", "advice"),
        [
            ({}, "url", "required"),
            ({"url": 1}, "url", "expected https:// URL, or http:// on loopback"),
            ({"url": "http://shop.example/webhooks"}, "url", "http:// is for loopback only"),
            ({"url": "ftp://127.0.0.1/"}, "url", "does not start with https://"),
            ({"url": "https://"}, "url", "does not contain a valid host name"),
            ({"url": "https://127.0.0.1:99999/"}, "url", "cannot be parsed as a URL"),
            ({"url": "https://ada:needle@shop.example/"}, "url", "contains a user name or password"),
            ({"url": "https://shop.example/#here"}, "url", "without a fragment"),
            ({"url": "https://10.0.0.1/"}, "url", "does not deliver to private networks"),
            ({"url": "https://169.254.169.254/latest"}, "url", "does not deliver to private networks"),
            ({"url": "https://2852039166/"}, "url", "does not deliver to private networks"),
            ({"url": "https://[fe80::1]/"}, "url", "does not deliver to private networks"),
            ({"url": "https://[::ffff:192.168.1.1]/"}, "url", "does not deliver to private networks"),
            ({"url": "https://0.0.0.0/"}, "url", "does not deliver to private networks"),
            ({"url": "https://shop.example/", "events": "invoice_created"}, "events", "list of event types"),
            ({"url": "https://shop.example/", "events": 5}, "events", "list of event types"),
            ({"url": "https://shop.example/", "events": ["invoice_craeted"]}, "events", "got invoice_craeted"),
            ({"url": "https://shop.example/", "events": [5]}, "events", "got int"),
            ({"url": "https://shop.example/", "secret": "needle"}, "secret", "begins with whsec_"),
            ({"url": "https://shop.example/", "secret": None}, "secret", "begins with whsec_"),
        ],
    )
    def test_an_invalid_endpoint_is_rejected_with_advice(
        self, sandbox: Sandbox, anonymous: httpx.Client, body: dict[str, Any], path: str, advice: str
    ) -> None:
        response = anonymous.post("/_sandbox/endpoints", json=body)
        assert response.status_code == 422
        (detail,) = response.json()["error"]["details"]
        assert detail["path"] == path
        assert advice in detail["issue"]
        if "url" in body:
            with pytest.raises(InvalidArgumentError, match=f"{path}: ") as caught:
                sandbox.endpoints.add(**body)
            assert advice in str(caught.value)
            assert "needle" not in response.text + str(caught.value)
        assert len(sandbox.endpoints) == 0

    def test_attempts_are_listed(
        self,
        sandbox: Sandbox,
        anonymous: httpx.Client,
        receiver: Receiver,
        endpoint: Endpoint,
        cause_event: Callable[[], None],
    ) -> None:
        receiver.response = ReceiverResponse(500)
        cause_event()
        sandbox.wait_for_deliveries()
        (attempt,) = anonymous.get("/_sandbox/deliveries").json()
        (delivery,) = sandbox.deliveries
        assert attempt == {
            "id": delivery.id,
            "eventId": sandbox.events[0].id,
            "eventType": "subscription_created",
            "endpointId": endpoint.id,
            "url": receiver.url,
            "attempt": 1,
            "state": "failed",
            "status": 500,
            "failure": "returned status 500",
            "response": "",
            "signature": delivery.signature,
            "dueAt": delivery.due_at,
            "retryAt": delivery.retry_at,
            "at": delivery.at,
            "fault": None,
        }
        page = anonymous.get("/_sandbox/dashboard/deliveries").text
        assert receiver.url in page
        assert "returned status 500" in page


def test_no_secret_of_an_endpoint_is_shown_anywhere(
    sandbox: Sandbox,
    anonymous: httpx.Client,
    receiver: Receiver,
    cause_event: Callable[[], None],
    *,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = sandbox.endpoints.add(f"{receiver.url}?key=whsec_needle", secret="whsec_needle")
    receiver.response = ReceiverResponse(500, body=b"whsec_needle")
    cause_event()
    sandbox.wait_for_deliveries()
    with pytest.raises(InvalidArgumentError) as caught:
        sandbox.endpoints.add("not a URL", secret="whsec_needle")
    assert caught.tb is not None
    outside_this_test = caught.type, caught.value, caught.tb.tb_next
    shown = [
        *(anonymous.get(f"/_sandbox/{path}").text for path in ("dashboard", "deliveries", "requests", "stats")),
        *(anonymous.get(f"/_sandbox/dashboard/{path}").text for path in ("deliveries", "deliveries/1", "requests")),
        repr((endpoint, sandbox.endpoints, list(sandbox.deliveries), sandbox.stats)),
        "".join(traceback.TracebackException(*outside_this_test, capture_locals=True).format()),
        caplog.text,
        *capfd.readouterr(),
    ]
    assert receiver.received[0].path.endswith("whsec_needle")
    assert not [text for text in shown if "needle" in text]

"""All adapters, each in its framework, over real HTTP."""

from __future__ import annotations

import http.client
import threading

import httpx
import pytest

from duro.webhooks import InvoiceCreated, MemoryInbox, Router, SQLiteInbox, SubscriptionPaymentFailed, Webhook

pytestmark = pytest.mark.matrix


def test_signed_delivery_is_handled_before_its_response(serve, shop, handler, delivery):
    response = serve(handler)(delivery())
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert response.headers["content-type"].startswith("application/json")
    event = shop.handled.get_nowait()
    assert isinstance(event, SubscriptionPaymentFailed)
    assert (event.id, event.subscription_id, event.secret_index) == ("evt_1", "sub_1", 0)


def test_repeat_gets_200_and_is_dropped(serve, shop, inbox, delivery):
    post = serve(shop.plain, inbox=inbox)
    post(delivery())
    assert shop.next().id == "evt_1"
    assert inbox.settled.get(timeout=20) == "completed"
    response = post(delivery())
    assert (response.status_code, response.json()) == (200, {"received": True, "repeated": True})
    post(delivery(number=2))
    assert shop.next().id == "evt_2"
    assert shop.handled.empty()


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({}, "signature_missing", "the Duro-Signature header is missing"),
        ({"Duro-Signature": f"t=1,v1={'0' * 64}"}, "signature_mismatch", "the signature does not match"),
        ({"Duro-Signature": "v1=00"}, "timestamp_refused", "must contain one timestamp"),
    ],
)
def test_unsigned_delivery_is_rejected(serve, shop, delivery, headers, *, code, message):
    response = serve(shop.plain)(delivery(), headers)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == code
    assert message in error["message"]
    assert shop.started.empty()


def test_signed_body_that_is_not_an_event_is_rejected(serve, shop):
    response = serve(shop.plain)(b'{"id": "evt_1"}')
    assert (response.status_code, response.json()["error"]["code"]) == (400, "payload_refused")
    assert "$.type" in response.json()["error"]["message"]


def test_changed_body_is_rejected(serve, shop, delivery):
    post = serve(shop.plain)
    assert post(delivery() + b" ", post.webhook.sign(delivery())).status_code == 400


def test_early_response_is_sent_before_the_handler_ends(serve, shop, handler, delivery):
    shop.gate.clear()
    response = serve(handler, acknowledge="early")(delivery())
    assert (response.status_code, response.json()) == (202, {"received": True})
    assert shop.started.get(timeout=20).id == "evt_1"
    assert shop.handled.empty()
    shop.gate.set()
    assert shop.next().id == "evt_1"


def test_delivery_of_an_event_in_progress_gets_503(serve, shop, handler, delivery):
    """A 2xx could lose the event, because its handler may still fail."""
    shop.gate.clear()
    post = serve(handler, acknowledge="early")
    post(delivery())
    shop.started.get(timeout=20)
    response = post(delivery())
    assert (response.status_code, response.json()["error"]["code"]) == (503, "in_progress")
    assert shop.started.empty()


@pytest.mark.parametrize("kind", ["plain", "asynchronous"])
def test_failure_after_an_early_response_is_logged_and_releases_the_claim(
    serve, shop, inbox, delivery, logged_errors, *, kind
):
    shop.failures = 1
    post = serve(getattr(shop, kind), inbox=inbox, acknowledge="early")
    assert post(delivery()).status_code == 202
    assert inbox.settled.get(timeout=20) == "released"
    assert post(delivery()).status_code == 202
    assert shop.next().id == "evt_1"
    # The claim is released first.
    record = logged_errors.get(timeout=20)
    assert "evt_1" in record.getMessage()
    assert record.exc_info[0] is LookupError
    assert logged_errors.empty()


def test_late_response_reports_a_failure(serve, shop, handler, delivery):
    shop.failures = 1
    post = serve(handler)
    failed, handled, repeated = post(delivery()), post(delivery()), post(delivery())
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "handler_failed")
    assert "needle" not in failed.text
    assert (handled.status_code, handled.json()) == (200, {"received": True})
    assert (repeated.status_code, repeated.json()) == (200, {"received": True, "repeated": True})
    assert shop.handled.qsize() == 1


def test_handler_that_is_slower_than_its_sender_is_not_interrupted(serve, shop, handler, inbox, delivery):
    """The sender repeats the delivery, and the repeat is dropped."""
    shop.gate.clear()
    post = serve(handler, inbox=inbox)
    sender = http.client.HTTPConnection(httpx.URL(post.url).netloc.decode())
    sender.request("POST", httpx.URL(post.url).path, delivery(), post.webhook.sign(delivery()))
    shop.started.get(timeout=20)
    sender.close()
    assert post(delivery()).status_code == 503
    shop.gate.set()
    assert inbox.settled.get(timeout=20) == "completed"
    assert post(delivery()).json() == {"received": True, "repeated": True}
    assert shop.handled.qsize() == 1


@pytest.mark.parametrize("acknowledge", ["early", "late"])
def test_concurrent_deliveries_are_handled_once(serve, shop, delivery, acknowledge):
    post, statuses = serve(shop.plain, acknowledge=acknowledge), []
    gate = threading.Barrier(8)

    def deliver():
        gate.wait(10)
        statuses.append(post(delivery()).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.next().id == "evt_1"
    assert shop.started.qsize() == 1
    assert set(statuses) <= {200, 202, 503}


def test_servers_share_an_inbox(framework, serve, shop, delivery, tmp_path):
    with SQLiteInbox(tmp_path / "inbox.db") as one, SQLiteInbox(tmp_path / "inbox.db") as other:
        posts = [serve(shop.plain, inbox=inbox) for inbox in (one, other)]
        assert [post(delivery()).json() for post in posts] == [{"received": True}, {"received": True, "repeated": True}]
    assert shop.handled.qsize() == 1


def test_router_is_a_handler(framework, serve, shop, delivery):
    router = Router()
    router.on(InvoiceCreated)(shop.plain)
    blocking = framework.__name__.startswith(("flask", "django"))
    post = serve(router.run if blocking else router.dispatch)
    assert post(delivery("invoice_created", number=1)).status_code == 200
    assert post(delivery("checkout_completed", number=2)).status_code == 200
    assert shop.next().id == "evt_1"
    assert shop.handled.empty()


def test_too_large_body_is_rejected(serve, shop):
    response = serve(shop.plain)(b" " * 3_000_000)
    assert response.status_code in {400, 413}
    assert shop.started.empty()


def test_only_post_is_allowed(serve, shop):
    post = serve(shop.plain)
    assert post.client.get(post.url).status_code == 405


def test_failure_of_the_inbox_is_a_server_error(serve, shop, delivery):
    class Broken(MemoryInbox):
        async def acquire(self, event_id, holder):
            raise OSError("disk failure")

    assert serve(shop.plain, inbox=Broken())(delivery()).status_code == 500
    assert shop.started.empty()


def test_secret_of_another_endpoint_is_rejected(serve, shop, delivery):
    post = serve(shop.plain)
    assert post(delivery(), Webhook("whsec_of_another").sign(delivery())).status_code == 400

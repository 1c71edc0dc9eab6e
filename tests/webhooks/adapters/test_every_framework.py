"""Every adapter, in its own framework, over real HTTP."""

from __future__ import annotations

import threading

import pytest

from duro.webhooks import InvoiceCreated, MemoryInbox, Router, SQLiteInbox, SubscriptionPaymentFailed, Webhook


def test_signed_delivery_is_accepted_and_handled(serve, shop, handler, delivery):
    answer = serve(handler)(delivery())
    assert (answer.status_code, answer.json()) == (202, {"received": True})
    assert answer.headers["content-type"].startswith("application/json")
    event = shop.next()
    assert isinstance(event, SubscriptionPaymentFailed)
    assert (event.id, event.subscription_id, event.secret_index) == ("evt_1", "sub_1", 0)


def test_repeat_is_answered_and_dropped(serve, shop, inbox, delivery):
    post = serve(shop.plain, inbox=inbox)
    post(delivery())
    assert shop.next().id == "evt_1"
    assert inbox.settled.get(timeout=20) == "kept"
    answer = post(delivery())
    assert (answer.status_code, answer.json()) == (200, {"received": True, "repeated": True})
    post(delivery(number=2))
    assert shop.next().id == "evt_2"
    assert shop.handled.empty()


@pytest.mark.parametrize(
    ("headers", "code", "told"),
    [
        ({}, "signature_missing", "there is no Duro-Signature header"),
        ({"Duro-Signature": f"t=1,v1={'0' * 64}"}, "signature_mismatch", "no signature fits"),
        ({"Duro-Signature": "v1=00"}, "timestamp_refused", "where one belongs"),
    ],
)
def test_what_is_not_signed_is_refused(serve, shop, delivery, headers, *, code, told):
    answer = serve(shop.plain)(delivery(), headers)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == code
    assert told in error["message"]
    assert shop.begun.empty()


def test_what_is_signed_and_no_event_is_refused(serve, shop):
    answer = serve(shop.plain)(b'{"id": "evt_1"}')
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "payload_refused")
    assert "$.type" in answer.json()["error"]["message"]


def test_changed_body_is_refused(serve, shop, delivery):
    post = serve(shop.plain)
    assert post(delivery() + b" ", post.webhook.sign(delivery())).status_code == 400


def test_answer_is_out_before_the_slow_work(serve, shop, handler, delivery):
    shop.gate.clear()
    answer = serve(handler)(delivery())
    assert answer.status_code == 202
    assert shop.begun.get(timeout=20).id == "evt_1"
    assert shop.handled.empty()
    shop.gate.set()
    assert shop.next().id == "evt_1"


def test_delivery_of_an_event_under_way_is_asked_for_again(serve, shop, handler, delivery):
    """A 2xx could lose the event: whoever has it may yet fail."""
    shop.gate.clear()
    post = serve(handler)
    post(delivery())
    shop.begun.get(timeout=20)
    answer = post(delivery())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "under_way")
    assert shop.begun.empty()


@pytest.mark.parametrize("kind", ["plain", "awaited"])
def test_failure_after_the_answer_is_logged_and_releases_the_claim(serve, shop, inbox, delivery, caplog, *, kind):
    shop.failures = 1
    post = serve(getattr(shop, kind), inbox=inbox)
    assert post(delivery()).status_code == 202
    assert inbox.settled.get(timeout=20) == "dropped"
    assert post(delivery()).status_code == 202
    assert shop.next().id == "evt_1"
    (record,) = [record for record in caplog.records if record.name == "duro.webhooks" and record.levelname == "ERROR"]
    assert "evt_1" in record.getMessage()
    assert record.exc_info[0] is LookupError


def test_answer_after_the_work_tells_of_a_failure(serve, shop, handler, delivery):
    shop.failures = 1
    post = serve(handler, answer="after")
    failed, handled, repeated = post(delivery()), post(delivery()), post(delivery())
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "handler_failed")
    assert "needle" not in failed.text
    assert (handled.status_code, handled.json()) == (200, {"received": True})
    assert (repeated.status_code, repeated.json()) == (200, {"received": True, "repeated": True})
    assert shop.handled.qsize() == 1


@pytest.mark.parametrize("answer", ["before", "after"])
def test_deliveries_at_the_same_instant_are_handled_once(serve, shop, delivery, answer):
    post, statuses = serve(shop.plain, answer=answer), []
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
    assert shop.begun.qsize() == 1
    assert set(statuses) <= {200, 202, 503}


def test_servers_share_an_inbox(framework, serve, shop, delivery, tmp_path):
    with SQLiteInbox(tmp_path / "inbox.db") as one, SQLiteInbox(tmp_path / "inbox.db") as other:
        posts = [serve(shop.plain, answer="after", inbox=inbox) for inbox in (one, other)]
        assert [post(delivery()).json() for post in posts] == [{"received": True}, {"received": True, "repeated": True}]
    assert shop.handled.qsize() == 1


def test_router_is_a_handler(framework, serve, shop, delivery):
    router = Router()
    router.on(InvoiceCreated)(shop.plain)
    blocking = framework.__name__.startswith(("flask", "django"))
    post = serve(router.run if blocking else router.dispatch, answer="after")
    assert post(delivery("invoice_created", number=1)).status_code == 200
    assert post(delivery("checkout_completed", number=2)).status_code == 200
    assert shop.next().id == "evt_1"
    assert shop.handled.empty()


def test_body_that_no_delivery_has_is_refused(serve, shop):
    answer = serve(shop.plain)(b" " * 3_000_000)
    assert answer.status_code in {400, 413}
    assert shop.begun.empty()


def test_only_posts_are_taken(serve, shop):
    post = serve(shop.plain)
    assert post.client.get(post.url).status_code == 405


def test_inbox_that_fails_is_an_error_of_the_server(serve, shop, delivery):
    class Broken(MemoryInbox):
        async def take(self, event_id, holder):
            raise OSError("the disk is gone")

    assert serve(shop.plain, inbox=Broken())(delivery()).status_code == 500
    assert shop.begun.empty()


def test_secret_of_another_endpoint_is_refused(serve, shop, delivery):
    post = serve(shop.plain)
    assert post(delivery(), Webhook("whsec_of_another").sign(delivery())).status_code == 400

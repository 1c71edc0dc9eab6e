"""Live mode: a second set of data in the same server, opened at its first use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from duro import (
    AsyncDuro,
    AuthenticationError,
    ConfigurationError,
    Duro,
    InternalServerError,
    InvalidArgumentError,
    PortalSession,
)
from duro.sandbox import AsyncSandbox, Sandbox
from duro.sandbox.invariants.errors import StrictError
from duro.sandbox.modes.backends import find_live_database
from tests.sandbox.invariants.test_strict import FAULT
from tests.support.webhook_receiver import listening

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
PLAN = {"name": "Pro", "amount": 500_000, "interval": "month"}


def is_live_open(sandbox: Sandbox) -> bool:
    return len(sandbox._require().modes.backends) == 2


def subscribe(client: Duro) -> str:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create(email="ada@example.com", phone="+2348012345678")
    return client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).id


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """Sandbox whose live mode is not open."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.options, retries=0) as client:
        yield client


@pytest.fixture
def live_client(sandbox: Sandbox) -> Iterator[Duro]:
    with Duro(**sandbox.live.options, retries=0) as client:
        yield client


def test_the_credential_selects_the_mode(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    plan = live_client.plans.create(name="Pro", amount=500_000, interval="month")
    with Duro(sandbox.live.secret_key, base_url=sandbox.live.url) as with_key:
        assert [each.id for each in with_key.plans.list()] == [plan.id]
    assert [*client.plans.list()] == []
    assert repr(sandbox.live) == f"<LiveMode {sandbox.url}>"


def test_tokens_and_checkout_sessions_carry_the_mode(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    options = sandbox.live.options
    body = {"grant_type": "client_credentials"} | {name: options[name] for name in ("client_id", "client_secret")}
    token: str = anonymous.post("/v1/oauth/token", json=body).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    session = anonymous.post("/v1/checkout/sessions", json={"amount": 500}, headers=headers).json()
    assert token.startswith("at_live_")
    assert session["token"].startswith("cs_live_")
    assert anonymous.get(session["url"]).status_code == 200
    assert anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"}).status_code == 200


def test_the_live_publishable_key_creates_a_checkout_session(anonymous: httpx.Client) -> None:
    headers = {"Authorization": "Bearer pk_live_sandbox"}
    assert anonymous.post("/v1/checkout/sessions", json={"amount": 500}, headers=headers).status_code == 201
    assert anonymous.get("/v1/plans", headers=headers).status_code == 403


def test_both_modes_accept_equal_values_that_must_be_unique(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    for each in (client, live_client):
        subscribe(each)
        each.promo_codes.create(code="NEW", discount_type="fixed", discount_value=1, idempotency_key="the-same")
    assert len(sandbox.ledger) == len(sandbox.live.ledger) == 1
    assert {event.id for event in sandbox.events}.isdisjoint(event.id for event in sandbox.live.events)


def test_an_idempotency_key_belongs_to_its_mode(client: Duro, live_client: Duro) -> None:
    one, other = (each.plans.create(**PLAN, idempotency_key="the-same") for each in (client, live_client))
    assert one.id != other.id


def test_settings_and_analytics_belong_to_their_mode(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    subscription = sandbox.live.subscription(subscribe(live_client))
    sandbox.live.cards.decline(subscription.customer_id, "insufficient_funds")
    sandbox.live.clock.advance(days=32)
    assert [decision.subscription_id for decision in sandbox.live.decisions] == [subscription.id]
    assert sandbox.decisions == ()
    assert client.analytics.failures() != live_client.analytics.failures()


def test_an_endpoint_receives_the_events_of_its_mode(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    with listening() as receiver, listening() as live_receiver:
        sandbox.endpoints.add(receiver.url)
        sandbox.live.endpoints.add(live_receiver.url)
        subscribe(live_client)
        sandbox.live.wait_for_deliveries()
        sandbox.wait_for_deliveries()
        assert receiver.received == []
        assert {delivery.event_id for delivery in live_receiver.received} == {event.id for event in sandbox.live.events}
        sandbox.live.assert_delivered("subscription_activated")


def test_deliveries_can_be_made_before_the_response_in_live_mode(sandbox: Sandbox, live_client: Duro) -> None:
    with listening() as receiver:
        sandbox.live.endpoints.add(receiver.url)
        sandbox.faults.add("early", path="/v1/subscriptions")
        subscribe(live_client)
        assert len(receiver.received) == len(sandbox.live.events)


def test_the_request_log_and_the_faults_belong_to_the_server(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    sandbox.live.faults.add("status", path="/v1/plans", status=500, times=2)
    for each in (client, live_client):
        with pytest.raises(InternalServerError):
            each.plans.list().page()
    entries = [(entry.path, entry.mode) for entry in sandbox.requests]
    assert entries == [
        ("/v1/oauth/token", "test"),
        ("/v1/plans", "test"),
        ("/v1/oauth/token", "live"),
        ("/v1/plans", "live"),
    ]
    assert sandbox.live.requests == sandbox.requests


def test_a_trace_contains_the_requests_of_its_mode(sandbox: Sandbox, client: Duro, live_client: Duro) -> None:
    """The ids of deliveries are numbers that occur in both modes."""
    with listening() as receiver:
        for controls, each in ((sandbox, client), (sandbox.live, live_client)):
            controls.endpoints.add(receiver.url)
            subscribe(each)
            controls.wait_for_deliveries()
        trace_header = receiver.received[-1].headers["Duro-Sandbox-Trace"]
        live_client.customers.create(headers={"Duro-Sandbox-Trace": trace_header})
    assert sandbox.requests[-1].delivery_id in {delivery.id for delivery in sandbox.deliveries}
    request, handled = sandbox.live.requests[-2], sandbox.live.requests[-1]
    assert handled.request_id in str(sandbox.live.trace(request.request_id))
    (own,) = [entry for entry in sandbox.requests if entry.mode == "test" and entry.path == "/v1/subscriptions"]
    assert handled.request_id not in str(sandbox.trace(own.request_id))
    with pytest.raises(InvalidArgumentError):
        sandbox.trace(request.request_id)


def test_a_portal_link_signs_in_to_its_mode(sandbox: Sandbox, live_client: Duro) -> None:
    subscription = sandbox.live.subscription(subscribe(live_client))
    link = sandbox.live.portal_link(subscription.customer_id)
    live_client.customer_portal.start(token=link.token)
    (code,) = sandbox.live.codes
    access = live_client.customer_portal.verify(token=link.token, code=code.code)
    assert sandbox.codes == ()
    session = PortalSession(access.session_token)
    live_client.customer_portal.pause("live", subscription.id, credential=session)
    assert sandbox.live.subscription(subscription.id).status == "paused"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"client_id": 7}'])
def test_an_invalid_body_is_reported_by_test_mode(fresh: Sandbox, body: bytes) -> None:
    assert httpx.post(f"{fresh.url}/v1/oauth/token", content=body).status_code in {400, 422}
    assert not is_live_open(fresh)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("key", ["sk_live_another", "at_live_another", "pk_live_another"])
def test_another_live_credential_is_401_and_does_not_open_live_mode(fresh: Sandbox, key: str, opened: bool) -> None:
    if opened:
        _ = fresh.live
    response = httpx.get(f"{fresh.url}/v1/plans", headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 401
    assert key not in response.text
    assert ("sk_{mode}_sandbox" in response.text) == key.startswith("sk_")
    assert is_live_open(fresh) == opened


def test_the_message_about_another_key_names_the_keys_of_the_sandbox(sandbox: Sandbox) -> None:
    with Duro("sk_live_another", base_url=sandbox.url) as client, pytest.raises(AuthenticationError) as caught:
        client.plans.list().page()
    assert "send sk_{mode}_sandbox, where the mode is test or live" in str(caught.value)


def test_ids_of_a_seed_differ_between_the_modes_and_repeat_between_runs() -> None:
    def create() -> list[str]:
        with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
            with Duro(sandbox.secret_key, base_url=sandbox.url) as client:
                one = client.plans.create(**PLAN, idempotency_key="the-same")
            with Duro(sandbox.live.secret_key, base_url=sandbox.url) as client:
                other = client.plans.create(**PLAN, idempotency_key="the-same")
            return [one.id, other.id]

    first = create()
    assert len({*first}) == 2
    assert create() == first


def test_each_mode_has_a_clock_of_its_own_that_starts_at_the_start() -> None:
    with Sandbox(clock="frozen", start=START) as sandbox:
        sandbox.clock.advance(days=30)
        assert sandbox.live.clock.now() == START
        sandbox.live.clock.advance(days=1)
        assert sandbox.clock.now() - START == timedelta(days=30)


def test_a_running_clock_of_live_mode_runs_due_items_by_itself(sandbox: Sandbox, live_client: Duro) -> None:
    with listening() as receiver:
        sandbox.live.endpoints.add(receiver.url)
        plan = live_client.plans.create(**PLAN, trial_days=1)
        customer = live_client.customers.create()
        live_client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        sandbox.live.clock.advance(days=2)
        assert len(receiver.received) == len(sandbox.live.events)
    assert len(sandbox.live.ledger) == 1


def test_a_reset_clears_both_modes(sandbox: Sandbox, live_client: Duro, anonymous: httpx.Client) -> None:
    live_client.plans.create(**PLAN)
    sandbox.reset()
    assert [*live_client.plans.list()] == []
    live_client.plans.create(**PLAN)
    anonymous.post("/_sandbox/reset")
    assert [*live_client.plans.list()] == []


def test_a_strict_sandbox_checks_both_modes() -> None:
    sandbox = Sandbox(strict=True)
    sandbox.start()
    sandbox.live._backend.transact(lambda db: db.execute(FAULT))
    with Duro(**sandbox.live.options, retries=0) as client, pytest.raises(InternalServerError):
        subscribe(client)
    assert sandbox.violations == ()
    assert len(sandbox.live.violations) == 1
    with pytest.raises(StrictError):
        sandbox.stop()


class TestDatabase:
    @pytest.mark.parametrize(
        ("path", "live"), [("sandbox.db", "sandbox.live.db"), ("a/state", "a/state.live"), ("a.b.db", "a.b.live.db")]
    )
    def test_the_live_database_is_beside_the_other(self, path: str, live: str) -> None:
        assert find_live_database(path) == Path(live)

    @pytest.mark.parametrize("path", [None, "", ":memory:"])
    def test_a_database_in_memory_does_not_have_a_file_for_live_mode(self, path: str | None) -> None:
        assert find_live_database(path) is None

    def test_a_live_database_that_cannot_be_used_is_reported(self, tmp_path: Path) -> None:
        database, live_database = tmp_path / "sandbox.db", tmp_path / "sandbox.live.db"
        with Sandbox(database=database) as sandbox:
            live_database.write_bytes(b"not a database" * 100)
            response = httpx.get(f"{sandbox.url}/v1/plans", headers={"Authorization": "Bearer sk_live_sandbox"})
            assert response.status_code == 500
            assert response.json()["error"]["message"].startswith("Live mode cannot be opened: the database")
            with pytest.raises(ConfigurationError, match=r"sandbox\.live\.db"):
                _ = sandbox.live
        with pytest.raises(ConfigurationError, match=r"sandbox\.live\.db"):
            Sandbox(database=database).start()
        live_database.unlink()
        with Sandbox(database=database):
            pass

    def test_it_is_created_at_the_first_use_and_opened_at_each_start(self, tmp_path: Path) -> None:
        database, live_database = tmp_path / "sandbox.db", tmp_path / "sandbox.live.db"
        with Sandbox(database=database, clock="frozen", start=START) as sandbox:
            assert not live_database.exists()
            with Duro(**sandbox.live.options) as client:
                subscribe(client)
            assert live_database.stat().st_mode & 0o777 == 0o600
        with Sandbox(database=database, clock="frozen") as sandbox:
            assert is_live_open(sandbox)
            assert len(sandbox.live.ledger) == 1
            assert sandbox.ledger == ()

    def test_a_credential_that_is_not_accepted_does_not_create_it(self, tmp_path: Path) -> None:
        with Sandbox(database=tmp_path / "sandbox.db") as sandbox:
            with Duro("sk_live_another", base_url=sandbox.url) as client, pytest.raises(AuthenticationError):
                client.plans.list().page()
            assert not (tmp_path / "sandbox.live.db").exists()

    def test_a_branch_and_a_copy_contain_test_mode_only(self, tmp_path: Path) -> None:
        with Sandbox() as sandbox, Duro(**sandbox.live.options) as client:
            subscribe(client)
            sandbox.save(tmp_path / "copy.db")
            with sandbox.branch() as branch:
                assert branch.live.ledger == ()
        with Sandbox(database=tmp_path / "copy.db") as sandbox:
            assert sandbox.live.ledger == ()


class TestControlRoutes:
    def test_the_parameter_mode_selects_live_mode(
        self, sandbox: Sandbox, anonymous: httpx.Client, live_client: Duro
    ) -> None:
        subscribe(live_client)
        assert anonymous.get("/_sandbox/ledger?limit=1").json() == []
        (charge,) = anonymous.get("/_sandbox/ledger?mode=live&limit=1").json()
        assert charge["subscriptionId"] == sandbox.live.ledger[0].subscription_id
        advanced = anonymous.post("/_sandbox/clock?mode=live", json={"advance": 86_400 * 40}).json()
        assert advanced["charges"] == 1
        assert len(sandbox.live.ledger) == 2

    def test_it_opens_live_mode(self, fresh: Sandbox) -> None:
        assert httpx.get(f"{fresh.url}/_sandbox/stats?mode=live").json()["charges"] == 0
        assert is_live_open(fresh)

    @pytest.mark.parametrize("query", ["mode=test", "path=mode=live", "path=a%26mode=live&limit=1"])
    def test_another_parameter_does_not(self, fresh: Sandbox, query: str) -> None:
        assert httpx.get(f"{fresh.url}/_sandbox/requests?{query}").status_code == 200
        assert not is_live_open(fresh)

    @pytest.mark.parametrize("mode", ["", "LIVE", "lively"])
    @pytest.mark.parametrize("path", ["requests", "stats"])
    def test_another_mode_is_refused(self, fresh: Sandbox, path: str, mode: str) -> None:
        response = httpx.get(f"{fresh.url}/_sandbox/{path}?mode={mode}")
        assert response.status_code == 422
        assert response.json()["error"]["details"] == [{"path": "mode", "issue": "expected one of test, live"}]

    def test_the_link_to_the_next_page_keeps_the_mode(self, anonymous: httpx.Client, live_client: Duro) -> None:
        subscribe(live_client)
        first = anonymous.get("/_sandbox/events?mode=live&limit=1")
        (event,) = anonymous.get(first.links["next"]["url"]).json()
        assert event["type"] == "invoice_created"

    def test_a_payment_link_opens_in_its_mode(self, anonymous: httpx.Client, live_client: Duro) -> None:
        plan = live_client.plans.create(**PLAN)
        link = live_client.payment_links.create(plan_id=plan.id, slug="pro")
        assert anonymous.get(f"/_sandbox/links/{link.slug}").status_code == 404
        opened = anonymous.get(f"/_sandbox/links/{link.slug}?mode=live")
        assert "/_sandbox/checkout/cs_live_" in opened.headers["Location"]

    @pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/portal"])
    def test_the_pages_show_test_mode_only(self, anonymous: httpx.Client, path: str) -> None:
        assert anonymous.get(path).status_code == 200
        assert anonymous.get(f"{path}?mode=live").status_code == 404


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_live_mode_of_an_asynchronous_sandbox_is_awaited(backend: str) -> None:
    async def use_sandbox() -> None:
        async with AsyncSandbox() as sandbox, AsyncDuro(**sandbox.live.options) as client:
            await client.plans.create(name="Pro", amount=500_000, interval="month")
            await sandbox.live.clock.advance(days=1)
            await sandbox.live.wait_for_deliveries()
            assert [event.type for event in sandbox.live.events] == []
            assert sandbox.live.secret_key == "sk_live_sandbox"
            assert repr(sandbox.live) == f"<AsyncLiveMode {sandbox.live.url}>"

    anyio.run(use_sandbox, backend=backend)

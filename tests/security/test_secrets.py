"""Secrets do not appear in logs, reprs, tracebacks, warnings or pickles: one search over all of them."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import pickle
import signal
import threading
import traceback
import types
import warnings

import anyio
import pytest

from duro import (
    AsyncDuro,
    CheckoutSession,
    ClientCredentials,
    Duro,
    IdentityToken,
    IdentityVerification,
    PortalAccess,
    PortalSession,
    PortalTopUp,
    SecretKey,
)
from tests.support.timeouts import TIMEOUT

# Globals, because a local variable of a test would show a secret in the traceback.
SECRET_KEY = "sk_test_1needle2key"
CLIENT_ID = "cid_test_shown"
CLIENT_SECRET = "csec_test_1needle2secret"
ACCESS_TOKEN = "1needle2.access.token"
CHECKOUT_TOKEN = "cs_test_1needle2checkout"
PORTAL_SESSION = "1needle2-portal-session"
IDENTITY_TOKEN = "1needle2-identity-token"
NEEDLE = "1needle2"
BVN = "22233344455"

SEARCHED_PACKAGES = ("duro", "aiohttp", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "anyio")
LOGGERS = ("duro", "httpx", "httpcore", "httpx2", "httpcore2", "anyio", "asyncio", "trio")


class CapturedTexts:
    """Texts that could show a secret, each with its source."""

    def __init__(self):
        self.texts = []

    def add(self, where, text):
        self.texts.append((where, text))

    def add_error(self, where, error):
        self.add(f"{where}: repr", repr(error))
        self.add(f"{where}: str", str(error))
        formatted = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.add(f"{where}: traceback", "".join(formatted.format()))
        self.add_pickle(f"{where}: pickle", error)

    def add_pickle(self, where, value):
        try:
            self.add(where, pickle.dumps(value).decode("latin-1"))
        except Exception as error:
            self.add(f"{where} refused", repr(error))

    def add_reachable(self, where, start):
        for each in reachable(start):
            self.add(f"{where}: repr of a {type(each).__qualname__}", repr(each))
            if type(each).__module__.startswith("duro"):
                self.add_pickle(f"{where}: pickle of a {type(each).__qualname__}", each)

    def leaks(self):
        """Return the lines that show a secret, each with its source and stack frame."""
        found = []
        for where, text in self.texts:
            if NEEDLE in text:
                frame = ""
                for line in text.splitlines():
                    if line.lstrip().startswith("File "):
                        frame = line.strip()
                    if NEEDLE in line:
                        found.append(f"{where} | {frame} | {line.strip()[:200]}")
        return found


def reachable(start):
    """Return the objects of the searched packages that can be reached from an object."""
    seen, pending, found = {id(start)}, [start], []
    while pending:
        current = pending.pop()
        if isinstance(current, types.FunctionType):
            referents = [current.__closure__, current.__defaults__, current.__kwdefaults__]
        elif isinstance(current, types.ModuleType | type | types.FrameType | logging.Logger):
            continue
        else:
            referents = gc.get_referents(current)
            if type(current).__module__.partition(".")[0] in SEARCHED_PACKAGES:
                found.append(current)
        for each in referents:
            if id(each) not in seen and each is not None:
                seen.add(id(each))
                pending.append(each)
    return found


@pytest.fixture
def captured_texts():
    """Capture the warnings and the log records of all loggers, at level DEBUG."""
    texts = CapturedTexts()

    class CapturingHandler(logging.Handler):
        def emit(self, record):
            texts.add(f"log {record.name}", record.getMessage() + repr(record.args) + repr(record.exc_info))
            texts.add(f"log {record.name}", self.format(record))

    handler = CapturingHandler(level=logging.DEBUG)
    root = logging.getLogger()
    levels = {logger: logger.level for logger in (root, *map(logging.getLogger, LOGGERS))}
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)
    for warning in caught:
        texts.add("warning", f"{warning.message} {warning.source!r}")


@pytest.fixture
def raw_server(raw_server):
    """Return a server that repeats all secrets in its error responses."""

    def reply(request):
        credential = request.head.decode("latin-1").lower().partition("authorization: bearer ")[2].partition("\r")[0]
        resource = request.path.rpartition("/")[2].partition("?")[0]
        if resource == "token" and json.loads(request.body)["client_id"] == CLIENT_ID:
            grant = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600}
            return raw_server.json(json.dumps(grant).encode())
        if resource == "token":
            error = {
                "error": "invalid_client",
                "error_description": f"{json.loads(request.body)['client_secret']} is wrong",
            }
            return raw_server.json(json.dumps(error).encode(), "401 Unauthorized")
        if resource == "hang":
            return raw_server.HANG
        if resource == "reset":
            return raw_server.RESET
        if resource == "garbage":
            return raw_server.json(b'{"items": [{"id": 1, "url": "%s"}]}' % CHECKOUT_TOKEN.encode())
        if resource in ("401", "403", "422", "500"):
            error = {
                "error": {
                    "code": "rejected",
                    "message": f"{credential} is not allowed",
                    "details": [{"path": "token", "issue": f"{CHECKOUT_TOKEN} {CLIENT_SECRET} {SECRET_KEY}"}],
                }
            }
            return raw_server.json(json.dumps(error).encode(), f"{resource} Error")
        return raw_server.json(b"{}")

    raw_server.reply = reply
    return raw_server


CREDENTIALS = {
    "secret key": lambda: {"credential": SECRET_KEY},
    "OAuth client": lambda: {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    "wrong OAuth client": lambda: {"client_id": "cid_test_wrong", "client_secret": CLIENT_SECRET},
    "identity token": lambda: {"credential": IdentityToken(IDENTITY_TOKEN)},
    "portal session": lambda: {"credential": PortalSession(PORTAL_SESSION)},
}

# Calls by name.
CALLS = {
    "success": lambda client: client.request("GET", "/v1/ok"),
    "write": lambda client: client.request("POST", "/v1/ok", json={}),
    "reset": lambda client: client.request("GET", "/v1/reset"),
    "reset write": lambda client: client.request("POST", "/v1/reset", json={}),
    "timeout": lambda client: client.request("GET", "/v1/hang", timeout=0.2),
    "timeout write": lambda client: client.request("POST", "/v1/hang", timeout=0.2),
    "401": lambda client: client.request("GET", "/v1/401"),
    "403": lambda client: client.request("GET", "/v1/403"),
    "422": lambda client: client.request("POST", "/v1/422"),
    "500": lambda client: client.request("POST", "/v1/500"),
    "token": lambda client: client.token(),
    "session of another mode": lambda client: client.request(
        "GET", "/v1/ok", credential=SecretKey(SECRET_KEY.replace("test", "live"))
    ),
    "session for one call": lambda client: client.request("GET", "/v1/403", credential=PortalSession(PORTAL_SESSION)),
}

CONSTRUCTIONS = {
    "malformed key": lambda kind: kind(f"{SECRET_KEY} cut off"),
    "key of another kind": lambda kind: kind(CLIENT_SECRET),
    "two credentials": lambda kind: kind(SECRET_KEY, client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
    "client without an id": lambda kind: kind(client_secret=CLIENT_SECRET),
    "mixed modes": lambda kind: kind(client_id="cid_live_1", client_secret=CLIENT_SECRET),
    "id and secret swapped": lambda kind: kind(client_id=CLIENT_SECRET, client_secret=CLIENT_ID),
    "password in the URL": lambda kind: kind(SECRET_KEY, base_url=f"https://user:{NEEDLE}@example.com"),
    "misspelt argument": lambda kind: kind(SECRET_KEY, retires=1),
    "wrong timeout": lambda kind: kind(SECRET_KEY, timeout=-1),
    "malformed portal session": lambda kind: PortalSession(f"{PORTAL_SESSION} cut off"),
    "malformed client": lambda kind: ClientCredentials(f"{CLIENT_SECRET} cut", f"{CLIENT_SECRET} cut"),
}


async def receive_invalid_response(client):
    """Call a method with a model; the response does not match it."""
    await client.with_options(headers={"x-any": "1"}).customers.retrieve("garbage")


async def make_asynchronous_calls(texts, name, server):
    async with AsyncDuro(base_url=server.url, retries=0, **CREDENTIALS[name]()) as client:
        for what, call in {**CALLS, "decoding": receive_invalid_response}.items():
            try:
                await call(client)
            except Exception as error:
                texts.add_error(f"{what} by {name}, asynchronous", error)
        try:
            async with asyncio.timeout(0.1):
                await client.request("POST", "/v1/hang")
        except TimeoutError as error:
            texts.add_error(f"asyncio.timeout by {name}", error)
        except Exception as error:
            texts.add_error(f"asyncio.timeout by {name}", error)
        received = len(server.received)
        task = asyncio.create_task(client.request("POST", "/v1/hang"), name="in progress")
        # While a request is sent, local variables of h11 refer to it.
        async with asyncio.timeout(TIMEOUT):
            while len(server.received) == received and not task.done():
                await asyncio.sleep(0.01)
        # The server has received all of it. The task leaves the functions that sent it within a few turns of the loop.
        for _ in range(20):
            await asyncio.sleep(0)
        texts.add_reachable(f"{name}, in progress", client)
        texts.add(f"{name}: task", repr(task) + repr(asyncio.all_tasks()))
        stack = io.StringIO()
        task.print_stack(file=stack)
        texts.add(f"{name}: stack", stack.getvalue())
        task.cancel()
        try:
            await task
        except BaseException as error:
            texts.add_error(f"task.cancel by {name}", error)
        texts.add_reachable(f"{name}, afterwards", client)


async def make_calls_on_trio(texts, name, base_url):
    async with AsyncDuro(base_url=base_url, retries=0, **CREDENTIALS[name]()) as client:
        for what in ("success", "reset write", "timeout write", "401"):
            try:
                await CALLS[what](client)
            except Exception as error:
                texts.add_error(f"{what} by {name}, on trio", error)
        try:
            with anyio.fail_after(0.1):
                await client.request("POST", "/v1/hang")
        except Exception as error:
            texts.add_error(f"fail_after by {name}, on trio", error)
        texts.add_reachable(f"{name}, on trio", client)


def make_blocking_calls(texts, name, base_url):
    with Duro(base_url=base_url, retries=0, **CREDENTIALS[name]()) as client:
        for what, call in CALLS.items():
            try:
                call(client)
            except Exception as error:
                texts.add_error(f"{what} by {name}, blocking", error)
        try:
            client.customers.retrieve("garbage")
        except Exception as error:
            texts.add_error(f"decoding by {name}, blocking", error)
        texts.add_reachable(f"{name}, blocking", client)


@pytest.mark.slow
@pytest.mark.parametrize("name", CREDENTIALS)
def test_no_secret_is_seen(name, captured_texts, raw_server):
    asyncio.run(make_asynchronous_calls(captured_texts, name, raw_server), debug=True)
    anyio.run(make_calls_on_trio, captured_texts, name, raw_server.url, backend="trio")
    make_blocking_calls(captured_texts, name, raw_server.url)
    gc.collect()
    assert any(where.startswith("log duro") for where, _ in captured_texts.texts)
    assert any("traceback" in where for where, _ in captured_texts.texts)
    assert captured_texts.leaks() == []


@pytest.mark.parametrize("kind", [AsyncDuro, Duro])
def test_no_secret_is_seen_when_a_client_cannot_be_created(kind, captured_texts):
    for what, construct in CONSTRUCTIONS.items():
        try:
            construct(kind)
        except Exception as error:
            captured_texts.add_error(what, error)
        else:
            pytest.fail(f"{what} was accepted")
    assert captured_texts.leaks() == []


@pytest.mark.parametrize("name", ["secret key", "OAuth client"])
def test_no_secret_is_seen_when_the_connection_is_refused(name, captured_texts, closed_port):
    with Duro(base_url=f"http://127.0.0.1:{closed_port}", retries=0, **CREDENTIALS[name]()) as client:
        for call in CALLS.values():
            try:
                call(client)
            except Exception as error:
                captured_texts.add_error(f"connection refused, {name}", error)
    assert captured_texts.leaks() == []


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["secret key", "OAuth client"])
def test_no_secret_is_seen_after_an_interrupt(name, captured_texts, raw_server, monkeypatch):
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident

    def interrupt():
        while raw_server.wait_for_request().path != "/v1/hang":
            pass
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with Duro(base_url=raw_server.url, **CREDENTIALS[name]()) as client:
        try:
            client.request("POST", "/v1/hang")
        except KeyboardInterrupt as interruption:
            captured_texts.add_error("interrupt", interruption)
            notes = interruption.__notes__
        finally:
            signal.signal(signal.SIGINT, previous)
    assert "Outcome unknown" in notes[0]
    assert captured_texts.leaks() == []


def test_no_token_of_a_path_is_seen(captured_texts, raw_server):

    def call(client, last):
        return client.request("GET", f"/v1/checkout-sessions/{CHECKOUT_TOKEN}/{last}", timeout=0.2)

    async def make_calls():
        async with AsyncDuro(SECRET_KEY, base_url=raw_server.url, retries=0) as client:
            for last in ("ok", "hang", "reset", "403"):
                try:
                    await call(client, last)
                except Exception as error:
                    captured_texts.add_error(f"{last}, asynchronous", error)

    asyncio.run(make_calls())
    with Duro(SECRET_KEY, base_url=raw_server.url, retries=0) as client:
        for last in ("ok", "hang", "reset", "403"):
            try:
                call(client, last)
            except Exception as error:
                captured_texts.add_error(f"{last}, blocking", error)
    assert captured_texts.leaks() == []


# Calls with values that customers type or receive, in bodies and in paths.
CUSTOMER_CALLS = {
    "otp": lambda client: client.customer_identity.verify_otp(phone="234", code=f"{NEEDLE}-code"),
    "portal link": lambda client: client.customer_portal.start(token=f"{NEEDLE}-link"),
    "portal code": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code=f"{NEEDLE}-code"),
    "no code": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code=""),
    "wrong email": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code="1", email=5),
    "bvn": lambda client: client.customer_portal.request_virtual_account(
        bvn=BVN, credential=PortalSession(PORTAL_SESSION)
    ),
    "malformed bvn": lambda client: client.customer_portal.request_virtual_account(
        bvn=f"{NEEDLE}-bvn", credential=PortalSession(PORTAL_SESSION)
    ),
    "hydrate": lambda client: client.customer_checkout.hydrate(CHECKOUT_TOKEN),
    "pay": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail="card"),
    "wrong rail": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail=5),
    "malformed token": lambda client: client.customer_checkout.status(f"{CHECKOUT_TOKEN}/.."),
    "misspelt": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail="card", timeuot=5),
}
API_ERROR = {"error": {"code": "rejected", "message": f"{CHECKOUT_TOKEN} has expired", "details": []}}
REPLIES = {
    "reset": lambda raw_server: raw_server.RESET,
    "hang": lambda raw_server: raw_server.HANG,
    "api error": lambda raw_server: raw_server.json(json.dumps(API_ERROR).encode(), "422 Error"),
    "invalid": lambda raw_server: raw_server.json(b'{"token": 5, "url": "%s"}' % CHECKOUT_TOKEN.encode()),
}


@pytest.mark.slow
@pytest.mark.parametrize("reply", REPLIES)
def test_values_of_customers_are_not_seen(reply, captured_texts, raw_server):
    raw_server.reply = lambda _: REPLIES[reply](raw_server)

    async def make_calls():
        async with AsyncDuro(SECRET_KEY, base_url=raw_server.url, retries=0, timeout=0.2) as client:
            for what, call in CUSTOMER_CALLS.items():
                try:
                    await call(client)
                except Exception as error:
                    captured_texts.add_error(f"{what}, asynchronous", error)
            captured_texts.add_reachable("asynchronous", client)

    asyncio.run(make_calls(), debug=True)
    with Duro(SECRET_KEY, base_url=raw_server.url, retries=0, timeout=0.2) as client:
        for what, call in CUSTOMER_CALLS.items():
            try:
                call(client)
            except Exception as error:
                captured_texts.add_error(f"{what}, blocking", error)
        captured_texts.add_reachable("blocking", client)
    assert any("traceback" in where for where, _ in captured_texts.texts)
    assert captured_texts.leaks() == []
    assert not [where for where, text in captured_texts.texts if BVN in text]


MODELS = {
    IdentityVerification: {"token": IDENTITY_TOKEN, "identity": {}},
    PortalAccess: {"sessionToken": PORTAL_SESSION, "account": {"email": "a", "name": "b"}, "subscriptions": []},
    PortalTopUp: {"checkoutToken": CHECKOUT_TOKEN, "checkoutUrl": f"https://checkout.example/{CHECKOUT_TOKEN}"},
    CheckoutSession: {
        "id": "chk_1",
        "token": CHECKOUT_TOKEN,
        "url": f"https://checkout.example/{CHECKOUT_TOKEN}",
        "status": "pending",
        "kind": "one_time",
        "amount": 1,
        "currency": "NGN",
        "planId": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
    },
}


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_a_model_shows_no_secret_until_it_is_converted(kind, captured_texts):
    model = kind.from_dict(MODELS[kind])
    captured_texts.add("repr", repr(model))
    captured_texts.add("in a list", f"{[model]}")
    captured_texts.add_pickle("pickle", model)
    if hasattr(model, "credential"):
        captured_texts.add("credential", repr(model.credential))
    assert captured_texts.leaks() == []
    assert any(where == "pickle refused" for where, _ in captured_texts.texts)
    assert model.to_dict(wire=True) == MODELS[kind]


def test_the_search_finds_a_leak(captured_texts):
    def leaky():
        local = SECRET_KEY
        raise LookupError(len(local))

    try:
        leaky()
    except LookupError as error:
        captured_texts.add_error("a leak", error)
    logging.getLogger("httpcore").debug("%s", SECRET_KEY)
    assert [leak for leak in captured_texts.leaks() if "local = " in leak]
    assert [leak for leak in captured_texts.leaks() if "log httpcore" in leak]

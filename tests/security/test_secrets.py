"""No secret is in anything that people print, log, keep or send on: one search over all of it."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import pickle
import signal
import socket
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

# Globals, since whoever writes a secret into a local variable has it in his own frame.
SECRET_KEY = "sk_test_1needle2key"
CLIENT_ID = "cid_test_shown"
CLIENT_SECRET = "csec_test_1needle2secret"
ACCESS_TOKEN = "1needle2.access.token"
CHECKOUT_TOKEN = "cs_test_1needle2checkout"
PORTAL_SESSION = "1needle2-portal-session"
IDENTITY_TOKEN = "1needle2-identity-token"
NEEDLE = "1needle2"
BVN = "22233344455"

OUR_ROOMS = ("duro", "httpx", "httpcore", "h11", "anyio")
LOGGERS = ("duro", "httpx", "httpcore", "anyio", "asyncio", "trio")


class Haystack:
    """Whatever could be seen, and where."""

    def __init__(self):
        self.texts = []

    def add(self, where, text):
        self.texts.append((where, text))

    def add_error(self, where, error):
        self.add(f"{where}: repr", repr(error))
        self.add(f"{where}: str", str(error))
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.add(f"{where}: traceback", "".join(told.format()))
        self.add_pickle(f"{where}: pickle", error)

    def add_pickle(self, where, value):
        try:
            self.add(where, pickle.dumps(value).decode("latin-1"))
        except Exception as refusal:
            self.add(f"{where} refused", repr(refusal))

    def add_reachable(self, where, start):
        for each in reachable(start):
            self.add(f"{where}: repr of a {type(each).__qualname__}", repr(each))
            if type(each).__module__.startswith("duro"):
                self.add_pickle(f"{where}: pickle of a {type(each).__qualname__}", each)

    def leaks(self):
        """Every place where the needle is, with the lines that show it."""
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
    """Walk the objects of the libraries' own classes that a client leads to."""
    seen, waiting, ours = {id(start)}, [start], []
    while waiting:
        here = waiting.pop()
        if isinstance(here, types.FunctionType):
            nexts = [here.__closure__, here.__defaults__, here.__kwdefaults__]
        elif isinstance(here, types.ModuleType | type | types.FrameType | logging.Logger):
            continue
        else:
            nexts = gc.get_referents(here)
            if type(here).__module__.partition(".")[0] in OUR_ROOMS:
                ours.append(here)
        for each in nexts:
            if id(each) not in seen and each is not None:
                seen.add(id(each))
                waiting.append(each)
    return ours


@pytest.fixture
def haystack():
    """Gather log records of every logger, at DEBUG, and warnings as well."""
    hay = Haystack()

    class Gatherer(logging.Handler):
        def emit(self, record):
            hay.add(f"log {record.name}", record.getMessage() + repr(record.args) + repr(record.exc_info))
            hay.add(f"log {record.name}", self.format(record))

    gatherer = Gatherer(level=logging.DEBUG)
    root = logging.getLogger()
    levels = {logger: logger.level for logger in (root, *map(logging.getLogger, LOGGERS))}
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(gatherer)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield hay
    root.removeHandler(gatherer)
    for logger, level in levels.items():
        logger.setLevel(level)
    for warning in warned:
        hay.add("warning", f"{warning.message} {warning.source!r}")


@pytest.fixture
def raw_server(raw_server):
    """A server that tells everything it knows in its refusals, as some do."""

    def reply(request):
        credential = request.head.decode("latin-1").lower().partition("authorization: bearer ")[2].partition("\r")[0]
        asked = request.path.rpartition("/")[2].partition("?")[0]
        if asked == "token" and json.loads(request.body)["client_id"] == CLIENT_ID:
            grant = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600}
            return raw_server.json(json.dumps(grant).encode())
        if asked == "token":
            said = {
                "error": "invalid_client",
                "error_description": f"{json.loads(request.body)['client_secret']} is wrong",
            }
            return raw_server.json(json.dumps(said).encode(), "401 Unauthorized")
        if asked == "hang":
            return raw_server.HANG
        if asked == "reset":
            return raw_server.RESET
        if asked == "garbage":
            return raw_server.json(b'{"items": [{"id": 1, "url": "%s"}]}' % CHECKOUT_TOKEN.encode())
        if asked in ("401", "403", "422", "500"):
            refusal = {
                "error": {
                    "code": "refused",
                    "message": f"{credential} may not",
                    "details": [{"path": "token", "issue": f"{CHECKOUT_TOKEN} {CLIENT_SECRET} {SECRET_KEY}"}],
                }
            }
            return raw_server.json(json.dumps(refusal).encode(), f"{asked} Refused")
        return raw_server.json(b"{}")

    raw_server.reply = reply
    return raw_server


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


CREDENTIALS = {
    "secret key": lambda: {"credential": SECRET_KEY},
    "OAuth client": lambda: {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    "wrong OAuth client": lambda: {"client_id": "cid_test_wrong", "client_secret": CLIENT_SECRET},
    "identity token": lambda: {"credential": IdentityToken(IDENTITY_TOKEN)},
    "portal session": lambda: {"credential": PortalSession(PORTAL_SESSION)},
}

# Name: what is called, with which options.
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
    "a session for a call": lambda client: client.request("GET", "/v1/403", credential=PortalSession(PORTAL_SESSION)),
}

CONSTRUCTIONS = {
    "a malformed key": lambda kind: kind(f"{SECRET_KEY} cut off"),
    "a key of another kind": lambda kind: kind(CLIENT_SECRET),
    "two credentials": lambda kind: kind(SECRET_KEY, client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
    "half a client": lambda kind: kind(client_secret=CLIENT_SECRET),
    "mixed modes": lambda kind: kind(client_id="cid_live_1", client_secret=CLIENT_SECRET),
    "swapped": lambda kind: kind(client_id=CLIENT_SECRET, client_secret=CLIENT_ID),
    "a password in the address": lambda kind: kind(SECRET_KEY, base_url=f"https://user:{NEEDLE}@example.com"),
    "a misspelt argument": lambda kind: kind(SECRET_KEY, retires=1),
    "a wrong timeout": lambda kind: kind(SECRET_KEY, timeout=-1),
    "an odd portal session": lambda kind: PortalSession(f"{PORTAL_SESSION} cut off"),
    "an odd client": lambda kind: ClientCredentials(f"{CLIENT_SECRET} cut", f"{CLIENT_SECRET} cut"),
}


async def decode(client):
    """An answer that breaks the contract, of a method with a model."""
    await client.with_options(headers={"x-any": "1"}).customers.retrieve("garbage")


async def awaited_calls(hay, name, base_url):
    async with AsyncDuro(base_url=base_url, retries=0, **CREDENTIALS[name]()) as client:
        for what, call in {**CALLS, "decoding": decode}.items():
            try:
                await call(client)
            except Exception as error:
                hay.add_error(f"{what} by {name}, awaited", error)
        try:
            async with asyncio.timeout(0.1):
                await client.request("POST", "/v1/hang")
        except TimeoutError as error:
            hay.add_error(f"asyncio.timeout by {name}", error)
        except Exception as error:
            hay.add_error(f"asyncio.timeout by {name}", error)
        task = asyncio.create_task(client.request("POST", "/v1/hang"), name="in flight")
        await asyncio.sleep(0.05)
        hay.add_reachable(f"{name}, in flight", client)
        hay.add(f"{name}: task", repr(task) + repr(asyncio.all_tasks()))
        stack = io.StringIO()
        task.print_stack(file=stack)
        hay.add(f"{name}: stack", stack.getvalue())
        task.cancel()
        try:
            await task
        except BaseException as error:
            hay.add_error(f"task.cancel by {name}", error)
        hay.add_reachable(f"{name}, after all", client)


async def calls_on_trio(hay, name, base_url):
    async with AsyncDuro(base_url=base_url, retries=0, **CREDENTIALS[name]()) as client:
        for what in ("success", "reset write", "timeout write", "401"):
            try:
                await CALLS[what](client)
            except Exception as error:
                hay.add_error(f"{what} by {name}, on trio", error)
        try:
            with anyio.fail_after(0.1):
                await client.request("POST", "/v1/hang")
        except Exception as error:
            hay.add_error(f"fail_after by {name}, on trio", error)
        hay.add_reachable(f"{name}, on trio", client)


def blocking_calls(hay, name, base_url):
    with Duro(base_url=base_url, retries=0, **CREDENTIALS[name]()) as client:
        for what, call in CALLS.items():
            try:
                call(client)
            except Exception as error:
                hay.add_error(f"{what} by {name}, blocking", error)
        try:
            client.customers.retrieve("garbage")
        except Exception as error:
            hay.add_error(f"decoding by {name}, blocking", error)
        hay.add_reachable(f"{name}, blocking", client)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_no_secret_is_seen(name, haystack, raw_server):
    asyncio.run(awaited_calls(haystack, name, raw_server.url), debug=True)
    anyio.run(calls_on_trio, haystack, name, raw_server.url, backend="trio")
    blocking_calls(haystack, name, raw_server.url)
    gc.collect()
    assert any(where.startswith("log duro") for where, _ in haystack.texts)
    assert any(where.startswith("log httpcore") for where, _ in haystack.texts)
    assert any("traceback" in where for where, _ in haystack.texts)
    assert haystack.leaks() == []


@pytest.mark.parametrize("kind", [AsyncDuro, Duro])
def test_no_secret_is_seen_where_a_client_cannot_be_made(kind, haystack):
    for what, construct in CONSTRUCTIONS.items():
        try:
            construct(kind)
        except Exception as error:
            haystack.add_error(what, error)
        else:
            pytest.fail(f"{what} was accepted")
    assert haystack.leaks() == []


@pytest.mark.parametrize("name", ["secret key", "OAuth client"])
def test_no_secret_is_seen_where_nobody_answers(name, haystack):
    with Duro(base_url=closed_port(), retries=1, **CREDENTIALS[name]()) as client:
        for call in CALLS.values():
            try:
                call(client)
            except Exception as error:
                haystack.add_error(f"nobody answers {name}", error)
    assert haystack.leaks() == []


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["secret key", "OAuth client"])
def test_no_secret_is_seen_after_an_interrupt(name, haystack, raw_server, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
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
            haystack.add_error("interrupt", interruption)
            notes = interruption.__notes__
        finally:
            signal.signal(signal.SIGINT, before)
    assert "outcome unknown" in notes[0]
    assert haystack.leaks() == []


def test_no_token_of_a_path_is_seen(haystack, raw_server):

    def call(client, last):
        return client.request("GET", f"/v1/checkout-sessions/{CHECKOUT_TOKEN}/{last}", timeout=0.2)

    async def awaited():
        async with AsyncDuro(SECRET_KEY, base_url=raw_server.url, retries=0) as client:
            for last in ("ok", "hang", "reset", "403"):
                try:
                    await call(client, last)
                except Exception as error:
                    haystack.add_error(f"{last}, awaited", error)

    asyncio.run(awaited())
    with Duro(SECRET_KEY, base_url=raw_server.url, retries=0) as client:
        for last in ("ok", "hang", "reset", "403"):
            try:
                call(client, last)
            except Exception as error:
                haystack.add_error(f"{last}, blocking", error)
    assert haystack.leaks() == []


# What customers type or are sent, in bodies and in paths.
CUSTOMERS = {
    "otp": lambda client: client.customer_identity.verify_otp(phone="234", code=f"{NEEDLE}-code"),
    "portal link": lambda client: client.customer_portal.start(token=f"{NEEDLE}-link"),
    "portal code": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code=f"{NEEDLE}-code"),
    "no code": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code=""),
    "odd email": lambda client: client.customer_portal.verify(token=f"{NEEDLE}-link", code="1", email=5),
    "bvn": lambda client: client.customer_portal.request_virtual_account(
        bvn=BVN, credential=PortalSession(PORTAL_SESSION)
    ),
    "odd bvn": lambda client: client.customer_portal.request_virtual_account(
        bvn=f"{NEEDLE}-bvn", credential=PortalSession(PORTAL_SESSION)
    ),
    "hydrate": lambda client: client.customer_checkout.hydrate(CHECKOUT_TOKEN),
    "pay": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail="card"),
    "odd rail": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail=5),
    "odd token": lambda client: client.customer_checkout.status(f"{CHECKOUT_TOKEN}/.."),
    "misspelt": lambda client: client.customer_checkout.pay(CHECKOUT_TOKEN, rail="card", timeuot=5),
}
REFUSAL = {"error": {"code": "refused", "message": f"{CHECKOUT_TOKEN} is over", "details": []}}
ANSWERS = {
    "reset": lambda raw_server: raw_server.RESET,
    "hang": lambda raw_server: raw_server.HANG,
    "refused": lambda raw_server: raw_server.json(json.dumps(REFUSAL).encode(), "422 Refused"),
    "unreadable": lambda raw_server: raw_server.json(b'{"token": 5, "url": "%s"}' % CHECKOUT_TOKEN.encode()),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_nothing_that_customers_type_is_seen(answer, haystack, raw_server):
    raw_server.reply = lambda _: ANSWERS[answer](raw_server)

    async def awaited():
        async with AsyncDuro(SECRET_KEY, base_url=raw_server.url, retries=0, timeout=0.2) as client:
            for what, call in CUSTOMERS.items():
                try:
                    await call(client)
                except Exception as error:
                    haystack.add_error(f"{what}, awaited", error)
            haystack.add_reachable("awaited", client)

    asyncio.run(awaited(), debug=True)
    with Duro(SECRET_KEY, base_url=raw_server.url, retries=0, timeout=0.2) as client:
        for what, call in CUSTOMERS.items():
            try:
                call(client)
            except Exception as error:
                haystack.add_error(f"{what}, blocking", error)
        haystack.add_reachable("blocking", client)
    assert any("traceback" in where for where, _ in haystack.texts)
    assert haystack.leaks() == []
    assert not [where for where, text in haystack.texts if BVN in text]


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
def test_an_answer_shows_no_secret_until_it_is_asked(kind, haystack):
    answer = kind.from_dict(MODELS[kind])
    haystack.add("repr", repr(answer))
    haystack.add("in a list", f"{[answer]}")
    haystack.add_pickle("pickle", answer)
    if hasattr(answer, "credential"):
        haystack.add("credential", repr(answer.credential))
    assert haystack.leaks() == []
    assert any(where == "pickle refused" for where, _ in haystack.texts)
    assert answer.to_dict() == MODELS[kind]


def test_the_search_finds_what_is_there(haystack):
    def leaky():
        local = SECRET_KEY
        raise LookupError(len(local))

    try:
        leaky()
    except LookupError as error:
        haystack.add_error("a leak", error)
    logging.getLogger("httpcore").debug("%s", SECRET_KEY)
    assert [leak for leak in haystack.leaks() if "local = " in leak]
    assert [leak for leak in haystack.leaks() if "log httpcore" in leak]

"""Routes: shared by the sandboxes of a process, and an encoded slash belongs to the value of a parameter."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duro import Duro
from duro.errors import ConflictError, NotFoundError
from duro.http.operation import MAX_URL_BYTES
from duro.sandbox import Sandbox
from duro.sandbox.http import application

# Each of these can be sent in a path: not blank, no NUL, and no segment "." or "..".
REFERENCES = st.text(
    st.one_of(st.sampled_from("/?#%.&=+;:@ \\"), st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    min_size=1,
    max_size=40,
).filter(lambda text: text.strip() and {".", ".."}.isdisjoint(text.split("/")))


@pytest.fixture(scope="module")
def client(running_sandbox):
    with Duro(**running_sandbox.options) as client:
        yield client


def create_and_retrieve(client, reference):
    try:
        created = client.customers.create(merchant_ref=reference)
    except ConflictError:
        return client.customers.retrieve_by_ref(reference)
    retrieved = client.customers.retrieve_by_ref(reference)
    assert retrieved.id == created.id
    return retrieved


@pytest.mark.slow
@given(reference=REFERENCES)
@example("a/b")
@example("/")
@example("//")
@example("a/")
@example("/v1/customers/ref/a")
@example("subscriptions")
@example("transactions")
@example("a/subscriptions")
@example("a?b=c#d")
@example("100%")
@example("%2F")
@example("%252F")
@example("%zz")
@example("a..b")
@example("...")
@example("a b")
@example(" a ")
@example("a+b")
@example("a\\..\\b")
@example("a\nb")
@example("a\n")
@example("\x7f")
@example("Ünïcödé/文字/🙂")
def test_customer_is_found_by_any_reference(client, reference):
    assert create_and_retrieve(client, reference).merchant_ref == reference


def test_longest_url_is_accepted(client, running_sandbox):
    rest = len(running_sandbox.url) + len("/v1/customers/ref/") + len("?")
    reference = "a" * (MAX_URL_BYTES - rest)
    assert create_and_retrieve(client, reference).merchant_ref == reference


def test_encoded_slash_does_not_select_another_route(client):
    with pytest.raises(NotFoundError, match="merchantRef"):
        client.request("GET", "/v1/customers/ref/cus_1%2Fsubscriptions")
    with pytest.raises(NotFoundError, match="path does not exist"):
        client.request("GET", "/v1/customers%2Fref/a")


def test_sandboxes_of_one_process_respond_with_their_own_state():
    with Sandbox() as one, Sandbox() as other, Duro(**one.options) as client, Duro(**other.options) as second:
        customer = client.customers.create(email="ada@example.com")
        assert [each.id for each in client.customers.list()] == [customer.id]
        assert second.customers.list().collect() == []
        assert client.checkout.create_session(amount=5000, currency="NGN").url.startswith(one.url)


def test_without_the_package_of_the_pages_the_import_fails(monkeypatch):
    monkeypatch.setattr(application, "find_spec", {"jinja2": None}.get)
    with pytest.raises(ModuleNotFoundError) as error:
        application._check_page_package()
    assert error.value.name == "jinja2"

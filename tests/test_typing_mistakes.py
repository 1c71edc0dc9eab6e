"""Typing mistakes of a newcomer: names of other libraries and misspelt names, with the whole message."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import pytest

from duro import AsyncDuro, Duro, Page
from duro._nearest_names import find_nearest
from duro.api.argument_errors import build_option_error

KEY = "sk_test_hidden"

SUBSCRIPTION_METHODS = "cancel, change_plan, create, pause and resume"
CUSTOMER_OPTIONS = "timeout=, idempotency_key=, headers= and credential="

# Expression, and the whole message for both kinds of clients.
UNKNOWN_ATTRIBUTES = [
    ("client.plan", "client has no attribute 'plan'; use client.plans"),
    ("client.customer", "client has no attribute 'customer'; use client.customers"),
    ("client.subscription", "client has no attribute 'subscription'; use client.subscriptions"),
    ("client.promoCodes", "client has no attribute 'promoCodes'; use client.promo_codes"),
    ("client.coupons", "client has no attribute 'coupons'; use client.promo_codes"),
    ("client.charges", "client has no attribute 'charges'; use client.transactions"),
    ("client.refunds", "client has no attribute 'refunds'; use client.invoices.refund"),
    ("client.webhooks", "client has no attribute 'webhooks'; use duro.webhooks.Webhook"),
    ("client.get_token", "client has no attribute 'get_token'; use client.token"),
    ("client.plans.get", "client.plans has no attribute 'get'; use client.plans.list"),
    ("client.plans.all", "client.plans has no attribute 'all'; use client.plans.list"),
    ("client.plans.delete", "client.plans has no attribute 'delete'; use client.plans.archive"),
    ("client.plans.modify", "client.plans has no attribute 'modify'; use client.plans.update"),
    ("client.customers.get", "client.customers has no attribute 'get'; use client.customers.retrieve"),
    ("client.customers.fetch", "client.customers has no attribute 'fetch'; use client.customers.retrieve"),
    ("client.customers.retreive", "client.customers has no attribute 'retreive'; use client.customers.retrieve"),
    ("client.subscriptions.delete", "client.subscriptions has no attribute 'delete'; use client.subscriptions.cancel"),
    (
        "client.subscriptions.update",
        "client.subscriptions has no attribute 'update'; use client.subscriptions.change_plan",
    ),
    (
        "client.subscriptions.retrieve",
        (
            "client.subscriptions has no attribute 'retrieve', because the API does not offer it; "
            "use client.customers.list_subscriptions"
        ),
    ),
    (
        "client.invoices.list",
        "client.invoices has no attribute 'list', because the API does not offer it; it has refund and retrieve",
    ),
    ("client.checkout.create", "client.checkout has no attribute 'create'; use client.checkout.create_session"),
    (
        "client.subscriptions.frobnicate",
        f"client.subscriptions has no attribute 'frobnicate'; it has {SUBSCRIPTION_METHODS}",
    ),
    ("client.plans.list().data", "pages has no attribute 'data'; use pages.collect"),
    ("client.plans.list().first", "pages has no attribute 'first'; use pages.page"),
]

UNKNOWN_ARGUMENTS = [
    ("client.customers.create(mail='x')", "client.customers.create()", "mail", "use email="),
    ("client.customers.create(time_out=5)", "client.customers.create()", "time_out", "use timeout="),
    (
        "client.customers.create(idempotencyKey='k')",
        "client.customers.create()",
        "idempotencyKey",
        "use idempotency_key=",
    ),
    ("client.customers.create(customer_ref='r')", "client.customers.create()", "customer_ref", "use merchant_ref="),
    ("client.customers.create(extra_headers={})", "client.customers.create()", "extra_headers", "use headers="),
    (
        "client.customers.create(max_retries=2)",
        "client.customers.create()",
        "max_retries",
        "use client.with_options(retries=…)",
    ),
    (
        "client.customers.retrieve('cus_1', expand=[])",
        "client.customers.retrieve()",
        "expand",
        f"it accepts {CUSTOMER_OPTIONS}",
    ),
    (
        "client.customers.retrieve('cus_1', customer_id='cus_1')",
        "client.customers.retrieve()",
        "customer_id",
        "pass customer_id first and without a name",
    ),
    ("client.plans.list(limit=5)", "client.plans.list()", "limit", "use page_size="),
    ("client.plans.list(starting_after='c')", "client.plans.list()", "starting_after", "use cursor="),
    ("client.promo_codes.retrieve('HALF', api_key='k')", "client.promo_codes.retrieve()", "api_key", "use credential="),
    ("client.request('GET', '/v1/plans', query={})", "client.request()", "query", "use params="),
    ("client.token(time_out=5)", "client.token()", "time_out", "use timeout="),
    ("client.with_options(max_retries=5)", "client.with_options()", "max_retries", "use retries="),
]

# Calls that Python rejects before the method runs. The asynchronous client has Python's message for them.
UNMATCHED_ARGUMENTS = [
    (
        "client.subscriptions.create(customer='cus_1', plan='plan_1')",
        "client.subscriptions.create() got an unexpected keyword argument 'customer'; use customer_id=",
    ),
    (
        "client.customers.retrieve(customer_id='cus_1')",
        (
            "client.customers.retrieve() got an unexpected keyword argument 'customer_id'; "
            "pass customer_id first and without a name"
        ),
    ),
    (
        "client.customers.retrieve(id='cus_1')",
        (
            "client.customers.retrieve() got an unexpected keyword argument 'id'; "
            "pass customer_id first and without a name"
        ),
    ),
    (
        "client.plans.create('Pro', amount=5, interval='day')",
        "client.plans.create() accepts 0 positional arguments, got 1; pass the others by name, such as name=",
    ),
    (
        "client.plans.create(name='Pro', amount=5)",
        "client.plans.create() missing 1 required keyword-only argument: 'interval'",
    ),
    (
        "client.plans.list('cursor')",
        "client.plans.list() accepts 0 positional arguments, got 1; pass the others by name, such as page_size=",
    ),
]

CONSTRUCTOR_ARGUMENTS = [
    ("max_retries", "use retries="),
    ("api_key", "use secret_key="),
    ("clientId", "use client_id="),
    ("api_base", "use base_url="),
    ("http_client", "use transport="),
    ("proxies", "use proxy="),
    ("verify", "use ssl_context="),
    ("default_headers", "use headers="),
    ("time_out", "use timeout="),
    ("auth", "use credential="),
]


@pytest.fixture(params=[AsyncDuro, Duro])
def client_class(request):
    return request.param


@pytest.fixture
def client(client_class):
    return client_class(KEY, base_url="http://127.0.0.1:9")


def evaluate(expression, client):
    return eval(expression, {"client": client})  # noqa: S307 - the expressions of this file


async def finish(function, *arguments):
    result = function(*arguments)
    return await result if inspect.iscoroutine(result) else result


@pytest.mark.parametrize(("expression", "message"), UNKNOWN_ATTRIBUTES, ids=lambda value: value)
def test_unknown_attribute_has_advice(client, expression, message):
    with pytest.raises(AttributeError) as caught:
        evaluate(expression, client)
    assert str(caught.value) == message
    assert caught.value.name == expression.rpartition(".")[2]


def test_advice_to_close_a_client_fits_its_kind():
    with pytest.raises(AttributeError, match=r"^client has no attribute 'close'; use client.aclose$"):
        AsyncDuro(KEY).close  # noqa: B018 - the access itself raises
    with pytest.raises(AttributeError, match=r"^client has no attribute 'aclose'; use client.close$"):
        Duro(KEY).aclose  # noqa: B018


def test_python_does_not_add_a_second_suggestion(client):
    with pytest.raises(AttributeError) as caught:
        client.plan  # noqa: B018
    assert traceback.format_exception_only(caught.value) == [
        "AttributeError: client has no attribute 'plan'; use client.plans\n"
    ]


def test_missing_attributes_are_found_by_hasattr_and_getattr(client):
    for value in (client, client.plans, client.plans.list()):
        assert not hasattr(value, "plan")
        assert getattr(value, "plan", None) is None


def test_private_and_special_names_have_the_message_of_python(client):
    for value in (client, client.plans, client.plans.list()):
        with pytest.raises(AttributeError) as caught:
            value.__missing__  # noqa: B018
        assert str(caught.value) == f"{type(value).__name__!r} object has no attribute '__missing__'"
        assert (caught.value.name, caught.value.obj) == ("__missing__", value)


def test_error_within_an_attribute_is_not_taken_for_a_misspelt_name(client_class):
    incomplete = object.__new__(client_class)
    with pytest.raises(AttributeError, match=f"^'{client_class.__name__}' object has no attribute 'plans'$"):
        incomplete.plans  # noqa: B018


def test_copies_and_pickles_behave_as_before(client):
    for value in (client.plans.list(), Page(items=("a",))):
        assert type(copy.copy(value)) is type(value)
    for value in (client, client.plans):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(value)


@pytest.mark.anyio
@pytest.mark.parametrize(("expression", "call", "name", "advice"), UNKNOWN_ARGUMENTS, ids=lambda value: value)
async def test_unknown_argument_has_advice(client, expression, call, name, advice):
    with pytest.raises(TypeError) as caught:
        await finish(evaluate, expression, client)
    assert str(caught.value) == f"{call} got an unexpected keyword argument {name!r}; {advice}"


@pytest.mark.parametrize(("expression", "message"), UNMATCHED_ARGUMENTS, ids=lambda value: value)
def test_unmatched_arguments_of_a_blocking_call_have_advice(expression, message):
    with pytest.raises(TypeError) as caught:
        evaluate(expression, Duro(KEY))
    assert str(caught.value) == message


def test_locals_of_an_unmatched_blocking_call_show_no_secret():
    with pytest.raises(TypeError) as caught:
        Duro("sk_test_1").plans.create(name="Pro", amount=5, credential=KEY)
    frames = list(traceback.walk_tb(caught.value.__traceback__.tb_next))
    assert frames
    assert not [name for frame, _ in frames for name, value in frame.f_locals.items() if KEY in repr(value)]
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("name", "advice"), CONSTRUCTOR_ARGUMENTS)
def test_unknown_argument_of_a_client_has_advice(client_class, name, advice):
    with pytest.raises(TypeError) as caught:
        client_class(KEY, **{name: "hidden"})
    message = f"{client_class.__name__}() got an unexpected keyword argument {name!r}; {advice}"
    assert str(caught.value) == message
    assert caught.value.__context__ is None


def test_positional_argument_of_a_client_has_advice(client_class):
    with pytest.raises(TypeError) as caught:
        client_class(KEY, "https://api.useduro.com")
    assert str(caught.value) == (
        f"{client_class.__name__}() accepts 1 positional argument, got 2; pass the others by name, such as secret_key="
    )


def test_subclass_of_a_client_is_named(client_class):
    class Billing(client_class):
        pass

    with pytest.raises(TypeError, match=r"^Billing\(\) got an unexpected keyword argument 'retry'; use retries=$"):
        Billing(KEY, retry=5)


def test_type_error_within_a_client_is_not_changed(client_class):
    def keys(_):
        raise TypeError("raised within")

    headers = type("Headers", (dict,), {"items": keys})()
    with pytest.raises(TypeError, match=r"^raised within$"):
        client_class(KEY, headers=headers)


def test_locals_of_the_error_show_no_secret(client_class):
    with pytest.raises(TypeError) as caught:
        client_class(KEY, max_retries=5)
    frames = list(traceback.walk_tb(caught.value.__traceback__.tb_next))
    assert frames
    assert not [name for frame, _ in frames for name, value in frame.f_locals.items() if KEY in repr(value)]


@pytest.mark.parametrize(
    ("name", "candidates", "nearest"),
    [
        ("planId", ["name", "plan_id"], "plan_id"),
        ("customer", ["customer_checkout", "customers"], "customers"),
        ("id", ["name", "plan_id"], "plan_id"),
        ("get", ["list"], "list"),
        ("xyz", ["list"], None),
        ("", ["list"], None),
        ("get", [], None),
    ],
)
def test_nearest_name(name, candidates, nearest):
    assert find_nearest(name, candidates) == nearest


def test_an_option_outside_a_method_is_named_alone():
    error = build_option_error("timeuot", dict)
    assert str(error) == "got an unexpected keyword argument 'timeuot'"

"""Rules of the contract that are stated in prose only: limits of values, and names of arguments."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import strategies as st

from duro import ClientCredentials, IdentityToken, PortalSession

from .openapi import BY_ID, kinds_of, snake_case
from .samples import IDENTIFIERS, objects

# Required in practice, although optional in the schema.
REQUIRED = {
    "verifyOtp": ["phone", "code"],
    "portalEmailTopup": ["amount"],
    "portalEmailVirtualAccount": ["bvn"],
}
# At least one of these is required.
ONE_OF = {
    "createCheckoutSession": ["planId", "amount"],
    "portalEmailStart": ["email", "token"],
    "portalEmailVerify": ["email", "token"],
}
PATTERNS = {
    ("createPaymentLink", "slug"): st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    ("portalEmailVirtualAccount", "bvn"): st.from_regex(r"[0-9]{11}", fullmatch=True),
    ("verifyOtp", "code"): st.from_regex(r"[0-9]{6}", fullmatch=True),
    ("portalEmailVerify", "code"): st.from_regex(r"[0-9]{6}", fullmatch=True),
    ("portalEmailStart", "token"): st.from_regex(r"\S{1,20}", fullmatch=True),
    ("portalEmailVerify", "token"): st.from_regex(r"\S{1,20}", fullmatch=True),
}
# The only amount that is not in kobo has its unit in its name.
ARGUMENTS = {("portalEmailTopup", "amount"): "amount_naira"}
QUERY_ARGUMENTS = {"limit": "page_size"}
# The SDK builds this body itself, from the credential.
OWN_BODY = {"oauthToken"}

PATH_VALUES = {
    "id": IDENTIFIERS,
    "token": st.from_regex(r"cs_(test|live)_[0-9a-zA-Z]{1,24}", fullmatch=True),
    "mode": st.sampled_from(["test", "live"]),
    "ref": st.text(min_size=1, max_size=20).filter(
        lambda text: (
            text.strip()
            and text != "."
            and ".." not in text
            and not set(text) & set("/\\?#%\x7f")
            and not any(mark < " " for mark in text)
        )
    ),
}


def surface_of(operation):
    """Return the surface of an operation: merchant, oauth, identity, portal or public."""
    if operation.id in OWN_BODY:
        return "oauth"
    if operation.security == ("portalSession",):
        return "portal"
    # The schema calls it a bearer token; only the prose says of which kind.
    if operation.security and operation.path.startswith("/identity"):
        return "identity"
    return "merchant" if operation.security else "public"


def required_of(operation):
    """Return the required members of a body."""
    return [] if operation.id in OWN_BODY else REQUIRED.get(operation.id) or (operation.body or {}).get("required", [])


def paths(operation):
    """Return a strategy for the path parameters."""
    return st.fixed_dictionaries({name: PATH_VALUES[name] for name in operation.parameters["path"]})


def in_order(operation, path):
    """Return the values of the path parameters in the order of the path."""
    return [path[name] for name in re.findall(r"{(\w+)}", operation.path)]


def queries(operation):
    """Return a strategy for the query string."""
    choices = {"limit": st.integers(1, 100), "cursor": st.text(min_size=1)}
    return st.fixed_dictionaries({}, optional={name: choices[name] for name in operation.parameters["query"]})


@st.composite
def bodies(draw, operation):
    """Draw a body that follows schema and prose of the contract; ``None`` for an operation without a body."""
    if operation.body is None or operation.id in OWN_BODY:
        return None
    body = draw(objects({**operation.body, "required": required_of(operation)}, is_response=False))
    if (choice := ONE_OF.get(operation.id)) and not body.keys() & set(choice):
        name = draw(st.sampled_from(choice))
        body |= draw(
            objects({"properties": {name: operation.body["properties"][name]}, "required": [name]}, is_response=False)
        )
    body |= {name: draw(PATTERNS[operation.id, name]) for name in body if (operation.id, name) in PATTERNS}
    if body.get("discountType") == "percentage":
        body["discountValue"] %= 101
    return body


def arguments_of(operation, query, body):
    """Convert query and body into the keyword arguments of the method."""
    return {
        argument_name(operation, name): _argument(operation, name, value)
        for name, value in {**query, **(body or {})}.items()
    }


def argument_name(operation, name):
    """Return the argument name of a query parameter or body member."""
    if name in operation.parameters["query"]:
        return QUERY_ARGUMENTS.get(name, name)
    return ARGUMENTS.get((operation.id, name), snake_case(name))


def _argument(operation, name, value):
    schema = ((operation.body or {}).get("properties", {})).get(name, {})
    return datetime.fromisoformat(value) if schema.get("format") == "date-time" and value is not None else value


def expected_arguments(operation):
    """Return the names of all keyword arguments, and of the required ones."""
    body = {} if operation.id in OWN_BODY else (operation.body or {}).get("properties", {})
    every = {argument_name(operation, name) for name in [*body, *operation.parameters["query"]]}
    return every, {argument_name(operation, name) for name in required_of(operation)}


assert {*REQUIRED, *ONE_OF, *OWN_BODY} | {operation for operation, _ in [*PATTERNS, *ARGUMENTS]} <= BY_ID.keys()


# Values for one valid call of each operation.
PLAIN = {
    "string": "text",
    "integer": 700,
    "boolean": True,
    "object": {"a": 1},
}
# Credentials by surface. Merchant operations use the client's secret key; public ones do not need a credential.
CREDENTIALS = {
    "oauth": ClientCredentials("cid_test_1", "csec_test_1"),
    "identity": IdentityToken("identity-token"),
    "portal": PortalSession("portal-session"),
}
PLAIN_PATH_VALUES = {"id": "id_1", "token": "cs_test_0001", "mode": "test", "ref": "EXT-001"}
PLAIN_VALUES = {
    "bvn": "12345678901",
    "customerEmail": "ada@example.com",
    "discountValue": 50,
    "email": "ada@example.com",
    "expiresAt": "2026-12-31T00:00:00.000Z",
    "successUrl": "https://shop.example/done",
}


def plain_call(operation):
    """Return positional and keyword arguments of a call that sets every argument."""
    properties = {} if operation.body is None or operation.id in OWN_BODY else operation.body["properties"]
    body = {name: PLAIN_VALUES.get(name) or _plain(each) for name, each in properties.items()}
    query = {name: {"limit": 7, "cursor": "c"}[name] for name in operation.parameters["query"]}
    return in_order(operation, PLAIN_PATH_VALUES), arguments_of(operation, query, body)


def _plain(schema):
    return schema["enum"][0] if "enum" in schema else PLAIN[kinds_of(schema)[0]]

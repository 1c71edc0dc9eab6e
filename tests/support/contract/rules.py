"""What the contract says in prose and no schema can: it narrows what may be sent, and names arguments."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import strategies as st

from duro import ClientCredentials, IdentityToken, PortalSession

from .openapi import BY_ID, kinds_of, snake_case
from .samples import IDENTIFIERS, objects

# Without these the call would mean nothing, though the schema lets them be left out.
NEEDED = {
    "verifyOtp": ["phone", "code"],
    "portalEmailTopup": ["amount"],
    "portalEmailVirtualAccount": ["bvn"],
}
# One of these has to be there.
ONE_OF = {
    "createCheckoutSession": ["planId", "amount"],
    "portalEmailStart": ["email", "token"],
    "portalEmailVerify": ["email", "token"],
}
FORMS = {
    ("createPaymentLink", "slug"): st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    ("portalEmailVirtualAccount", "bvn"): st.from_regex(r"[0-9]{11}", fullmatch=True),
    ("verifyOtp", "code"): st.from_regex(r"[0-9]{6}", fullmatch=True),
    ("portalEmailVerify", "code"): st.from_regex(r"[0-9]{6}", fullmatch=True),
    ("portalEmailStart", "token"): st.from_regex(r"\S{1,20}", fullmatch=True),
    ("portalEmailVerify", "token"): st.from_regex(r"\S{1,20}", fullmatch=True),
}
# The one amount that is not in kobo says so in its name.
ARGUMENTS = {("portalEmailTopup", "amount"): "amount_naira"}
# What the SDK exchanges itself, from the credential.
OWN_BODY = {"oauthToken"}

PLACES = {
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
    """Tell whom an operation is for: a merchant, an OAuth client, an identity, a portal session, or anybody."""
    if operation.id in OWN_BODY:
        return "oauth"
    if operation.security == ("portalSession",):
        return "portal"
    # By the schema it is a bearer like any other; which one, the prose says.
    if operation.security and operation.path.startswith("/identity"):
        return "identity"
    return "merchant" if operation.security else "public"


def required_of(operation):
    """Give the members of a body that a call cannot do without."""
    return [] if operation.id in OWN_BODY else NEEDED.get(operation.id) or (operation.body or {}).get("required", [])


def paths(operation):
    """Make values for the places of a path."""
    return st.fixed_dictionaries({name: PLACES[name] for name in operation.parameters["path"]})


def in_order(operation, path):
    """Give the values for the places of a path as the path has them."""
    return [path[name] for name in re.findall(r"{(\w+)}", operation.path)]


def queries(operation):
    """Make values for the query string."""
    choices = {"limit": st.integers(1, 100), "cursor": st.text(min_size=1)}
    return st.fixed_dictionaries({}, optional={name: choices[name] for name in operation.parameters["query"]})


@st.composite
def bodies(draw, operation):
    """Make bodies that the contract allows, prose included; ``None`` where there is none."""
    if operation.body is None or operation.id in OWN_BODY:
        return None
    body = draw(objects({**operation.body, "required": required_of(operation)}, answers=False))
    if (choice := ONE_OF.get(operation.id)) and not body.keys() & set(choice):
        name = draw(st.sampled_from(choice))
        body |= draw(
            objects({"properties": {name: operation.body["properties"][name]}, "required": [name]}, answers=False)
        )
    body |= {name: draw(FORMS[operation.id, name]) for name in body if (operation.id, name) in FORMS}
    if body.get("discountType") == "percentage":
        body["discountValue"] %= 101
    return body


def arguments_of(operation, query, body):
    """Turn what is to stand on the wire into the keyword arguments of the method."""
    return {
        argument_name(operation, name): _argument(operation, name, value)
        for name, value in {**query, **(body or {})}.items()
    }


def argument_name(operation, name):
    """Give the Python name of a member of a query or body."""
    return ARGUMENTS.get((operation.id, name), snake_case(name))


def _argument(operation, name, value):
    schema = ((operation.body or {}).get("properties", {})).get(name, {})
    return datetime.fromisoformat(value) if schema.get("format") == "date-time" and value is not None else value


def arguments_there_are(operation):
    """Give the names of all keyword arguments, and of those that are required."""
    body = {} if operation.id in OWN_BODY else (operation.body or {}).get("properties", {})
    every = {argument_name(operation, name) for name in [*body, *operation.parameters["query"]]}
    return every, {argument_name(operation, name) for name in required_of(operation)}


assert {*NEEDED, *ONE_OF, *OWN_BODY} | {operation for operation, _ in [*FORMS, *ARGUMENTS]} <= BY_ID.keys()


# One call of each operation, for tests in which any will do.
PLAIN = {
    "string": "text",
    "integer": 700,
    "boolean": True,
    "object": {"a": 1},
}
# The client's own is a secret key, and a public operation needs none.
CREDENTIALS = {
    "oauth": ClientCredentials("cid_test_1", "csec_test_1"),
    "identity": IdentityToken("identity-token"),
    "portal": PortalSession("portal-session"),
}
PLAIN_PLACES = {"id": "id_1", "token": "cs_test_0001", "mode": "test", "ref": "EXT-001"}
PLAIN_FORMS = {
    "bvn": "12345678901",
    "customerEmail": "ada@example.com",
    "discountValue": 50,
    "email": "ada@example.com",
    "expiresAt": "2026-12-31T00:00:00.000Z",
    "successUrl": "https://shop.example/done",
}


def plain_call(operation):
    """Give the positional and keyword arguments of a call that says everything there is to say."""
    properties = {} if operation.body is None or operation.id in OWN_BODY else operation.body["properties"]
    body = {name: PLAIN_FORMS.get(name) or _plain(each) for name, each in properties.items()}
    query = {name: {"limit": 7, "cursor": "c"}[name] for name in operation.parameters["query"]}
    return in_order(operation, PLAIN_PLACES), arguments_of(operation, query, body)


def _plain(schema):
    return schema["enum"][0] if "enum" in schema else PLAIN[kinds_of(schema)[0]]

"""Customer identity: sign-in by phone number, within the limits of the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]
PHONE = "2348012345678"


def request_code(client: httpx.Client, phone: str = PHONE, key: str = "") -> httpx.Response:
    return client.post("/identity/otp", json={"phone": phone}, headers={"Idempotency-Key": key})


def verify(client: httpx.Client, code: str, phone: str = PHONE, key: str = "") -> httpx.Response:
    return client.post("/identity/verify", json={"phone": phone, "code": code}, headers={"Idempotency-Key": key})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def sign_in(sandbox: Sandbox, client: httpx.Client) -> dict[str, str]:
    request_code(client)
    token = verify(client, sandbox.codes[-1].code).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_code_is_shown_only_by_the_control_routes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    response = request_code(anonymous)
    assert response.status_code == 200
    assert response.json().keys() == {"expiresAt", "delivered"}
    (code,) = sandbox.codes
    assert len(code.code) == 6
    assert code.code.isdecimal()
    assert (code.channel, code.recipient, code.expires_at) == ("whatsapp", PHONE, response.json()["expiresAt"])
    lifetime = datetime.fromisoformat(code.expires_at) - datetime.fromisoformat(code.at)
    assert lifetime == timedelta(minutes=10)
    assert anonymous.get("/_sandbox/codes").json() == [
        {
            "channel": "whatsapp",
            "recipient": PHONE,
            "code": code.code,
            "expiresAt": code.expires_at,
            "at": code.at,
        }
    ]
    assert code.code not in repr(sandbox.requests)


def test_a_valid_code_signs_in_the_same_person_each_time(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    identities = []
    for _ in range(2):
        request_code(anonymous)
        result = verify(anonymous, sandbox.codes[-1].code).json()
        identities.append(result["identity"])
        me = anonymous.get("/identity/me", headers={"Authorization": f"Bearer {result['token']}"}).json()
        assert me == {"identity": result["identity"], "methods": []}
    assert identities[0] == identities[1]
    assert identities[0]["phone"] == PHONE


def test_a_code_is_valid_once(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    request_code(anonymous)
    code = sandbox.codes[0].code
    assert [verify(anonymous, code).status_code for _ in range(2)] == [200, 401]


def test_a_code_expires_after_ten_minutes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    request_code(anonymous)
    sandbox.clock.advance(minutes=10)
    assert verify(anonymous, sandbox.codes[0].code).status_code == 401


def test_a_new_code_replaces_the_previous_one(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    request_code(anonymous)
    request_code(anonymous)
    older, newer = sandbox.codes
    if older.code != newer.code:
        assert verify(anonymous, older.code).status_code == 401
    assert verify(anonymous, newer.code).status_code == 200


def test_a_code_is_valid_for_its_own_number_only(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    request_code(anonymous)
    assert verify(anonymous, sandbox.codes[0].code, phone="2348099999999").status_code == 401


@pytest.mark.parametrize(("failed", "last"), [(4, 200), (5, 429)])
def test_a_code_allows_five_attempts(sandbox: Sandbox, anonymous: httpx.Client, failed: int, last: int) -> None:
    request_code(anonymous)
    code = sandbox.codes[0].code
    assert {verify(anonymous, wrong(code)).status_code for _ in range(failed)} == {401}
    assert verify(anonymous, code).status_code == last


def test_a_number_gets_five_codes_in_fifteen_minutes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    assert [request_code(anonymous).status_code for _ in range(6)] == [200] * 5 + [429]
    assert request_code(anonymous).json()["error"]["code"] == "rate_limited"
    assert request_code(anonymous, phone="2348099999999").status_code == 200
    sandbox.clock.advance(minutes=14)
    assert request_code(anonymous).status_code == 429
    sandbox.clock.advance(minutes=1)
    assert request_code(anonymous).status_code == 200


def test_a_repeat_with_its_key_does_not_send_a_second_code(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    first, second = (request_code(anonymous, key="one") for _ in range(2))
    assert second.content == first.content
    assert len(sandbox.codes) == 1


def test_a_key_of_a_public_operation_replays_whatever_the_body_is(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    request_code(anonymous, key="1")
    request_code(anonymous, key="1", phone="2348099999999")
    assert [code.recipient for code in sandbox.codes] == [PHONE]
    code = sandbox.codes[0].code
    # A refused code is not stored, so the same key signs in afterwards.
    assert verify(anonymous, wrong(code), key="1").status_code == 401
    signed_in = verify(anonymous, code, key="1")
    assert signed_in.status_code == 200
    assert verify(anonymous, wrong(code), key="1").content == signed_in.content


def test_the_saved_methods_belong_to_the_person(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, make_plan: Make
) -> None:
    for phone in (PHONE, "2348099999999"):
        body = {"planId": make_plan()["id"], "customerPhone": phone}
        session = api.post("/v1/checkout/sessions", json=body).json()
        anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    headers = sign_in(sandbox, anonymous)
    result = anonymous.get("/identity/methods", headers=headers).json()
    assert result.keys() == {"items"}
    (method,) = result["items"]
    assert anonymous.get("/identity/me", headers=headers).json()["methods"] == [method]
    assert method.pop("id").startswith("card_")
    assert method.pop("createdAt")
    assert method == {"rail": "card", "brand": "visa", "last4": "4242", "isDefault": True}


@pytest.mark.parametrize("path", ["/identity/me", "/identity/methods"])
def test_identity_accepts_only_an_identity_token(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, path: str
) -> None:
    headers = sign_in(sandbox, anonymous)
    assert anonymous.get(path, headers=headers).status_code == 200
    assert anonymous.get(path).status_code == 401
    assert api.get(path).status_code == 401
    token = headers["Authorization"].partition(" ")[2]
    assert anonymous.get(path, headers={"Authorization": token}).status_code == 401
    assert anonymous.get(path, headers={"x-portal-session": token}).status_code == 401
    assert anonymous.get("/portal/email/cards", headers={"x-portal-session": token}).status_code == 401
    sandbox.clock.advance(hours=24)
    assert anonymous.get(path, headers=headers).status_code == 401


def test_an_identity_token_is_valid_but_not_permitted_for_merchants(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    headers = sign_in(sandbox, anonymous)
    response = anonymous.post("/v1/customers", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")
    assert anonymous.post("/v1/customers", headers={"Authorization": "Bearer idt_test_unknown"}).status_code == 401
    sandbox.clock.advance(hours=24)
    assert anonymous.post("/v1/customers", headers=headers).status_code == 401


@pytest.mark.parametrize("spellings", [(PHONE, f"+{PHONE}"), (f"+{PHONE}", PHONE)])
def test_a_number_with_and_without_its_plus_is_one_person(
    sandbox: Sandbox, anonymous: httpx.Client, spellings: tuple[str, str]
) -> None:
    identities: list[dict[str, Any]] = []
    for first, second in (spellings, spellings[::-1]):
        request_code(anonymous, phone=first)
        identities.append(verify(anonymous, sandbox.codes[-1].code, phone=second).json()["identity"])
    assert identities[0] == identities[1]
    assert {code.recipient for code in sandbox.codes} == {PHONE}


@pytest.mark.parametrize("phone", [PHONE, f"+{PHONE}"])
def test_a_card_of_a_customer_belongs_to_the_person_with_the_number(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, phone: str
) -> None:
    api.post("/v1/customers", json={"phone": phone})
    other = PHONE if phone.startswith("+") else f"+{PHONE}"
    session = api.post("/v1/checkout/sessions", json={"amount": 100, "customerPhone": other}).json()
    assert anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"}).status_code == 200
    assert len(api.get("/v1/customers").json()["items"]) == 1
    methods = anonymous.get("/identity/methods", headers=sign_in(sandbox, anonymous)).json()["items"]
    assert len(methods) == 1


@pytest.mark.parametrize("phone", ["", "080", "not a number", "٢٣٤٨٠١٢٣٤٥٦٧٨", None, 2348012345678])
def test_a_phone_number_has_digits(anonymous: httpx.Client, phone: object) -> None:
    for path in ("/identity/otp", "/identity/verify"):
        response = anonymous.post(path, json={"phone": phone, "code": "123456"})
        assert response.status_code == 422
        assert response.json()["error"]["details"][0]["path"] == "phone"


def test_the_database_does_not_store_session_tokens(tmp_path: Path) -> None:
    with Sandbox(database=tmp_path / "state.db") as sandbox, httpx.Client(base_url=sandbox.url) as client:
        token = sign_in(sandbox, client)["Authorization"].partition(" ")[2]
        kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert token.encode() not in kept

"""Customer identity: a code proves a phone number, within the limits of the contract."""

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


def ask(client: httpx.Client, phone: str = PHONE, key: str = "") -> httpx.Response:
    return client.post("/identity/otp", json={"phone": phone}, headers={"Idempotency-Key": key})


def prove(client: httpx.Client, code: str, phone: str = PHONE, key: str = "") -> httpx.Response:
    return client.post("/identity/verify", json={"phone": phone, "code": code}, headers={"Idempotency-Key": key})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def sign_in(sandbox: Sandbox, client: httpx.Client) -> dict[str, str]:
    ask(client)
    token = prove(client, sandbox.codes[-1].code).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_code_is_sent_and_shown_by_the_sandbox_alone(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    response = ask(anonymous)
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


def test_the_right_code_signs_in_the_same_person_each_time(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    identities = []
    for _ in range(2):
        ask(anonymous)
        answer = prove(anonymous, sandbox.codes[-1].code).json()
        identities.append(answer["identity"])
        me = anonymous.get("/identity/me", headers={"Authorization": f"Bearer {answer['token']}"}).json()
        assert me == {"identity": answer["identity"], "methods": []}
    assert identities[0] == identities[1]
    assert identities[0]["phone"] == PHONE


def test_a_code_serves_once(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    ask(anonymous)
    code = sandbox.codes[0].code
    assert [prove(anonymous, code).status_code for _ in range(2)] == [200, 401]


def test_a_code_lives_ten_minutes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    ask(anonymous)
    sandbox.clock.advance(minutes=10)
    assert prove(anonymous, sandbox.codes[0].code).status_code == 401


def test_a_newer_code_takes_the_place_of_the_older(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    ask(anonymous)
    ask(anonymous)
    older, newer = sandbox.codes
    if older.code != newer.code:
        assert prove(anonymous, older.code).status_code == 401
    assert prove(anonymous, newer.code).status_code == 200


def test_a_code_is_good_for_its_own_number_only(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    ask(anonymous)
    assert prove(anonymous, sandbox.codes[0].code, phone="2348099999999").status_code == 401


@pytest.mark.parametrize(("vain", "last"), [(4, 200), (5, 429)])
def test_a_code_takes_five_attempts(sandbox: Sandbox, anonymous: httpx.Client, vain: int, last: int) -> None:
    ask(anonymous)
    code = sandbox.codes[0].code
    assert {prove(anonymous, wrong(code)).status_code for _ in range(vain)} == {401}
    assert prove(anonymous, code).status_code == last


def test_a_number_gets_five_codes_in_fifteen_minutes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    assert [ask(anonymous).status_code for _ in range(6)] == [200] * 5 + [429]
    assert ask(anonymous).json()["error"]["code"] == "rate_limited"
    assert ask(anonymous, phone="2348099999999").status_code == 200
    sandbox.clock.advance(minutes=14)
    assert ask(anonymous).status_code == 429
    sandbox.clock.advance(minutes=1)
    assert ask(anonymous).status_code == 200


def test_a_repeat_under_its_key_sends_no_second_code(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    first, second = (ask(anonymous, key="one") for _ in range(2))
    assert second.content == first.content
    assert len(sandbox.codes) == 1


def test_a_key_is_not_shared_with_strangers(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    ask(anonymous, key="1")
    ask(anonymous, key="1", phone="2348099999999")
    assert [code.recipient for code in sandbox.codes] == [PHONE, "2348099999999"]
    code = sandbox.codes[0].code
    signed_in = prove(anonymous, code, key="1")
    assert prove(anonymous, code, key="1").content == signed_in.content
    # Whoever knows the key but not the code is told nothing.
    assert prove(anonymous, wrong(code), key="1").status_code == 401


def test_the_saved_methods_are_those_of_the_person(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, make_plan: Make
) -> None:
    for phone in (PHONE, "2348099999999"):
        body = {"planId": make_plan()["id"], "customerPhone": phone}
        session = api.post("/v1/checkout/sessions", json=body).json()
        anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    headers = sign_in(sandbox, anonymous)
    answer = anonymous.get("/identity/methods", headers=headers).json()
    assert answer.keys() == {"items"}
    (method,) = answer["items"]
    assert anonymous.get("/identity/me", headers=headers).json()["methods"] == [method]
    assert method.pop("id").startswith("card_")
    assert method.pop("createdAt")
    assert method == {"rail": "card", "brand": "visa", "last4": "4242", "isDefault": True}


@pytest.mark.parametrize("path", ["/identity/me", "/identity/methods"])
def test_identity_takes_an_identity_token_and_nothing_else(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, path: str
) -> None:
    headers = sign_in(sandbox, anonymous)
    assert anonymous.get(path, headers=headers).status_code == 200
    assert anonymous.get(path).status_code == 401
    assert api.get(path).status_code == 401
    token = headers["Authorization"].partition(" ")[2]
    assert anonymous.get(path, headers={"Authorization": token}).status_code == 401
    assert anonymous.get(path, headers={"x-portal-session": token}).status_code == 401
    assert anonymous.get("/v1/plans", headers=headers).status_code == 401
    assert anonymous.get("/portal/email/cards", headers={"x-portal-session": token}).status_code == 401
    sandbox.clock.advance(hours=24)
    assert anonymous.get(path, headers=headers).status_code == 401


@pytest.mark.parametrize("phone", ["", "080", "not a number", "٢٣٤٨٠١٢٣٤٥٦٧٨", None, 2348012345678])
def test_a_phone_number_has_digits(anonymous: httpx.Client, phone: object) -> None:
    for path in ("/identity/otp", "/identity/verify"):
        response = anonymous.post(path, json={"phone": phone, "code": "123456"})
        assert response.status_code == 422
        assert response.json()["error"]["details"][0]["path"] == "phone"


def test_the_database_keeps_no_token_in_a_session(tmp_path: Path) -> None:
    with Sandbox(database=tmp_path / "state.db") as sandbox, httpx.Client(base_url=sandbox.url) as client:
        token = sign_in(sandbox, client)["Authorization"].partition(" ")[2]
        kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert token.encode() not in kept

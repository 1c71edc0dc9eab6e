"""Access tokens: exchange, expiry, revocation."""

from __future__ import annotations

import httpx
import pytest

from duro.sandbox import Sandbox

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "cid_test_sandbox",
    "client_secret": "csec_test_sandbox",
}


def exchange(client: httpx.Client) -> str:
    response = client.post("/v1/oauth/token", json=CREDENTIALS)
    assert response.status_code == 200
    token: str = response.json()["access_token"]
    return token


def status_with(client: httpx.Client, authorization: str) -> int:
    return client.get("/v1/plans", headers={"Authorization": authorization}).status_code


def test_an_exchange_returns_a_bare_bearer_token_of_sixty_minutes(anonymous: httpx.Client) -> None:
    result = anonymous.post("/v1/oauth/token", json=CREDENTIALS).json()
    assert result.keys() == {"access_token", "token_type", "expires_in"}
    assert result["token_type"] == "Bearer"
    assert result["expires_in"] == 3600
    assert isinstance(result["expires_in"], int)


def test_each_exchange_issues_another_valid_token(anonymous: httpx.Client) -> None:
    first, second = exchange(anonymous), exchange(anonymous)
    assert first != second
    assert status_with(anonymous, f"Bearer {first}") == status_with(anonymous, f"Bearer {second}") == 200


def test_a_token_expires_by_the_clock_of_the_sandbox(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    token = exchange(anonymous)
    sandbox.clock.advance(minutes=59)
    assert status_with(anonymous, f"Bearer {token}") == 200
    sandbox.clock.advance(minutes=1)
    assert status_with(anonymous, f"Bearer {token}") == 401


def test_the_lifetime_of_tokens_can_be_set() -> None:
    # With a clock that stands still: the token is valid for one more second at the first request.
    with Sandbox(token_lifetime=90, clock="frozen") as sandbox, httpx.Client(base_url=sandbox.url) as client:
        result = client.post("/v1/oauth/token", json=CREDENTIALS).json()
        assert result["expires_in"] == 90
        sandbox.clock.advance(seconds=89)
        assert status_with(client, f"Bearer {result['access_token']}") == 200
        sandbox.clock.advance(seconds=1)
        assert status_with(client, f"Bearer {result['access_token']}") == 401


def test_all_tokens_can_be_revoked_and_a_new_one_is_valid(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    tokens = [exchange(anonymous) for _ in range(3)]
    assert sandbox.revoke_tokens() == 3
    assert {status_with(anonymous, f"Bearer {token}") for token in tokens} == {401}
    assert status_with(anonymous, f"Bearer {exchange(anonymous)}") == 200


def test_one_token_can_be_revoked_and_others_stay_valid(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    revoked, kept = exchange(anonymous), exchange(anonymous)
    assert sandbox.revoke_tokens(revoked) == 1
    assert status_with(anonymous, f"Bearer {revoked}") == 401
    assert status_with(anonymous, f"Bearer {kept}") == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "csec_test_another"},
        {"client_id": "cid_test_another"},
        {"client_id": "cid_live_sandbox"},
        {"client_secret": "geheim-ß-€"},
    ],
)
def test_wrong_credentials_are_refused_in_the_shape_of_the_api(anonymous: httpx.Client, wrong: dict[str, str]) -> None:
    response = anonymous.post("/v1/oauth/token", json=CREDENTIALS | wrong)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"
    assert not any(value in response.text for value in wrong.values())


@pytest.mark.parametrize("missing", sorted(CREDENTIALS))
def test_the_error_names_a_missing_member(anonymous: httpx.Client, missing: str) -> None:
    body = {name: value for name, value in CREDENTIALS.items() if name != missing}
    response = anonymous.post("/v1/oauth/token", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["details"] == [{"path": missing, "issue": "required"}]


def test_another_grant_type_is_refused(anonymous: httpx.Client) -> None:
    response = anonymous.post("/v1/oauth/token", json=CREDENTIALS | {"grant_type": "password"})
    assert response.status_code == 422


def test_a_form_is_not_json(anonymous: httpx.Client) -> None:
    response = anonymous.post("/v1/oauth/token", data=CREDENTIALS)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


def test_an_idempotency_key_does_not_replay_a_token(anonymous: httpx.Client) -> None:
    headers = {"Idempotency-Key": "the same"}
    responses = [anonymous.post("/v1/oauth/token", json=CREDENTIALS, headers=headers).json() for _ in range(2)]
    assert responses[0]["access_token"] != responses[1]["access_token"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer sk_live_another", "Basic sk_test_sandbox", "sk_test_sandbox"]
)
def test_an_invalid_credential_is_401(anonymous: httpx.Client, authorization: str) -> None:
    response = anonymous.get("/v1/plans", headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_missing_credential_is_401(anonymous: httpx.Client) -> None:
    assert anonymous.get("/v1/plans").status_code == 401


def test_the_scheme_is_bearer_in_any_case(anonymous: httpx.Client) -> None:
    assert status_with(anonymous, "bearer sk_test_sandbox") == 200

"""``http://`` addresses: accepted for the public credentials of the sandbox, and otherwise on loopback only."""

from __future__ import annotations

import pytest

from duro import AsyncDuro, ClientCredentials, ConfigurationError, Duro, IdentityToken, PortalSession, SecretKey
from duro.http.request import Headers, Response
from duro.sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET, CREDENTIALS, SECRET_KEY

CONTAINER = "http://duro-sandbox:8787"
SANDBOX_CREDENTIALS = [
    *(SecretKey(each.secret_key) for each in CREDENTIALS.values()),
    *(ClientCredentials(each.client_id, each.client_secret) for each in CREDENTIALS.values()),
]
SECRET_CREDENTIALS = [
    SecretKey("sk_test_1"),
    SecretKey(f"{SECRET_KEY}_1"),
    ClientCredentials(CLIENT_ID, "csec_test_1"),
    ClientCredentials("cid_test_1", CLIENT_SECRET),
    ClientCredentials(CLIENT_ID, lambda: CLIENT_SECRET),
    IdentityToken("sk_test_sandbox", mode="test"),
    PortalSession("sk_test_sandbox", mode="test"),
]


class EmptyListTransport:
    def __init__(self):
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        return Response(200, Headers(), b'{"items": [], "nextCursor": null, "hasMore": false}')

    async def aclose(self):
        pass


@pytest.fixture(params=[AsyncDuro, Duro])
def client_class(request):
    return request.param


@pytest.mark.parametrize("credential", SANDBOX_CREDENTIALS)
@pytest.mark.parametrize("base_url", [CONTAINER, "http://10.0.0.5:8787", "http://host.docker.internal:8787"])
def test_credentials_of_the_served_sandbox_are_accepted_on_every_host(client_class, credential, base_url):
    assert base_url in repr(client_class(credential, base_url=base_url))


def test_arguments_and_environment_are_accepted_alike(client_class, monkeypatch):
    monkeypatch.setenv("DURO_BASE_URL", CONTAINER)
    for arguments in (
        {"credential": SECRET_KEY},
        {"secret_key": SECRET_KEY},
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    ):
        assert CONTAINER in repr(client_class(**arguments))
    monkeypatch.setenv("DURO_SECRET_KEY", SECRET_KEY)
    assert CONTAINER in repr(client_class())


@pytest.mark.parametrize("credential", [*SECRET_CREDENTIALS, SecretKey("sk_live_1"), SecretKey("sk_live_sandbox_1")])
def test_other_credentials_are_rejected(client_class, credential):
    with pytest.raises(ConfigurationError, match="base_url is http://"):
        client_class(credential, base_url=CONTAINER)
    assert client_class(credential, base_url="http://127.0.0.1:8787")


@pytest.mark.parametrize("credential", [*SECRET_CREDENTIALS, "sk_test_1"])
def test_copy_does_not_send_another_credential(client_class, credential):
    client = client_class(SECRET_KEY, base_url=CONTAINER)
    with pytest.raises(ConfigurationError, match="credential must be the sandbox's own"):
        client.with_options(credential=credential)
    client.with_options(credential=ClientCredentials(CLIENT_ID, CLIENT_SECRET))
    client_class(SECRET_KEY, base_url="http://127.0.0.1:8787").with_options(credential=credential)


@pytest.mark.anyio
@pytest.mark.parametrize("credential", [*SECRET_CREDENTIALS, "sk_test_1"])
async def test_call_does_not_send_another_credential(credential):
    transport = EmptyListTransport()
    async with AsyncDuro(SECRET_KEY, base_url=CONTAINER, transport=transport) as client:
        calls = [
            lambda: client.customers.retrieve("cus_1", credential=credential),
            lambda: client.plans.list(credential=credential).page(),
            lambda: client.request("GET", "/v1/plans", credential=credential),
            lambda: client.token(credential=credential),
            lambda: client.oauth.token(credential=credential),
        ]
        for call in calls:
            with pytest.raises(ConfigurationError, match="credential must be the sandbox's own"):
                await call()
        assert transport.requests == []
        await client.plans.list(credential=SECRET_KEY).page()
        assert len(transport.requests) == 1

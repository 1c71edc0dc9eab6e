"""Sandbox with one object of each kind, and valid requests for every operation of the contract."""

from __future__ import annotations

import re
from typing import Any

import httpx

from duro.sandbox import Sandbox

# Valid bodies for the populated sandbox. A name in angle brackets is replaced by the id of an object.
BODIES: dict[str, dict[str, Any]] = {
    "createPlan": {"name": "Pro", "amount": 500_000, "interval": "month"},
    "createPromoCode": {"code": "NEW", "discountType": "fixed", "discountValue": 1},
    "updatePromoCode": {"maxRedemptions": None},
    "createPaymentLink": {"planId": "<plan>", "slug": "new"},
    "createSubscription": {"customerId": "<customer>", "planId": "<plan>"},
    "changeSubscriptionPlan": {"planId": "<plan>"},
    "createCheckoutSession": {"planId": "<plan>"},
    "oauthToken": {
        "grant_type": "client_credentials",
        "client_id": "cid_test_sandbox",
        "client_secret": "csec_test_sandbox",
    },
    "payCheckout": {"rail": "card"},
    "requestOtp": {"phone": "<phone>"},
    "verifyOtp": {"phone": "<phone>", "code": "<otp>"},
    "portalEmailStart": {"email": "<email>", "resend": True},
    "portalEmailVerify": {"email": "<email>", "code": "<mailed code>"},
    "portalEmailTopup": {"amount": 100},
    "portalEmailVirtualAccount": {"bvn": "22212345678"},
}


class PopulatedSandbox:
    """Sandbox with one object of each kind.

    Args:
        sandbox: Running sandbox.
        api: HTTP client with its secret key.
        number: Number of the objects, if the sandbox is populated more than once.
    """

    def __init__(self, sandbox: Sandbox, api: httpx.Client, number: int = 0) -> None:
        self._sandbox = sandbox
        self._api = api
        self._email, self._phone = f"ada+{number}@example.com", f"2348010{number:06}"
        self._reference, self._code = f"EXT-{number}", f"OLD-{number}"
        plan, customer = self._post("/v1/plans", **BODIES["createPlan"])["id"], self._customer()
        subscription = self._post("/v1/subscriptions", customerId=customer, planId=plan)["id"]
        self._sign_in_twice()
        headers = {"x-portal-session": self.portal_session}
        top_up = self._post("/portal/email/wallet/topup", headers, amount=100)["checkoutToken"]
        session = self._post("/v1/checkout/sessions", planId=plan, customerEmail=self._email)
        for token in (top_up, session["token"]):
            self._post(f"/checkout/{token}/pay", rail="card")
        payment = api.get(f"/v1/customers/{customer}/transactions").json()["items"][0]
        self.names = {
            "plan": plan,
            "customer": customer,
            "subscription": subscription,
            "promo-code": self._post("/v1/promo-codes", **BODIES["createPromoCode"] | {"code": self._code})["id"],
            "invoice": payment["invoiceId"],
            "transaction": payment["id"],
            "event": sandbox.events[-1].id,
            "session": session["id"],
            "token": self._post("/v1/checkout/sessions", planId=plan)["token"],
            "ref": self._reference,
            "mode": "test",
            "email": self._email,
            "phone": self._phone,
        }

    def _sign_in_twice(self) -> None:
        """Sign in the person by phone and by e-mail, and request another code of each for the next sign-in."""
        self.identity_token, self.otp = self._sign_in("/identity", "otp", "token", {"phone": self._phone})
        self.portal_session, self.mailed_code = self._sign_in(
            "/portal/email", "start", "sessionToken", {"email": self._email}
        )

    def path(self, operation: Any) -> dict[str, str]:
        """Return the path parameters of an operation, such as a plan's id for ``/plans/{id}``."""
        owner = re.search(r"([a-z-]+)s/(\{mode\}/)?\{id\}", operation.path)
        names = self.names | {"id": self.names[owner[1]]} if owner else self.names
        return {parameter.name: names[parameter.name] for parameter in operation.path_parameters}

    def body(self, operation_id: str) -> dict[str, Any]:
        """Return a valid body of an operation."""
        names = self.names | {"otp": self.otp, "mailed code": self.mailed_code}
        return {name: names.get(str(value).strip("<>"), value) for name, value in BODIES.get(operation_id, {}).items()}

    def credentials(self, path: str) -> dict[str, str]:
        """Return the headers with the credentials for a path."""
        token = self.identity_token if path.startswith("/identity") else self._sandbox.secret_key
        return {"Authorization": f"Bearer {token}", "x-portal-session": self.portal_session}

    def _customer(self) -> str:
        return self._post("/v1/customers", email=self._email, phone=self._phone, merchantRef=self._reference)["id"]

    def _sign_in(self, path: str, first_step: str, token: str, person: dict[str, str]) -> tuple[str, str]:
        self._post(f"{path}/{first_step}", **person)
        session = self._post(f"{path}/verify", **person, code=self._sandbox.codes[-1].code)
        self._post(f"{path}/{first_step}", **person)
        return session[token], self._sandbox.codes[-1].code

    def _post(self, path: str, headers: dict[str, str] | None = None, **members: object) -> dict[str, Any]:
        response = self._api.post(path, json=members, headers=headers)
        assert response.is_success, response.text
        return response.json()

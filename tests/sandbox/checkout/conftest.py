"""Checkout sessions for the tests of the hosted checkout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def open_checkout(api: httpx.Client) -> Make:
    def make(**members: object) -> dict[str, Any]:
        response = api.post("/v1/checkout/sessions", json=members)
        assert response.status_code == 201, response.text
        result: dict[str, Any] = response.json()
        return result

    return make


@pytest.fixture
def make_code(api: httpx.Client) -> Make:
    def make(code: str = "HALF", **members: object) -> dict[str, Any]:
        body = {"code": code, "discountType": "percentage", "discountValue": 50, **members}
        response = api.post("/v1/promo-codes", json=body)
        assert response.status_code == 201, response.text
        result: dict[str, Any] = response.json()
        return result

    return make

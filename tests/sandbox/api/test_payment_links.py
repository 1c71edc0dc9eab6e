"""Payment links: create."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
PATH = "/v1/payment-links"


def test_a_payment_link_has_the_shape_of_the_contract(api: httpx.Client, make_plan: Make) -> None:
    body = {"planId": make_plan()["id"], "slug": "pro-2"}
    response = api.post(PATH, json=body | {"metadata": {"campaign": "spring"}})
    assert response.status_code == 201
    link = response.json()
    assert link.pop("id").startswith("link_")
    assert link.pop("createdAt")
    assert link == body | {"active": True}


def test_a_slug_is_unique(api: httpx.Client, make_plan: Make) -> None:
    for status in (201, 409):
        assert api.post(PATH, json={"planId": make_plan()["id"], "slug": "pro"}).status_code == status


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["Pro", "pro plan", "", "prö", "pro\n", "a/b", None, 1])
def test_a_slug_is_lower_case_letters_digits_and_hyphens(api: httpx.Client, make_plan: Make, slug: object) -> None:
    response = api.post(PATH, json={"planId": make_plan()["id"], "slug": slug})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "slug"


def test_a_link_needs_an_available_plan(api: httpx.Client, make_plan: Make) -> None:
    archived = make_plan()
    api.delete(f"/v1/plans/{archived['id']}")
    assert api.post(PATH, json={"planId": archived["id"], "slug": "pro"}).status_code == 409
    assert api.post(PATH, json={"planId": "plan_unknown", "slug": "pro"}).status_code == 404

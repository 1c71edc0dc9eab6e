"""Control routes of faults."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox


def test_faults_are_added_listed_and_removed(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    faults = "/_sandbox/faults"
    body = {
        "kind": "status",
        "match": {"method": "GET", "path": "/v1/*"},
        "times": 2,
        "status": 503,
        "retryAfter": 1.5,
    }
    added = anonymous.post(faults, json=body)
    assert (added.status_code, added.json()) == (201, {"id": 1, **body, "probability": 1.0, "timesApplied": 0})
    anonymous.post(faults, json={"kind": "silence", "match": {"method": None}, "times": None})
    assert anonymous.get("/v1/plans").headers["Retry-After"] == "1.5"
    assert anonymous.get(faults).json() == [
        {"id": 1, **body, "probability": 1.0, "timesApplied": 1},
        {
            "id": 2,
            "kind": "silence",
            "match": {},
            "times": None,
            "commit": True,
            "probability": 1.0,
            "timesApplied": 0,
        },
    ]
    assert [fault.times_applied for fault in sandbox.faults] == [1, 0]
    assert anonymous.delete(faults).json() == {"cleared": 2}
    assert anonymous.get(faults).json() == []
    assert anonymous.get("/v1/plans").status_code == 401


def test_one_fault_is_removed_by_its_id(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    first, second = sandbox.faults.add("reset_before"), sandbox.faults.add("garbage")
    assert anonymous.delete(f"/_sandbox/faults/{first.id}").json() == {"cleared": 1}
    assert list(sandbox.faults) == [second]
    assert anonymous.delete(f"/_sandbox/faults/{first.id}").status_code == 404
    assert anonymous.delete(f"/_sandbox/faults/{10**30}").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], ""),
        ({}, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "status"}, "status"),
        ({"kind": "status", "status": 200}, "status"),
        ({"kind": "status", "status": "503"}, "status"),
        ({"kind": "status", "status": 503, "retryAfter": -1}, "retryAfter"),
        ({"kind": "delay"}, "seconds"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "seconds": True}, "seconds"),
        ({"kind": "delay", "seconds": 1e300}, "seconds"),
        ({"kind": "drip", "pause": None}, "pause"),
        ({"kind": "silence", "commit": 1}, "commit"),
        ({"kind": "garbage", "seconds": 1}, "seconds"),
        ({"kind": "garbage", "times": 0}, "times"),
        ({"kind": "garbage", "times": True}, "times"),
        ({"kind": "garbage", "times": 1.0}, "times"),
        ({"kind": "garbage", "path": "/v1/plans"}, "path"),
        ({"kind": "garbage", "match": []}, "match"),
        ({"kind": "garbage", "match": {"pth": "/v1/plans"}}, "match.pth"),
        ({"kind": "garbage", "match": {"method": "GET /"}}, "match.method"),
        ({"kind": "garbage", "match": {"path": "v1/plans"}}, "match.path"),
        ({"kind": "garbage", "match": {"path": "/v1/plans?limit=1"}}, "match.path"),
        ({"kind": "garbage", "match": {"path": "/v1/**"}}, "match.path"),
        ({"kind": "garbage", "match": {"path": "/v1/plan_{id}"}}, "match.path"),
        ({"kind": "garbage", "match": {"path": "/_sandbox/stats"}}, "match.path"),
    ],
)
def test_an_invalid_fault_is_rejected_with_the_path_of_the_member(
    sandbox: Sandbox, anonymous: httpx.Client, body: Any, path: str
) -> None:
    response = anonymous.post("/_sandbox/faults", json=body)
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "validation_error"
    assert [detail["path"] for detail in error["details"]] == [path]
    assert list(sandbox.faults) == []


def test_a_body_that_is_not_json_is_rejected(anonymous: httpx.Client) -> None:
    assert anonymous.post("/_sandbox/faults", content=b"{").status_code == 400


@pytest.mark.parametrize("way", ["http", "process"])
def test_a_reset_removes_all_faults(sandbox: Sandbox, anonymous: httpx.Client, way: str) -> None:
    sandbox.faults.add("garbage", times=None)
    if way == "http":
        anonymous.post("/_sandbox/reset")
    else:
        sandbox.reset()
    assert len(sandbox.faults) == 0
    assert anonymous.get("/v1/plans").status_code == 401

"""Fault rules: matching, the number of applications, and invalid arguments."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import Fault, Faults, Sandbox
from duro.sandbox.faults.kinds import DelayFault
from tests.support.timeouts import TIMEOUT


@pytest.mark.parametrize(
    ("method", "path", "applies"),
    [
        (None, None, True),
        ("POST", None, True),
        ("post", None, True),
        ("GET", None, False),
        (None, "/v1/invoices/inv_1/refund", True),
        (None, "/v1/invoices/{id}/refund", True),
        (None, "/v1/invoices/*/refund", True),
        (None, "/v1/invoices/inv_*/refund", True),
        (None, "/*/*/*/*", True),
        ("POST", "/v1/invoices/{id}/refund", True),
        ("GET", "/v1/invoices/{id}/refund", False),
        (None, "/v1/invoices/sub_*/refund", False),
        (None, "/v1/invoices/{id}", False),
        (None, "/v1/*", False),
        (None, "/v1/invoices/*", False),
        (None, "/v1/invoices/inv_1/refund/", False),
        (None, "/v1/invoices/inv.1/refund", False),
        (None, "/V1/invoices/inv_1/refund", False),
    ],
)
def test_a_fault_applies_to_the_requests_that_it_matches(method: str | None, path: str | None, applies: bool) -> None:
    faults = Faults()
    fault = faults.add("reset_before", method=method, path=path)
    assert faults.select("POST", "/v1/invoices/inv_1/refund") is (fault if applies else None)
    assert fault.times_applied == applies


def test_the_first_matching_fault_that_is_not_spent_applies() -> None:
    faults = Faults()
    reads = faults.add("delay", seconds=1, method="GET", times=1)
    twice = faults.add("truncate", times=2)
    always = faults.add("garbage", times=None)
    selected = [faults.select(method, "/v1/plans") for method in ("POST", "GET", "GET", "POST", "GET")]
    assert selected == [twice, reads, twice, always, always]
    assert [fault.times_applied for fault in faults] == [1, 2, 2]
    assert [fault.is_spent for fault in faults] == [True, True, False]


def test_a_fault_applies_once_by_default() -> None:
    faults = Faults()
    fault = faults.add("reset_before")
    assert [faults.select("GET", "/"), faults.select("GET", "/")] == [fault, None]


def test_faults_do_not_apply_to_control_routes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    fault = sandbox.faults.add("status", status=500, times=None)
    for path in ("/_sandbox", "/_sandbox/", "/_sandbox/stats", "/_sandbox/nothing"):
        assert anonymous.get(path).status_code in (200, 303, 404)
    assert fault.times_applied == 0
    for path in ("/nothing", "/v1/nothing", "/_sandboxes"):
        assert anonymous.get(path).status_code == 500


def test_a_fault_applies_to_exactly_as_many_parallel_requests_as_given(sandbox: Sandbox, api: httpx.Client) -> None:
    fault = sandbox.faults.add("status", path="/v1/plans", status=503, times=10)
    barrier = threading.Barrier(50, timeout=TIMEOUT)

    def request(_: int) -> int:
        barrier.wait()
        return api.get("/v1/plans", timeout=TIMEOUT).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(request, range(50)))
    assert sorted(statuses) == [200] * 40 + [503] * 10
    assert (fault.times_applied, sandbox.stats.requests) == (10, 50)


def test_concurrent_threads_count_exactly() -> None:
    faults = Faults()
    limited, rest = faults.add("garbage", times=1000), faults.add("garbage", times=None)
    barrier = threading.Barrier(4, timeout=TIMEOUT)

    def select(_: int) -> None:
        barrier.wait()
        for _ in range(1000):
            faults.select("GET", "/v1/plans")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(select, range(4)))
    assert (limited.times_applied, rest.times_applied) == (1000, 3000)


@pytest.mark.parametrize(
    ("arguments", "issue"),
    [
        ({"kind": "explode"}, "kind: expected one of status, delay"),
        ({"kind": "status"}, "status: required"),
        ({"kind": "status", "status": 200}, "status: expected status from 400 to 599"),
        ({"kind": "garbage", "retry_after": 1}, "retry_after: does not belong to garbage"),
        ({"kind": "garbage", "path": "plans"}, "path: expected path"),
        ({"kind": "garbage", "times": -1}, "times: expected positive integer"),
    ],
)
def test_invalid_arguments_are_rejected_with_the_reason(arguments: dict[str, Any], issue: str) -> None:
    with pytest.raises(InvalidArgumentError, match=issue):
        Faults().add(**arguments)


def test_a_fault_is_immutable() -> None:
    fault = Faults().add("garbage")
    with pytest.raises(AttributeError):
        fault.times = 2  # type: ignore[misc]
    assert isinstance(fault, Fault)


def test_a_fault_has_only_the_options_of_its_kind() -> None:
    fault = Faults().add("delay", seconds=1.5)
    assert fault.effect == DelayFault(seconds=1.5)
    assert fault.to_json() == {
        "id": 1,
        "kind": "delay",
        "match": {},
        "times": 1,
        "probability": 1.0,
        "timesApplied": 0,
        "seconds": 1.5,
    }


def test_every_invalid_argument_is_named_at_once() -> None:
    with pytest.raises(InvalidArgumentError, match=r"times: .*; seconds: .*; status: does not belong to delay"):
        Faults().add("delay", times=0, seconds=-1, status=503)


def test_a_removed_fault_no_longer_applies_and_the_others_keep_their_draws() -> None:
    def draw(*, removes_first: bool) -> list[bool]:
        faults = Faults(seed=7)
        first = faults.add("garbage", path="/none", times=None)
        faults.add("truncate", times=None, probability=0.5)
        if removes_first:
            faults.remove(first)
            assert first not in faults
        return [faults.select("GET", "/v1/plans") is not None for _ in range(50)]

    assert draw(removes_first=True) == draw(removes_first=False)


def test_removing_a_fault_of_before_a_clear_keeps_the_new_one_with_its_id() -> None:
    faults = Faults()
    old = faults.add("garbage")
    faults.clear()
    new = faults.add("truncate")
    assert new.id == old.id
    with pytest.raises(InvalidArgumentError, match="got one that does not exist"):
        faults.remove(old)
    assert list(faults) == [new]


def test_removing_a_fault_twice_is_refused() -> None:
    faults = Faults()
    fault = faults.add("garbage")
    faults.remove(fault.id)
    with pytest.raises(InvalidArgumentError, match="fault must be one of the sandbox, got one that does not exist"):
        faults.remove(fault)

"""Effects of the faults on a program: double charges, lost writes, unknown outcomes and repeated handling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ...sandbox import Charge, RequestEntry, Sandbox

__all__ = ["find_effects"]


@frozen
class _Finding:
    """Mistake of the program.

    Attributes:
        kind: Kind of the mistake, such as ``left unknown``.
        request: Write that it concerns.
        problem: Description with advice.
    """

    kind: str
    request: RequestEntry
    problem: str


def find_effects(sandbox: Sandbox, lost_request_ids: Collection[str]) -> list[str]:
    """Return a sentence for each mistake with a write that the program did not repeat correctly, or made twice.

    The same mistake with the same operation has one sentence.

    Args:
        sandbox: Sandbox at the end of the test.
        lost_request_ids: Ids of the requests whose responses were lost.
    """
    requests = sandbox.requests
    findings = (
        *_find_repeated_handling(sandbox, requests),
        *_find_missing_repeats(sandbox, requests, lost_request_ids),
    )
    sentences: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        subject = each.kind, each.request.method, each.request.path
        sentences.setdefault(subject, []).append(f"{each.kind}: {each.problem}")
    return [first + (f" (and {len(others)} more)" if others else "") for first, *others in sentences.values()]


def _find_missing_repeats(
    sandbox: Sandbox, requests: Sequence[RequestEntry], lost_request_ids: Collection[str]
) -> Iterator[_Finding]:
    """Yield a finding for each write that failed and was not repeated correctly."""
    charges = [charge for charge in sandbox.ledger if charge.status == "succeeded"]
    for position, request in enumerate(requests):
        later = requests[position + 1 :]
        if request.request_id in lost_request_ids and _is_success(request):
            if _is_repeated(request, later, lost_request_ids):
                continue
            if double := _find_double_charge(request, later, charges):
                yield _Finding(
                    "charged twice",
                    request,
                    f"customer {double.customer_id} paid {double.amount:,} again after the response of "
                    f"{_describe(request)} was lost; repeat the call with the same idempotency key",
                )
            else:
                another = _find_another_key(request, later)
                repeats = "not repeated" if another is None else f"not repeated under it, but with key {another}"
                yield _Finding(
                    "left unknown",
                    request,
                    f"the response of {_describe(request)} was lost and the call was {repeats}; "
                    "repeat it with the same idempotency key",
                )
        elif request.status == 503 and request.method != "GET" and not _is_done(request, later):
            problem = f"{_describe(request)} got status 503 and was not repeated; repeat the call later"
            yield _Finding("lost", request, problem)


def _find_repeated_handling(sandbox: Sandbox, requests: Sequence[RequestEntry]) -> Iterator[_Finding]:
    """Yield a finding for each write that a handler made again for a repeated delivery."""
    deliveries = {delivery.id: delivery for delivery in sandbox.deliveries}
    seen: dict[tuple[str, str, str, str], tuple[int, str | None]] = {}
    for request in requests:
        delivery = deliveries.get(request.delivery_id or 0)
        if delivery is None or request.method == "GET" or not _is_success(request):
            continue
        write = delivery.event_id, delivery.endpoint_id, request.method, request.path
        attempt, key = seen.setdefault(write, (delivery.attempt, request.idempotency_key))
        if attempt != delivery.attempt and key != request.idempotency_key:
            yield _Finding(
                "handled twice",
                request,
                f"the handler of {delivery.event_type} repeated {_describe(request)} in attempt "
                f"{delivery.attempt} of {delivery.event_id}; deduplicate deliveries with an inbox",
            )


def _find_double_charge(
    request: RequestEntry, later: Sequence[RequestEntry], charges: Sequence[Charge]
) -> Charge | None:
    """Return the charge of a later request that repeats the charge of a request under another key."""
    by_key: dict[str | None, Charge] = {charge.idempotency_key: charge for charge in charges}
    by_key.pop(None, None)
    first = by_key.get(request.idempotency_key)
    # Without the charges of the clock, such as renewals, which do not have a request.
    for second in (by_key.get(each.idempotency_key) for each in later):
        if first is None or second is None or second is first:
            continue
        if (second.customer_id, second.amount) == (first.customer_id, first.amount):
            return second
    return None


def _find_another_key(request: RequestEntry, later: Sequence[RequestEntry]) -> str | None:
    """Return the key of the next call of the same operation."""
    calls = (each for each in later if (each.method, each.path) == (request.method, request.path))
    return next((each.idempotency_key for each in calls if each.idempotency_key != request.idempotency_key), None)


def _is_repeated(request: RequestEntry, later: Sequence[RequestEntry], lost_request_ids: Collection[str]) -> bool:
    """Return whether a later request got the response of a request."""
    return any(
        (each.method, each.path, each.idempotency_key) == (request.method, request.path, request.idempotency_key)
        and _is_success(each)
        and each.request_id not in lost_request_ids
        for each in later
    )


def _is_done(request: RequestEntry, later: Sequence[RequestEntry]) -> bool:
    """Return whether a later request succeeded, under the same key or another one."""
    return any((each.method, each.path) == (request.method, request.path) and _is_success(each) for each in later)


def _is_success(request: RequestEntry) -> bool:
    return request.status is not None and request.status < 400


def _describe(request: RequestEntry) -> str:
    return f"{request.method} {request.path} with key {request.idempotency_key}"

"""Effects of the faults on a program: double charges, lost writes, unknown outcomes and repeated handling."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ...sandbox import Charge, RequestEntry, Sandbox

__all__ = ["find_effects"]


def find_effects(sandbox: Sandbox, lost_request_ids: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each write that the program did not repeat correctly, or repeated for one event.

    Args:
        sandbox: Sandbox at the end of the test.
        lost_request_ids: Ids of the requests whose responses were lost.
    """
    requests = sandbox.requests
    yield from _find_repeated_handling(sandbox, requests)
    charges = [charge for charge in sandbox.ledger if charge.status == "succeeded"]
    for position, request in enumerate(requests):
        later = requests[position + 1 :]
        if request.request_id in lost_request_ids and _is_success(request):
            if double := _find_double_charge(request, charges):
                yield (
                    f"charged twice: customer {double.customer_id} paid {double.amount:,} again after the response of "
                    f"{_describe(request)} was lost; repeat the call with the same idempotency key"
                )
            elif not _is_repeated(request, later, lost_request_ids):
                yield (
                    f"left unknown: the response of {_describe(request)} was lost and the call was not repeated; "
                    "repeat it with the same idempotency key"
                )
        elif request.status == 503 and request.method != "GET" and not _is_done(request, later):
            yield f"lost: {_describe(request)} got status 503 and was not repeated; repeat the call later"


def _find_repeated_handling(sandbox: Sandbox, requests: Sequence[RequestEntry]) -> Iterator[str]:
    """Yield a sentence for each write that the handler of an event made again for a repeated delivery."""
    deliveries = {delivery.id: delivery for delivery in sandbox.deliveries}
    seen: dict[tuple[str, str, str, str], tuple[int, str | None]] = {}
    for request in requests:
        delivery = deliveries.get(request.delivery_id or 0)
        if delivery is None or request.method == "GET" or not _is_success(request):
            continue
        write = delivery.event_id, delivery.endpoint_id, request.method, request.path
        attempt, key = seen.setdefault(write, (delivery.attempt, request.idempotency_key))
        if attempt != delivery.attempt and key != request.idempotency_key:
            yield (
                f"handled twice: the handler of {delivery.event_type} repeated {_describe(request)} in attempt "
                f"{delivery.attempt} of {delivery.event_id}; deduplicate deliveries with an inbox"
            )


def _find_double_charge(request: RequestEntry, charges: Sequence[Charge]) -> Charge | None:
    """Return the charge that repeats the charge of a request under another key."""
    for first in charges:
        if first.idempotency_key == request.idempotency_key is not None:
            for second in charges:
                is_equal = (second.customer_id, second.amount) == (first.customer_id, first.amount)
                if is_equal and second.idempotency_key != first.idempotency_key and second.at >= first.at:
                    return second
    return None


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

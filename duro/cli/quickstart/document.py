"""Results of the quickstart as a JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._json_types import JSONObject
    from ...api.models.subscriptions import Subscription
    from ...api.models.transactions import Transaction
    from .measurement import Measurement
    from .target import Target

__all__ = ["build_document"]


def build_document(
    target: Target, subscription: Subscription, charges: Sequence[Transaction], measurements: Sequence[Measurement]
) -> JSONObject:
    """Return the results as one JSON document.

    Args:
        target: Server of the calls.
        subscription: Subscription that the first part created.
        charges: Charges of its customer.
        measurements: Counts of the second part, one for each scenario.
    """
    return {
        "baseUrl": target.base_url,
        "subscription": subscription.to_dict(wire=True),
        "charges": [charge.to_dict(wire=True) for charge in charges],
        "callers": [
            {
                "callers": each.scenario.callers,
                "client": each.scenario.client,
                "calls": each.calls,
                "tokenExchanges": each.exchanges,
                "retries": each.retries,
                "seconds": round(each.seconds, 3),
            }
            for each in measurements
        ],
    }

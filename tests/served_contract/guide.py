"""Hooks of schemathesis: generated requests get credentials, ids that exist and unique keys, and the clock moves."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from itertools import cycle
from random import Random
from typing import Any

import httpx
import schemathesis
from schemathesis import GenerationMode

from duro.sandbox import Sandbox
from tests.support.contract.populated_sandbox import PopulatedSandbox

# Customers are blacklisted, plans archived and sessions expired after some calls.
CALLS_BETWEEN_MOVES = 30
HOURS = (1, 25, 24 * 8, 24 * 31)
# Shares of the charges that fail.
FAILURES = {"insufficient_funds": 0.15, "expired_card": 0.05, "hard_decline": 0.05}
SHARE_OF_KNOWN_VALUES = 0.8
MAX_KEY_CHARACTERS = 255
# Only a body with the credentials or the code of the sandbox succeeds.
SECRET_BODIES = {"oauthToken", "verifyOtp", "portalEmailVerify"}
ID = re.compile(r"([a-z]+_)[0-9A-Z]{26}|(cs_test_)\S+")


class Guide:
    """Guide of the generated requests of one run.

    Args:
        sandbox: Running sandbox.
        api: HTTP client with its secret key.

    Attributes:
        results: Number of responses by operation and first digit of the status.
    """

    def __init__(self, sandbox: Sandbox, api: httpx.Client) -> None:
        self._sandbox = sandbox
        self._api = api
        self._populated = PopulatedSandbox(sandbox, api)
        self._calls = 0
        self._hours = cycle(HOURS)
        self._random = Random(1)
        self.results: Counter[tuple[str, int]] = Counter()

    def register(self) -> None:
        """Register the hooks for all requests of this process."""
        self._sandbox.cards.profile(FAILURES)
        find_credentials = self._find_credentials

        # Without an interval, which would keep the credentials of one operation for all.
        @schemathesis.auth(refresh_interval=None)
        class Credentials:
            def get(self, case: Any, context: Any) -> dict[str, str]:
                return find_credentials(case)

            def set(self, case: Any, data: dict[str, str], context: Any) -> None:
                case.headers.update(data)

        @schemathesis.hook
        def before_call(context: Any, case: Any, kwargs: Any) -> None:
            self._prepare(case)

        @schemathesis.hook
        def after_call(context: Any, case: Any, response: Any) -> None:
            self.results[case.operation.label, response.status_code // 100] += 1

    def _find_credentials(self, case: Any) -> dict[str, str]:
        return self._populated.credentials(case.operation.path)

    def _prepare(self, case: Any) -> None:
        self._calls += 1
        if self._calls % CALLS_BETWEEN_MOVES == 0:
            self._move_clock()
        # A key that is generated twice would replay the response to another request.
        if len(case.headers.get("Idempotency-Key", "")) <= MAX_KEY_CHARACTERS:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
            self._complete(case)

    def _move_clock(self) -> None:
        self._sandbox.clock.advance(hours=next(self._hours))
        self._populated = PopulatedSandbox(self._sandbox, self._api, self._calls)

    def _complete(self, case: Any) -> None:
        """Replace valid values by those that the sandbox knows, in most requests."""
        case.query.pop("cursor", None)
        operation_id = case.operation.definition.raw["operationId"]
        known = self._populated.path(case.operation)
        for name, value in case.path_parameters.items():
            if not has_same_kind(str(value), known[name]) and self._is_likely():
                case.path_parameters[name] = known[name]
        if operation_id == "resumeSubscription":
            self._api.post(f"/v1/subscriptions/{known['id']}/pause")
        if isinstance(case.body, dict):
            self._complete_body(case, operation_id)

    def _complete_body(self, case: Any, operation_id: str) -> None:
        if operation_id in SECRET_BODIES and self._is_likely():
            case.body = self._populated.body(operation_id)
        for name in ("planId", "customerId"):
            if name in case.body and self._is_likely():
                case.body[name] = self._populated.names[name.removesuffix("Id")]
        case.body.pop("paymentMethodId", None)
        if "planId" in case.body:
            case.body.pop("currency", None)  # must be that of the plan

    def _is_likely(self) -> bool:
        return self._random.random() < SHARE_OF_KNOWN_VALUES


def has_same_kind(value: str, identifier: str) -> bool:
    """Return whether a value is an id with the same prefix as another one, for example of an earlier response."""
    found, expected = ID.fullmatch(value), ID.fullmatch(identifier)
    return found is not None and expected is not None and found.groups() == expected.groups()

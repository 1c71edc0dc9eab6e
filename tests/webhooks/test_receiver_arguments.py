"""Arguments of the receivers of webhook deliveries."""

from __future__ import annotations

import pytest

from duro import ConfigurationError
from duro.webhooks import Webhook
from duro.webhooks.receiver import Receiver

WEBHOOK = Webhook("whsec_example")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("whsec_example", print), {}, "webhook must be a Webhook, got str; pass Webhook"),
        ((WEBHOOK, "print"), {}, "handler must be callable, got str; pass a function"),
        ((WEBHOOK, print), {"acknowledge": "never"}, "acknowledge must be 'late' or 'early', got 'never'"),
    ],
)
def test_a_wrong_argument_is_named(arguments, options, message):
    with pytest.raises(ConfigurationError, match=message):
        Receiver(*arguments, **options)

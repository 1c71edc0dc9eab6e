"""Arguments of the receivers, optional packages, and names and keys of the package."""

from __future__ import annotations

import pickle

import pytest

import duro.webhooks
from duro import ConfigurationError
from duro.webhooks import BlockingInbox, MemoryInbox, Webhook
from duro.webhooks.adapters.extras import require_extra
from duro.webhooks.receiver import Receiver
from duro.webhooks.signature import Key

WEBHOOK = Webhook("whsec_example")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("whsec_example", print), {}, "webhook must be a Webhook, got str; pass Webhook"),
        ((WEBHOOK, "print"), {}, "handler must be callable, got str; pass a function"),
        ((WEBHOOK, print), {"acknowledge": "never"}, "acknowledge must be 'late' or 'early', got 'never'"),
        ((WEBHOOK, print), {"inbox": BlockingInbox(MemoryInbox())}, "inbox must be an Inbox, got BlockingInbox; pass"),
        ((WEBHOOK, print), {"inbox": MemoryInbox}, "inbox must be an Inbox, got ABCMeta; pass"),
        ((WEBHOOK, print), {"acknowledge": []}, "acknowledge must be 'late' or 'early', got list"),
    ],
)
def test_a_wrong_argument_is_named(arguments, options, message):
    with pytest.raises(ConfigurationError, match=message):
        Receiver(*arguments, **options)


def test_another_missing_package_keeps_its_error():
    with pytest.raises(ModuleNotFoundError, match="of_the_user"), require_extra("flask", extra="flask"):
        import of_the_user  # noqa: F401


def test_public_names_are_listed():
    assert set(duro.webhooks.__all__) <= set(dir(duro.webhooks))


def test_a_key_is_not_pickled():
    with pytest.raises(TypeError, match="must not be pickled"):
        pickle.dumps(Key(b"secret"))

"""Where the fuzzer begins: one good input for each way through a target, and the words that it may put together."""

from __future__ import annotations

import gzip

from attrs import fields
from examples import ANSWERS, MODELS, MOMENT

from duro.api.codec.converter import wire_name

REFUSALS = [
    b'{"error":{"code":"conflict","message":"sk_test_1","details":[{"path":"a","issue":"b"}]}}',
    b'{"error":"invalid_client","error_description":"no"}',
]
GRANT = b'{"access_token":"abc","token_type":"Bearer","expires_in":3600}'

SEEDS = {
    "decoder": [bytes([number]) + answer for number, answer in enumerate(ANSWERS)],
    "models": [bytes([number, 0, 0]) for number in range(len(ANSWERS))],
    "document": [b'{"a":[1,2.5e3,true,false,null,"\\u00e9\\ud800"]}', b"[" * 64 + b"]" * 64, b"NaN", b"1e999"],
    "encoded": [gzip.compress(b"plain"), gzip.compress(b"a") * 3, gzip.compress(bytes(2_000))],
    "refusal": [b"\x00\x70" + value + b"\n" + body for value in (b"12", b"") for body in REFUSALS],
    "retry_after": [b"120", b"1.5", b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT"],
    "token": [GRANT, b'{"ok":true,"data":' + GRANT + b"}", GRANT.replace(b"3600", b'"60"')],
}

_NAMES = {wire_name(each) for model in MODELS for each in fields(model)}
WORDS = sorted(
    {f'"{name}":' for name in _NAMES | {"items", "nextCursor", "hasMore", "ok", "data", "error", "details"}}
    | {"{}", "[]", "null", "true", "1e999", '"\\ud800"', f'"{MOMENT}"', "sk_live_", " GMT", "-2359"}
)

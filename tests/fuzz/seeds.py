"""Seeds of the fuzzer: valid inputs for each target, and a dictionary of words for new inputs."""

from __future__ import annotations

import gzip

from attrs import fields

from duro.api.codec.wire_names import wire_name

from .examples import MODELS, RESPONSES, TIMESTAMP

ERROR_BODIES = [
    b'{"error":{"code":"conflict","message":"sk_test_1","details":[{"path":"a","issue":"b"}]}}',
    b'{"error":"invalid_client","error_description":"no"}',
]
TOKEN_RESPONSE = b'{"access_token":"abc","token_type":"Bearer","expires_in":3600}'

SEEDS = {
    "decoder": [bytes([number]) + response for number, response in enumerate(RESPONSES)],
    "models": [bytes([number, 0, 0]) for number in range(len(RESPONSES))],
    "strict_json": [b'{"a":[1,2.5e3,true,false,null,"\\u00e9\\ud800"]}', b"[" * 64 + b"]" * 64, b"NaN", b"1e999"],
    "compressed": [gzip.compress(b"plain"), gzip.compress(b"a") * 3, gzip.compress(bytes(2_000))],
    "error_response": [b"\x00\x70" + value + b"\n" + body for value in (b"12", b"") for body in ERROR_BODIES],
    "retry_after": [b"120", b"1.5", b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT"],
    "token": [TOKEN_RESPONSE, b'{"ok":true,"data":' + TOKEN_RESPONSE + b"}", TOKEN_RESPONSE.replace(b"3600", b'"60"')],
}

_NAMES = {wire_name(each) for model in MODELS for each in fields(model)}
DICTIONARY = sorted(
    {f'"{name}":' for name in _NAMES | {"items", "nextCursor", "hasMore", "ok", "data", "error", "details"}}
    | {"{}", "[]", "null", "true", "1e999", '"\\ud800"', f'"{TIMESTAMP}"', "sk_live_", " GMT", "-2359"}
)

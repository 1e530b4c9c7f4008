"""The strict JSON edge."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.api.wire_json import MAX_DEPTH, loads
from console.domain.errors import UnreadableAnswer


@pytest.mark.parametrize(
    "body",
    [
        b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b"[-1e999]",
        b'{"version":1,"version":2}', b'{"a":{"b":1,"b":1}}',
        b"[" * 100_000, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"1" * 5000, b'{"version":' + b"9" * 5000 + b"}",
        b"[" + b"[]," * 200_001 + b"[]]",
        '{"a":1}'.encode("utf-16"), '{"a":"é"}'.encode("latin-1"),
        b"", b" ", b"{", b'{"a":1}x', b'{"a":1}{"b":2}', b'{"a":\x011}', b"'a'", b'{"a":"\n"}', b"<html>",
        b"\x1f\x8b\x08\x00",
    ],
)  # fmt: skip
def test_refused(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        loads(body, "the link x")
    assert "the link x" in caught.value.title
    assert caught.value.detail


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"a":1}', b' {"a":1}\r\n', b'{"a":1}'])
def test_taken(body: bytes) -> None:
    assert loads(body, "x") == {"a": 1}


def test_as_deep_as_allowed() -> None:
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "x")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"t":"cut \\ud83d"}', {"t": "cut \ufffd"}),
        (b'{"t":"\\uDE00 x","k\\ud800":[1]}', {"t": "\ufffd x", "k\ufffd": [1]}),
        (b'{"t":"\\ud83d\\ude00"}', {"t": "😀"}),
        (b'{"t":"\\\\ud83d"}', {"t": "\\ud83d"}),
    ],
)
def test_a_title_cut_inside_an_emoji_does_not_lose_the_link(body: bytes, expected: object) -> None:
    value = loads(body, "x")
    assert value == expected
    json.dumps(value, ensure_ascii=False).encode("utf-8")


@settings(max_examples=300)
@given(
    st.binary(max_size=60) | st.text(alphabet='[]{}",:0123456789.eE+-tfn\\u d8', max_size=60).map(str.encode)
)
def test_any_bytes_give_a_value_or_our_error(body: bytes) -> None:
    try:
        value = loads(body, "x")
    except UnreadableAnswer:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")

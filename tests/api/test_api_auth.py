"""Tokens: cleaned, decoded, bound to their origin, renewed once."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api.auth import OriginBoundAuth, TokenKeeper, TokenKind, claims_of, classify_token, clean_token
from console.domain.errors import ConfigProblem, RepointError, SignInNeeded, Unreachable
from console.domain.target import Role, Secret
from tests.support.clock import START, ManualClock

KEY = "a-key-for-tests-that-is-long-enough-for-hs256"


def token(seconds: float = 3600, **claims: Any) -> str:
    ends = {"exp": int((START + timedelta(seconds=seconds)).timestamp())}
    return jwt.encode({"sub": "dana", **ends, **claims}, KEY, algorithm="HS256")


def raw_token(payload: bytes, header: bytes = b'{"alg":"none","typ":"JWT"}') -> str:
    parts = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload))
    return ".".join([*parts, ""])


@pytest.mark.parametrize(
    "text",
    ["abc.def", " abc.def\n", "abc.def\r\n", "\ufeffabc.def", '"abc.def"', "'abc.def'\n", "Bearer abc.def",
     "bearer  abc.def", '"Bearer abc.def"', "\ufeff Bearer abc.def \n"],
)  # fmt: skip
def test_what_is_pasted_round_a_token_is_taken_off(text: str) -> None:
    assert clean_token(text).reveal() == "abc.def"


@pytest.mark.parametrize(
    "text",
    ["", " \n", '""', "Bearer ", "hunter2secret\nsecond",
     "hunter2 secret", "hunter2\x00secret", "hunter2sécret",
     "hunter2\x7fsecret", "hunter2secret" * 2000, "hunter2\ud800secret"],
)  # fmt: skip
def test_what_cannot_be_a_token_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        clean_token(text)
    told = f"{caught.value.title}{caught.value.detail}{caught.value.hint}{caught.value!r}"
    assert "hunter2" not in told
    assert "secret" not in told


@given(st.text(max_size=30))
def test_cleaning_gives_what_a_header_takes_or_our_error(text: str) -> None:
    try:
        found = clean_token(text)
    except SignInNeeded:
        return
    assert all("!" <= c <= "~" for c in found.reveal())


def test_kinds() -> None:
    assert classify_token(Secret("patv1_abc.def")) is TokenKind.PAT
    assert classify_token(Secret(token())) is TokenKind.JWT
    assert claims_of(Secret("patv1_abc.def")).token_id == "abc"
    assert claims_of(Secret("patv1_")).warnings


def test_what_a_jwt_says_is_shown() -> None:
    claims = claims_of(Secret(token(60, handle="acme", role="operator", jti="t1")))
    assert (claims.subject, claims.handle, claims.role, claims.token_id) == (
        "dana",
        "acme",
        Role.OPERATOR,
        "t1",
    )
    assert claims.algorithm == "HS256"
    assert claims.seconds_left(ManualClock().now()) == 60
    assert not claims.warnings


@pytest.mark.parametrize(
    "end", ["NaN", "1e400", '"soon"', "1" + "0" * 30, "true", "-1e300", "[]", "9" * 5000]
)
def test_an_odd_end_is_a_warning_only(end: str) -> None:
    claims = claims_of(Secret(raw_token(f'{{"sub":"dana","exp":{end}}}'.encode())))
    assert claims.expires_at is None
    assert claims.warnings


def test_alg_none_is_shown_and_warned_about_and_keys_are_not_fetched() -> None:
    header = json.dumps(
        {"alg": "none", "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/c"}
    ).encode()
    claims = claims_of(Secret(raw_token(b'{"sub":"dana"}', header)))
    assert claims.subject == "dana"
    assert any("not signed" in warning for warning in claims.warnings)


@pytest.mark.parametrize(
    "text",
    ["x", "a.b.c", "..", raw_token(b"[1]"), raw_token(b"[" * 5000), raw_token(b'{"sub":{"a":1}}'),
     raw_token(b"\xff"),
     raw_token(b"{}", b'{"alg":5}'), raw_token(b"{}", b"[]"), "é.é.é", raw_token(b'{"role":[],"handle":{}}')],
)  # fmt: skip
def test_junk_is_no_traceback(text: str) -> None:
    assert claims_of(Secret(text)).kind is TokenKind.JWT


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ("https://api.example", "https://api.example/v2/x?y"),
        ("https://api.example", "https://API.example:443/v2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
        ("https://xn--bcher-kva.example", "https://bücher.example/"),
    ],
)
def test_the_token_goes_to_its_origin(origin: str, url: str) -> None:
    request = OriginBoundAuth(origin, Secret("abc.def"))(httpx.Request("GET", url))
    assert request.headers["authorization"] == "Bearer abc.def"


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "https://api.example:8443/", "http://api.example/", "https://api.example.evil.example/",
     "https://api.example@evil.example/", "https://xapi.example/"],
)  # fmt: skip
def test_the_token_goes_nowhere_else(url: str) -> None:
    request = httpx.Request("GET", url)
    with pytest.raises(ConfigProblem):
        OriginBoundAuth("https://api.example", Secret("abc.def"))(request)
    assert "abc.def" not in str(request.headers)


class Source:
    def __init__(self, text: str | None) -> None:
        self.text = text

    async def get(self) -> Secret | None:
        return None if self.text is None else Secret(self.text)


@pytest.mark.parametrize(
    ("left", "refused"),
    [(3600, False), (31, False), (29, True), (0, True), (-60, True), (-10 * 365 * 86400, False)],
)
async def test_a_write_does_not_start_with_a_token_that_may_end_in_the_middle(
    left: float, refused: bool
) -> None:
    keeper = TokenKeeper(Source(token(left)), ManualClock())
    if refused:
        with pytest.raises(SignInNeeded) as caught:
            await keeper.for_writing(30)
        assert caught.value.applied == "no"
    else:
        assert (await keeper.for_writing(30)).reveal()


async def test_no_token() -> None:
    with pytest.raises(SignInNeeded):
        await TokenKeeper(Source(None), ManualClock()).current()


class Renewer:
    def __init__(self, fresh: str, *, fail: bool = False) -> None:
        self.fresh = fresh
        self.fail = fail
        self.asked = 0

    async def __call__(self, _old: Secret) -> Secret:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fail:
            raise Unreachable("down")
        return Secret(self.fresh)


async def test_one_renewal_for_all_who_wait_and_none_for_a_write() -> None:
    renewer = Renewer(token(3600, jti="fresh"))
    keeper = TokenKeeper(Source(token(100)), ManualClock(), renewer)
    await keeper.for_writing(30)
    assert renewer.asked == 0
    found = await asyncio.gather(*[keeper.for_reading() for _ in range(10)])
    assert {secret.reveal() for secret in found} == {renewer.fresh}
    assert renewer.asked == 1
    assert (await keeper.for_writing(30)).reveal() == renewer.fresh


async def test_a_new_token_of_the_source_wins() -> None:
    source = Source(token(100))
    keeper = TokenKeeper(source, ManualClock(), Renewer(token(3600, jti="fresh")))
    await keeper.for_reading()
    source.text = token(3600, jti="signed-in-again")
    assert (await keeper.for_reading()).reveal() == source.text


async def test_a_renewal_that_fails_leaves_the_token_that_there_is() -> None:
    source = Source(token(100))
    keeper = TokenKeeper(source, ManualClock(), Renewer("", fail=True))
    assert (await keeper.for_reading()).reveal() == source.text
    with pytest.raises(RepointError):
        await keeper.renewed(Secret(source.text or ""))

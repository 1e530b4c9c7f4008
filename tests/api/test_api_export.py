"""Every link: the export in its three forms, in any pieces, and the pages instead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.api.client import HttpPlatform
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.api.wire_export import Document, Reader, reader_for
from console.domain.errors import PlatformRefused, SignInNeeded, Throttled, Unreachable, UnreadableAnswer
from console.domain.links import Link
from console.domain.target import Secret
from console.domain.unread import Unread
from console.ops.clock import SystemClock
from tests.support.clock import ManualClock
from tests.support.rawserver import RawServer, Talk, answer, raw_server


def raw_link(number: int, **more: Any) -> dict[str, Any]:
    return {
        "slug": f"slug-{number}",
        "destinationUrl": f"https://www.example/{number}",
        "version": number,
        **more,
    }


def read(kind: str, body: bytes, size: int = 10**9) -> tuple[list[Link], Reader]:
    at = size
    while (reader := reader_for(kind, body[:at])) is None and at < len(body):
        at += size
    if reader is None:
        raise UnreadableAnswer("nothing")
    links = reader.feed(body[:at])
    links += [
        link for begin in range(at, len(body), size) for link in reader.feed(body[begin : begin + size])
    ]
    return links + reader.end(), reader


THREE = [raw_link(1, title='a, "b" é\n😀'), raw_link(2, tags=["x", "y"]), raw_link(3, enabled=False)]
LINES = "".join(json.dumps(link, ensure_ascii=False) + "\n" for link in THREE).encode()
CSV = (
    "title,slug,destinationUrl,tags,enabled,version,tracking.utmSource,shelf,routingRules\r\n"
    '"a, ""b"" é\n😀",slug-1,https://www.example/1,,true,1,mail,A4,"[{""destinationUrl"":""https://r.example/""}]"\r\n'
    ",slug-2,https://www.example/2,x|y,true,2,,,\r\n"
    ",slug-3,https://www.example/3,,false,3,,,\r\n"
).encode()
WHOLE = json.dumps({"handle": "acme", "links": THREE, "count": 3}).encode()

FORMS = [
    ("application/x-ndjson", LINES),
    ("application/x-ndjson; charset=utf-8", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n")),
    ("application/x-ndjson", LINES.rstrip(b"\n")),
    ("application/jsonl", b"\n" + LINES.replace(b"\n", b"\n\n")),
    ("text/plain", LINES),
    ("application/json", LINES),
    ("application/json", json.dumps(THREE).encode()),
    ("application/json", b"\xef\xbb\xbf" + json.dumps(THREE, indent=2).encode()),
    ("application/json", WHOLE),
    ("", json.dumps({"data": THREE}).encode()),
    ("application/octet-stream", json.dumps({"links": THREE, "nextToken": None}).encode()),
    ("text/csv; charset=utf-8", CSV),
    ("text/csv", b"\xef\xbb\xbf" + CSV.replace(b"\r\n", b"\n")),
    ("application/octet-stream", CSV),
]


@pytest.mark.parametrize(("kind", "body"), FORMS, ids=range(len(FORMS)))
@pytest.mark.parametrize("size", [1, 7, 64, 10**9])
def test_every_form_in_pieces_of_any_size(kind: str, body: bytes, size: int) -> None:
    links, _ = read(kind, body, size)
    assert [link.slug for link in links] == ["slug-1", "slug-2", "slug-3"]
    assert [link.version for link in links] == [1, 2, 3]
    assert links[0].title == 'a, "b" é\n😀'
    assert links[1].tags == ("x", "y")
    assert [link.enabled for link in links] == [True, True, False]


def test_csv_has_columns_of_any_kind() -> None:
    first = read("text/csv", CSV)[0][0]
    assert first.tracking == {"utmSource": "mail"}
    assert first.extra == {"shelf": "A4"}
    assert first.rules[0].destination_url == "https://r.example/"
    semicolons = b"slug;destinationUrl;version\nslug-1;https://a.example/;007\n"
    assert read("text/csv", semicolons)[0][0].version == "007"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-ndjson", LINES[:-20]),
        ("application/x-ndjson", b'{"slug":"a","t":"' + b"x" * 1_100_000),
        ("application/json", WHOLE[:-1]),
        ("application/json", WHOLE[:-60]),
        ("application/json", WHOLE + b"x"),
        ("application/json", json.dumps(THREE).encode()[:-1]),
        ("application/json", b'{"a":1,"a":2}'),
        ("application/json", b'{"a":1e400}'),
        ("application/json", b'{"links":[' + b'"' + b"x" * 1_200_000),
        ("application/json", b'{1:2}'),
        ("application/json", b'{"a";2}'),
        ("application/json", b"[\xff]"),
        ("text/csv", CSV[:-8]),
        ("text/csv", CSV + b"only-a-slug"),
        ("application/x-ndjson", LINES + b'{"slug":"slug-4","destin'),
        ("text/csv", b"slug,slug\na,b\n"),
        ("text/csv", b"name\nx\n"),
        ("text/csv", b'slug,destinationUrl\n"a,u\n'),
        ("text/csv", b" "),
        ("text/html", b"<html>"),
        ("application/json", b"\n <!DOCTYPE html>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [50, 10**9])
def test_what_is_cut_or_odd_is_refused(kind: str, body: bytes, size: int) -> None:
    with pytest.raises(UnreadableAnswer):
        read(kind, body, size)


ODD: list[tuple[str, str, str]] = [
    ('{"slug":"a","destinationUrl":"u"}{"slug":"b"}', "", "it is not JSON"),
    ('{"slug":"odd","destinationUrl":', "odd", "it is not JSON"),
    ("[]", "", "it is not an object"),
    ("7", "", "it is not an object"),
    ('{"destinationUrl":"u"}', "", "it has no slug"),
    ('{"slug":null,"destinationUrl":"u"}', "", "it has no slug"),
    ('{"slug":"odd","slug":"b","destinationUrl":"u"}', "", "a field comes twice"),
    ('{"slug":"odd","n":NaN,"destinationUrl":"u"}', "odd", "NaN is not a JSON number"),
    ('{"n":1e400,"slug": "odd"}', "odd", "a number is too large"),
    ('{"slug":"odd","n":' + "[" * 500 + "]" * 500 + "}", "odd", "it is nested too deeply"),
    ('{"slug":"odd","title":"\udcff"}', "odd", "it is not UTF-8"),
    ('{"slug":"o\udcff","title":""}', "", "it is not UTF-8"),
]


def with_odd(record: str, form: str) -> bytes:
    lines = LINES.decode().splitlines()
    records = [*lines[:1], record, *lines[1:]]
    text = "\n".join([*records, ""]) if form == "ndjson" else '{"links":[' + ",".join(records) + "]}"
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(("record", "slug", "why"), ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("form", ["ndjson", "json"])
@pytest.mark.parametrize("size", [7, 10**9])
def test_one_odd_record_does_not_hide_the_others(
    record: str, slug: str, why: str, form: str, size: int
) -> None:
    body = with_odd(record, form)
    if form == "json" and "}{" in record:
        return  # a missing comma hides nothing
    if form == "json" and "not JSON" in why:  # where the next one begins cannot be told
        with pytest.raises(UnreadableAnswer):
            read("application/json", body, size)
        return
    links, reader = read("application/x-ndjson" if form == "ndjson" else "application/json", body, size)
    assert [link.slug for link in links] == ["slug-1", "slug-2", "slug-3"]
    (odd,) = reader.unread
    assert (odd.place, odd.slug) == ("line 2" if form == "ndjson" else "record 2", slug)
    assert odd.reason.startswith(why)


def test_a_line_that_is_too_long_is_skipped_to_its_end() -> None:
    long = b'{"slug":"long","destinationUrl":"u","description":"' + b"x" * 1_100_000
    first, *rest = LINES.splitlines(keepends=True)
    links, reader = read(
        "application/x-ndjson", first + long + b"x" * 70_000 + b'"}\n' + b"".join(rest), 65_536
    )
    assert [link.slug for link in links] == ["slug-1", "slug-2", "slug-3"]
    assert [(odd.place, odd.slug, odd.reason) for odd in reader.unread] == [
        ("line 2", "long", "it is too long")
    ]
    with pytest.raises(UnreadableAnswer):
        read("application/x-ndjson", LINES + long, 65_536)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (b"a,u,x\n", "it has 3 cells where the header has 2"),
        (b'"a"b,u\n', "it is not CSV"),
        (b"\xff,u\n", "it is not UTF-8"),
        (b",u\n", "it has no slug"),
    ],
)
@pytest.mark.parametrize("size", [3, 10**9])
def test_one_odd_record_of_a_table_does_not_hide_the_others(record: bytes, why: str, size: int) -> None:
    body = b"slug,destinationUrl\nslug-1,u\n" + record + b"slug-2,u\nslug-3,u\n"
    links, reader = read("text/csv", body, size)
    assert [link.slug for link in links] == ["slug-1", "slug-2", "slug-3"]
    assert [(odd.place, odd.slug, odd.reason) for odd in reader.unread] == [("record 2", "", why)]


def test_a_body_that_only_says_where() -> None:
    _, reader = read("application/json", b'{"url":"https://files.example/x?sig=1","expiresIn":60}', 5)
    assert isinstance(reader, Document)
    assert reader.lists_nothing
    assert reader.around["url"] == "https://files.example/x?sig=1"


def test_an_empty_export_is_one() -> None:
    for body in (b"[]", b'{"links":[]}'):
        links, reader = read("application/json", body)
        assert links == []
        assert isinstance(reader, Document)
        assert not reader.lists_nothing
    assert read("text/csv", b"slug,destinationUrl\n")[0] == []


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["application/json", "application/x-ndjson", "text/csv", ""]),
    st.binary(max_size=80) | st.text(alphabet='[]{}",:01\n slugdetinaoUrk\\', max_size=80).map(str.encode),
    st.integers(1, 30),
)
def test_no_bytes_break_a_reader(kind: str, body: bytes, size: int) -> None:
    with suppress(UnreadableAnswer):
        read(kind, body, size)


class Token:
    async def get(self) -> Secret | None:
        return Secret("eyJ0b2tlbg.e30.c2ln")


def far(server: RawServer, *, seconds: float = 60.0, tries: int = 1, size: int = 2) -> HttpPlatform:
    manual = ManualClock()
    config = ConnectionSettings(
        server.base_url, "acme", timeout_seconds=seconds, patience=Patience(tries, 60), page_size=size
    )
    return HttpPlatform(config, Token(), manual if tries > 1 else SystemClock())


async def gathered(platform: HttpPlatform) -> list[str]:
    try:
        return [link.slug async for batch in platform.links() for link in batch]
    finally:
        await platform.close()


Handler = Callable[[bytes], bytes]


def speaking(handle: Handler) -> Callable[[Talk], Any]:
    async def script(talk: Talk) -> None:
        while True:
            request = await talk.request()
            await talk.send(handle(request))

    return script


def with_pages(first: bytes) -> Handler:
    """Answers the export with `first`, and pages by offset."""

    def handle(request: bytes) -> bytes:
        path = request.split(b" ")[1]
        if b"/export" in path:
            return first
        at = int(path.partition(b"nextToken=")[2] or b"0")
        body = {"links": THREE[at : at + 2], **({"nextToken": str(at + 2)} if at + 2 < 3 else {})}
        return answer(json.dumps(body).encode())

    return handle


SLUGS = ["slug-1", "slug-2", "slug-3"]


@pytest.mark.parametrize(
    "first",
    [
        answer(b'{"error":"feature_locked","feature":"export","requiredPlan":"PRO"}', b"HTTP/1.1 403 No"),
        answer(b"", b"HTTP/1.1 404 No"),
        answer(b"", b"HTTP/1.1 405 No"),
        answer(b"", b"HTTP/1.1 406 No"),
        answer(b"", b"HTTP/1.1 501 No"),
        answer(b'{"exportId":"x"}', b"HTTP/1.1 202 Later"),
        answer(b""),
        answer(b"\n", kind=b"application/x-ndjson"),
        answer(b'{"links":[]}'),
        answer(LINES, kind=b"application/x-ndjson"),
        answer(WHOLE),
        answer(CSV, kind=b"text/csv"),
    ],
)
async def test_the_pages_take_over_where_there_is_no_export(first: bytes) -> None:
    async with raw_server(speaking(with_pages(first))) as server:
        assert await gathered(far(server)) == SLUGS


async def test_an_export_whose_cut_would_not_show_is_not_believed() -> None:
    async def script(talk: Talk) -> None:
        while True:
            request = await talk.request()
            if b"/export" in request.split(b" ")[1]:
                first = LINES.split(b"\n")[0] + b"\n"
                await talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n" + first)
                return
            await talk.send(with_pages(b"")(request))

    async with raw_server(script) as server:
        assert await gathered(far(server)) == SLUGS


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (answer(b'{"error":"insufficient_scope"}', b"HTTP/1.1 403 No"), SignInNeeded),
        (answer(b"", b"HTTP/1.1 401 No"), SignInNeeded),
        (answer(b"", b"HTTP/1.1 500 No"), PlatformRefused),
        (answer(b"", b"HTTP/1.1 429 No"), Throttled),
        (answer(b"<html>", kind=b"text/html"), UnreadableAnswer),
        (answer(b'{"hello":1}'), UnreadableAnswer),
        (answer(b'{"url":"http://169.254.169.254/x"}'), UnreadableAnswer),
        (answer(b'{"url":"file:///etc/passwd"}'), UnreadableAnswer),
        (answer(b'{"url":"https://u:p@files.example/"}'), UnreadableAnswer),
        (answer(b'{"url":"http://evil.example\\\\@localhost/"}'), UnreadableAnswer),
        (answer(LINES, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip"), UnreadableAnswer),
    ],
)
async def test_other_answers_to_the_export_are_failures(first: bytes, kind: type[Exception]) -> None:
    async with raw_server(speaking(with_pages(first))) as server:
        with pytest.raises(kind):
            await gathered(far(server))


async def test_a_signed_address_is_followed_without_our_credentials() -> None:
    async with raw_server(speaking(lambda _: answer(LINES, kind=b"application/x-ndjson"))) as files:
        where = json.dumps({"url": files.base_url + "/x?sig=a%2Fb"}).encode()
        async with raw_server(speaking(lambda _: answer(where))) as server:
            assert await gathered(far(server)) == SLUGS
    assert files.seen.startswith(b"GET /x?sig=a%2Fb HTTP/1.1\r\n")
    assert b"uthorization" in server.seen
    assert b"uthorization" not in files.seen
    assert b"eyJ0b2tlbg" not in files.seen


async def test_a_signed_address_that_leads_on_is_refused() -> None:
    def handle(_: bytes) -> bytes:
        return answer(json.dumps({"url": server.base_url + "/again"}).encode())

    async with raw_server(speaking(handle)) as server:
        with pytest.raises(UnreadableAnswer):
            await gathered(far(server))


async def test_an_export_cut_in_the_middle_is_a_failure_and_not_started_again() -> None:
    async def script(talk: Talk) -> None:
        await talk.request()
        await talk.send(answer(LINES, kind=b"application/x-ndjson")[:-30])

    async with raw_server(script) as server:
        with pytest.raises(UnreadableAnswer):
            await gathered(far(server, tries=3))
    assert server.connections == 1


async def test_an_export_that_drips_without_getting_on_ends() -> None:
    async def script(talk: Talk) -> None:
        await talk.request()
        await talk.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 99999\r\n\r\n{"
        )
        while True:
            await talk.send(b" ")
            await asyncio.sleep(0.02)

    async with raw_server(script) as server:
        with pytest.raises(Unreachable) as caught:
            await gathered(far(server, seconds=0.3))
    assert caught.value.phase == "deadline"


async def test_an_export_that_gets_on_slowly_may_take_longer_than_the_deadline() -> None:
    async def script(talk: Talk) -> None:
        await talk.request()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n"
        await talk.send(head % len(LINES))
        for line in LINES.splitlines(keepends=True):
            await asyncio.sleep(0.8)
            await talk.send(line)

    async with raw_server(script) as server:
        assert await gathered(far(server, seconds=2.0)) == SLUGS


async def test_the_start_of_an_export_is_tried_again() -> None:
    answers = [answer(b"", b"HTTP/1.1 503 No"), answer(b"", b"HTTP/1.1 429 No\r\nRetry-After: 2"),
               answer(LINES, kind=b"application/x-ndjson")]  # fmt: skip
    async with raw_server(speaking(lambda _: answers.pop(0))) as server:
        assert await gathered(far(server, tries=5)) == SLUGS


async def test_pages_that_lead_back_end_and_nothing_comes_twice() -> None:
    def handle(request: bytes) -> bytes:
        if b"/export" in request.split(b" ")[1]:
            return answer(b"", b"HTTP/1.1 404 No")
        return answer(json.dumps({"links": THREE, "nextToken": "same"}).encode())

    got: list[str] = []

    async def gather(batches: AsyncIterator[list[Link]]) -> None:
        async for batch in batches:
            got.extend(link.slug for link in batch)

    async with raw_server(speaking(handle)) as server:
        platform = far(server)
        with pytest.raises(UnreadableAnswer, match="the links"):
            await gather(platform.links())
        await platform.close()
    assert got == SLUGS


async def test_stopping_in_the_middle_gives_the_connection_back() -> None:
    body = b"".join(json.dumps(raw_link(n)).encode() + b"\n" for n in range(5000))
    async with raw_server(speaking(lambda _: answer(body, kind=b"application/x-ndjson"))) as server:
        platform = far(server)
        batches = platform.links()
        assert len(await anext(batches)) == 1000
        await batches.aclose()  # type: ignore[attr-defined]
        assert len(await gathered(platform)) == 5000


def lines_of(good: int, odd: int) -> bytes:
    return "".join(
        [json.dumps(raw_link(n)) + "\n" for n in range(good)] + ["oops\n" for _ in range(odd)]
    ).encode()


@pytest.mark.parametrize(
    ("good", "odd", "whole"),
    [
        (1, 1, True),
        (1, 3, True),
        (36, 4, True),
        (35, 4, False),
        (0, 1, False),
        (0, 5000, False),
        (5000, 40, True),
    ],
)
async def test_a_list_with_a_few_odd_records_is_one_and_with_many_it_is_not(
    good: int, odd: int, whole: bool
) -> None:
    """`UnreadLinks.too_many`: none readable, or more than three odd ones that are more than one in ten."""
    notes: list[Unread] = []
    body = answer(lines_of(good, odd), kind=b"application/x-ndjson")
    async with raw_server(speaking(lambda _: body)) as server:
        platform = far(server)
        try:
            if whole:
                found = [link.slug async for batch in platform.links(notes.append) for link in batch]
                assert (len(found), len(notes)) == (good, odd)
            else:
                with pytest.raises(UnreadableAnswer) as caught:
                    await anext(aiter(platform.links(notes.append)))
                assert "is no list of links" in caught.value.detail
        finally:
            await platform.close()

"""Every link, in batches: from the export where there is one, else page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from console.api.exchange import Allowance, Exchange, check_encoding  # isort: skip - decides httpx's import
import httpx

from console.api import wire
from console.api.asks import Ask
from console.api.calls import Calls, Make
from console.api.settings import host_of_origin, is_loopback
from console.api.wire_export import Document, Reader
from console.api.wire_json import unreadable
from console.api.wire_links import why_no_link
from console.domain.errors import UnreadableAnswer
from console.domain.links import Link
from console.domain.target import Secret
from console.domain.unread import Unread, UnreadLinks

BATCH: Final = 1000
"""Links given at once."""
_NOT_OFFERED: Final = frozenset({404, 405, 406, 501})
_LATER: Final = frozenset({202, 204})
_START: Final = 64 * 1024
"""Bytes by which it must have begun."""
_MAX_PAGES: Final = 100_000


Note = Callable[[Unread], object]


class NoExport(Exception):
    """The platform or the plan has no export for us. No failure: the list has the same links."""


@dataclass(slots=True)
class Tally:
    """What of a list could be read, and what could not (`UnreadLinks.too_many`).

    Attributes:
        note: told each record that cannot be read; None: a single one is a failure.
    """

    note: Note | None
    what: str
    read: int = 0
    unread: UnreadLinks = field(default_factory=UnreadLinks)
    _next: int = BATCH

    def add(self, links: int, unread: list[Unread]) -> None:
        """Count some more; takes `unread` out.

        Raises:
            UnreadableAnswer: nobody takes note.
        """
        self.read += links
        for each in unread:
            if self.note is None:
                raise unreadable(f"{self.what}, {each.place}", each.reason)
            self.unread.add(each)
            self.note(each)
        unread.clear()

    def judge_now_and_then(self) -> None:
        """Judge once a batch's worth of records was counted, so that none of a list that is none is kept."""
        if self.read + self.unread.count >= self._next:
            self.judge()
            self._next += BATCH

    def judge(self) -> None:
        """Refuse a list that is none.

        Raises:
            UnreadableAnswer: too many records could not be read.
        """
        if self.unread.too_many(self.read):
            first = self.unread.kept[0]
            bad, all_of_them = self.unread.count, self.unread.count + self.read
            told = f"{first.place}: {first.reason}; {bad:,} of {all_of_them:,} cannot be read"
            raise unreadable(self.what, f"this is no list of links ({told})")


async def exported(calls: Calls, note: Note | None = None) -> AsyncGenerator[list[Link], None]:
    """The export's links. It is tried again until it starts, and never from the middle.

    Args:
        calls: the way to the platform.
        note: see `Tally`.

    Raises:
        NoExport: not offered, locked by the plan, made later, or of a framing that hides a cut.
        RepointError: any other failure; what was given until then is not the whole.
    """
    secret = await calls.tokens.for_reading()
    ask = calls.routes(secret).export()
    hint = ""
    async for batch in _batches(calls, ask, secret, note):
        if isinstance(batch, str):
            hint = batch
        else:
            yield batch
    if hint:
        async for batch in _batches(calls, _signed(hint, ask, calls.settings.origin), None, note):
            if isinstance(batch, str):
                raise unreadable("the export", "its address leads to another address")
            yield batch


async def _batches(
    calls: Calls, ask: Ask, secret: Secret | None, note: Note | None
) -> AsyncIterator[list[Link] | str]:
    """The links of one download; or, at its end, the address where the export is instead."""
    seconds = calls.settings.timeout_seconds
    async with AsyncExitStack() as stack:
        response = await calls.retrying(lambda: _opened(calls, ask, secret, stack), ask.what)
        exchange = await calls.exchange()
        body = _Body(response.headers.get("content-type", ""), Tally(note, "the export"))
        allowance = Allowance(seconds)
        links: list[Link] = []
        async for piece in exchange.pieces(response, ask, allowance):
            if found := body.feed(piece):
                allowance.refill(seconds)
                links += found
            while len(links) >= BATCH:
                yield links[:BATCH]
                del links[:BATCH]
        links += body.end()
    if links:
        yield links
    elif isinstance(body.reader, Document) and body.reader.lists_nothing:
        address = wire.signed_url(body.reader.around)
        if not address:
            raise unreadable("the export", "it holds neither links nor an address")
        yield address
    elif not body.tally.read:
        raise NoExport  # the list may say so too; an empty body alone is not believed


@dataclass(slots=True)
class _Body:
    """The body of a download, read by the reader that fits it."""

    content_type: str
    tally: Tally
    reader: Reader | None = None
    _start: bytes = b""

    def feed(self, piece: bytes) -> list[Link]:
        """The links that `piece` completes; raises UnreadableAnswer."""
        if self.reader is None:
            self._start += piece
            self.reader = wire.reader_for(self.content_type, self._start)
            piece = self._start
        if self.reader is None:
            if len(self._start) > _START:
                raise unreadable("the export", "it starts with nothing but blanks")
            return []
        found = self.reader.feed(piece)
        self.tally.add(len(found), self.reader.unread)
        self.tally.judge_now_and_then()
        return found

    def end(self) -> list[Link]:
        """The links that the end completes; raises UnreadableAnswer."""
        found = [] if self.reader is None else self.reader.end()
        self.tally.add(len(found), [] if self.reader is None else self.reader.unread)
        self.tally.judge()
        return found


async def _opened(calls: Calls, ask: Ask, secret: Secret | None, stack: AsyncExitStack) -> httpx.Response:
    """The download, open until `stack` is left."""
    await calls.keep_pace(ask.what)
    exchange = await calls.exchange()
    async with AsyncExitStack() as opening:
        response = await opening.enter_async_context(exchange.stream(ask, secret))
        await _check(exchange, response, ask)
        stack.push_async_exit(opening.pop_all())
        return response


async def _check(exchange: Exchange, response: httpx.Response, ask: Ask) -> None:
    if response.status_code in _NOT_OFFERED or response.status_code in _LATER:
        raise NoExport
    if response.status_code != 200:
        answer = await exchange.body_of(response, ask)
        if answer.status == 403 and wire.problem_of(answer.body).code == "feature_locked":
            raise NoExport
        raise wire.error_from(answer.status, answer.headers, answer.body)
    check_encoding(response)
    if not _framed(response):
        raise NoExport


def _framed(response: httpx.Response) -> bool:
    """Whether the end of the body can be told from a lost connection.

    A body that ends with the connection looks whole when it is cut. In-process transports cannot cut.
    """
    headers = response.headers
    framed = "content-length" in headers or "transfer-encoding" in headers
    return framed or "http_version" not in response.extensions


def _signed(address: str, asked: Ask, origin: str) -> Ask:
    """The request for a signed address, without anything of ours.

    Raises:
        UnreadableAnswer: it is not https (a loopback platform's may be http on loopback), or not a URL that
            all parsers read alike.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        odd = parts.username is not None or any(not "!" <= c <= "~" or c == "\\" for c in address)
    except ValueError:
        raise unreadable("the export", "its address is no URL") from None
    near = is_loopback(host_of_origin(origin)) and is_loopback(host)
    if odd or not host or parts.scheme not in ({"https", "http"} if near else {"https"}):
        raise unreadable("the export", "its address is not one that can be followed safely")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return replace(asked, path=path, query={}, to=f"{parts.scheme}://{parts.netloc}")


async def pages(calls: Calls, size: int, note: Note | None = None) -> AsyncGenerator[list[Link], None]:
    """The links page by page; one that moved to a later page meanwhile is given once.

    Raises:
        UnreadableAnswer: the pages never end.
        RepointError: any other failure.
    """
    seen: set[str] = set()
    tokens: set[str] = {""}
    token = ""
    tally = Tally(note, "the links")
    for _ in range(_MAX_PAGES):
        items, token = wire.links_page(await calls.read_json(_page(size, token), "the links"))
        fresh: dict[str, Link] = {}
        for item in items:
            try:
                link = wire.link_from(item, strict=False)
            except UnreadableAnswer:
                place = f"record {tally.read + tally.unread.count + 1}"
                tally.add(0, [Unread(place, "", why_no_link(item))])
                continue
            tally.read += 1
            if link.slug not in seen:
                fresh[link.slug] = link
        tally.judge()
        seen.update(fresh)
        if fresh:
            yield list(fresh.values())
        if not token:
            return
        if token in tokens:
            break
        tokens.add(token)
    raise endless("the links")


def _page(size: int, token: str) -> Make:
    return lambda routes: routes.links(size, token)


def endless(what: str) -> UnreadableAnswer:
    """The error for pages that lead back to themselves."""
    return unreadable(what, "its pages never end: the same one is named twice")

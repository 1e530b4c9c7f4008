"""Every link, in batches: from the export where there is one, else page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
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
from console.domain.errors import UnreadableAnswer
from console.domain.links import Link
from console.domain.target import Secret

BATCH: Final = 1000
"""Links given at once."""
_NOT_OFFERED: Final = frozenset({404, 405, 406, 501})
_LATER: Final = frozenset({202, 204})
_MAX_PAGES: Final = 100_000


class NoExport(Exception):
    """The platform or the plan has no export for us. No failure: the list has the same links."""


async def exported(calls: Calls) -> AsyncGenerator[list[Link], None]:
    """The export's links. It is tried again until it starts, and never from the middle.

    Raises:
        NoExport: not offered, locked by the plan, made later, or of a framing that hides a cut.
        RepointError: any other failure; what was given until then is not the whole.
    """
    secret = await calls.tokens.for_reading()
    ask = calls.routes(secret).export()
    hint = ""
    async for batch in _batches(calls, ask, secret):
        if isinstance(batch, str):
            hint = batch
        else:
            yield batch
    if hint:
        async for batch in _batches(calls, _signed(hint, ask, calls.settings.origin), None):
            if isinstance(batch, str):
                raise unreadable("the export", "its address leads to another address")
            yield batch


async def _batches(calls: Calls, ask: Ask, secret: Secret | None) -> AsyncIterator[list[Link] | str]:
    """The links of one download; or, at its end, the address where the export is instead."""
    seconds = calls.settings.timeout_seconds
    async with AsyncExitStack() as stack:
        response = await calls.retrying(lambda: _opened(calls, ask, secret, stack), ask.what)
        exchange = await calls.exchange()
        reader: Reader | None = None
        allowance = Allowance(seconds)
        start = b""
        links: list[Link] = []
        nothing = True
        async for piece in exchange.pieces(response, ask, allowance):
            if reader is None:
                start += piece
                reader = wire.reader_for(response.headers.get("content-type", ""), start)
                found = [] if reader is None else reader.feed(start)
            else:
                found = reader.feed(piece)
            if found:
                allowance.left = seconds
                links += found
                nothing = False
            while len(links) >= BATCH:
                yield links[:BATCH]
                del links[:BATCH]
        links += [] if reader is None else reader.end()
    if links:
        yield links
    elif isinstance(reader, Document) and reader.lists_nothing:
        address = wire.signed_url(reader.around)
        if not address:
            raise unreadable("the export", "it holds neither links nor an address")
        yield address
    elif nothing:
        raise NoExport  # the list may say so too; an empty body alone is not believed


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


async def pages(calls: Calls, size: int) -> AsyncGenerator[list[Link], None]:
    """The links page by page; one that moved to a later page meanwhile is given once.

    Raises:
        UnreadableAnswer: the pages never end.
        RepointError: any other failure.
    """
    seen: set[str] = set()
    tokens: set[str] = {""}
    token = ""
    for _ in range(_MAX_PAGES):
        items, token = wire.links_page(await calls.read_json(_page(size, token), "the links"))
        fresh: dict[str, Link] = {}
        for item in items:
            link = wire.link_from(item, strict=False)
            if link.slug not in seen:
                fresh[link.slug] = link
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

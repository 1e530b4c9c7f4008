"""What a page says about itself: an error page that came with 200, or a wall that turns checks away.

Everything here is linear in the length of the page: it was written by somebody else. A bare sign is not
enough for a verdict. Signs are weighed, because an article about 404s is a page like any other.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

from console.ops.probe.addresses import Hop
from console.ops.probe.values import Answer

_ENOUGH: Final = 4
_SHORT: Final = 600
_TINY: Final = 200
_LONG: Final = 3000

_CHALLENGE_HEADERS: Final = (
    ("cf-mitigated", ("challenge",), "Cloudflare challenge"),
    ("x-amzn-waf-action", ("challenge", "captcha"), "AWS WAF challenge"),
    ("x-vercel-mitigated", ("challenge",), "Vercel challenge"),
)
# Only what challenge pages alone hold: several vendors put their other scripts into every page.
_CHALLENGE_MARKS: Final = (
    (b"cf_chl_opt", "Cloudflare challenge"),
    (b"<title>just a moment...</title>", "Cloudflare challenge"),
    (b"<title>attention required! | cloudflare</title>", "Cloudflare block page"),
    (b"geo.captcha-delivery.com", "DataDome challenge"),
    (b"ct.captcha-delivery.com", "DataDome challenge"),
    (b'id="px-captcha"', "HUMAN challenge"),
    (b"incapsula incident id", "Imperva block page"),
    (b"sucuri_cloudproxy_js", "Sucuri challenge"),
    (b"<title>vercel security checkpoint</title>", "Vercel challenge"),
    (b"awswafcookiedomainlist", "AWS WAF challenge"),
    (b"<title>making sure you&#39;re not a bot!</title>", "Anubis challenge"),
    (b"<title>making sure you're not a bot!</title>", "Anubis challenge"),
    (b"<title>ddos-guard</title>", "DDoS-Guard challenge"),
)

_SUSPECT: Final = tuple(
    text.encode()
    for text in (
        "404", "not found", "be found", "not exist", "n't exist", "n’t exist", "no longer", "been removed",
        "been deleted", "for sale", "this domain", "has expired", "parked", "introuvable",
        "nicht gefunden", "existiert nicht", "no encontrad",
        "não encontrad", "non trovat", "niet gevonden", "не найден", "見つかりません",
        "未找到", "不存在", "nie znaleziono", "bulunamad", "hittades inte", "ei löydy", "unavailable",
    )
)  # fmt: skip
_NAMES = re.compile(
    r"(?:error|erreur|fehler|http|status)\W{0,3}404|^\W{0,5}404\W{0,5}$|^\W{0,5}404\s{0,3}[-–—|:·]"
    r"|404\W{0,3}(?:error|not|page)|(?:page|file|url|site|content|item|article|product)\W{1,3}not\W{1,3}found"
    r"|^\W{0,5}not found\W{0,5}$|(?:can(?:no|['’])t|could(?: no|n['’])t) be found|do(?:es not|esn['’]t) exist"
    r"|no longer (?:available|exists?)|page (?:is )?(?:missing|gone|unavailable)|introuvable|nicht gefunden"
    r"|existiert nicht|no encontrad|não encontrad|non trovat|niet gevonden|не найден|見つかりません|未找到"
    r"|不存在|nie znaleziono|bulunamad|hittades inte|ei löydy"
)
_SENTENCE = re.compile(
    r"(?:page|site|url|address|resource|content|product|item|listing|link|article|file|seite|página|pagina)"
    r"[^.!?]{0,80}?(?:not (?:be )?found|n['’]t (?:be )?found|do(?:es not|esn['’]t) exist"
    r"|no longer (?:available|exists?)|been (?:removed|deleted)|nicht gefunden|existiert nicht"
    r"|no (?:existe|encontrada)|não (?:existe|encontrada)|non (?:esiste|trovata))"
    r"|we (?:can(?:no|['’])t|could(?: no|n['’])t) find"
)
_PARKED = re.compile(
    r"domain (?:name )?(?:is|may be) for sale|buy this domain|this domain has expired|domain (?:is )?parked"
)
_ERROR_PATH = re.compile(r"/(?:[a-z-]*(?:404|not-?found|notfound))(?:[./_-]|$)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_NOINDEX = re.compile(r"<meta[^<>]{0,200}noindex")
_CHARSET = re.compile(r"charset=[\"']?([a-z0-9_-]{3,20})")
_CHARSETS = re.compile(
    r"(?:utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|shift_jis|euc-(?:jp|kr)|gb(?:k|2312|18030)|big5|koi8-[ru])"
)


def wall(answer: Answer) -> str:
    """Name the wall that turned the check away; empty when the answer shows none."""
    for name, values, words in _CHALLENGE_HEADERS:
        if answer.headers.get(name, "").lower() in values:
            return words
    page = _plain_bytes(answer.headers, answer.body).lower()
    for mark, words in _CHALLENGE_MARKS:
        if mark in page:
            return words
    return ""


@dataclass(slots=True)
class _Signs:
    weight: int
    words: list[str]

    def add(self, weight: int, words: str = "") -> None:
        self.weight += weight
        if words:
            self.words.append(words)


def soft_404(answer: Answer, first: Hop, last: Hop) -> str:
    """The evidence that a page with a good status is an error page; empty when it does not suffice.

    Signs are the title, headings, sentences, a noindex mark, the length of the text and a redirect to
    an error page or to the front page.
    """
    kind = answer.headers.get("Content-Type", "text/html").lower()
    if not kind.startswith(("text/html", "text/plain", "application/xhtml")):
        return ""
    signs = _Signs(0, [])
    if last.href != first.href and _ERROR_PATH.search(last.path) and not _ERROR_PATH.search(first.path):
        signs.add(_ENOUGH, f"redirected to {last.path[:80]}")
    page = _plain_bytes(answer.headers, answer.body)
    low = page.lower()
    if not signs.weight and not _suspect(low):
        return ""
    _weigh(signs, _decoded(kind, page), first, last)
    return "; ".join(signs.words) if signs.weight >= _ENOUGH else ""


def _suspect(low: bytes) -> bool:
    for mark in _SUSPECT:  # noqa: SIM110 - for every page of a sweep: half the time of a generator
        if mark in low:
            return True
    return False


def _weigh(signs: _Signs, html: str, first: Hop, last: Hop) -> None:
    low = html.lower()
    if len(low) != len(html):  # a few letters change their length: then positions would not agree
        html = low
    text = _visible(low)
    title = next(_between(html, low, "title"), "")
    if title and _NAMES.search(title.lower()):
        signs.add(2, f'title "{title[:80]}"')
    for heading in (*_between(html, low, "h1"), *_between(html, low, "h2")):
        if _NAMES.search(heading.lower()):
            signs.add(2, f'heading "{heading[:80]}"')
            break
    sentence = _SENTENCE.search(text) or (_NAMES.search(text) if len(text) < _TINY else None)
    if sentence is not None:
        signs.add(2, f'text "{" ".join(sentence.group().split())[:100]}"')
    parked = _PARKED.search(text)
    if parked is not None and len(text) < _LONG:
        signs.add(_ENOUGH, f'parked: "{parked.group()}"')
    if not signs.weight:
        return
    if _NOINDEX.search(low):
        signs.add(1, "marked noindex")
    if last.host == first.host and last.path == "/" and first.path != "/":
        signs.add(1, "redirected to the front page")
    signs.add(2 if len(text) < _TINY else 1 if len(text) < _SHORT else -2 if len(text) > _LONG else 0)


def _between(html: str, low: str, tag: str) -> Iterator[str]:
    """Texts of the first three such elements, by position only: no pattern can be led astray."""
    start = 0
    for _ in range(3):
        start = low.find(f"<{tag}", start)
        opened = low.find(">", start) + 1 if start >= 0 else 0
        end = low.find(f"</{tag}", opened) if opened else -1
        if end < 0:
            return
        yield " ".join(unescape(_TAG.sub(" ", html[opened : min(end, opened + 500)])).split())
        start = end


def _visible(low: str) -> str:
    parts: list[str] = []
    body = low.find("<body")
    rest = max(body, 0)
    while True:
        hidden = [at for at in (low.find("<script", rest), low.find("<style", rest)) if at >= 0]
        if not hidden:
            parts.append(low[rest:])
            break
        start = min(hidden)
        parts.append(low[rest:start])
        end = low.find("</s", start + 1)
        if end < 0:
            break
        rest = end
    return " ".join(unescape(_TAG.sub(" ", "".join(parts))).split())


def _plain_bytes(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without the compression that a server applied unasked; never longer than sixteen times it."""
    if headers.get("Content-Encoding", "").lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(47).decompress(body, 16 * len(body) + 1)
    except zlib.error:
        return b""


def _decoded(kind: str, page: bytes) -> str:
    found = _CHARSET.search(kind) or _CHARSET.search(page[:1024].decode("latin-1").lower())
    name = found.group(1) if found else "utf-8"
    try:
        return page.decode(name if _CHARSETS.fullmatch(name) else "utf-8", "replace")
    except LookupError:
        return page.decode("utf-8", "replace")

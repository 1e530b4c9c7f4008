"""What a hostile server, or a line that fails, does to one request: each mode by its name (cases 33-58)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Final

from tests.support.hostile_line import Script, Strike
from tests.support.rawserver import answer

LINK = {"slug": "docs", "destinationUrl": "https://www.example/", "version": 2}
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PAGE = b"<!DOCTYPE html><title>Sign in</title><form action=/login></form>"
HOSTILE_ERROR = json.dumps({"error": "\x1b[2Jnot_found[/bold]", "message": "\x1b]0;pwned\x07[/bold] \u202e"})


def says(data: bytes) -> Script:
    """These bytes, and the end of the connection."""

    async def script(strike: Strike) -> None:
        await strike.send(data)

    return script


def packed(coding: bytes, body: bytes) -> Script:
    head = JSON_HEAD + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    return says(head + body)


def status(line: str, *heads: str, body: bytes = b"", kind: bytes = b"application/json") -> Script:
    """A whole answer of that status."""
    first = "\r\n".join((f"HTTP/1.1 {line}", *heads)).encode("latin-1")
    return says(answer(body, first, kind=kind))


def ok(body: bytes, kind: bytes = b"application/json") -> Script:
    return says(answer(body, kind=kind))


async def hang(strike: Strike) -> None:
    await strike.drip()


async def reset(strike: Strike) -> None:
    strike.talk.reset()


async def reset_within(strike: Strike) -> None:
    await strike.send(JSON_HEAD + b'Content-Length: 100\r\n\r\n{"')
    strike.talk.reset()


async def drip_head(strike: Strike) -> None:
    await strike.send(b"HTTP/1.1 200 OK\r\n")
    await strike.drip(b"X: y\r\n")


async def drip_body(strike: Strike) -> None:
    await strike.send(JSON_HEAD + b"Content-Length: 100000\r\n\r\n{")
    await strike.drip(b" ")


async def drip_chunks(strike: Strike) -> None:
    await strike.send(CHUNKED)
    await strike.drip(b"1\r\n \r\n")


async def endless_100(strike: Strike) -> None:
    await strike.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


async def endless_103(strike: Strike) -> None:
    await strike.drip(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


async def status_without_end(strike: Strike) -> None:
    await strike.send(b"HTTP/1.1 503 No\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")
    await strike.drip()


async def endless_body(strike: Strike) -> None:
    await strike.send(CHUNKED)
    while True:  # until the client leaves, or the line is cut
        await strike.send(b"40000\r\n" + b" " * 0x40000 + b"\r\n")


async def commit_then_rst(strike: Strike) -> None:
    await strike.commit()
    strike.talk.reset()


async def commit_then_close(strike: Strike) -> None:
    await strike.commit()


async def commit_then_hang(strike: Strike) -> None:
    await strike.commit()
    await strike.drip()


async def commit_then_drip(strike: Strike) -> None:
    whole = await strike.commit()
    await strike.send(whole[:-20])
    await strike.drip()


async def commit_then_half(strike: Strike) -> None:
    whole = await strike.commit()
    head, _, body = whole.partition(b"\r\n\r\n")
    await strike.send(head + b"\r\n\r\n" + body[: len(body) // 2])


async def commit_then_half_head(strike: Strike) -> None:
    await strike.send((await strike.commit())[:25])


async def commit_then_twice(strike: Strike) -> None:
    """The right answer, and on its heels one that nobody asked for."""
    whole = await strike.commit()
    await strike.send(whole.replace(b"onnection: close", b"onnection: keep-alive") + answer(b"{}"))
    await strike.talk.reader.read()


async def commit_then_gzip_cut(strike: Strike) -> None:
    body = (await strike.commit()).partition(b"\r\n\r\n")[2]
    short = gzip.compress(body)[:-9]
    await packed(b"gzip", short)(strike)


def commit_then(script: Script) -> Script:
    """The platform does it; the answer is another one."""

    async def both(strike: Strike) -> None:
        await strike.commit()
        await script(strike)

    return both


async def answered_before_asked(strike: Strike) -> None:
    await strike.send(answer(json.dumps({"link": LINK}).encode()) * 2)
    await strike.talk.reader.read()


def _gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()


BEFORE: Final[dict[str, Script]] = {
    "close": says(b""),
    "reset": reset,
    "reset_within": reset_within,
    "hang": hang,
    "drip_head": drip_head,
    "drip_body": drip_body,
    "drip_chunks": drip_chunks,
    "endless_100": endless_100,
    "endless_103": endless_103,
    "status_without_end": status_without_end,
    "endless_body": endless_body,
    "answered_twice": answered_before_asked,
    "cut_head": says(b"HTTP/1.1 200 OK\r\nContent-"),
    "cut_body": says(answer(b'{"links":[]}')[:-4]),
    "cut_chunk": says(CHUNKED + b"10\r\n{"),
    "cut_without_length": says(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"links":[{"sl'),
    "odd_chunk_size": says(CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    "negative_length": says(JSON_HEAD + b"Content-Length: -1\r\n\r\n{}"),
    "two_lengths": says(JSON_HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
    "odd_status_line": says(b"HTTP/1.1 abc OK\r\n\r\n"),
    "nul_in_header": says(JSON_HEAD + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}"),
    "no_colon_in_header": says(JSON_HEAD + b"nonsense\r\n\r\n"),
    "ssh_banner": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "smtp_banner": says(b"220 mail.example ESMTP\r\n"),
    "http_09": says(json.dumps({"links": []}).encode()),
    "tls_alert": says(b"\x15\x03\x01\x00\x02\x02\x46"),
    "huge_header": says(JSON_HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n"),
    "many_headers": says(JSON_HEAD + b"X-N: yyyy\r\n" * 20_000 + b"\r\n"),
    "told_too_long": says(JSON_HEAD + b"Content-Length: 99999999999\r\n\r\n"),
    "gzip": packed(b"gzip", gzip.compress(b'{"links":[]}')),
    "gzip_cut": packed(b"gzip", gzip.compress(b'{"links":[]}')[:-9]),
    "gzip_bomb": packed(b"gzip", _gzip_bomb()),
    "gzip_gzip_bomb": packed(b"gzip, gzip", gzip.compress(_gzip_bomb())),
    "brotli": packed(b"br", b"\x0b\x02\x80[]\x03"),
    "hostile_reason": status("999 \x1b[2J", body=b"{}"),
    "hostile_error": status("404 Not Found", body=HOSTILE_ERROR.encode()),
    "image": ok(b"\x89PNG", b"image/png"),
    "empty": ok(b""),
    "captive_portal": ok(PAGE, b"text/html"),
    "portal_as_json": ok(b"\n" + PAGE),
}
"""The platform never sees the request."""

_BODIES: Final = {
    "null": b"null", "true": b"true", "number": b"7", "string": b'"links"', "half": b'{"links":[{"slug":"do',
    "deep": b"[" * 100_000 + b"]" * 100_000, "long_number": b'{"version":' + b"9" * 5000 + b"}",
    "twice": b'{"slug":"docs","version":1,"version":2,"destinationUrl":"https://www.example/"}',
    "surrogate": b'{"link":{"slug":"\\ud800","version":1,"destinationUrl":"https://www.example/"}}',
    "nul_slug": b'{"link":{"slug":"a\\u0000b","version":1,"destinationUrl":"https://www.example/"}}',
    "utf16": json.dumps({"link": LINK}).encode("utf-16"), "latin1": '{"slug":"caf\xe9"}'.encode("latin-1"),
    "nan": b'{"version":NaN}', "infinity": b'{"version":Infinity}', "too_large": b'{"version":1e400}',
    "bool_version": b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":true}}',
    "float_version": b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":3.0}}',
    "version_2_53": b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":9007199254740993}}',
    "another_link": b'{"link":{"slug":"evil","destinationUrl":"https://evil.example/","version":9}}',
    "list_of_numbers": b'{"links":[1,2],"versions":[1,2],"results":[1,2],"rows":[1,2]}',
    "list_of_nothing": b'{"links":[{}],"versions":[{}],"results":[{}],"rows":[{}]}',
    "list_is_text": b'{"links":"x","versions":"x","results":"x","rows":"x"}',
}  # fmt: skip

_AFTERS: Final = (
    "1", "0", "-5", "1e20", "1.5", "Wed, 25 Nov 2026 14:02:09 GMT", "Wed, 21 Oct 2015 07:28:00 GMT",
    "Wednesday, 25-Nov-26 14:02:09 GMT", "soon", "nan", "1, 9",
)  # fmt: skip
_PLAIN: Final = (
    "205 Reset", "206 Partial", "226 IM", "299 Odd", "300 Many", "304 Same", "400 Bad", "401 Who", "402 Pay",
    "403 No", "404 No", "405 No", "406 No", "407 Proxy", "408 Slow", "409 Conflict", "410 Gone", "412 Moved",
    "413 Big", "415 Type", "418 Tea", "422 No", "423 Locked", "425 Early", "428 If", "429 Slow", "431 Heads",
    "451 Law", "500 Oops", "501 No", "502 Bad", "503 Busy", "504 Late", "507 Full", "511 Sign in", "599 Odd",
    "999 Odd",
)  # fmt: skip
_AWAY: Final = {
    "301": "http://127.0.0.1:1/", "302": "javascript:1", "303": "/elsewhere", "307": "file:///etc/passwd",
    "308": "https://evil.example/", "302 nowhere": "http:///x", "303 hostile": "\x1b]0;x",
}  # fmt: skip


def _more() -> Iterator[tuple[str, Script]]:
    for name, body in _BODIES.items():
        yield f"json_{name}", ok(body)
    for number, after in enumerate(_AFTERS):
        yield f"retry_after_{number}", status("429 Slow", f"Retry-After: {after}", body=b"{}")
    for line in _PLAIN:
        yield f"status_{line[:3]}", status(line, body=b"{}")
    for name, where in _AWAY.items():
        yield f"away_{name.replace(' ', '_')}", status(f"{name[:3]} Away", f"Location: {where}")
    for line in ("404 No", "502 Bad", "503 Busy"):
        yield f"page_{line[:3]}", status(line, body=PAGE, kind=b"text/html")
    yield "status_101", says(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
    for code in (201, 202, 204):
        yield f"empty_{code}", says(b"HTTP/1.1 %d Done\r\nContent-Length: 0\r\n\r\n" % code)


BEFORE.update(_more())

COMMIT: Final[dict[str, Script]] = {
    "commit_then_rst": commit_then_rst,
    "commit_then_close": commit_then_close,
    "commit_then_hang": commit_then_hang,
    "commit_then_drip": commit_then_drip,
    "commit_then_half": commit_then_half,
    "commit_then_half_head": commit_then_half_head,
    "commit_then_twice": commit_then_twice,
    "commit_then_gzip_cut": commit_then_gzip_cut,
    "commit_then_502": commit_then(status("502 Bad", body=PAGE, kind=b"text/html")),
    "commit_then_503": commit_then(status("503 Busy", body=b"{}")),
    "commit_then_500": commit_then(status("500 Oops", body=b'{"error":"internal_error"}')),
    "commit_then_408": commit_then(status("408 Slow", body=b"{}")),
    "commit_then_429": commit_then(status("429 Slow", "Retry-After: 2", body=b"{}")),
    "commit_then_html": commit_then(ok(PAGE, b"text/html")),
    "commit_then_empty": commit_then(ok(b"")),
    "commit_then_204": commit_then(says(b"HTTP/1.1 204 Done\r\n\r\n")),
    "commit_then_307": commit_then(status("307 Away", "Location: https://evil.example/")),
    "commit_then_999": commit_then(status("999 Odd", body=b"{}")),
    "commit_then_another": commit_then(ok(_BODIES["another_link"])),
    "commit_then_twice_version": commit_then(ok(_BODIES["twice"])),
}
"""The platform does what was asked; the answer is lost or spoilt."""

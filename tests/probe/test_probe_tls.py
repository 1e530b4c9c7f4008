"""TLS is verified, and what is wrong with it is said."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from probe_server import Server, probed

from console.domain.health import Phase, Verdict

Start = Callable[..., Awaitable[Server]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
async def start(authority: trustme.CA) -> AsyncIterator[Start]:
    servers: list[Server] = []

    async def begin(name: str = "shop.localhost", ends: datetime | None = None) -> Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name, not_after=ends).configure_cert(context)
        servers.append(await Server(context).start())
        return servers[-1]

    yield begin
    for server in servers:
        await server.stop()


async def test_a_good_certificate_is_ok_and_its_end_is_kept(start: Start, ca_file: str) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    server = await start(ends=ends)
    found = await probed(server.url(scheme="https"), ca_file=ca_file)
    assert (found.verdict, found.tls_expires_at) == (Verdict.OK, ends)


async def test_a_certificate_that_ends_soon(start: Start, ca_file: str) -> None:
    server = await start(ends=datetime.now(UTC) + timedelta(days=13, hours=12))
    found = await probed(server.url(scheme="https"), ca_file=ca_file)
    assert (found.verdict, found.verdict.healthy) == (Verdict.TLS_EXPIRING, True)
    assert found.detail == "the certificate ends in 13.5 days"


async def test_bad_certificates_are_broken_with_the_reason(start: Start, ca_file: str) -> None:
    expired = await start(ends=datetime.now(UTC) - timedelta(days=1))
    other = await start(name="other.localhost")
    for server, words in ((expired, "the certificate has expired"), (other, "for another name")):
        found = await probed(server.url(scheme="https"), ca_file=ca_file)
        assert (found.verdict, found.phase, found.tries) == (Verdict.TLS_BAD, Phase.TLS, 1)
        assert words in found.detail
        assert server.calls == []


async def test_an_unknown_authority(start: Start) -> None:
    server = await start()
    found = await probed(server.url(scheme="https"))
    assert (found.verdict, found.phase) == (Verdict.TLS_BAD, Phase.TLS)
    assert "no known authority" in found.detail


async def test_a_plain_port_and_one_that_hangs_up() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.transport.abort()

    expected = {plain: ("the port does not speak TLS", 1), rude: ("hung up during the TLS handshake", 3)}
    for handler, (words, tries) in expected.items():
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        async with server:
            found = await probed(f"https://shop.localhost:{server.sockets[0].getsockname()[1]}/")
        assert (found.verdict, found.phase, found.tries) == (Verdict.TLS_BAD, Phase.TLS, tries)
        assert words in found.detail


async def test_old_tls_is_refused(authority: trustme.CA, ca_file: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    authority.issue_cert("shop.localhost").configure_cert(context)
    server = await Server(context).start()
    try:
        found = await probed(server.url(scheme="https"), ca_file=ca_file)
    finally:
        await server.stop()
    assert found.verdict is Verdict.TLS_BAD


async def test_a_missing_file_of_authorities_is_said(start: Start, tmp_path: Path) -> None:
    server = await start()
    with pytest.raises(FileNotFoundError):
        await probed(server.url(scheme="https"), ca_file=str(tmp_path / "none.pem"))

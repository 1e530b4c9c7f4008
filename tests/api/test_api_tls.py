"""TLS: who is not to be trusted is refused, and not one byte of the token is sent."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
import trustme

from console.api.client import HttpPlatform
from console.api.port import RollbackOrder
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.domain.errors import Unreachable
from console.domain.target import Secret
from console.ops.clock import SystemClock
from tests.support.rawserver import RawServer, Talk, answer, raw_server

LINK = b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":2}}'
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Token:
    async def get(self) -> Secret | None:
        return Secret("eyJ0b2tlbg.e30.c2ln")


async def honest(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(LINK))


def served(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def far(server: RawServer, ca: trustme.CA | None, folder: Path) -> HttpPlatform:
    file = None
    if ca is not None:
        file = folder / "ca.pem"
        ca.cert_pem.write_to_path(str(file))
    settings = ConnectionSettings(
        server.base_url, "acme", timeout_seconds=60, patience=Patience(1, 60), ca_file=file
    )
    return HttpPlatform(settings, Token(), SystemClock())


async def test_a_ca_of_ones_own_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    ca = trustme.CA()
    async with raw_server(honest, served(ca.issue_cert("localhost"))) as server:
        platform = far(server, ca, tmp_path)
        assert (await platform.link("docs")).version == 2
        await platform.close()
    assert b"uthorization" in server.seen


@pytest.mark.parametrize(
    ("name", "more", "trusted", "words"),
    [
        ("elsewhere.example", {}, True, "another name"),
        ("localhost", {"not_after": NOW - DAY, "not_before": NOW - 9 * DAY}, True, "expired"),
        ("localhost", {"not_before": NOW + DAY}, True, "not valid yet"),
        ("localhost", {}, False, "nobody that this machine trusts"),
    ],
    ids=["wrong name", "expired", "not yet valid", "unknown CA"],
)  # fmt: skip
async def test_refused_before_the_token(
    tmp_path: Path, name: str, more: dict[str, dt.datetime], trusted: bool, words: str
) -> None:
    ca = trustme.CA()
    async with raw_server(honest, served(ca.issue_cert(name, **more))) as server:
        platform = far(server, ca if trusted else trustme.CA(), tmp_path)
        for call in (platform.link("docs"), platform.rollback(RollbackOrder("docs", 1, 2, "why", "key"))):
            with pytest.raises(Unreachable) as caught:
                await call
            assert (caught.value.phase, caught.value.applied) == ("tls", "no")
            assert words in caught.value.detail
        await platform.close()
    assert not server.seen


async def test_the_systems_trust_does_not_cover_a_strangers_ca(tmp_path: Path) -> None:
    async with raw_server(honest, served(trustme.CA().issue_cert("localhost"))) as server:
        platform = far(server, None, tmp_path)
        with pytest.raises(Unreachable):
            await platform.link("docs")
        await platform.close()
    assert not server.seen


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    ca = trustme.CA()
    context = served(ca.issue_cert("localhost"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with raw_server(honest, context) as server:
        platform = far(server, ca, tmp_path)
        with pytest.raises(Unreachable) as caught:
            await platform.link("docs")
        await platform.close()
    assert caught.value.phase == "tls"
    assert not server.seen


async def test_plain_http_where_tls_is_due(tmp_path: Path) -> None:
    async def plain(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw_server(plain) as server:
        server.scheme = "https"
        platform = far(server, None, tmp_path)
        with pytest.raises(Unreachable) as caught:
            await platform.link("docs")
        await platform.close()
    assert caught.value.phase == "tls"
    assert not server.seen

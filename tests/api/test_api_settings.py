"""What may stand as a base URL, how TLS and proxies are set up, and what is imported when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trustme

from console.api import transport
from console.api.client import HttpPlatform
from console.api.settings import ConnectionSettings, checked_origin
from console.domain.errors import ConfigProblem
from console.domain.target import Secret
from tests.support.clock import ManualClock


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://api.example", "https://api.example"),
        ("https://API.Example/", "https://api.example"),
        ("https://api.example:443", "https://api.example"),
        ("https://api.example:8443/", "https://api.example:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://api.localhost", "http://api.localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin(text: str, origin: str) -> None:
    assert checked_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "api.example", "ftp://api.example", "https://", "https://u:hunter2@api.example", "https://u@api.example",
        "https://@api.example", "https://api.example/v2", "https://api.example?x=1", "https://api.example/?",
        "https://api.example#f", "http://api.example", "http://10.0.0.1", "http://0.0.0.0", "https://api.example\\@evil",
        "https:\\\\api.example", " https://api.example", "https://api.example\n", "https://a b", "https://api.example:99999",
        "javascript:1", "file:///etc/passwd", "http://localhost.evil.example", "http://127.0.0.1.evil.example",
    ],
)  # fmt: skip
def test_no_origin_and_never_quoted(text: str) -> None:
    with pytest.raises(ConfigProblem) as caught:
        checked_origin(text)
    assert "hunter2" not in f"{caught.value.title}{caught.value.detail}{caught.value.hint}"


def test_plain_http_needs_the_setting() -> None:
    assert checked_origin("http://api.example", allow_plain_http=True) == "http://api.example"


def test_the_key_log_is_never_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert transport.tls_context(None).keylog_filename is None


def test_a_file_of_certificates_replaces_the_systems(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    assert transport.tls_context(file).cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_that_holds_none_is_said(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigProblem):
        transport.tls_context(file)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://x", "http://u:hunter2@[", "hunter2"])
def test_a_bad_proxy_is_a_sentence(proxy: str) -> None:
    settings = ConnectionSettings("https://api.example", "acme", proxy=proxy)
    with pytest.raises(ConfigProblem) as caught:
        transport.open_client(settings, transport.tls_context(None), keep=True)
    assert "hunter2" not in f"{caught.value.title}{caught.value.detail}{caught.value.hint}"


class Token:
    async def get(self) -> Secret | None:
        return Secret("abc.def")


async def test_the_environments_proxy_is_not_used_and_a_given_one_never_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    settings = ConnectionSettings("http://localhost:9", "acme", proxy="http://127.0.0.1:1")
    client = transport.open_client(settings, transport.tls_context(None), keep=True)
    assert not client.trust_env
    assert not client._mounts
    assert type(client._transport._inner._pool).__name__ == "AsyncConnectionPool"  # type: ignore[attr-defined]
    await client.aclose()
    settings = ConnectionSettings("https://api.example", "acme", proxy="http://127.0.0.1:1")
    client = transport.open_client(settings, transport.tls_context(None), keep=True)
    assert type(client._transport._inner._pool).__name__ == "AsyncHTTPProxy"  # type: ignore[attr-defined]
    await client.aclose()


def test_a_target_key_that_is_none_is_refused() -> None:
    settings = ConnectionSettings("https://api.example", "acme", rollback_target_key="to")
    with pytest.raises(ConfigProblem):
        HttpPlatform(settings, Token(), ManualClock())


def test_httpx_comes_late_and_without_its_command_line() -> None:
    script = (
        "import sys\n"
        "import console.api.client, console.api.wire\n"
        "heavy = {'httpx', 'jwt', 'tenacity', 'httpcore'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import console.api.exchange, httpx\n"
        "assert not {'click', 'httpx._main', 'pygments'} & set(sys.modules)\n"
        "assert callable(httpx.main)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_httpx_is_the_version_whose_inside_we_replace() -> None:
    assert httpx.__version__.startswith("0.28.")

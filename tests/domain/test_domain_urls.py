"""Destinations as a browser reads them; what a browser would have to repair is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.domain.urls import UrlProblem, check_destination, host_of, name_of_host, without_scheme

REFUSED = [
    "",
    "javascript:alert(1)",
    "JavaScript://shop.example/%0aalert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "//shop.example/",
    "shop.example",
    "/path",
    "http:shop.example",
    "http:/shop.example",
    "http:",
    "http://",
    "http:///x",
    "http:////x",
    "http://?q",
    "http://#f",
    "http://:80/",
    "http://user@shop.example/",
    "http://user:pw@shop.example/",
    "http://:pw@shop.example/",
    "http://good.test%40evil@evil.test/",
    "http://evil.test\\@good.test/",
    "http:\\\\shop.example/",
    "http://shop.example/a\\b",
    " http://shop.example/",
    "http://shop.example/ ",
    "http://shop .example/",
    "http://shop.example/a b",
    "http://shop.example/\t",
    "http://sh\nop.example/",
    "java\nscript:alert(1)",
    "ht\ttp://shop.example/",
    "http://shop.example/\x00",
    "http://shop.example/\x7f",
    "http://shop.example/\x85",
    "http://shop.example/\x9b2J",
    "http://shop.example:99999/",
    "http://shop.example:x/",
    "http://a<b.example/",
    "http://a%00b.example/",
    "http://[::1/",
    "http://256.1.1.1/",
    "http://\ud800.example/",
    "http://shop.example/\ud800",
    "http://" + "a" * 8200 + "/",
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda t: ascii(t)[:40])
def test_refused(text: str) -> None:
    with pytest.raises(UrlProblem) as caught:
        check_destination(text)
    assert caught.value.code == "invalid_destination_url"
    assert caught.value.message


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("http://shop.example", "http://shop.example/"),
        ("HTTPS://Shop.Example/Path?Q=a#F", "https://shop.example/Path?Q=a#F"),
        ("https://bücher.example/ü?q=ü", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC"),
        ("https://日本語.example/", "https://xn--wgv71a119e.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http://0x7f000001/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("https://shop.example:8443/", "https://shop.example:8443/"),
        ("https://shop.example/a/../b", "https://shop.example/b"),
        ("https://shop.example/@kim?to=a@b.example", "https://shop.example/@kim?to=a@b.example"),
        ("https://shop.example/%20%zz", "https://shop.example/%20%zz"),
        ("https://shop.example/\u202egnp", "https://shop.example/%E2%80%AEgnp"),
    ],
)
def test_accepted_as_a_browser_opens_it(text: str, opened: str) -> None:
    assert check_destination(text) == opened
    assert check_destination(opened) == opened


PARTS = st.sampled_from(
    ["http:", "https:", "//", "/", "\\", "@", ":", "shop.example", "ü", "%", "?", "#", " ", "\t", "[", "]",
     "é.", "\ud800", "127.1", "\u00ad", "."]
)  # fmt: skip


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=20), st.lists(PARTS, max_size=8).map(lambda p: "http://" + "".join(p))))
@example("http://@shop.example/")
def test_what_is_accepted_is_ascii_has_a_host_and_stays_as_it_is(text: str) -> None:
    try:
        opened = check_destination(text)
    except UrlProblem:
        return
    assert opened.isascii()
    assert opened.startswith(("http://", "https://"))
    authority = opened.split("/")[2]
    assert authority
    assert "@" not in authority
    assert host_of(opened) == authority
    assert check_destination(opened) == opened


@pytest.mark.parametrize(
    ("text", "host", "name"),
    [
        ("https://Shop.Example:443/x", "shop.example", "shop.example"),
        ("https://shop.example:8443/x", "shop.example:8443", "shop.example"),
        ("http://[::1]/", "[::1]", "[::1]"),
        ("http://[::1]:81/", "[::1]:81", "[::1]"),
        ("https://bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("not a url", "", ""),
        ("", "", ""),
        ("\ud800", "", ""),
    ],
)
def test_hosts(text: str, host: str, name: str) -> None:
    assert host_of(text) == host
    assert name_of_host(text) == name


def test_only_a_plain_scheme_is_cut_for_lists() -> None:
    assert without_scheme("https://shop.example/x") == "shop.example/x"
    assert without_scheme("http://shop.example/x") == "shop.example/x"
    assert without_scheme("ftp://shop.example/x") == "ftp://shop.example/x"
    assert without_scheme("https:/shop.example") == "https:/shop.example"

"""The rules of who may be reached, apart from any network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.ops.probe.addresses import (
    BAD_PORTS,
    OffLimits,
    Reach,
    Scope,
    hop,
    is_localhost,
    reach_of,
    without_credentials,
)

INSIDE = [
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "0.0.0.0/8", "192.0.0.0/24",
]  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "100.64.0.1", "198.18.0.1", "198.19.255.255", "::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    ],
)  # fmt: skip
def test_private_ranges_need_the_opt_in(address: str) -> None:
    assert reach_of(address)[0] is Reach.PRIVATE
    with pytest.raises(OffLimits):
        Scope().check_addresses("a.example", 80, [address])
    Scope(allow_private=True).check_addresses("a.example", 80, [address])


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
        "fd20:ce::254", "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "::", "fe80::1",
        "fe80::1%eth0", "ff02::1", "fec0::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1", "2001:db8::1", "::127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
        "nonsense",
    ],
)  # fmt: skip
def test_no_opt_in_opens_these(address: str) -> None:
    with pytest.raises(OffLimits):
        Scope(allow_private=True).check_addresses("a.example", 80, [address])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses_are_reached(address: str) -> None:
    Scope().check_addresses("a.example", 80, [address])


def test_one_private_answer_among_public_ones_refuses_all() -> None:
    with pytest.raises(OffLimits, match=r"^private address$"):
        Scope().check_addresses("a.example", 80, ["8.8.8.8", "10.0.0.1"])


def test_the_opt_in_can_be_bound_to_origins() -> None:
    scope = Scope(allow_private=True, private_origins=(".localhost:8080", "intranet:80"))
    scope.check_addresses("shop.localhost", 8080, ["127.0.0.1"])
    scope.check_addresses("intranet", 80, ["10.0.0.1"])
    for host, port in (("shop.localhost", 8081), ("127.0.0.1", 8080), ("localhost", 8080), ("xintranet", 80)):
        with pytest.raises(OffLimits):
            scope.check_addresses(host, port, ["127.0.0.1"])


@given(st.sampled_from(INSIDE), st.integers(0, 2**28 - 1), st.sampled_from([0xFFFF << 32, 0x64FF9B << 96, 0]))
def test_no_wrapping_makes_an_inside_address_public(network: str, offset: int, prefix: int) -> None:
    inside = IPv4Network(network)
    number = int(inside.network_address) + offset % inside.num_addresses
    plain = str(IPv4Address(number))
    wrapped = str(IPv6Address(prefix | number)) if prefix else plain
    assert reach_of(wrapped)[0] is not Reach.PUBLIC


@given(
    st.one_of(st.text(max_size=60), st.text("htp:/\\.@[]0x127localhst\t\n", max_size=40).map("http:".__add__))
)
def test_any_text_is_a_hop_or_off_limits(text: str) -> None:
    try:
        first = hop(text)
    except OffLimits:
        return
    assert hop(first.href) == first
    assert "#" not in first.href
    assert "@" not in first.href.split("/")[2]


def test_hops_are_what_a_browser_reads() -> None:
    read = hop("HTTPS://ExAmple.com\\a/../b?q#part")
    assert (read.href, read.host, read.port, read.secure) == (
        "https://example.com/b?q", "example.com", 443, True
    )  # fmt: skip
    assert hop("http://bücher.example.:81").host == "xn--bcher-kva.example"
    assert hop("http://[::FFFF:7f00:1]/").address == "::ffff:7f00:1"
    assert hop("http://a.example/b/c").moved("../d").href == "http://a.example/d"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://a.example/", "a ftp address, not a web page"),
        ("javascript:alert(1)", "a javascript address, not a web page"),
        ("http://user:pw@a.example/", "a URL that carries credentials"),
        ("http://a.example:99999/", "not a URL that a browser can open"),
        ("http://a.example/" + "x" * 9000, "a URL longer than 8,192 characters"),
        ("", "not a URL that a browser can open"),
        ("http://./", "a URL without a host"),
    ],
)
def test_what_is_no_web_page_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(OffLimits) as refusal:
        hop(text)
    assert str(refusal.value) == words


def test_ports_of_other_services_are_refused() -> None:
    assert {22, 25, 6379, 11211, 5432} <= BAD_PORTS
    assert not {80, 443, 8000, 8080, 8443, 3000} & BAD_PORTS
    with pytest.raises(OffLimits, match="port 25 is not for web pages"):
        Scope(blocked_ports=BAD_PORTS).check_hop(hop("http://a.example:25/"))


def test_names_and_texts() -> None:
    assert is_localhost("localhost")
    assert is_localhost("a.b.localhost")
    assert not is_localhost("localhost.example")
    assert without_credentials("http://user:secret@a.example/x") == "http://a.example/x"
    assert without_credentials("::") == ""

"""Soft 404s with their evidence, and walls: pages that say it, and pages that only look like it."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.ops.probe.addresses import hop
from console.ops.probe.pages import _plain_bytes, soft_404, wall
from console.ops.probe.values import Answer

ASKED = hop("http://shop.example/summer/sale")
LONG = "<p>All that you want to know about our shoes and how they are made.</p>" * 80


def page(body: str | bytes, kind: str = "text/html", **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else body.encode()
    return Answer(200, {"Content-Type": kind, **headers}, data, 0.01, 0.01)


ERRORS = {
    "title and heading": "<title>Page not found | Shop</title><h1>Page Not Found</h1><p>Sorry.</p>",
    "404 title": "<title>404</title><body><h1>Oops!</h1><p>This page could not be found.</p>",
    "404 dash": "<title>404 - Shop</title><h1>Whoops</h1><p>The page you are looking for does not exist.</p>",
    "in a large frame": f"<title>Page not found</title>{LONG}<h1>404 error</h1>The page can't be found.",
    "plain words": "page not found",
    "noindex": "<title>Error 404</title><meta name=robots content='noindex,follow'>" + "<p>Menu</p>" * 20,
    "german": "<title>Seite nicht gefunden</title><h1>Seite nicht gefunden</h1>",
    "french": "<title>Page introuvable</title><h1>Page introuvable</h1>",
    "spanish": "<title>Página no encontrada</title><h1>Página no encontrada</h1>",
    "japanese": "<title>ページが見つかりません</title><h1>ページが見つかりません</h1>",
    "gone product": "<title>Shop</title><h2>This product is no longer available</h2><p>See others.</p>",
    "parked": "<title>shop.example</title><body>This domain is for sale. Buy this domain.</body>",
    "script before it": "<script>var a='<h1>x'</script><title>Not found</title><h1>Not found</h1>",
    "typographic apostrophe": "<title>Oops</title><h1>This page doesn’t exist</h1>",
}
PAGES = {
    "a sale": "<title>Summer sale</title><h1>Summer sale</h1><p>All of it.</p>",
    "a long article on 404s": f"<title>404 Not Found - HTTP</title><h1>404 Not Found</h1>{LONG}",
    "a car": "<title>Peugeot 404 for collectors</title><h1>Peugeot 404</h1><p>Built from 1960 on.</p>",
    "lost property": "<title>Lost and found</title><h1>Lost &amp; found</h1><p>Not found it? Call us.</p>",
    "a phrase in passing": f"<title>Shoes</title><h1>Shoes</h1>{LONG}<p>Red ones are no longer available.",
    "a search without result": f"<title>Shop</title><h1>Shoes</h1>{LONG}<p>Product not found.</p>",
    "a phrase in a script": "<title>Shop</title><script>var e='page not found'</script><h1>Shop</h1>",
    "empty": "",
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_pages_are_seen_with_evidence(name: str) -> None:
    evidence = soft_404(page(ERRORS[name]), ASKED, ASKED)
    assert evidence
    assert any(sign in evidence for sign in ("title ", "heading ", "text ", "parked: "))


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_left_alone(name: str) -> None:
    assert soft_404(page(PAGES[name]), ASKED, ASKED) == ""


def test_other_kinds_are_left_alone() -> None:
    assert soft_404(page("page not found", "application/json"), ASKED, ASKED) == ""
    assert soft_404(page("page not found", "text/plain; charset=utf-8"), ASKED, ASKED)


def test_redirects_are_signs() -> None:
    sale = page(PAGES["a sale"])
    to_error = soft_404(sale, ASKED, hop("http://shop.example/404.html"))
    assert to_error == "redirected to /404.html"
    assert soft_404(sale, ASKED, hop("http://shop.example/")) == ""
    weak = page("<title>Shop</title><p>Page not found.</p>" + "<p>Menu item</p>" * 30)
    assert soft_404(weak, ASKED, ASKED) == ""
    assert soft_404(page(PAGES["a sale"]), hop("http://shop.example/peugeot-404"), ASKED) == ""


def test_other_character_sets_are_read() -> None:
    body = "<meta charset=windows-1251><title>Страница не найдена</title><h1>Страница не найдена</h1>404"
    assert "Страница не найдена" in soft_404(page(body.encode("windows-1251")), ASKED, ASKED)
    assert soft_404(page(ERRORS["german"], "text/html; charset=punycode"), ASKED, ASKED)
    assert soft_404(page(ERRORS["german"], "text/html; charset=iso-8859-99"), ASKED, ASKED)


def test_a_compressed_bomb_is_opened_a_little_only() -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    assert len(_plain_bytes({"Content-Encoding": "gzip"}, bomb)) <= 16 * len(bomb) + 1
    assert _plain_bytes({"Content-Encoding": "gzip"}, b"no gzip") == b""


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text("<>/titleh1sc 404notfound'\u0130", max_size=200).map(str.encode)
    )
)
def test_no_bytes_break_it(body: bytes) -> None:
    assert isinstance(soft_404(page(body + b"404"), ASKED, ASKED), str)
    assert isinstance(wall(page(body, **{"Content-Encoding": "gzip"})), str)


@pytest.mark.parametrize(
    "piece",
    ["<", "<title", "<h1>", "<script", "page ", "404 ", "<meta ", "</s", "error 40", "we can", "charset=a"],
)
def test_hostile_pages_take_no_time(piece: str) -> None:
    body = (piece * 65536)[:65000] + " 404 not found"
    began = time.process_time()
    soft_404(page(body), ASKED, ASKED)
    assert time.process_time() - began < 1.0  # a square of 65,000 would be minutes


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"cf-mitigated": "challenge"}, "", "Cloudflare challenge"),
        ({"x-amzn-waf-action": "captcha"}, "", "AWS WAF challenge"),
        ({}, "<title>Just a moment...</title>", "Cloudflare challenge"),
        ({}, "<script src=https://geo.captcha-delivery.com/x>", "DataDome challenge"),
        ({}, "<title>Making sure you&#39;re not a bot!</title>", "Anubis challenge"),
        ({}, "Request unsuccessful. Incapsula incident ID: 1", "Imperva block page"),
        ({"cf-mitigated": "none"}, "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js>", ""),
        ({}, PAGES["a sale"], ""),
    ],
)
def test_walls_are_named(headers: dict[str, str], body: str, words: str) -> None:
    assert wall(page(body, **headers)) == words

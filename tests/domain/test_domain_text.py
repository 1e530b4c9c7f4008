"""Nothing that a terminal obeys or an eye misses gets past `safe`, whatever it is given."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.domain.text import ELLIPSIS, code_points, looks_alike, safe
from tests.support.hostile import HOSTILE

BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI", "BN", "B", "S"}
BLANK_LOOKING = set("\u3164\uffa0\u115f\u1160\u2800\u034f\u180e")
NASTY = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me")),
        st.sampled_from(sorted(BLANK_LOOKING)),
    ),
    max_size=60,
)


def check(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert len(shown) <= limit
    for char in shown:
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, hex(ord(char))
        assert unicodedata.bidirectional(char) not in BIDI, hex(ord(char))
        assert char not in BLANK_LOOKING
    row = 0
    for char in shown:
        row = row + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        assert row <= 2
    assert safe(shown, limit) == shown


@settings(max_examples=200)
@given(NASTY, st.integers(1, 80))
@example("e" + "\u0301" * 9 + "x" * 200, 40)
@example("\x1b" * 3, 7)
def test_nothing_hostile_comes_out_and_a_second_pass_changes_nothing(text: str, limit: int) -> None:
    check(text, limit)


@pytest.mark.parametrize("text", HOSTILE)
def test_known_attacks_are_neutral(text: str) -> None:
    check(text, 500)


@settings(max_examples=100)
@given(NASTY, st.integers(1, 80))
@example("e" + "\u0301" * 9 + "x" * 60, 60)
def test_a_cut_always_shows(text: str, limit: int) -> None:
    if len(text) > limit:
        assert safe(text, limit).endswith(ELLIPSIS)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        (None, ""),
        (9, "9"),
        ("plain [bold]text[/bold] ~", "plain [bold]text[/bold] ~"),
        ("\x1b[2J", "⟨001B⟩[2J"),
        ("a\nb", "a⟨000A⟩b"),
        ("\u202egnp.exe", "⟨202E⟩gnp.exe"),
        ("x\u2028y", "x⟨2028⟩y"),
        ("\U000e0041", "⟨E0041⟩"),
        ("\ud800", "⟨D800⟩"),
        ("\u2800", "⟨2800⟩"),
        ("日本語 é ß", "日本語 é ß"),
        ("e\u0301\u0302", "e\u0301\u0302"),
        ("e\u0301\u0302\u0303\u0304z", "e\u0301\u0302…z"),
    ],
)
def test_what_each_kind_becomes(given_text: object, shown: str) -> None:
    assert safe(given_text) == shown


def test_the_limit_counts_the_ellipsis() -> None:
    assert safe("x" * 500) == "x" * 500
    assert safe("x" * 501) == "x" * 499 + ELLIPSIS
    assert safe("abcdef", 3) == "ab…"
    assert safe("abc", 1) == ELLIPSIS


def test_look_alike_slugs_are_spelled_out() -> None:
    assert code_points("p\u0430y") == "p⟨0430⟩y"
    assert looks_alike("p\u0430ypal")
    assert not looks_alike("paypal")


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_two_different_texts_never_spell_the_same_where_ascii(text: str) -> None:
    spelled = code_points(text)
    assert spelled.replace("⟨", "").replace("⟩", "").isascii()
    assert looks_alike(text) is any(ord(c) > 127 for c in text)

"""The host of a plain URL is found without parsing what follows it: it is the one that parsing finds."""

from __future__ import annotations

import can_ada
from hypothesis import example, given
from hypothesis import strategies as st

from console.domain.urls import host_of


def parsed(text: str) -> str:
    try:
        return str(can_ada.parse(text).host)
    except (ValueError, TypeError):
        return ""


@given(
    st.sampled_from(["http://", "https://", "https:", "HTTP://", " https://"]),
    st.text("ab0.-:/?#@%\\ \t\n[]üx_1\ud800|<", max_size=14),
)
@example("https://", "shop.example:443/a")
@example("http://", "shop.example:99999/a")
@example("http://", "0x7f.1/a")
@example("https://", "user:12@other.example/")
@example("https://", "shop.example\\@other.example/")
@example("https://", "shop.example/\t" + "x" * 500)
def test_it_is_what_parsing_the_whole_finds(scheme: str, rest: str) -> None:
    assert host_of(scheme + rest) == parsed(scheme + rest)

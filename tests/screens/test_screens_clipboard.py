"""Copying over SSH: whole, wrapped for tmux and screen, and never more than text."""

from __future__ import annotations

import base64
import re

import pytest
from support.hostile import HOSTILE

from screens.terminal.clipboard import MAX_BYTES, sequence


def payload(data: str) -> str:
    match = re.search(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", data)
    assert match is not None
    return base64.b64decode(match.group(1)).decode()


def test_plain_terminals_get_one_osc_52() -> None:
    data = sequence("acme/spring-launch v9", {"TERM": "xterm-256color"})
    assert data is not None
    assert payload(data) == "acme/spring-launch v9"
    assert re.fullmatch(r"\x1b\]52;c;[A-Za-z0-9+/=]+\x07", data)


def test_tmux_gets_its_own_and_passes_one_on() -> None:
    data = sequence("hi", {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"})
    assert data is not None
    assert payload(data) == "hi"
    assert data.endswith("\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\")


def test_screen_gets_pieces_that_it_does_not_cut() -> None:
    data = sequence("x" * 3000, {"STY": "1.pts", "TERM": "screen"})
    assert data is not None
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", data, flags=re.DOTALL)
    assert all(len(piece) <= 764 for piece in pieces)
    assert payload("".join(pieces)) == "x" * 3000


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_copied_is_safe_to_paste(text: str) -> None:
    data = sequence(text, {"TERM": "xterm"})
    assert data is not None
    pasted = payload(data)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", pasted)


def test_too_much_is_refused_and_not_cut() -> None:
    assert sequence("y" * MAX_BYTES, {}) is not None
    assert sequence("é" * MAX_BYTES, {}) is None

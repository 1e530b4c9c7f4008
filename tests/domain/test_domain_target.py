"""Secrets that cannot be printed by accident, and targets that bind."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from console.domain.redaction import holds_token, redact
from console.domain.target import Role, Secret, Target
from tests.support.builders import TARGET

TOKEN = "patv1_abcd1234.s3cr3tS3cr3t"
SECRET = Secret(TOKEN)


@dataclass(frozen=True)
class Holder:
    token: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        f"{SECRET:>40}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031 - a way that loggers use
        "{:s}".format(SECRET),  # noqa: UP032
        ascii(SECRET),
        repr([SECRET, {"token": SECRET}]),
        repr(Holder(SECRET)),
        json.dumps({"token": SECRET}, default=str),
        repr(ValueError(SECRET)),
    ],
)
def test_no_way_of_showing_gives_it_away(shown: str) -> None:
    assert not any(TOKEN[i : i + 6] in shown for i in range(len(TOKEN) - 5))
    assert "***" in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled") as caught:
        pickle.dumps(Holder(SECRET), protocol)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_it_is_not_copied_either(way: Callable[[Secret], Secret]) -> None:
    with pytest.raises(TypeError):
        way(SECRET)


def test_neither_a_log_nor_a_traceback_with_locals_holds_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("repoint").warning("token %s %r", SECRET, {"t": SECRET})
    assert TOKEN not in caplog.text

    def fail(token: Secret) -> None:
        raise ValueError(f"bad token {token}")

    with pytest.raises(ValueError, match="bad token") as caught:
        fail(SECRET)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert TOKEN not in "".join(told.format())


def test_it_has_no_dictionary_and_compares_by_value() -> None:
    assert not hasattr(SECRET, "__dict__")
    assert SECRET.reveal() == TOKEN
    assert Secret(TOKEN) == SECRET
    assert hash(Secret(TOKEN)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TOKEN
    assert SECRET
    assert not Secret("")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {TOKEN} refused", "token *** refused"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: *** ***"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln, sorry", "got ***, sorry"),
        ("http://me:pw@proxy.example:3128", "http://***@proxy.example:3128"),
        ("https://shop.example/?api_key=abc&x=1", "https://shop.example/?api_key=***&x=1"),
        ("nothing to hide at shop.example", "nothing to hide at shop.example"),
    ],
)
def test_tokens_in_words_are_struck_out(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_what_looks_like_a_token() -> None:
    assert holds_token(TOKEN)
    assert holds_token("x eyJhbGciOi.eyJzdWIi.c2ln")
    assert not holds_token("spring-launch")


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({}, True),
        ({"profile": "other", "environment": "staging", "role": Role.OWNER, "epoch": 9}, True),
        ({"base_url": "https://api.other.example"}, False),
        ({"handle": "other"}, False),
        ({"operator": "kim"}, False),
    ],
)
def test_a_place_is_platform_handle_and_operator(fields: dict[str, object], same: bool) -> None:
    assert TARGET.same_place(replace(TARGET, **fields)) is same  # type: ignore[arg-type]


def test_environments_and_roles() -> None:
    shown = {"production": True, "PROD": True, "live": True, "staging": False, "practice": False}
    for name, production in shown.items():
        assert Target("p", "https://a", "h", environment=name).is_production is production
    assert Target("p", "https://a", "h").is_production
    assert [Role.parse(t) for t in ("OPERATOR", " owner ", "admin", None)] == [
        Role.OPERATOR, Role.OWNER, Role.UNKNOWN, Role.UNKNOWN
    ]  # fmt: skip
    assert Role.UNKNOWN < Role.CREATOR < Role.OPERATOR < Role.OWNER
    known = Target("p", "https://a", "h").known_as("dana", Role.OWNER)
    assert (known.operator, known.role, known.key) == ("dana", Role.OWNER, "https://a|h")

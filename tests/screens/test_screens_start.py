"""What is settled before the screen takes the terminal: the look, and a token that must be typed."""

from __future__ import annotations

import asyncio
import threading

import pytest

from console import app
from console.app import asked_token, chosen_screen
from console.domain.errors import ConfigProblem, SignInNeeded
from console.ops.access import tokens
from console.ops.profiles.profile import Profile


def profile(**settings: str) -> Profile:
    return Profile(name="main", base_url="https://api.example", handle="acme", **settings)


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ({}, ("dark", None, None, True)),
        ({"theme": "contrast"}, ("contrast", None, None, True)),
        ({"theme": "mono", "unicode": False}, ("mono", False, None, True)),
        ({"columns": ["slug", "health", "clicks"]}, ("dark", None, ("health", "clicks"), True)),
        ({"columns": []}, ("dark", None, (), True)),
    ],
)
def test_the_look_comes_from_the_settings(settings: dict[str, object], chosen: tuple[object, ...]) -> None:
    assert chosen_screen(settings) == chosen


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"theme": "pink\x1b[2J"}, "no theme pink⟨001B⟩"),
        ({"theme": ["dark"]}, "no theme"),
        ({"theme": "drak"}, "no theme drak"),
        ({"columns": "slug"}, "list of names"),
        ({"columns": ["health", "health"]}, "twice"),
        ({"columns": ["click\x1b[2J"]}, "no column click⟨001B⟩"),
        ({"unicode": "no"}, "true or false"),
        ({"mouse": 1}, "mouse must be true or false"),
        ({"colour": "red"}, "no setting colour"),
    ],
)
def test_what_there_is_not_is_refused_by_name(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigProblem, match=words):
        chosen_screen(settings)


@pytest.mark.parametrize(
    ("settings", "near"),
    [({"columns": ["cliks"]}, "clicks"), ({"theme": "drak"}, "dark"), ({"them": "dark"}, "theme")],
)
def test_what_is_near_to_a_mistyped_name_is_told(settings: dict[str, object], near: str) -> None:
    with pytest.raises(ConfigProblem) as told:
        chosen_screen(settings)
    assert told.value.hint.startswith(f"Did you mean {near}?")


def test_a_token_is_typed_before_the_screen_and_used_on_the_cores_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = []

    def typed(question: str) -> str:
        threads.append(threading.current_thread())
        return "patv1_abc.def"

    monkeypatch.setattr(tokens, "_typed", typed)
    monkeypatch.setattr(tokens, "_free_terminal", lambda: True)
    source = asked_token(profile())
    assert source is not None
    found = []
    core = threading.Thread(target=lambda: found.append(asyncio.run(source.get()).reveal()))
    core.start()
    core.join()
    assert found == ["patv1_abc.def"]
    assert threads == [threading.main_thread()]


def test_other_sources_are_left_to_the_core() -> None:
    assert asked_token(profile(token_env="NOT_SET")) is None


def test_without_a_terminal_the_console_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the screen was started")

    monkeypatch.setattr(app, "Engine", never)
    with pytest.raises(SignInNeeded):
        app.run_console(profile())

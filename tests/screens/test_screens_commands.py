"""Palette, `:` commands, help, and the operator's own keys."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from console.domain.errors import ConfigProblem
from screens.actions import ACTIONS
from screens.console.app import Console
from screens.console.palette import ActionProvider
from screens.dialogs.command_screen import CommandScreen
from screens.dialogs.help_screen import TextScreen
from screens.keymap import Keymap, keymap_of
from screens.rollback.dialog import RollbackDialog
from screens.widgets.text_pane import TextPane
from tests.support.commandline import repoint
from tests.support.console_driver import Driver, still
from tests.support.frozen import NOW, frozen_console

SLUG = "spring-launch"


@asynccontextmanager
async def opened(app: Console | None = None) -> AsyncIterator[Driver]:
    app = app or frozen_console()
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            driver = Driver(app, pilot)
            await driver.synced()
            yield driver
    finally:
        app.desk.engine.stop()


async def command(driver: Driver, line: str) -> None:
    await driver.keys("colon")
    await driver.until(lambda: isinstance(driver.app.screen, CommandScreen), "the line")
    await driver.pilot.pause()
    await driver.write(line)
    await driver.keys("enter")
    await driver.until(lambda: not isinstance(driver.app.screen, CommandScreen), "the end of it")


async def test_the_palette_finds_an_action_does_it_and_says_why_another_cannot_work() -> None:
    async with opened() as driver:
        await driver.keys("ctrl+p")
        await driver.until(lambda: isinstance(driver.app.screen, CommandPalette), "the palette")
        options = driver.app.screen.query_one(OptionList)
        await driver.until(lambda: options.option_count == len(ACTIONS), "every action")
        await driver.write("saved views")
        await driver.until(lambda: 0 < options.option_count < 5, "fewer")
        await driver.keys("enter")
        await driver.until(lambda: not isinstance(driver.app.screen, CommandPalette), "done")
        await driver.until(lambda: type(driver.app.screen).__name__ == "PickScreen", "the views")
        await driver.keys("escape")
        provider = ActionProvider(driver.app.main)
        hits = [hit async for hit in provider.discover()]
        said = {hit.text: hit.help or "" for hit in hits}
        assert said["release"].startswith("Not now: The link is not being watched")


async def test_every_action_is_done_by_its_name_too() -> None:
    async with opened() as driver:
        await command(driver, "mark")
        await driver.until(lambda: len(driver.marked) == 1, "mark")


async def test_a_reason_that_quotes_the_platform_is_no_markup_in_the_palette() -> None:
    async with opened() as driver:
        driver.app.desk.trouble = "[/bold]\x1b[2J[@click=app.quit]x"
        hits = [hit async for hit in ActionProvider(driver.app.main).discover()]
        assert not any(set("[]\x1b") & set(hit.help or "") for hit in hits)


async def test_commands_filter_go_sort_and_save() -> None:
    async with opened() as driver:
        links = driver.app.main.links
        await command(driver, "filter status:down")
        await driver.until(lambda: driver.shown == 6)
        await command(driver, "sort slug down")
        await driver.until(lambda: (links.sort.value, links.descending) == ("slug", True))
        await command(driver, "go docs")
        await driver.until(lambda: driver.app.main.timeline.slug == "docs")
        assert driver.shown > 6, "a link outside of the filter is shown without it"
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown == 6)
        await command(driver, "save broken")
        await driver.until(lambda: "saved as broken" in driver.notice)
        await command(driver, "host docs.example")
        await driver.until(lambda: driver.shown == 1)
        await command(driver, "view broken")
        await driver.until(lambda: driver.shown == 6)
        await command(driver, "theme light")
        assert driver.app.theme == "light"


async def test_a_command_that_is_an_action_has_the_same_guards() -> None:
    async with opened() as driver:
        await command(driver, "undo")
        await driver.until(lambda: driver.notice == "undo: You have rolled nothing back on this link")
        await command(driver, "rolback")
        await driver.until(lambda: "Did you mean rollback?" in driver.notice)
        await command(driver, "view")
        assert driver.notice == "view needs NAME"
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        await command(driver, "rollback")
        await driver.until(lambda: isinstance(driver.app.screen, RollbackDialog), "the dialog, nothing less")


async def test_a_command_is_completed_and_left() -> None:
    async with opened() as driver:
        await driver.keys("colon")
        await driver.until(lambda: isinstance(driver.app.screen, CommandScreen))
        await driver.pilot.pause()
        await driver.write("th")
        await driver.keys("tab")
        await driver.write(" co")
        await driver.keys("tab")
        assert driver.app.screen.query_one("CommandInput").value == "theme contrast"  # type: ignore[attr-defined]
        await driver.keys("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, CommandScreen))
        assert driver.app.theme == "dark"


async def test_help_parts_what_works_now_from_what_does_not_and_why() -> None:
    async with opened() as driver:
        await driver.keys("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, TextScreen))
        texts = driver.app.screen.query_one(TextPane).texts
        end = texts.index("These do not")
        assert not any("Not now" in row for row in texts[:end])
        assert any("Not now: The link is not being watched" in row for row in texts[end:])


def keyed_console(keymap: Keymap) -> Console:
    other = frozen_console()
    return Console(other.desk.engine, now=lambda: NOW, keymap=keymap)


async def test_keys_of_ones_own_are_in_force_in_the_footer_and_in_every_sentence() -> None:
    keymap = keymap_of({"rollback": "ctrl+r", "filter": "n", "note": "/", "mark": "x", "stop": "space"})
    async with opened(keyed_console(keymap)) as driver:
        await driver.keys("x")
        await driver.until(lambda: len(driver.marked) == 1)
        await driver.keys("n")
        await driver.until(lambda: driver.app.main.links.bar.field.has_focus, "the filter")
        await driver.write(f"slug:{SLUG}")
        await driver.keys("enter")
        await driver.seen(SLUG)
        await driver.keys("r")
        await driver.pilot.pause()
        assert not isinstance(driver.app.screen, RollbackDialog)
        keys = driver.app.main.query_one("#keys").text  # type: ignore[attr-defined]
        assert "n filter" in keys
        assert "ctrl+r roll back" in keys
        await driver.dialog("ctrl+r")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rolback": "r"}, "has no action rolback"),
        ({"sync": "r"}, "rollback and sync are both on r"),
        ({"sync": "j"}, "j moves the cursor"),
        ({"sync": "enter"}, "enter opens"),
        ({"sync": "ctlr+r"}, "there is no key"),
        ({"sync": "ä"}, "not every keyboard"),
        ({"sync": 3}, "must be a key"),
        ({"sync": ""}, "must be a key"),
    ],
)
def test_keys_that_cannot_be_are_refused_by_name(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigProblem) as refused:
        keymap_of(settings)
    assert said in refused.value.title


@pytest.mark.parametrize("key", ["ctrl+b", "ctrl+s", "alt+x", "ctrl+shift+r", "ctrl+z", "f1"])
def test_a_key_that_never_arrives_is_told(key: str) -> None:
    keymap = keymap_of({"sync": key})
    assert keymap.warnings
    assert "[keys] sync" in keymap.warnings[0]


def test_the_tables_own_keys_make_a_keymap_without_a_word() -> None:
    assert keymap_of({}).warnings == ()
    assert keymap_of({a.id: a.key_label for a in ACTIONS if a.key != "enter"}).changed() == {}
    assert keymap_of({a.id: a.key for a in ACTIONS if a.key != "enter"}).changed() == {}


def test_config_show_and_doctor_say_what_is_wrong_with_the_keys(home: Path) -> None:
    home.mkdir(mode=0o700)
    config = home / "config.toml"
    profile = '[profiles.a]\nbase_url = "http://127.0.0.1:9"\nhandle = "acme"\n'
    config.write_text(profile + '[keys]\nsync = "ctrl+b"\n')
    config.chmod(0o600)
    done = repoint("config", "show", "--json")
    assert (done.returncode, json.loads(done.stdout)["keys"]) == (0, {"sync": "ctrl+b"})
    assert "tmux" in done.stderr
    config.write_text(profile + '[keys]\nsync = "r"\n')
    done = repoint("doctor", "--json", "--offline")
    keys = next(c for c in json.loads(done.stdout)["checks"] if c["name"] == "keys")
    assert (done.returncode, keys["status"]) == (1, "fail")
    assert "rollback and sync are both on r" in keys["detail"]


async def test_keys_that_arrive_together_edit_a_field_in_their_order() -> None:
    async with still() as driver:
        app = driver.app
        await driver.keys("slash", *"docz")
        field = app.main.links.bar.field
        await driver.until(lambda: field.value == "docz", "typed")
        for key, letter in (("backspace", None), ("s", "s"), ("left", None), ("x", "x")):
            app.post_message(events.Key(key, letter))
        await driver.until(lambda: field.value.startswith("doc") and "x" in field.value, "edited")
        assert field.value == "docxs"
        await driver.keys("escape", "colon", "g", "o")
        await driver.until(lambda: isinstance(app.screen, CommandScreen), "the command line")
        app.post_message(events.Key("backspace", None))
        app.post_message(events.Key("backspace", None))
        app.post_message(events.Key("q", "q"))
        line = app.screen.query_one(Input)
        await driver.until(lambda: line.value == "q", "in order")

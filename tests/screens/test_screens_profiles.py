"""Who we are, and going to another profile or handle: all of the old target goes, or nothing changes."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from cache.database import open_journal
from console.domain.errors import Refused
from console.domain.plans import Plan, Result
from console.domain.sightings import Seen
from console.ops.access.account import account
from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profiles.places import journal_path
from console.ops.profiles.profile import load_profile
from console.ops.review import read_live, see
from console.ops.rollback import Request, confirm, perform, prepare
from console.ops.session import Session
from screens.console.account import GoingScreen
from screens.console.app import Console
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.command_screen import CommandScreen
from screens.widgets.one_line import OneLine
from screens.widgets.text_pane import TextPane
from tests.support.canary import found_below, found_in, traces_of
from tests.support.console_driver import Driver
from tests.support.practice import Serve
from tests.support.waiting import PATIENCE

SLUG = "spring-launch"


class Two:
    """Two platforms, a profile for each: `here` is what the console starts on."""

    def __init__(self, serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here, self.there = serve("tiny"), serve("outage", links=40, seed=9)
        self.environ = monkeypatch
        monkeypatch.setenv("HERE_TOKEN", self.here.token)
        monkeypatch.setenv("THERE_TOKEN", self.there.token)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config = home / "config.toml"
        self.write(there='token_env = "THERE_TOKEN"')

    def write(self, there: str, *, base_url: str = "") -> None:
        parts = ['default_profile = "here"\n']
        for name, server, token in (
            ("here", self.here, 'token_env = "HERE_TOKEN"'),
            ("there", self.there, there),
        ):
            url = base_url if name == "there" and base_url else server.base_url
            environment = "practice" if name == "here" else "production"
            parts.append(
                f'[profiles.{name}]\nbase_url = "{url}"\nhandle = "{server.handle}"\n{token}\n'
                f'environment = "{environment}"\nprobe_allow_private = true\ntimeout = 20\n'
            )
        self.config.write_text("\n".join(parts))
        self.config.chmod(0o600)


@pytest.fixture
def two(serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch) -> Two:
    return Two(serve, home, monkeypatch)


@asynccontextmanager
async def opened(name: str = "here") -> AsyncIterator[Driver]:
    profile = load_profile(name)
    app = Console(Engine(lambda: connect(profile, tolerant=True)))
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
    driver.app.screen.query_one(Input).value = line
    await driver.keys("enter")


async def arrive(driver: Driver, profile: str, links: int) -> None:
    await driver.until(
        lambda: driver.app.desk.standing and driver.app.desk.standing.target.profile == profile, profile
    )
    await driver.until(lambda: driver.app.screen is driver.app.main and driver.shown == links, "its links")


def top(driver: Driver) -> str:
    return driver.app.main.query_one("#top", OneLine).text


def journal_of() -> list[dict[str, object]]:
    connection = open_journal(journal_path())
    try:
        rows = connection.execute("select kind, body from entries order by seq").fetchall()
    finally:
        connection.close()
    return [{"kind": kind, **json.loads(body)["fields"]} for kind, body in rows]


async def test_the_view_says_who_and_what_the_token_is_worth_and_never_the_token(
    two: Two, home: Path
) -> None:
    async with opened() as driver:
        screen = await driver.picks("T")
        text = "\n".join(screen.query_one("#pick-about", TextPane).texts)
        assert "here, practice" in text
        assert f"{two.here.base_url}, handle {two.here.handle}" in text
        assert "Dana (dana), operator, plan" in text
        assert "JWT" in text
        assert "good for another" in text
        assert "the environment variable HERE_TOKEN" in text
        assert "the token does not say" in text, "a JWT without scopes"
        assert [pick.name for pick in screen.lines.left] == ["profile here", "profile there"]
        rows = ["".join(part for part, _ in screen.lines.cells(row)) for row in range(2)]
        assert "here  on practice" in rows[0]
        assert "here  on" not in rows[1].replace("there", "")
        assert f"on production  {two.there.handle}" in rows[1]
        traces = traces_of(two.here.token)
        assert found_in(driver.app.export_screenshot().encode(), traces) == []
    assert found_below(home.parent, traces) == []


async def test_after_a_switch_nothing_of_the_old_target_is_shown_and_its_plan_is_refused(
    two: Two,
) -> None:
    async with opened() as driver:
        old = driver.app.desk
        await driver.filter(SLUG, 1)
        await driver.seen(SLUG)
        dialog = await driver.dialog()
        await driver.ready(dialog)
        plan = dialog.draft.plan
        assert isinstance(plan, Plan)
        await driver.keys("escape")
        await driver.until(lambda: driver.app.screen is driver.app.main, "the console")

        main = driver.app.main
        await driver.picks("T")
        await driver.keys("down", "enter")
        await arrive(driver, "there", 40)
        assert driver.app.main is not main
        assert main not in driver.app.screen_stack
        assert "on production" in top(driver)
        assert "on practice" not in top(driver)
        assert driver.app.desk.epoch == old.epoch + 1
        assert driver.app.main.links.query_now.text == ""
        assert driver.marked == []
        assert driver.app.resume.here().draft == ""
        with pytest.raises(Refused):
            old.engine.submit(lambda s: s.introduce())
        assert await old.ask(account) is None, "a late question is dropped, and nobody is told"

        async def send(session: Session) -> object:
            return await perform(session, plan, confirm(plan, plan.phrase, session.clock.now()))

        result = await driver.app.desk.engine.call(send)
        assert isinstance(result, Result)
        assert result.refusal is not None
        assert result.refusal.reason == "context_changed"

        async def own(session: Session) -> object:
            see(session, await read_live(session, SLUG), Seen.TIMELINE)
            made = await prepare(session, Request(SLUG, 8, "the shop is down"))
            assert isinstance(made, Plan), made
            return await perform(session, made, confirm(made, made.phrase, session.clock.now()))

        await driver.app.desk.engine.call(own)
    rows = journal_of()
    assert [row["target"] for row in rows if row["kind"] == "refusal"] == [f"{two.there.base_url}|acme"]
    writes = [row for row in rows if row["kind"] == "write"]
    assert {row["target_key"] for row in writes} == {f"{two.there.base_url}|acme"}
    assert writes[-1]["state"] == "applied"


async def refused(driver: Driver, line: str, words: str) -> None:
    """The switch does not come about: a sentence says why, and the old target is as it was."""
    desk, main, shown = driver.app.desk, driver.app.main, driver.shown
    await command(driver, line)
    await driver.until(lambda: words in driver.notice, words)
    assert driver.app.desk is desk
    assert driver.app.main is main
    assert driver.app.screen is main
    assert driver.shown == shown
    assert await desk.ask(account) is not None, "the old target answers"


async def test_a_switch_that_fails_leaves_everything_as_it_was(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as driver:
        await refused(driver, "profile their", "There is no profile their")
        await refused(driver, "profile here", "You are on profile here already")
        await refused(driver, "handle acne", "Did you mean acme?")
        await refused(driver, "handle a/b", "The handle must be a handle")
        monkeypatch.setenv("THERE_TOKEN", "")
        driver.app.account._switcher = None
        await refused(driver, "profile there", "THERE_TOKEN holds no token")
        monkeypatch.setenv("THERE_TOKEN", two.here.token[:-6] + "AAAAAA")
        driver.app.account._switcher = None
        await refused(driver, "profile there", "You are still on practice (acme): ")
        two.write(there='token_env = "HERE_TOKEN"', base_url="http://127.0.0.1:9")
        await refused(driver, "profile there", "refused the connection")
        two.config.write_text(two.config.read_text() + "handel = 3\n")
        await refused(driver, "profile there", "handel")


async def test_no_switch_while_a_rollback_is_on_its_way(two: Two) -> None:
    """Its answer does not come before the test says so."""
    gate = threading.Event()
    two.here.platform.faults.rival(lambda: gate.wait(PATIENCE), path="/rollback$", method="POST")
    async with opened() as driver:
        try:
            await driver.filter(SLUG, 1)
            await driver.seen(SLUG)
            dialog = await driver.dialog()
            await driver.ready(dialog)
            await driver.write(f"{SLUG} v8")
            await driver.keys("enter")
            await driver.until(lambda: driver.app.performing, "it is on its way")
            await driver.keys("escape")
            await driver.until(lambda: driver.app.screen is driver.app.main, "the dialog is left")
            await refused(driver, "profile there", "profile: Something is being sent")
        finally:
            gate.set()
        await driver.until(lambda: not driver.app.performing, "its result")
        await command(driver, "profile there")
        await arrive(driver, "there", 40)


async def test_a_switch_that_takes_long_can_be_given_up(two: Two) -> None:
    two.there.platform.faults.add("before_hang", path="/auth/me", times=None)
    async with opened() as driver:
        desk = driver.app.desk
        await command(driver, "profile there")
        await driver.until(lambda: isinstance(driver.app.screen, GoingScreen), "on the way")
        await driver.keys("escape")
        await driver.until(lambda: driver.notice == "Given up. You are still on practice (acme)", "given up")
        assert driver.app.desk is desk
        assert driver.shown == 12
        assert driver.app.screen is driver.app.main


async def test_a_token_is_typed_where_a_profile_has_none_and_asked_for_once(two: Two, home: Path) -> None:
    two.write(there="")
    async with opened() as driver:
        await command(driver, "profile there")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        await driver.keys("escape")
        await driver.until(lambda: "No token was typed. You are still on practice" in driver.notice)

        await command(driver, "profile there")
        await driver.answer("patv1_nobody.0000000000")
        await driver.until(lambda: "You are still on practice (acme): " in driver.notice, "it is not taken")

        await command(driver, "profile there")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "asked again")
        driver.app.screen.query_one(Input).value = two.there.token
        traces = traces_of(two.there.token)
        assert found_in(driver.app.export_screenshot().encode(), traces) == []
        await driver.keys("enter")
        await arrive(driver, "there", 40)
        await driver.picks("T")
        assert "typed at the terminal, in memory only" in "\n".join(
            driver.app.screen.query_one("#pick-about", TextPane).texts
        )
        await driver.keys("escape")
        await command(driver, "profile here")
        await arrive(driver, "here", 12)
        await command(driver, "profile there")
        await arrive(driver, "there", 40)
    assert found_below(home.parent, traces) == []


async def test_the_token_of_the_environment_does_not_follow_to_another_platform(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.write(there="")
    monkeypatch.setenv("REPOINT_TOKEN", two.here.token)
    async with opened() as driver:
        await command(driver, "profile there")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "its own token is asked for")
        await driver.keys("escape")


async def test_a_platform_that_is_down_can_be_gone_to_where_it_was_read_before(two: Two) -> None:
    async with opened("there"):
        pass
    two.there.stop()
    async with opened() as driver:
        await command(driver, "profile there")
        await arrive(driver, "there", 40)
        await driver.until(lambda: "Offline" in driver.banner, "the banner")


async def test_another_handle_of_the_same_profile(two: Two) -> None:
    text = two.config.read_text().replace('handle = "acme"', 'handle = "acne"', 1)
    two.config.write_text(text)
    profile = load_profile("here")
    app = Console(Engine(lambda: connect(profile, tolerant=True)))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: app.desk.standing and app.desk.standing.handles, "who we are")
            screen = await driver.picks("T")
            assert [pick.name for pick in screen.lines.left][-1] == "handle acme"
            await driver.keys("up", "escape")
            await command(driver, "handle acme")
            await driver.until(
                lambda: app.desk.standing and app.desk.standing.target.handle == "acme", "acme"
            )
            await driver.until(lambda: driver.shown == 12, "its links")
    finally:
        app.desk.engine.stop()

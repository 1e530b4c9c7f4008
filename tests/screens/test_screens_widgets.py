"""The smaller widgets: timeline, filter, lines and panes of text, the notice of a tiny terminal."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from rich.text import Text
from support.hostile import HOSTILE, foreign
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.links import Link
from console.domain.versions import Action, Source, Timeline, Version
from screens.present.timeline import TimelineMarks
from screens.present.words import age_short, aged
from screens.shell import Shell
from screens.widgets.filter_bar import FilterBar, FilterInput
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice, too_small
from screens.widgets.text_pane import TextPane
from screens.widgets.timeline_view import TimelineView

NOW = datetime(2026, 5, 4, 14, 5, tzinfo=UTC)


class Host(Shell):
    """One widget, and every message it tells."""

    def __init__(self, widget: Widget) -> None:
        super().__init__(unicode=True)
        self.widget = widget
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()

    async def on_event(self, event: Any) -> None:
        self.told.append(event)
        await super().on_event(event)

    def on_timeline_view_version_shown(self, event: TimelineView.VersionShown) -> None:
        self.told.append(event)

    def on_timeline_view_version_chosen(self, event: TimelineView.VersionChosen) -> None:
        self.told.append(event)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        self.told.append(event)

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        self.told.append(event)

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        self.told.append(event)

    def last(self, kind: type) -> Any:
        return next((m for m in reversed(self.told) if isinstance(m, kind)), None)


@asynccontextmanager
async def shown(widget: Widget, size: tuple[int, int] = (60, 20)) -> Any:
    app = Host(widget)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def lines(widget: Any) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


def history(count: int = 6, live: int | None = None, slug: str = "spring-launch") -> Timeline:
    versions = tuple(
        Version(
            n, Link(slug, f"https://h.example/{n}"), NOW - timedelta(hours=count - n), "kim", Action.UPDATE
        )
        for n in range(count, 0, -1)
    )
    return Timeline(slug, live or count, versions, complete=True, as_of=NOW, source=Source.PLATFORM)


async def test_the_timeline_starts_on_the_live_version_and_keeps_its_place() -> None:
    async with shown(TimelineView()) as (app, pilot):
        view = app.widget
        view.show_timeline(history(), now=NOW)
        await pilot.pause()
        assert view.version == 6
        await pilot.press("down", "down")
        await pilot.pause()
        assert view.version == 4
        assert app.last(TimelineView.VersionShown).version == 4
        view.show_timeline(history(7), now=NOW)
        assert view.version == 4
        view.show_timeline(history(7, slug="other"), now=NOW)
        assert view.version == 7


async def test_every_version_can_be_reached_and_chosen_in_a_small_pane() -> None:
    async with shown(TimelineView(), (40, 6)) as (app, pilot):
        view = app.widget
        view.show_timeline(history(30), now=NOW)
        await pilot.press("end", "enter")
        await pilot.pause()
        assert app.last(TimelineView.VersionChosen).version == 1
        assert any(line.startswith("○  v1 ") for line in lines(view))
        await pilot.press(*["up"] * 29)
        assert view.version == 30
        assert lines(view)[0].startswith("●  v30 ")


async def test_a_version_marked_to_compare_shows_and_is_given_back() -> None:
    async with shown(TimelineView()) as (app, pilot):
        view = app.widget
        view.show_timeline(history(), now=NOW)
        await pilot.press("down", "space", "down")
        await pilot.pause()
        assert (view.compared, view.version) == (5, 4)
        assert any("▌ v5" in line for line in lines(view))
        await pilot.press("up", "space")
        assert view.compared is None


async def test_more_that_is_known_is_drawn_without_moving_the_cursor() -> None:
    async with shown(TimelineView()) as (app, pilot):
        view = app.widget
        view.show_timeline(history(), now=NOW)
        await pilot.press("down")
        view.show_timeline(history(), TimelineMarks(last_healthy=5), now=NOW)
        view.seen(6)
        await pilot.pause()
        assert view.version == 5
        assert "last healthy" in "".join(lines(view))
        assert "seen by you" in "".join(lines(view))


async def test_a_verdict_grows_old_on_screen_and_only_its_lines_are_drawn() -> None:
    looked = HealthResult("s", "https://h", Verdict.REFUSED, Vantage.HERE, NOW, version=6)
    async with shown(TimelineView()) as (app, pilot):
        view = app.widget
        view.show_timeline(history(), TimelineMarks({6: looked}), now=NOW)
        await pilot.press("down")
        assert "live · refused just now" in lines(view)[0]
        drawn: list[int] = []
        original = view.render_line
        view.render_line = lambda y: (drawn.append(y), original(y))[1]  # type: ignore[method-assign]  # counts
        view.tick(NOW + timedelta(seconds=50))
        await pilot.pause(0.1)
        assert drawn == [0]
        assert "live · refused 45s ago" in lines(view)[0]


async def test_an_empty_timeline_says_why() -> None:
    async with shown(TimelineView()) as (app, pilot):
        app.widget.show_timeline(None, now=NOW, empty="Never fetched: offline")
        await pilot.press("down", "enter", "space", "end")
        assert "Never fetched: offline" in lines(app.widget)[0]


async def test_a_timeline_of_hostile_text_is_harmless() -> None:
    for text in HOSTILE:
        link = Link("s", text, title=text, tags=(text,))
        versions = (
            Version("b", link, NOW, text, Action.UPDATE, text),
            Version("a", Link("s", "https://h"), NOW),
        )
        async with shown(TimelineView(), (50, 40)) as (app, pilot):
            app.widget.show_timeline(Timeline("s", "b", versions, True, NOW, Source.CACHE), now=NOW)
            await pilot.pause()
            assert all(foreign(line) == [] for line in lines(app.widget))
            await pilot.click(TimelineView, offset=(8, 3))
            assert app.is_running


async def test_a_line_is_drawn_only_when_it_reads_differently() -> None:
    line = OneLine(lambda _width, look: Text("12 s ago", look.text))
    async with shown(line) as (_app, pilot):
        drawn: list[int] = []
        original = line.render_line
        line.render_line = lambda y: (drawn.append(y), original(y))[1]  # type: ignore[method-assign]  # counts
        line.show(lambda _width, look: Text("12 s ago", look.text))
        await pilot.pause(0.05)
        assert drawn == []
        line.show(lambda _width, look: Text("13 s ago", look.text))
        await pilot.pause(0.05)
        assert drawn == [0]
        assert line.text == "13 s ago"


async def test_a_pane_of_text_is_laid_out_for_its_width_and_scrolls() -> None:
    pane = TextPane(lambda width, look: [Text(f"{i} of {width}", look.text) for i in range(50)])
    async with shown(pane, (30, 10)) as (_app, pilot):
        assert lines(pane)[0].rstrip() == "0 of 30"
        await pilot.press("pagedown", "down")
        assert lines(pane)[0].rstrip() == "10 of 30"
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert "of 40" in lines(pane)[0]
        assert {pane.render_line(y).cell_length for y in range(10)} == {40}


async def test_a_filter_is_told_as_it_is_typed_and_kept_by_enter() -> None:
    async with shown(FilterBar()) as (app, pilot):
        bar = app.widget
        bar.start("host:a.example")
        await pilot.press(*" down", "enter")
        await pilot.pause()
        assert app.last(FilterBar.Changed).query.text == "host:a.example down"
        assert [t.field for t in app.last(FilterBar.Submitted).query.terms] == ["host", "text"]
        bar.counted(1012)
        await pilot.pause()
        assert "1,012 links" in bar.query_one("#filter-says", OneLine).text


async def test_a_faulty_word_is_marked_where_it_stands_and_not_applied() -> None:
    async with shown(FilterBar(), (100, 5)) as (app, pilot):
        bar = app.widget
        bar.start("tag:x stat:down")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert bar.problem is not None
        assert (bar.problem.start, bar.problem.end) == (6, 15)
        assert app.last(FilterBar.Submitted) is None
        assert "Did you mean status:" in bar.query_one("#filter-says", OneLine).text
        marked = [s.text for s in bar.field.render_line(0) if s.style and s.style.underline]
        assert "".join(marked).strip() == "stat:down"
        await pilot.press("backspace", *["backspace"] * 8)
        await pilot.pause()
        assert bar.problem is None


async def test_tab_completes_a_word_and_otherwise_goes_on() -> None:
    async with shown(FilterBar()) as (app, pilot):
        bar = app.widget
        bar.start("")
        await pilot.press(*"tag:x sta")
        await pilot.pause()
        await pilot.press("tab")
        assert bar.field.value == "tag:x status:"
        await pilot.press(*"do")
        await pilot.pause()
        await pilot.press("tab")
        assert bar.field.value == "tag:x status:down"


async def test_escape_tells_the_filter_that_there_was() -> None:
    async with shown(FilterBar()) as (app, pilot):
        app.widget.start("tag:x")
        await pilot.press(*"yyy", "escape")
        await pilot.pause()
        assert app.last(FilterBar.Left).text == "tag:x"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_paste_into_the_filter_is_only_letters(text: str) -> None:
    async with shown(FilterBar()) as (app, _pilot):
        app.widget.field.value = text
        assert foreign(app.widget.field.value) == []
        assert len(app.widget.field.value) <= 500


async def test_a_tiny_terminal_shows_one_sentence() -> None:
    assert too_small(20, 5)
    assert not too_small(80, 24)
    notice = SizeNotice()
    async with shown(notice, (20, 5)) as (_app, pilot):
        notice.display = True
        await pilot.pause()
        assert "".join(lines(notice)[:3]).replace(" ", "") == "Terminal20x5:toosmall.Enlargeitto44x12."


async def test_the_filter_field_is_the_one_that_has_the_focus_when_it_starts() -> None:
    async with shown(FilterBar()) as (app, pilot):
        app.widget.start("x")
        await pilot.pause()
        assert isinstance(app.focused, FilterInput)
        assert app.focused.cursor_position == 1


def test_an_idle_minute_changes_an_age_four_times_not_sixty() -> None:
    told = [aged(second) for second in range(61)]
    assert [b for a, b in pairwise(told) if a != b] == ["15 s ago", "30 s ago", "45 s ago", "1 min ago"]
    short = [age_short(second) for second in range(61)]
    assert sum(a != b for a, b in pairwise(short)) == 4

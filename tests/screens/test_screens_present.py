"""Presentation: exact widths, the fewest words, and nothing hostile, whatever the platform says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hostile import HOSTILE, foreign
from support.linkrows import NOW, FakeRow

from console.domain.health import Band, Difference, HealthResult, Phase, Vantage, Verdict
from console.domain.links import Link, Rule
from console.domain.moments import Freshness
from console.domain.outages import Outage, Side
from console.domain.outcomes import Outcome
from console.domain.plans import Check, CheckStatus, Refusal, Result
from console.domain.target import Role, Target
from console.domain.versions import Action, Change, Source, Timeline, Version, diff
from screens.present.cells import fit, width_of
from screens.present.chrome import KeyHint, TopState, key_line, top_line
from screens.present.diff import side_by_side, unified
from screens.present.link_columns import COLUMN_NAMES, columns_for
from screens.present.links import header_cells, link_text
from screens.present.outages import healthy_line, outage_lines, sparkline, sweep_line
from screens.present.preview import preview_lines
from screens.present.rollback import check_lines, refusal_lines, result_lines
from screens.present.timeline import TimelineMarks, entries, rollback_lanes, texts
from screens.present.words import age_short, ago, clicks_short, health_word, since
from screens.present.wrapping import pieces, wrap
from screens.themes import THEME_NAMES, look

DARK, PLAIN = look("dark"), look("mono", unicode=False)
THEN = datetime(2026, 5, 4, 14, 5, tzinfo=UTC)
WIDTHS = (1, 10, 18, 24, 40, 52, 70, 76, 120, 200)


# Words.


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (None, "-"), (-3600, "?"), (-5, "now"), (14.9, "now"), (15, "15s"), (29, "15s"), (59, "45s"),
        (60, "1m"), (3599, "59m"), (3600, "1h"),
        (47 * 3600, "47h"), (48 * 3600, "2d"), (364 * 86400, "364d"), (365 * 86400, "1y"), (9e9, "285y"),
    ],
)  # fmt: skip
def test_short_ages_fit_four_cells(seconds: float | None, word: str) -> None:
    assert age_short(seconds) == word
    assert len(word) <= 4


def test_ages_in_words_turn_to_days_and_never_believe_a_clock_that_is_ahead() -> None:
    assert ago(THEN - timedelta(seconds=8), THEN) == "just now"
    assert ago(THEN - timedelta(seconds=44), THEN) == "30 s ago"
    assert ago(THEN - timedelta(minutes=100), THEN) == "100 min ago"
    assert ago(THEN - timedelta(days=13), THEN) == "13 d ago"
    assert ago(THEN - timedelta(days=20), THEN) == "Apr 14"
    assert ago(THEN - timedelta(days=400), THEN) == "Mar 30 2025"
    assert ago(THEN + timedelta(hours=1), THEN) == "ahead of this clock"
    assert ago(None, THEN) == "at an unknown time"


def test_since_is_told_in_the_operators_time_zone() -> None:
    berlin = timezone(timedelta(hours=2))
    start = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    assert since(start, datetime(2026, 5, 4, 23, 59, tzinfo=UTC)) == "23:30"
    assert since(start, datetime(2026, 5, 5, 9, 0, tzinfo=berlin)) == "01:30"
    assert since(start, datetime(2026, 5, 6, 9, 0, tzinfo=berlin)) == "May 5"
    assert since(start, datetime(2027, 5, 6, 9, 0, tzinfo=berlin)) == "May 2026"


@pytest.mark.parametrize(
    ("verdict", "code", "latency", "word"),
    [
        (Verdict.SERVER_ERROR, 503, None, "503"),
        (Verdict.DEAD, 404, 80, "404"),
        (Verdict.DEAD, None, None, "dead"),
        (Verdict.REFUSED, None, None, "refused"),
        (Verdict.SLOW, 200, 8100, "slow 8.1s"),
        (Verdict.SLOW, 200, 12_400, "slow 12s"),
        (Verdict.TIMEOUT, None, 10_000, "timeout"),
        (Verdict.OK, 200, 120, "120 ms"),
        (Verdict.OK_REDIRECTED, 200, 1234, "1.2 s"),
        (None, None, None, "unchecked"),
        (Verdict.BLOCKED, 403, 9, "blocked"),
    ],
)
def test_health_words(verdict: Verdict | None, code: int | None, latency: float | None, word: str) -> None:
    assert health_word(verdict, code, latency) == word


@given(st.sampled_from(Verdict), st.none() | st.integers(100, 999), st.none() | st.floats(0, 1e6))
@settings(max_examples=200)
def test_every_health_word_fits_its_column(verdict: Verdict, code: int | None, latency: float | None) -> None:
    assert 0 < len(health_word(verdict, code, latency)) <= 9


# Rows.


@given(st.text() | st.sampled_from(HOSTILE), st.text(), st.sampled_from(WIDTHS), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_row_ends_in_the_same_column(slug: str, url: str, width: int, flagged: bool) -> None:
    columns = columns_for(width)
    row = FakeRow(slug=slug, destination_url=url, version=url, held=flagged, bad=flagged, enabled=not flagged)
    for shown in (DARK, PLAIN):
        text = link_text(row, columns, shown, NOW)
        assert text.cell_len == columns.width
        assert foreign(text.plain) == []
        assert "\n" not in text.plain
        assert shown.glyphs.unicode or text.plain.isascii()
    assert sum(width_of(t) for t, _ in header_cells(columns, DARK, "health")) == columns.width


def names(width: int, *chosen: str) -> list[str]:
    return [column.name for column in columns_for(width, chosen or None).rest]


def test_a_narrow_list_keeps_slug_health_and_its_age_longest() -> None:
    assert names(76) == ["destination", "health", "version", "checked"]
    assert names(48) == ["destination", "health", "checked"]
    assert names(34) == ["health", "checked"]
    assert names(24) == ["health"]
    assert "503" in link_text(FakeRow(), columns_for(24), DARK, NOW).plain
    assert "clicks" in names(118)
    assert names(160)[1] == "title"


@given(st.lists(st.sampled_from(COLUMN_NAMES), unique=True), st.sampled_from((*WIDTHS, 80, 240)))
@settings(max_examples=150, deadline=None)
def test_chosen_columns_stand_in_their_order_and_fill_the_width(chosen: list[str], width: int) -> None:
    columns = columns_for(width, tuple(chosen))
    shown = [column.name for column in columns.rest]
    assert shown == [name for name in chosen if name in shown]
    assert columns.width == width or width < 30
    assert shown == chosen or width < 200
    assert link_text(FakeRow(), columns, DARK, NOW).cell_len == columns.width
    head = header_cells(columns, DARK, "health")[0][0]
    assert width_of(head) == columns.width
    for column in columns.rest:
        assert columns.at(column.start) == column.name
        heading = head[column.start : column.start + column.width].strip()
        assert heading[:2] == {"version": "VER", "checked": "AGE"}.get(column.name, column.name.upper())[:2]
    assert (columns.at(0), columns.at(4)) == ("health", "slug")


def test_every_column_says_what_it_knows() -> None:
    text = link_text(FakeRow(), columns_for(200, COLUMN_NAMES), DARK, NOW).plain
    for word in ("shop.example/launch", "Spring launch", "shop.example", "503", "v9", "2h", "40,317", "2m"):
        assert word in text
    nothing = FakeRow(updated_at=None, clicks=None, checked_at=None)
    assert (
        link_text(nothing, columns_for(60, ("changed", "clicks", "checked")), DARK, NOW).plain.count("-") == 4
    )
    assert clicks_short(12_345_678) == "12.3M"
    assert len(clicks_short(999_999)) <= 7


def test_flags_say_look_alike_bad_held_and_disabled() -> None:
    row = FakeRow(slug="p\u0430ypal", held=True, bad=True, enabled=False)
    assert "!⊘Hx" in link_text(row, columns_for(76), DARK, NOW).plain
    assert "!" not in link_text(FakeRow(slug="paypal"), columns_for(76), DARK, NOW).plain


def test_a_row_is_told_apart_without_colour() -> None:
    lines = set()
    for verdict in (Verdict.OK, Verdict.SERVER_ERROR, Verdict.SLOW, Verdict.BLOCKED, None):
        row = FakeRow(verdict=verdict, status_code=None, latency_ms=9.0)
        sign = link_text(row, columns_for(76), look("mono"), NOW).plain[1]
        lines.add(sign)
    assert len(lines) == 5


# Everything else, with hostile text in every field.

_TARGET = Target("p", "https://api.example", "acme", "production", "dana", Role.OPERATOR)


def _hostile_timeline(text: str) -> Timeline:
    old = Link("slug", text, title=text, tags=(text,), description=text, extra={text: text})
    new = Link("slug", "https://shop.example/launch", title="t", tags=("promo",), tracking={text: text})
    versions = (
        Version(9, new, THEN, text, Action.ROLLBACK, text, text),
        Version(text or "v0", old, THEN - timedelta(hours=3), text, Action.IMPORT, text),
    )
    return Timeline("slug", 9, versions, complete=False, as_of=THEN, source=Source.CACHE)


def _everything(text: str, width: int, theme: str, *, unicode: bool) -> list[str]:
    shown = look(theme, unicode=unicode)
    timeline = _hostile_timeline(text)
    marks = TimelineMarks(bad={text or "v0": text}, seen=9, going_to=text or "v0")
    changes = (
        *diff(timeline.versions[1].snapshot, timeline.versions[0].snapshot),
        Change(text, [text], {text: 1}),
    )
    side = Side(1, 1, Verdict.DEAD, text, THEN)
    kinds = Counter({text: 3, "503": 9})
    outage = Outage(text, Band.DOWN, kinds, THEN, ("a",), THEN, side, side, Difference.HERE_ONLY, 2)
    check = Check("n", text, CheckStatus.FAIL, text, overridable=True, override=text)
    refusal = Refusal("r", text or "no", 9, text or 1, text, THEN, text, changes, (text,))
    result = Result(
        Outcome.STALE, text, 9, text, text, text, request_id=text, refusal=refusal, message=text, hint=text
    )
    target = Target("p", "https://api.example", text, text, text, Role.OWNER)
    top = TopState(target, Freshness.OLD, None, 30.0, 3, 100, 0.0, text)
    return [
        line.plain
        for lines in (
            texts(entries(timeline, marks, shown, width, THEN)),
            unified(changes, shown, width),
            side_by_side(changes, shown, width, before=text, after=text),
            outage_lines(outage, [1, 2], shown, width, THEN),
            check_lines((check,), shown, width),
            refusal_lines(refusal, shown, width, THEN),
            result_lines(result, shown, width, THEN),
            [top_line(top, shown, width)],
        )
        for line in lines
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_hostile_survives_presentation(text: str) -> None:
    for width, theme, unicode in ((78, "dark", True), (39, "terminal", False)):
        for line in _everything(text, width, theme, unicode=unicode):
            assert foreign(line) == []
            assert "\n" not in line
            assert "\u202e" not in line
            assert unicode or line.isascii()


def test_markup_stays_what_was_typed() -> None:
    assert any(
        "[@click=app.bell]press[/]" in line
        for line in _everything("[@click=app.bell]press[/]", 90, "dark", unicode=True)
    )


# The timeline.


def _version(number: int, action: Action = Action.UPDATE, to: int | None = None) -> Version:
    link = Link("s", f"https://h.example/{number}", version=number)
    return Version(number, link, THEN - timedelta(hours=9 - number), "kim", action, "", to)


def _history(*versions: Version, complete: bool = True) -> Timeline:
    return Timeline("s", versions[0].version, versions, complete, THEN, Source.PLATFORM)


def test_a_rollback_is_drawn_as_an_arrow_to_what_it_restored() -> None:
    timeline = _history(
        _version(7),
        _version(6, Action.ROLLBACK, 4),
        _version(5, Action.ROLLBACK, 3),
        _version(4),
        _version(3),
    )
    assert rollback_lanes(timeline) == {1: 3}  # the second would cross it: words only
    lines = [t.plain for t in texts(entries(timeline, TimelineMarks(), DARK, 40, THEN))]
    lane = [line[1] for line in lines]
    assert lane.count("╮") == lane.count("╯") == 1
    start, end = lane.index("╮"), lane.index("╯")
    assert set(lane[start + 1 : end]) == {"│"}
    assert set(lane[:start] + lane[end + 1 :]) == {" "}
    assert any("rollback to v3" in line for line in lines)


def test_states_are_told_in_words_for_each_version() -> None:
    def result(
        number: int, verdict: Verdict, code: int | None = None, phase: Phase | None = None
    ) -> HealthResult:
        return HealthResult("s", "https://h", verdict, Vantage.HERE, THEN, phase, code, 80.0, version=number)

    health = {
        9: result(9, Verdict.SERVER_ERROR, 503), 8: result(8, Verdict.OK, 200), 7: result(7, Verdict.OK, 200),
        6: result(6, Verdict.TIMEOUT, phase=Phase.DNS), 5: result(5, Verdict.DEAD, 404),
    }  # fmt: skip
    marks = TimelineMarks(health, last_healthy=8, bad={7: "empty page"}, seen=9, going_to=8)
    timeline = _history(*(_version(n) for n in (9, 8, 7, 6, 5, 4)), complete=False)
    found = entries(timeline, marks, DARK, 60, THEN + timedelta(hours=3))
    heads = ["".join(t for t, _ in entry.lines[0]) for entry in found]
    for head, words in zip(
        heads,
        (
            "live · 503 3h ago",
            "last healthy 3h ago · target",
            "noted bad · 80 ms 3h ago",
            "was slow · timeout (dns) 3h ago",
            "was down · 404 3h ago",
            "not checked",
        ),
        strict=True,
    ):
        assert words in head
    everything = [t.plain for t in texts(found)]
    assert any("seen by you" in line for line in everything)
    assert any("bad: empty page" in line for line in everything)
    assert "older versions not read" in everything[-1]
    assert {width_of(line) for line in everything} == {60}


def test_what_a_version_changed_is_shown_below_it() -> None:
    before = Link("s", "https://old.example/a", tags=("x", "promo"))
    after = Link("s", "https://new.example/a", tags=("x",))
    timeline = _history(Version(2, after, THEN, "dana"), Version(1, before, THEN, "dana"))
    lines = [
        t.plain.strip("●○│ ").rstrip() for t in texts(entries(timeline, TimelineMarks(), DARK, 40, THEN))
    ]
    assert lines[2:6] == ["destination", "- old.example/a", "+ new.example/a", "tags  -promo"]


# Diffs.


def test_a_diff_shows_only_the_items_that_differ_and_says_when_nothing_decides() -> None:
    changes = (Change("tags", ["a", "b"], ["b", "c"]),)
    lines = [line.plain.rstrip() for line in unified(changes, DARK, 60)]
    assert lines == ["tags            - a", "                + c", "visitors get the same as before"]
    assert [line.plain for line in unified((), DARK, 60)] == ["no difference"]


def test_an_address_is_never_cut_in_a_diff() -> None:
    url = "https://shop.example/" + "x" * 300
    lines = [line.plain for line in unified((Change("destination", url, "https://b.example"),), DARK, 50)]
    assert "".join(line[18:].strip() for line in lines[:-1]) == url.removeprefix("https://")


def test_a_reordered_list_is_not_called_unchanged() -> None:
    lines = [line.plain for line in unified((Change("tags", ["a", "b"], ["b", "a"]),), DARK, 60)]
    assert len(lines) >= 4


# Dialog.


def test_a_failed_check_says_whether_it_blocks_and_what_lets_it_pass() -> None:
    fail = Check("peak", "peak window", CheckStatus.FAIL, "inside it", overridable=True)
    hard = Check("live", "v9 is live", CheckStatus.FAIL, "v10 is live")
    lines = [line.plain for line in check_lines((fail, hard, fail.overridden("agreed")), DARK, 90)]
    assert "blocks; a reason lets it pass" in lines[0]
    assert lines[1].rstrip().endswith("v10 is live · blocks")
    assert lines[2].startswith("!")
    assert "overridden: agreed" in lines[2]


def test_a_refusal_tells_what_who_when_and_the_ways_on() -> None:
    refusal = Refusal(
        "version_moved", "It has moved", 9, 10, "rival", THEN - timedelta(seconds=40), "banner",
        (Change("destination", "https://a", "https://b"),), ("review v10", "leave"),
    )  # fmt: skip
    text = "\n".join(line.plain for line in refusal_lines(refusal, DARK, 70, THEN))
    for part in (
        "It has moved",
        "you saw       v9",
        "live now      v10",
        "rival · 30 s ago",
        "banner",
        "- a",
        "→ review v10",
    ):
        assert part in text


@pytest.mark.parametrize("outcome", Outcome)
def test_only_an_applied_result_looks_applied(outcome: Outcome) -> None:
    line = result_lines(Result(outcome, "s", 9, 8), DARK, 70, THEN)[0].plain
    assert ("✓" in line) is (outcome is Outcome.APPLIED)


def test_an_unverified_success_says_so() -> None:
    text = [t.plain for t in result_lines(Result(Outcome.APPLIED, "s", 9, 8, 10), DARK, 70, THEN)]
    assert "  not read back yet" in text


# Chrome, health.


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
def test_top_and_key_lines_are_exactly_as_wide_as_the_screen(width: int) -> None:
    state = TopState(_TARGET, Freshness.LIVE, 12.0, 43 * 60.0, 4788, 100, 840.0)
    assert top_line(state, DARK, width).cell_len == width
    hints = [KeyHint("r", "roll back"), KeyHint("x", "export", "offline"), KeyHint("?", "help")]
    line = key_line(hints, DARK, width)
    assert line.cell_len == width
    assert "? help" in line.plain


def test_the_top_line_never_drops_the_environment_before_the_rest() -> None:
    state = TopState(_TARGET, Freshness.LIVE, 12.0, 43 * 60.0, 4788, 100, 840.0)
    for width in range(34, 130):
        assert "on production" in top_line(state, DARK, width).plain
    assert "armed 14 min" in top_line(state, DARK, 80).plain


@given(st.lists(st.integers(0, 5000), max_size=60), st.integers(1, 30))
@settings(max_examples=100)
def test_a_sparkline_is_as_wide_as_asked_and_never_loses_a_peak(values: list[int], width: int) -> None:
    bars = sparkline(values, width, DARK.glyphs)
    assert len(bars) == width
    assert ("█" in bars) is any(values)


def test_a_sweep_line_counts_down_and_says_paused() -> None:
    assert "1,204 of 12,418" in sweep_line(1204, 12418, 92.0, DARK, 90).plain
    assert "2 min left" in sweep_line(1204, 12418, 92.0, DARK, 90).plain
    paused = sweep_line(1204, 12418, 92.0, DARK, 90, paused=True).plain
    assert "paused" in paused
    assert "left" not in paused
    assert sweep_line(0, 0, 0.0, DARK, 60).cell_len == 60


def test_a_sweep_that_has_ended_says_how() -> None:
    ends = [sweep_line(done, 9, 3.0, DARK, 60, ended=True).plain for done in (9, 4)]
    assert [end.split()[-1] for end in ends] == ["done", "stopped"]
    assert "waiting for answers" in sweep_line(0, 9, 0.0, DARK, 60).plain


def outage_of(difference: Difference, *kinds: str) -> Outage:
    side = Side(1, 1, Verdict.TIMEOUT, "timeout (first byte)", THEN - timedelta(hours=3))
    shown = Counter({kind: 980 - 948 * n for n, kind in enumerate(kinds)})
    return Outage(
        "slow-partner.shop.example", Band.DOWN, shown, THEN, ("a",) * 1012, THEN, side, side, difference
    )


@pytest.mark.parametrize("difference", Difference)
def test_a_small_terminal_never_cuts_what_two_vantage_points_mean(difference: Difference) -> None:
    _, second = outage_lines(outage_of(difference, "503"), [1], DARK, 76, THEN)
    assert difference.value in second.plain


def test_a_small_terminal_has_a_sparkline_where_every_kind_still_fits() -> None:
    for kinds, drawn in ((("503",), True), (("503", "refused"), True), (("503", "refused", "loop"), False)):
        line, _ = outage_lines(outage_of(Difference.AGREE_DOWN, *kinds), [1, 5], DARK, 76, THEN)
        assert (DARK.glyphs.spark[-1] in line.plain) is drawn
        assert all(kind in line.plain for kind in kinds[:2])
        assert line.cell_len == 76


def test_the_hosts_that_answer_say_how_old_that_is() -> None:
    line = healthy_line(33, 844, (47.0, 111.0), DARK, 76, oldest_seconds=200.0).plain
    assert line.rstrip().endswith("oldest 3 min")
    assert "oldest" not in healthy_line(33, 844, (), DARK, 76).plain


@given(st.text(max_size=200), st.integers(1, 40))
@settings(max_examples=150)
def test_wrapping_keeps_to_the_width_and_loses_nothing(text: str, width: int) -> None:
    assert "".join(pieces(text, max(2, width))) == text
    for line in (*wrap(text, max(2, width)), *pieces(text, max(2, width))):
        assert width_of(line) <= max(2, width)
    assert "".join(wrap(text, max(2, width))).replace(" ", "") == "".join(text.split())


@given(st.sampled_from(HOSTILE) | st.text(), st.integers(0, 40))
@settings(max_examples=150)
def test_safe_text_fits_exactly(text: str, width: int) -> None:
    assert width_of(fit(DARK.say(text), width, "…")) == width


def test_every_theme_has_a_look_in_both_sets_of_signs() -> None:
    for name in THEME_NAMES:
        for unicode in (True, False):
            assert link_text(FakeRow(), columns_for(76), look(name, unicode=unicode), NOW).cell_len == 76


@pytest.mark.parametrize("width", [20, 76, 118])
@pytest.mark.parametrize("text", HOSTILE[:6], ids=range(len(HOSTILE[:6])))
def test_a_preview_names_rules_and_what_it_cannot_judge_and_nothing_hostile(text: str, width: int) -> None:
    rules = (
        Rule("https://m.example/", name=f"mobile {text}", devices=("mobile",)),
        Rule("https://r.example/", name=f"wet {text}", extra_conditions={"weatherIn": ["rain"]}),
    )
    versions = [Version(n, Link("s", f"https://{n}.example/", rules=rules), THEN) for n in (9, 8)]
    lines = [line.plain for line in preview_lines(*versions, DARK, width, THEN)]
    told = "".join("".join(lines).split())
    assert "(rulemobile" in told
    assert "onlytheplatformknows:wet" in told
    assert not any(foreign(line) for line in lines)
    assert max(map(width_of, lines)) <= width

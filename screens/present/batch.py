"""A batch as lines: its plan, its ways and their cost, its items, how far a run is, the runs there were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.batches import BatchItem, BatchKind, BatchPlan, LeftOut, RunState, WayCost
from console.domain.links import VersionId, label
from console.domain.outcomes import GuardLevel, Outcome
from console.domain.plans import Check
from console.domain.urls import without_scheme
from console.domain.words import counted
from console.ops.batches.desk import STOP_WORDS, RunLine
from console.ops.batches.values import Hold, StopReason
from screens.present.cells import Cell, clipped, fit, fit_right, joined, two_ends, width_of
from screens.present.words import count, duration
from screens.present.wrapping import wrap
from screens.themes import Look

LABEL: Final = 10
_SLUG: Final = 26
_VERSION: Final = 6
_OUTCOME: Final = 10
_WAITING: Final = "waiting"
SHOWN_AS: Final[Mapping[Outcome, str]] = {
    outcome: _WAITING if outcome is Outcome.SKIPPED else outcome.value.lower() for outcome in Outcome
}
"""An outcome in the screens' words; SKIPPED is what was not sent so far."""
_HELD_FOR: Final = {
    StopReason.HELD_PEAK: "the end of the peak",
    StopReason.HELD_RESET: "the day's writes",
}


def sign_of(outcome: Outcome, look: Look) -> tuple[str, Style]:
    """The sign and colour of an outcome."""
    g = look.glyphs
    return {
        Outcome.APPLIED: (g.passed, look.ok),
        Outcome.NOOP: ("=", look.muted),
        Outcome.STALE: (g.warning, look.slow),
        Outcome.REJECTED: (g.failed, look.down),
        Outcome.FAILED: (g.failed, look.down),
        Outcome.UNKNOWN: ("?", look.slow),
        Outcome.SKIPPED: (g.pending, look.muted),
        Outcome.CANCELLED: (g.skipped, look.faint),
    }[outcome]


def _slug_width(width: int) -> int:
    return min(_SLUG, max(10, round(width * 0.27)))


def _versions(item: BatchItem, look: Look) -> str:
    cut = look.glyphs.ellipsis
    before = fit_right(look.say(label(item.version), 20), _VERSION, cut)
    after = "new" if item.to is None else look.say(label(item.to), 20)
    return f"{before} {look.glyphs.arrow} {fit(after, _VERSION, cut)}"


def _halves(width: int) -> tuple[int, int]:
    """Cells of the destination before and after, beside sign, slug and versions."""
    rest = max(0, width - 2 - _slug_width(width) - 2 - (2 * _VERSION + 3) - 2 - 2)
    return rest // 2, rest - rest // 2


def item_head(width: int, look: Look) -> list[Cell]:
    """The headings above planned items."""
    one, two = _halves(width)
    versions = f"{fit_right('FROM', _VERSION, '')}   {fit('TO', _VERSION, '')}"
    words = f"  {fit('SLUG', _slug_width(width), '')}  {versions}  {fit('DESTINATION NOW', one, '')}  "
    return clipped([(words, look.faint), (fit("AFTERWARDS", two, ""), look.faint)], width, look)


def item_cells(item: BatchItem, width: int, look: Look) -> list[Cell]:
    """One planned item: from, to, where it points now and afterwards."""
    one, two = _halves(width)
    cut = look.glyphs.ellipsis
    return [
        ("  ", look.text),
        (fit(look.say(item.slug), _slug_width(width), cut) + "  ", look.strong),
        (_versions(item, look) + "  ", look.text),
        (fit(look.say(without_scheme(item.destination)), one, cut) + "  ", look.muted),
        (fit(look.say(without_scheme(item.to_destination)), two, cut), look.text),
    ]


def left_head(width: int, look: Look) -> list[Cell]:
    """The headings above what is left out."""
    words = f"  {fit('SLUG', _slug_width(width), '')}  WHY IT IS LEFT OUT"
    return clipped([(words, look.faint)], width, look)


def left_cells(one: LeftOut, width: int, look: Look) -> list[Cell]:
    """One link that is not planned, and why."""
    slug, cut = _slug_width(width), look.glyphs.ellipsis
    return [
        (f"{look.glyphs.skipped} ", look.slow),
        (fit(look.say(one.slug), slug, cut) + "  ", look.strong),
        (fit(look.say(one.reason), max(0, width - slug - 4), cut), look.text),
    ]


def kinds_line(kinds: Sequence[tuple[str, int]], chosen: int, look: Look, width: int) -> Text:
    """What the list can be narrowed to, with counts; the chosen one is marked."""
    cells: list[Cell] = []
    for at, (name, number) in enumerate(kinds):
        lit = at == chosen
        cells += [
            (look.glyphs.mark if lit else " ", look.mark),
            (f"{name} ", look.strong if lit else look.muted),
            (count(number), look.text if number else look.faint),
            ("   ", look.text),
        ]
    return joined(clipped(cells, width, look))


def fact(name: str, cells: Sequence[Cell], look: Look, width: int) -> Text:
    """A line with its name before it."""
    return joined(clipped([(fit(name, LABEL, ""), look.muted), *cells], width, look))


def place_cells(plan: BatchPlan, look: Look) -> list[Cell]:
    """`acme on production`, coloured as an environment is."""
    target = plan.target
    style = look.environment(target.environment, production=target.is_production)
    return [
        (look.say(target.handle), look.strong), (" on ", look.muted),
        (look.say(target.environment) or "?", style),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan with what an operator chose of it.

    Attributes:
        way: that it goes by, None when none fits.
        left: writes left today, `reserve` of which are kept for rollbacks; None when not known.
        checks: what asks for a reason.
        overrides: the reasons given, by check.
        hold: what its start waits for; None: it starts at once.
    """

    plan: BatchPlan
    way: WayCost | None
    left: int | None
    reserve: int
    checks: Sequence[Check] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    hold: Hold | None = None


def utc(when: datetime) -> str:
    """`2026-11-24 23:30 UTC`."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def held_words(hold: Hold) -> str:
    """`2026-11-25 00:00 UTC, for the day's writes`."""
    what = _HELD_FOR.get(hold.why, "")
    return f"{utc(hold.until)}, for {what}" if what else utc(hold.until)


def start_lines(hold: Hold | None, look: Look, width: int) -> list[Text]:
    """When it starts; nothing where that is at once."""
    if hold is None:
        return []
    return [fact("start", [(held_words(hold), look.focus)], look, width)]


def plan_lines(shown: PlanShown, look: Look, width: int) -> list[Text]:
    """Where, why, each way with its cost, the day's writes, and what asks for a reason."""
    plan = shown.plan
    rule = (look.say(plan.rule, 200), look.text)
    if plan.kind is BatchKind.ROLLBACK:
        lines = [fact("where", [*place_cells(plan, look), ("   rule ", look.muted), rule], look, width)]
    else:
        lines = [fact("where", place_cells(plan, look), look, width), fact("rewrite", [rule], look, width)]
    lines += [
        fact("reason", [(look.say(plan.reason), look.text)], look, width),
    ]
    lines += start_lines(shown.hold, look, width)
    lines += way_lines(plan, shown.way, look, width)
    if shown.way is not None:
        lines.append(fact("guard", [(GUARDS[shown.way.guard], look.muted)], look, width))
    for check in shown.checks:
        if check.blocks:
            told = wrap(look.say(check.detail), max(10, width - LABEL))
            lines += [_warned(row, at, look) for at, row in enumerate(told)]
    return [*lines, fact("writes", budget_cells(shown.left, shown.reserve, look), look, width)]


def _warned(row: str, at: int, look: Look) -> Text:
    lead = f"{look.glyphs.warning} " if at == 0 else ""
    return joined([(fit(lead, LABEL, ""), look.slow), (row, look.slow)])


def budget_cells(left: int | None, reserve: int, look: Look) -> list[Cell]:
    """`288 left today, 96 of them kept for rollbacks`."""
    if left is None:
        return [("left today: not known", look.muted)]
    style = look.slow if left <= reserve else look.strong
    return [(count(left), style), (f" left today, {count(reserve)} of them kept for rollbacks", look.muted)]


def way_lines(plan: BatchPlan, chosen: WayCost | None, look: Look, width: int) -> list[Text]:
    """Each way, one a line: chosen, cost, time, what the history will say, whether it fits."""
    proposed = plan.proposed
    lines = []
    for at, way in enumerate(plan.ways):
        lit = way is chosen
        cells: list[Cell] = [
            (f"{look.glyphs.mark if lit else ' '}", look.mark),
            (fit(way.way.value, 10, ""), look.strong if lit else look.text),
            (fit_right(counted(way.writes, "write"), 12, ""), look.text),
            (fit_right(_time(way.seconds), 9, ""), look.muted),
            (f"   as {way.recorded_as:<9} ", look.muted),
            *_fits(way, look, proposed=way is proposed),
        ]
        lines.append(fact("ways" if at == 0 else "", cells, look, width))
    return lines


GUARDS: Final[Mapping[GuardLevel, str]] = {
    GuardLevel.STRONG: "strong: the platform compares versions",
    GuardLevel.BEST_EFFORT: "best effort: read just before and just after",
}


def way_fact(plan: BatchPlan, way: str, look: Look, width: int) -> list[Text]:
    """How a run is sent, what the history says of it, and what protects it; nothing of an unknown way."""
    cost = next((each for each in plan.ways if each.way == way), None)
    if cost is None:
        return []
    told = f"{cost.way.value}, recorded as {cost.recorded_as}; {GUARDS[cost.guard]}"
    return [fact("way", [(told, look.muted)], look, width)]


def _time(seconds: float) -> str:
    return duration(max(1.0, seconds))


def _fits(way: WayCost, look: Look, *, proposed: bool) -> list[Cell]:
    if proposed:
        return [("proposed", look.ok)]
    return [("fits", look.muted)] if way.fits else [(look.say(way.why_not) or "does not fit", look.slow)]


def question_lines(shown: PlanShown, look: Look, width: int) -> list[Text]:
    """What is confirmed by the typed words."""
    plan, way = shown.plan, shown.way
    goal = ", back to:" if plan.kind is BatchKind.ROLLBACK else ", rewritten:"
    what = [
        (counted(len(plan.items), "link"), look.strong),
        (f"{goal} {look.say(plan.rule, 200)}", look.muted),
    ]
    lines = [fact("where", place_cells(plan, look), look, width), fact("links", what, look, width)]
    if plan.left_out:
        lines.append(fact("left out", [(counted(len(plan.left_out), "link"), look.slow)], look, width))
    if way is not None:
        guard = GUARDS[way.guard].partition(":")[0]
        told = f", about {_time(way.seconds)}, recorded as {way.recorded_as}, {guard}"
        cells = [(f"{way.way.value}  ", look.text), (counted(way.writes, "write"), look.strong)]
        lines.append(fact("way", [*cells, (told, look.muted)], look, width))
    lines += start_lines(shown.hold, look, width)
    lines.append(fact("writes", budget_cells(shown.left, shown.reserve, look), look, width))
    lines.append(fact("reason", [(look.say(plan.reason), look.text)], look, width))
    for name, why in shown.overrides.items():
        cells = [(f"{name.replace('_', ' ')}: ", look.slow), (look.say(why), look.text)]
        lines.append(fact("override", cells, look, width))
    return lines


def detail_lines(
    item: BatchItem, outcome: Outcome | None, told: Sequence[str], look: Look, width: int
) -> list[Text]:
    """One item, whole: versions, destinations, clicks, and what became of it."""
    after = "a new version" if item.to is None else label(item.to)
    facts = [
        ("slug", item.slug),
        ("version", f"{label(item.version)} {look.glyphs.arrow} {after}"),
        ("now", item.destination),
        ("afterwards", item.to_destination),
        ("clicks", "not known" if item.clicks is None else count(item.clicks)),
    ]
    lines = []
    for name, words in facts:
        for at, row in enumerate(wrap(look.say(words, 2000), max(10, width - LABEL - 2)) or [""]):
            lines.append(
                joined([(fit(name if at == 0 else "", LABEL + 2, ""), look.muted), (row, look.text)])
            )
    if outcome is not None:
        sign, style = sign_of(outcome, look)
        lines += [Text(), joined([(f"{sign} {SHOWN_AS[outcome]}", style)])]
    lines += [Text(row, look.text) for words in told for row in wrap(look.say(words), width)]
    return lines


def outcome_head(width: int, look: Look) -> list[Cell]:
    """The headings above a run's items."""
    versions = f"{fit_right('FROM', _VERSION, '')}   {fit('TO', _VERSION, '')}"
    words = f"  {fit('SLUG', _slug_width(width), '')}  {versions}  {fit('OUTCOME', _OUTCOME, '')}  "
    return clipped([(words, look.faint), ("DESTINATION, OR WHY NOT", look.faint)], width, look)


def outcome_cells(item: BatchItem, outcome: Outcome, detail: str, width: int, look: Look) -> list[Cell]:
    """One item of a run, and what became of it."""
    sign, style = sign_of(outcome, look)
    slug, cut = _slug_width(width), look.glyphs.ellipsis
    quiet = outcome in {Outcome.APPLIED, Outcome.SKIPPED}
    words = without_scheme(item.to_destination) if quiet or not detail else detail
    rest = max(0, width - 2 - slug - 2 - (2 * _VERSION + 3) - 2 - _OUTCOME - 2)
    return [
        (f"{sign} ", style),
        (fit(look.say(item.slug), slug, cut) + "  ", look.strong),
        (_versions(item, look) + "  ", look.text),
        (fit(SHOWN_AS[outcome], _OUTCOME, cut) + "  ", style),
        (fit(look.say(words), rest, cut), look.muted if quiet else look.text),
    ]


def counts_cells(counts: Mapping[Outcome, int], total: int, look: Look) -> list[Cell]:
    """`✓ 140 applied · ! 2 stale · … 170 waiting   of 312`: they add up."""
    cells: list[Cell] = []
    for outcome in Outcome:
        if number := counts.get(outcome, 0):
            sign, style = sign_of(outcome, look)
            cells += [(f"   {sign} " if cells else f"{sign} ", style), (count(number), look.strong)]
            cells.append((f" {SHOWN_AS[outcome]}", style))
    return [*cells, (f"   of {count(total)}", look.muted)]


def bar_cells(done: int, total: int, right: str, look: Look, width: int) -> list[Cell]:
    """How far it is, as a bar with words at its end."""
    room = max(8, width - LABEL - width_of(right) - 2)
    full = room * min(done, total) // total if total else 0
    return [
        (look.glyphs.bar * full, look.focus), (look.glyphs.rule * (room - full), look.faint),
        (f"  {right}", look.muted),
    ]  # fmt: skip


def version_made(version: VersionId | None) -> str:
    """The version that a write made, in words."""
    return "" if version is None else f"It made {label(version)}."


def ends(left: list[Cell], right: list[Cell], width: int, look: Look) -> Text:
    """A line with something at either end."""
    return joined(two_ends(left, right, width, look))


_STATE: Final = 8
_ITEMS: Final = 13


def standing_cells(run: RunLine, look: Look) -> list[Cell]:
    """How a run stands that is not performed here, and why."""
    style = look.ok if run.state is RunState.DONE else look.slow
    why = STOP_WORDS.get(run.stop_reason, run.stop_reason)
    if run.state is RunState.HELD and run.hold_until:
        why += f", {utc(datetime.fromisoformat(run.hold_until))}"
    if run.busy:
        why = f"performed by another process of this machine{': ' if why else ''}{why}"
    return (
        [(run.state.value, style), (f"  {look.say(why)}", look.text)] if why else [(run.state.value, style)]
    )


def run_head(width: int, look: Look) -> list[Cell]:
    """The headings above the runs."""
    words = (
        f"{fit('RUN', 8, '')}  {fit('BEGUN (UTC)', 16, '')}  {fit('STATE', _STATE, '')}  "
        f"{fit_right('DONE', _ITEMS, '')}  REASON"
    )
    return clipped([(words, look.faint)], width, look)


def run_cells(run: RunLine, width: int, look: Look) -> list[Cell]:
    """One run: when, how it stands, how many items have their end, why it was begun."""
    cut = look.glyphs.ellipsis
    style = look.ok if run.state is RunState.DONE else look.focus if run.busy else look.slow
    done = f"{count(run.total - run.waiting)} of {count(run.total)}"
    rest = max(0, width - 8 - 2 - 16 - 2 - _STATE - 2 - _ITEMS - 2)
    return [
        (fit(look.say(run.run[:8]), 8, "") + "  ", look.strong),
        (fit(look.say(run.created_at[:16].replace("T", " ")), 16, cut) + "  ", look.muted),
        (fit(run.state.value, _STATE, cut) + "  ", style),
        (fit_right(done, _ITEMS, cut) + "  ", look.text),
        (fit(look.say(("undo: " if run.undoes else "") + run.reason), rest, cut), look.text),
    ]

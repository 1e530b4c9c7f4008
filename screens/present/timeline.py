"""A link's history as lines: the rail, each version's state, who and how, what changed, rollback arrows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.health import Band, HealthResult
from console.domain.links import VersionId, label
from console.domain.versions import Action, Timeline, Version, diff, same_version
from screens.present.cells import Cell, clipped, fit, joined, two_ends, width_of
from screens.present.diff import change_cells
from screens.present.words import ago, health_of, looked_ago
from screens.themes import Look

RAIL: Final = 3
"""Cells of the rail: the node, the lane of a rollback arrow, a blank."""
INDENT: Final = 2
"""Cells by which what a version did stands behind its name."""
NARROW: Final = 30
"""Below this many cells an age stands without `ago`."""


@dataclass(frozen=True, slots=True)
class TimelineMarks:
    """What is known of the versions beside their history. The rules behind them live in the core.

    Attributes:
        health: the newest result recorded while each version was live.
        last_healthy: the newest version before the live one that was last seen to work.
        bad: versions noted bad, and why.
        seen: the version this operator last saw as live.
        going_to: the version a rollback would go back to now.
    """

    health: Mapping[VersionId, HealthResult] = field(default_factory=dict)
    last_healthy: VersionId | None = None
    bad: Mapping[VersionId, str] = field(default_factory=dict)
    seen: VersionId | None = None
    going_to: VersionId | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One version's lines. The first is its name, state and age."""

    version: Version
    lines: tuple[tuple[Cell, ...], ...]


def entries(timeline: Timeline, marks: TimelineMarks, look: Look, width: int, now: datetime) -> list[Entry]:
    """The whole history, newest first, each line exactly `width` cells."""
    scene = _Scene(timeline, marks, look, width - RAIL, now)
    lanes = rollback_lanes(timeline)
    last = len(timeline.versions) - 1
    found: list[Entry] = []
    for index, version in enumerate(timeline.versions):
        body = [scene.headline(version), *scene.story(index)]
        if index < last:
            body.append([])
        lines = [
            (*scene.rail(index, lanes, first=number == 0), *clipped(cells, width - RAIL, look))
            for number, cells in enumerate(body)
        ]
        found.append(Entry(version, tuple(lines)))
    if not timeline.complete and found:
        more = clipped([(" " * RAIL + "older versions not read", look.faint)], width, look)
        found[-1] = Entry(found[-1].version, (*found[-1].lines, tuple(more)))
    return found


def rollback_lanes(timeline: Timeline) -> dict[int, int]:
    """Rollbacks that can be drawn as an arrow: index of the rollback to index of what it restored.

    One lane is drawn; a rollback whose arrow would cross one already there is told in words only.
    """
    lanes: dict[int, int] = {}
    taken = -1
    places = {(type(v.version), v.version): i for i, v in enumerate(timeline.versions)}
    for index, version in enumerate(timeline.versions):
        to = version.rolled_back_to
        if version.action is not Action.ROLLBACK or to is None or index <= taken:
            continue
        below = places.get((type(to), to), -1)
        if below > index:
            lanes[index] = below
            taken = below
    return lanes


@dataclass(frozen=True, slots=True)
class _Scene:
    """One history as it is shown now; `width` is what is left beside the rail."""

    timeline: Timeline
    marks: TimelineMarks
    look: Look
    width: int
    now: datetime

    def rail(self, index: int, lanes: Mapping[int, int], *, first: bool) -> list[Cell]:
        glyphs, look = self.look.glyphs, self.look
        lane = " "
        for start, end in lanes.items():
            if start == index:
                lane = glyphs.turn_from if first else glyphs.rail
            elif end == index and first:
                lane = glyphs.turn_end
            elif start < index < end:
                lane = glyphs.rail
        if first:
            sign, style = self.node(self.timeline.versions[index])
        else:
            bottom = index == len(self.timeline.versions) - 1
            sign, style = (" " if bottom else glyphs.rail), look.faint
        return [(sign, style), (lane + " ", look.faint)]

    def node(self, version: Version) -> tuple[str, Style]:
        """A version's sign on the rail."""
        glyphs, look, marks = self.look.glyphs, self.look, self.marks
        if same_version(version.version, self.timeline.live):
            return glyphs.live, self.live_style(version)
        if version.version in marks.bad:
            return glyphs.bad, look.slow
        if same_version(version.version, marks.last_healthy):
            return glyphs.healthy, look.ok
        return glyphs.node, look.muted

    def live_style(self, version: Version) -> Style:
        result = self.marks.health.get(version.version)
        return self.look.strong if result is None else self.look.band(result.verdict.band)

    def state(self, version: Version) -> tuple[str, Style]:
        """A version's state in words: `live · 503 12s ago`, `last healthy 3d ago`, `noted bad · 503 4m ago`.

        A verdict never stands without its age: what failed when it was looked at may work now.
        """
        look, dot = self.look, self.look.glyphs.dot
        result = self.marks.health.get(version.version)
        if same_version(version.version, self.timeline.live):
            words, style = f"live {dot} {health_of(result)}", self.live_style(version)
        elif version.version in self.marks.bad:
            words, style = "noted bad", look.slow
            if result is not None and not result.verdict.silent:
                words += f" {dot} {health_of(result)}"
            else:
                result = None
        elif same_version(version.version, self.marks.last_healthy):
            words, style = "last healthy", look.ok
        else:
            words, style = {
                Band.OK: ("healthy", look.text),
                Band.DOWN: (f"was down {dot} {health_of(result)}", look.down),
                Band.SLOW: (f"was slow {dot} {health_of(result)}", look.slow),
                Band.BLOCKED: ("refused checks", look.muted),
                Band.UNCHECKED: ("not checked", look.faint),
            }[Band.UNCHECKED if result is None else result.verdict.band]
        return (words if result is None else f"{words} {looked_ago(result, self.now)}"), style

    def headline(self, version: Version) -> list[Cell]:
        look = self.look
        words, style = self.state(version)
        name = look.say(label(version.version), 24)
        left: list[Cell] = [
            (fit(name, max(4, width_of(name) + 1), ""), look.strong),
            (look.say(words), style),
        ]
        age = ago(version.created_at, self.now)
        if self.width < NARROW:
            age = age.removesuffix(" ago")
        if same_version(version.version, self.marks.going_to):
            target: Cell = (f" {look.glyphs.dot} target", look.focus)
            room = self.width - width_of(age) - sum(width_of(text) for text, _ in left)
            if room > width_of(target[0]):
                left.append(target)
        return two_ends(left, [(age, look.faint)], self.width, look)

    def story(self, index: int) -> list[list[Cell]]:
        look, version = self.look, self.timeline.versions[index]
        pad: Cell = (" " * INDENT, look.text)
        room, ellipsis = self.width - INDENT, look.glyphs.ellipsis
        dot = f" {look.glyphs.dot} "
        who: list[Cell] = [
            (dot.join((look.say(version.created_by) or "somebody", how(version, look))), look.muted)
        ]
        if same_version(version.version, self.marks.seen):
            who.append((dot + "seen by you", look.focus))
        lines = [[pad, *clipped(who, room, look)]]
        if version.note:
            lines.append([pad, (fit(look.say(version.note), room, ellipsis), look.muted)])
        if why := self.marks.bad.get(version.version, ""):
            lines.append([pad, (fit(f"bad: {look.say(why)}", room, ellipsis), look.slow)])
        if index + 1 < len(self.timeline.versions):
            older = self.timeline.versions[index + 1]
            for change in diff(older.snapshot, version.snapshot):
                lines += [[pad, *line] for line in change_cells(change, look, room)]
        return lines


def how(version: Version, look: Look) -> str:
    """How a version came to be: `import`, `rollback to v5`."""
    if version.action is Action.ROLLBACK and version.rolled_back_to is not None:
        return f"rollback to {look.say(label(version.rolled_back_to))}"
    return "change" if version.action is Action.OTHER else version.action.value


def texts(found: list[Entry]) -> list[Text]:
    """The entries' lines one after another."""
    return [joined(line) for entry in found for line in entry.lines]

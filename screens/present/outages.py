"""Outages by host, a sweep's progress, and samples as a sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.health import Band, Difference
from console.domain.outages import Outage, Side
from screens.glyphs import Glyphs
from screens.present.cells import Cell, clipped, fit, joined, width_of
from screens.present.words import age_short, aged, count, duration, since
from screens.themes import Look

_COUNT: Final = 13
_SINCE: Final = 14
_SPARK: Final = 12
_COUNT_NARROW: Final = 11
_SPARK_NARROW: Final = 5
"""Where there is little room: drawn only when every kind still fits beside it."""
_HOST_MIN: Final = 14
_WIDE: Final = 92
"""Cells from which there is room for a sparkline of full length, beside whatever else there is."""


def sparkline(values: Sequence[int], width: int, glyphs: Glyphs) -> str:
    """Samples as a line of bars, oldest first; the highest value fills a cell, nothing is a blank.

    More samples than cells are folded by their maximum, so that a peak is never lost.
    """
    if not values or width <= 0:
        return " " * max(0, width)
    if len(values) > width:
        values = [
            max(values[i * len(values) // width : (i + 1) * len(values) // width]) for i in range(width)
        ]
    top = max(values)
    levels = len(glyphs.spark)
    bars = [" " if v <= 0 or top <= 0 else glyphs.spark[max(0, -(-v * levels // top) - 1)] for v in values]
    return "".join(bars).rjust(width)


def kinds_text(outage: Outage, look: Look, width: int) -> str:
    """What failed how often, most first: `503 ×980   refused ×32`; what does not fit is counted."""
    shown: list[str] = []
    kinds = outage.kinds.most_common()
    gap = "   " if width >= _WIDE // 3 else "  "
    for index, (kind, number) in enumerate(kinds):
        text = f"{look.say(kind)} {look.glyphs.times}{count(number)}"
        more = f"+{len(kinds) - index} more"
        if width_of(gap.join([*shown, text])) > width and shown:
            return fit(gap.join([*shown, more]), width, look.glyphs.ellipsis)
        shown.append(text)
    return fit(gap.join(shown), width, look.glyphs.ellipsis)


def outage_cells(outage: Outage, samples: Sequence[int], look: Look, width: int, now: datetime) -> list[Cell]:
    """One host: sign, host, how many, what, since when, and how it grew. Exactly `width` cells."""
    style = look.band(outage.band)
    word = "down" if outage.band is Band.DOWN else "slow"
    host_width = max(_HOST_MIN, min(26, width // 4))
    spark, counted = (_SPARK, _COUNT) if width >= _WIDE else (0, _COUNT_NARROW)
    used = 2 + host_width + 1 + counted + 1 + _SINCE + (spark + 1 if spark else 0)
    cells: list[Cell] = [
        (look.glyphs.band(outage.band) + " ", style),
        (fit(look.say(outage.host) or "no host", host_width, look.glyphs.ellipsis) + " ", look.strong),
        (fit(f"{count(outage.count)} {word}", counted, look.glyphs.ellipsis) + " ", style),
    ]
    room = width - used
    if room >= 12:
        kinds = kinds_text(outage, look, room - 1)
        if not spark and width_of(kinds.rstrip()) <= room - 2 - _SPARK_NARROW:
            left = fit(kinds.rstrip(), room - 2 - _SPARK_NARROW, look.glyphs.ellipsis)
            cells += [(left + " ", look.text), (sparkline(samples, _SPARK_NARROW, look.glyphs) + " ", style)]
        else:
            cells.append((kinds + " ", look.text))
    cells.append((fit(f"since {since(outage.since, now)}", _SINCE, look.glyphs.ellipsis), look.muted))
    if spark:
        cells.append((" " + sparkline(samples, spark, look.glyphs), style))
    return clipped(cells, width, look)


def outage_lines(
    outage: Outage, samples: Sequence[int], look: Look, width: int, now: datetime
) -> tuple[Text, Text]:
    """One host in two lines: what fails since when, and both vantage points side by side."""
    return joined(outage_cells(outage, samples, look, width, now)), second_look_line(outage, look, width, now)


def healthy_line(
    hosts: int,
    links: int,
    latencies: Sequence[float],
    look: Look,
    width: int,
    *,
    oldest_seconds: float | None = None,
) -> Text:
    """The hosts that answer: `211 other hosts   149 healthy   p50 96 ms   p95 410 ms   oldest 3 min`.

    `oldest_seconds`: the age of the oldest look that still counts as healthy.
    """
    host_width = max(_HOST_MIN, min(26, width // 4))
    text = f"{count(hosts)} other hosts"
    cells: list[Cell] = [
        (look.glyphs.ok + " ", look.ok),
        (fit(text, host_width, look.glyphs.ellipsis) + " ", look.text),
        (f"{count(links)} healthy   ", look.ok),
    ]
    if latencies:
        ordered = sorted(latencies)
        middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
        cells.append((f"p50 {middle:.0f} ms   p95 {high:.0f} ms   ", look.muted))
    if oldest_seconds is not None:
        old = oldest_seconds > OLD_SECONDS
        cells.append((f"oldest {duration(max(0.0, oldest_seconds))}", look.slow if old else look.muted))
    return joined(clipped(cells, width, look))


def sweep_line(
    done: int,
    total: int,
    per_second: float,
    look: Look,
    width: int,
    *,
    paused: bool = False,
    ended: bool = False,
    name: str = "Sweep",
) -> Text:
    """`Sweep  1,204 of 12,418  ━━━━──────  92/s  2 min left`; `done` or `stopped` when it has ended."""
    left: list[Cell] = [(f"{name}  ", look.muted), (f"{count(done)} of {count(total)}  ", look.text)]
    rest = (total - done) / per_second if per_second > 0 else None
    if ended:
        right = "done" if done >= total else "stopped"
    elif paused:
        right = "paused"
    elif rest is None:
        right = "waiting for answers"
    else:
        right = f"{per_second:.0f}/s" + (f"  {duration(rest)} left" if done < total else "")
    room = width - sum(width_of(t) for t, _ in left) - width_of(right) - 2
    if room >= 8:
        full = room if total == 0 else room * done // total
        left += [(look.glyphs.bar * full, look.focus), (look.glyphs.rule * (room - full), look.faint)]
    left.append(("  " + right, look.muted))
    return joined(clipped(left, width, look))


OLD_SECONDS: Final = 600.0
"""From this age a result says little of now."""
_SIDES_NARROW: Final = {"here": 20, "platform": 24}
"""Cells where there is little room, so that what their difference means is never cut."""


def second_look_line(outage: Outage, look: Look, width: int, now: datetime) -> Text:
    """Both vantage points: `Second look  here 503 12s  platform 503 1m  down from both  3 flapping`.

    An old result is told as old: it may be of another state of the world.
    """
    wide = width >= _WIDE
    cells: list[Cell] = [("  " + fit("Second look", 13 if wide else 0, ""), look.muted)]
    for name, side in (("here", outage.here), ("platform", outage.platform)):
        text, style = _side(name, side, look, now)
        cells.append((fit(text, 30 if wide else _SIDES_NARROW[name], look.glyphs.ellipsis) + " ", style))
    cells.append((outage.difference.value, _style_of(outage.difference, look)))
    if outage.flapping:
        cells.append((f"  {count(outage.flapping)} flapping", look.slow))
    return joined(clipped(cells, width, look))


def _side(name: str, side: Side | None, look: Look, now: datetime) -> tuple[str, Style]:
    if side is None:
        return f"{name} not looked at", look.faint
    age = (now - side.checked_at).total_seconds()
    if age > OLD_SECONDS:
        return f"{name} {look.say(side.kind)}, {aged(age)}", look.slow
    return f"{name} {look.say(side.kind)} {age_short(age)}", look.text


def _style_of(difference: Difference, look: Look) -> Style:
    if difference in {Difference.AGREE_OK, Difference.SLOW_NOT_DOWN, Difference.BLOCKED_NOT_DOWN}:
        return look.ok
    return look.down if difference is Difference.AGREE_DOWN else look.slow

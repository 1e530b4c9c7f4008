"""Ages, numbers and verdicts in the fewest words an operator reads without thinking."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from console.domain.health import HealthResult, Verdict

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400
_STEP: Final = 15
"""Seconds by which ages below a minute move."""
_SKEW: Final = 60.0
"""Seconds that a clock may be ahead of ours before an age is no longer believed."""

UNKNOWN_AGE: Final = "?"
NO_AGE: Final = "-"
_NOW: Final = "now"

_WORDS: Final[dict[Verdict, str]] = {
    Verdict.DEAD: "dead",
    Verdict.SERVER_ERROR: "error",
    Verdict.REFUSED: "refused",
    Verdict.TLS_BAD: "bad TLS",
    Verdict.LOOP: "loop",
    Verdict.TIMEOUT: "timeout",
    Verdict.SLOW: "slow",
    Verdict.SOFT_404: "soft 404",
    Verdict.BLOCKED: "blocked",
    Verdict.TLS_EXPIRING: "TLS ends",
    Verdict.OK: "ok",
    Verdict.OK_REDIRECTED: "ok",
    Verdict.NOT_CHECKED: "unchecked",
    Verdict.UNKNOWN: "unknown",
}
HEALTH_WIDTH: Final = 9
"""Cells of the longest health word."""


def latency(milliseconds: float) -> str:
    """`120 ms`, `1.2 s`, `14 s`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def health_word(
    verdict: Verdict | None, status_code: int | None = None, latency_ms: float | None = None
) -> str:
    """A verdict in at most `HEALTH_WIDTH` cells: `503`, `refused`, `slow 8.1s`, `120 ms`, `unchecked`."""
    if verdict is None:
        return _WORDS[Verdict.NOT_CHECKED]
    if verdict in {Verdict.SERVER_ERROR, Verdict.DEAD} and status_code:
        return str(status_code)
    if verdict in {Verdict.OK, Verdict.OK_REDIRECTED} and latency_ms is not None:
        return latency(latency_ms)
    if verdict is Verdict.SLOW and latency_ms is not None:
        if latency_ms >= 99_500:
            return "slow >99s"
        return f"slow {latency(latency_ms).replace(' s', 's')}" if latency_ms >= 1000 else "slow"
    return _WORDS[verdict]


def health_of(result: HealthResult | None) -> str:
    """The word of one result, with the phase of a timeout: `timeout (dns)`."""
    if result is None:
        return health_word(None)
    word = health_word(result.verdict, result.status_code, result.latency_ms)
    if result.verdict is Verdict.TIMEOUT and result.phase is not None:
        return f"{word} ({result.phase})"
    return word


def looked_ago(result: HealthResult, now: datetime) -> str:
    """How old a result is, short enough to stand behind its word: `just now`, `15s ago`, `3d ago`."""
    age = age_short((now - result.checked_at).total_seconds())
    if age == _NOW:
        return "just now"
    return "at an unknown time" if age == UNKNOWN_AGE else f"{age} ago"


def age_short(seconds: float | None) -> str:
    """An age for a narrow column, at most four cells: `now`, `15s`, `2m`, `3h`, `9d`, `2y`.

    None is `-`; an age from a clock that is ahead of ours is `?`.
    """
    if seconds is None:
        return NO_AGE
    if seconds < -_SKEW:
        return UNKNOWN_AGE
    whole = int(_stepped(max(0.0, seconds)))
    if not whole:
        return _NOW
    for limit, unit, name in ((_MINUTE, 1, "s"), (_HOUR, _MINUTE, "m"), (2 * _DAY, _HOUR, "h")):
        if whole < limit:
            return f"{whole // unit}{name}"
    days = whole // _DAY
    return f"{days}d" if days < 365 else f"{min(days // 365, 999)}y"


def duration(seconds: float) -> str:
    """A span in words: `8 s`, `14 min`, `3 h`, `2 d`."""
    whole = max(0, int(seconds))
    for limit, unit, name in (
        (_MINUTE, 1, "s"),
        (2 * _HOUR, _MINUTE, "min"),
        (2 * _DAY, _HOUR, "h"),
    ):
        if whole < limit:
            return f"{whole // unit} {name}"
    return f"{whole // _DAY} d"


def aged(seconds: float) -> str:
    """An age that stands on screen: `just now`, `15 s ago`, `3 h ago`.

    Below a minute it moves by `_STEP`: told second by second it would be redrawn for ever on an idle line.
    """
    if seconds < _STEP:
        return "just now"
    return f"{duration(_stepped(seconds))} ago"


def _stepped(seconds: float) -> float:
    return seconds // _STEP * _STEP if seconds < _MINUTE else seconds


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago: `just now`, `30 s ago`, `3 h ago`, `9 d ago`, then the day (`Nov 21`, `Nov 21 2024`)."""
    if when is None:
        return "at an unknown time"
    seconds = (now - when).total_seconds()
    if seconds < -_SKEW:
        return "ahead of this clock"
    if seconds < 14 * _DAY:
        return aged(seconds)
    return day(when, now)


def ago_seconds(seconds: float | None) -> str:
    """The same for an age that a `Moment` gave; None when no clock can tell."""
    return "at an unknown time" if seconds is None else aged(seconds)


def day(when: datetime, now: datetime) -> str:
    """A day as seen from `now`'s time zone: `Nov 21`, with the year where it is another one."""
    local = when.astimezone(now.tzinfo)
    text = f"{local:%b} {local.day}"
    return text if local.year == now.year else f"{text} {local.year}"


def since(when: datetime, now: datetime) -> str:
    """Since when, in `now`'s time zone, in at most eight cells: `14:02`, `Nov 21`, `Nov 2024`."""
    local = when.astimezone(now.tzinfo)
    if local.year != now.year:
        return f"{local:%b %Y}"
    return f"{local:%H:%M}" if local.date() == now.date() else day(when, now)


def count(number: int) -> str:
    """`12,418`."""
    return f"{number:,}"


def clicks_short(number: int | None) -> str:
    """Visitors in at most seven cells: `40,317`, `12.3M`; `-` where nobody counts them."""
    if number is None:
        return NO_AGE
    return f"{number:,}" if number < 1_000_000 else f"{number / 1e6:,.1f}M"

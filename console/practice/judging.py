"""Judging a drill from what really happened on the practice platform, and scoring it.

The platform knows which pages answer, so a wrong move needs no opinion: a link that led to a page that
answers was moved, or a link was moved to a page that fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from console.practice.drills import GOOD_ROWS, Drill, Goal
from console.practice.landing import Page
from console.practice.store import Event

if TYPE_CHECKING:
    from console.practice.control import Control

FAILING: Final = frozenset({Page.DOWN, Page.DEAD, Page.GONE, Page.LOOP, Page.CUT, Page.RESET})
MENDED_POINTS: Final = 60
TIME_POINTS: Final = 40
WRONG_MOVE: Final = 20
EXTRA_WRITE: Final = 3
NOT_HEEDED: Final = 10
SLOWEST: Final = 4.0
"""Times par after which time earns nothing."""


@dataclass(frozen=True, slots=True)
class Move:
    """One write of the operator that took effect. `wrong` says why, empty when it was right."""

    at: float
    slug: str
    version: int
    wrong: str


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal that the console gave: of which link, and when, in seconds since the start."""

    slug: str
    at: float
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """How a drill went.

    Attributes:
        seconds: to the moment from which everything was mended; None: it was not.
        mended: links mended of `targets`.
        writes: writes that the platform counted; `par_writes` what the best line spends.
        heeded: refusals that were heeded, of `refusals`.
        score: 0 to 100.
    """

    name: str
    seconds: float | None
    lasted: float
    targets: int
    mended: int
    moves: tuple[Move, ...]
    writes: int
    par_writes: int
    refusals: int
    heeded: int
    score: int

    @property
    def wrong_moves(self) -> tuple[Move, ...]:
        """Moves that made something worse, or undid what was right."""
        return tuple(move for move in self.moves if move.wrong)


class Judge:
    """Watches one drill. Made once the platform stands; the clock starts with `begin`."""

    def __init__(self, platform: Control, drill: Drill) -> None:
        self._platform = platform
        self.drill = drill
        self.targets = tuple(self._targets())
        self._started = platform.now()
        self._skip = len(platform.events)
        self._writes = platform.meter.used

    def begin(self) -> None:
        """The operator sees the screen now."""
        self._started = self._platform.now()

    def judge(self, refusals: Sequence[Said] = ()) -> Judged:
        """How it went until now.

        Args:
            refusals: what the console refused, from its journal.
        """
        now = self._platform.now()
        events = self._platform.events[self._skip :]
        moves = tuple(self._moves(events))
        mended_at = self._mended_at(events)
        mended = sum(self._done(name) for name in self.targets)
        finished = self._finished(mended, moves, now)
        seconds = None if not finished else self._seconds(mended_at, now)
        par_writes = len(self.targets) if self.drill.writes is None else self.drill.writes
        heeded = sum(self._heeded(said, moves) for said in refusals)
        judged = Judged(
            self.drill.name, seconds, now - self._started, len(self.targets), mended, moves,
            self._platform.meter.used - self._writes, par_writes, len(refusals), heeded, 0,
        )  # fmt: skip
        return _scored(judged, self.drill)

    def works(self, url: str) -> bool:
        """Whether a destination's page answers, slow or not."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if port == self._platform.setting.refused_port:
            return False
        return self._platform.landing.site_of(parts.hostname or "", parts.path).page not in FAILING

    def _targets(self) -> Iterable[str]:
        if self.drill.goal is Goal.LEAVE:
            return
        if self.drill.goal is Goal.IMPORT:
            yield from GOOD_ROWS
            return
        for plot in self._platform.stage.plots:
            host = (urlsplit(plot.destination).hostname or "").removesuffix(".localhost")
            wanted = plot.slug in self.drill.only if self.drill.only else host == self.drill.host
            if wanted and not self.works(plot.destination) and self._can_be_mended(plot.slug):
                yield plot.slug

    def _can_be_mended(self, slug: str) -> bool:
        return any(self.works(v["snapshot"]["destinationUrl"]) for v in self._platform.history(slug))

    def _done(self, slug: str) -> bool:
        if self._platform.store.get(slug) is None:
            return False
        return self.works(str(self._platform.link(slug)["destinationUrl"]))

    def _url(self, slug: str, version: int | None) -> str | None:
        if version is None:
            return None
        held = self._platform.store.get(slug)
        kept = None if held is None else self._platform.store.version(held, version)
        if kept is None:
            return None
        import json

        return str(json.loads(kept.record)["destinationUrl"])

    def _moves(self, events: Sequence[Event]) -> Iterable[Move]:
        """The operator's writes; a colleague's have no request."""
        for event in events:
            if event.request_id is None:
                continue
            before = self._url(event.slug, event.before_version)
            after = self._url(event.slug, event.after_version)
            yield Move(
                event.at - self._started, event.slug, event.after_version, self._wrong(event, before, after)
            )

    def _wrong(self, event: Event, before: str | None, after: str | None) -> str:
        if before is None:
            sheet = self.drill.goal is Goal.IMPORT and event.slug in GOOD_ROWS
            return "" if sheet else "a link that nobody asked for"
        if after is None or not self.works(after):
            return "it leads to a page that fails"
        return "it led to a page that answers" if self.works(before) and before != after else ""

    def _mended_at(self, events: Sequence[Event]) -> float | None:
        """When the last target came to lead to a page that answers, for good."""
        last: dict[str, float] = {}
        for event in events:
            if event.slug not in self.targets:
                continue
            after = self._url(event.slug, event.after_version)
            if after is None or not self.works(after):
                last.pop(event.slug, None)
            else:
                last.setdefault(event.slug, event.at)
        return max(last.values(), default=None)

    def _finished(self, mended: int, moves: Sequence[Move], now: float) -> bool:
        if self.drill.goal is Goal.LEAVE:
            return not moves and self._looked()
        return mended == len(self.targets) and now >= self._started

    def _seconds(self, mended_at: float | None, now: float) -> float:
        return (now if mended_at is None else max(mended_at, self._started)) - self._started

    def _looked(self) -> bool:
        """Whether the pages in question were looked at from here."""
        name = f"{self.drill.host}.localhost"
        return any(v.host.split(":", 1)[0] == name for v in self._platform.landing.visits)

    def _heeded(self, said: Said, moves: Sequence[Move]) -> bool:
        """A refusal is heeded unless it was overridden, or a wrong move of the link came after it."""
        after = [m for m in moves if m.slug == said.slug and m.at >= said.at and m.wrong]
        return not said.overridden and not after


def _scored(judged: Judged, drill: Drill) -> Judged:
    from dataclasses import replace

    share = judged.mended / judged.targets if judged.targets else 0.0
    points = MENDED_POINTS * share
    if judged.seconds is not None:
        late = max(0.0, judged.seconds - drill.par) / (drill.par * (SLOWEST - 1))
        points = MENDED_POINTS + TIME_POINTS * max(0.0, 1.0 - late)
    points -= WRONG_MOVE * len(judged.wrong_moves)
    points -= EXTRA_WRITE * max(0, judged.writes - judged.par_writes)
    points -= NOT_HEEDED * (judged.refusals - judged.heeded)
    return replace(judged, score=round(min(100.0, max(0.0, points))))

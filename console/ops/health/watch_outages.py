"""Watching outages: what began, grew, shrank or ended between two looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.domain.health import Difference
from console.domain.outages import Outage
from console.domain.words import counted
from console.ops.health.outages import outages_among
from console.ops.health.sweep import Chosen, check_chosen
from console.ops.session import Session
from console.ops.sync import read_platform_health


class Turn(StrEnum):
    """What became of an outage."""

    BEGAN = "began"
    GREW = "grew"
    SHRANK = "shrank"
    TURNED = "turned"
    """As many links fail, but it means something else: another band, or another vantage point."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one host.

    Attributes:
        outage: as it is now; for one that ended, as it last was.
        before: links that failed at the look before.
        links: links that fail now.
    """

    turn: Turn
    outage: Outage
    before: int
    links: int

    @property
    def sentence(self) -> str:
        """The change in one line."""
        outage = self.outage
        if self.turn is Turn.ENDED:
            return f"{outage.host} answers again: none of {self.before:,} links fails"
        kinds = ", ".join(f"{kind} x{count}" for kind, count in outage.kinds.most_common(3))
        means = "" if outage.difference is Difference.INCONCLUSIVE else f"; {outage.difference.value}"
        grown = "" if self.turn is Turn.BEGAN else f", {self.before:,} before"
        word = {Turn.BEGAN: outage.band.value}.get(self.turn, f"{self.turn.value}, {outage.band.value}")
        return f"{outage.host} {word}: {counted(self.links, 'link')} ({kinds}){grown}{means}"


def changes(before: Iterable[Outage], now: Iterable[Outage]) -> list[Change]:
    """What differs between two looks, host by host: what is there now first, then what ended."""
    known = {outage.host: outage for outage in before}
    found = []
    for outage in now:
        old = known.pop(outage.host, None)
        turn = _turn(old, outage)
        if turn is not None:
            found.append(Change(turn, outage, old.count if old else 0, outage.count))
    return found + [Change(Turn.ENDED, old, old.count, 0) for old in known.values()]


def _turn(old: Outage | None, now: Outage) -> Turn | None:
    if old is None:
        return Turn.BEGAN
    if now.count != old.count:
        return Turn.GREW if now.count > old.count else Turn.SHRANK
    return Turn.TURNED if (now.band, now.difference) != (old.band, old.difference) else None


class OutageWatch:
    """Looks at the same links again and again. Free: from here, and at the platform's last results."""

    def __init__(self, session: Session, slugs: Sequence[str]) -> None:
        self._session = session
        self._slugs = tuple(slugs)
        self._last: tuple[Outage, ...] = ()

    async def look(self) -> list[Change]:
        """Look now; what has changed since the last look. At the first one, every outage began.

        Raises:
            StorageProblem: the results cannot be kept.
        """
        await read_platform_health(self._session)
        async for _ in check_chosen(self._session, Chosen(self._slugs)):
            pass
        now = outages_among(self._session, self._slugs)
        found = changes(self._last, now)
        self._last = now
        return found

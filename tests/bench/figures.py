"""What a benchmark found, beside what it is measured against; and how a run of them is shown."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured.

    Attributes:
        links: in the long list.
        rounds: of which the median counts.
        smoke: everything as small as it can be: whether it runs is what is wanted.
        peers: paths of other programs, by name; those on PATH are found.
    """

    links: int = 100_000
    rounds: int = 5
    smoke: bool = False
    peers: dict[str, str] | None = None

    def sized(self, whole: int, small: int) -> int:
        """A number of things, or a few of them in a smoke."""
        return small if self.smoke else whole


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        ours: what we need, in `unit`.
        against: what the peer or limit needs in the same run; None where `ours` itself is judged.
        peer: what that is.
        reach: the ratio (or the number) to reach.
        limit: the one past which a run fails: what is reached today, and room for a busy machine.
        least: more is better.
        missing: why there is none; such a row is shown and judged by nobody.
    """

    name: str
    ours: float
    unit: str
    against: float | None = None
    peer: str = ""
    reach: float | None = None
    limit: float | None = None
    least: bool = False
    missing: str = ""

    @property
    def judged(self) -> float:
        """The ratio, or the number where it is compared with nothing."""
        return self.ours if self.against is None else self.ours / self.against if self.against else 0.0

    def _meets(self, bound: float | None) -> bool:
        return bound is None or (self.judged >= bound if self.least else self.judged <= bound)

    @property
    def worse(self) -> bool:
        """Whether it is past its limit."""
        return not self.missing and not self._meets(self.limit)

    @property
    def word(self) -> str:
        """How it stands."""
        if self.missing:
            return self.missing
        if self.worse:
            return "WORSE THAN IT WAS"
        if self.reach is None:
            return ""
        return "reached" if self._meets(self.reach) else "falls short"

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        if self.missing:
            return (self.name, "", "", "", "", self.word)
        sign = "≥" if self.least else "≤"
        ratio = "" if self.against is None else f"{self.judged:.2f} ×"
        reach = (
            "" if self.reach is None else f"{sign} {self.reach:g}{' ×' if self.against is not None else ''}"
        )
        other = "" if self.against is None else f"{number(self.against)} {self.unit}"
        peer = f"{other} {self.peer}".strip()
        return (self.name, f"{number(self.ours)} {self.unit}", peer, ratio, reach, self.word)


def number(value: float) -> str:
    """Three figures that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """On what this was measured, and how busy it was."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, load {load:.1f}; Python {platform.python_version()}, "
        f"textual {version('textual')}, httpx {version('httpx')}, SQLite {sqlite3.sqlite_version}"
    )


def table(figures: Sequence[Figure]) -> str:
    """All of them, in columns."""
    heads = ("FIGURE", "OURS", "AGAINST", "RATIO", "TO REACH", "")
    rows = [heads, *(figure.cells() for figure in figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def share(ours: float, against: float) -> float:
    """A ratio that a figure of zero cannot break."""
    return ours / against if against else 0.0

"""The signs on screen, as a Unicode set and as an ASCII set of the same widths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from console.domain.health import Band


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One sign for each meaning; every one is one cell wide, so that columns stay aligned."""

    unicode: bool
    down: str
    slow: str
    ok: str
    blocked: str
    unchecked: str
    live: str
    healthy: str
    node: str
    bad: str
    rail: str
    turn_from: str
    turn_to: str
    turn_end: str
    mark: str
    passed: str
    warning: str
    failed: str
    skipped: str
    pending: str
    prompt: str
    dot: str
    times: str
    arrow: str
    descending: str
    ascending: str
    ellipsis: str
    rule: str
    bar: str
    spark: str

    def band(self, band: Band) -> str:
        """The sign of a health band."""
        return {
            Band.DOWN: self.down,
            Band.SLOW: self.slow,
            Band.OK: self.ok,
            Band.BLOCKED: self.blocked,
            Band.UNCHECKED: self.unchecked,
        }[band]

    def told_apart(self) -> Glyphs:
        """The same set with another sign for down than for healthy: where there is no colour to help."""
        return replace(self, down="×") if self.unicode else self


UNICODE: Final = Glyphs(
    unicode=True,
    down="●",
    slow="◐",
    ok="●",
    blocked="◌",
    unchecked="○",
    live="●",
    healthy="◉",
    node="○",
    bad="⊘",
    rail="│",
    turn_from="╮",
    turn_to="◂",
    turn_end="╯",
    mark="▌",
    passed="✓",
    warning="!",
    failed="✗",
    skipped="–",
    pending="…",
    prompt="❯",
    dot="·",
    times="×",
    arrow="→",
    descending="▾",
    ascending="▴",
    ellipsis="…",
    rule="─",
    bar="━",
    spark="▁▂▃▄▅▆▇█",
)
ASCII: Final = Glyphs(
    unicode=False,
    down="x",
    slow="~",
    ok="+",
    blocked="#",
    unchecked="o",
    live="*",
    healthy="@",
    node="o",
    bad="!",
    rail="|",
    turn_from="\\",
    turn_to="<",
    turn_end="/",
    mark="|",
    passed="+",
    warning="!",
    failed="x",
    skipped="-",
    pending=".",
    prompt=">",
    dot="-",
    times="x",
    arrow=">",
    descending="v",
    ascending="^",
    ellipsis="~",
    rule="-",
    bar="=",
    spark="_.,:-=+#",
)

_FOLDED: Final = str.maketrans({"⟨": "<", "⟩": ">", "…": "~", "·": "-", "→": ">", "×": "x", "–": "-"})


def plain_ascii(text: str) -> str:
    """`text` for a terminal that shows ASCII only: our own signs folded, foreign letters as `?`."""
    return text.translate(_FOLDED).encode("ascii", "replace").decode("ascii")

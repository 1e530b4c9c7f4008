"""An import on its way through its screen: what was asked, what the core said of it, how far it is.

It holds frozen values and decides nothing; every guard is the core's.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from console.ops.browse import Standing
from console.ops.importing.desk import Asked, Checked, Ended, Existing, Follow, Silent
from console.ops.importing.review import ALL, Facet, Reviewer
from screens.importing.actions import Stage
from screens.present.importing import ColumnShown, Cost, Going, Question
from screens.present.words import health_word

_POLICIES: Final = (Existing.UPDATE, Existing.SKIP, Existing.FAIL)
_WORDS: Final = {Stage.CHECKING: "Checking", Stage.LOOKING: "Looking", Stage.SENDING: "Sending"}


@dataclass(slots=True)
class Job:
    """What the screen shows.

    Attributes:
        turn: counts what was begun, so that what is told of something earlier is dropped.
        silent: what was found of the destinations; None before they were looked at.
        trouble: why the file cannot be taken, in words.
        note: what the platform asks for meanwhile.
        spent: writes so far, while it is sent.
    """

    asked: Asked | None = None
    stage: Stage = Stage.NO_FILE
    checked: Checked | None = None
    ended: Ended | None = None
    silent: tuple[Silent, ...] | None = None
    trouble: tuple[str, ...] = ()
    turn: int = 0
    done: int = 0
    total: int = 0
    note: str = ""
    spent: int = 0
    began: datetime | None = None
    follow: Follow = field(default_factory=Follow)
    reviewer: Reviewer | None = None
    facets: list[Facet] = field(default_factory=list)
    chosen: int = 0

    @property
    def name(self) -> str:
        """The file's name, untrusted."""
        return self.asked.path.name if self.asked is not None else ""

    @property
    def to_send(self) -> int:
        """Rows that would be written."""
        return self.checked.to_send if self.checked is not None and self.ended is None else 0

    @property
    def faulty(self) -> int:
        """Rows that a file to mend would have."""
        if self.ended is not None:
            return sum(self.ended.counts.get(state, 0) for state in ("rejected", "failed", "stale"))
        return self.checked.faulty if self.checked is not None else 0

    @property
    def facet(self) -> Facet:
        """What the rows are narrowed to."""
        return self.facets[self.chosen] if self.facets else Facet(ALL, 0)

    def begin(self, stage: Stage, now: datetime, total: int = 0) -> int:
        """Start on something; its turn."""
        self.turn += 1
        self.stage, self.began, self.done, self.total, self.note = stage, now, 0, total, ""
        self.spent = 0
        return self.turn

    def choose(self, path: Path) -> None:
        """Another file, with nothing said about it yet."""
        self.asked = Asked(path)
        self.forget()

    def forget(self) -> None:
        """What was found is no longer so."""
        self.checked, self.ended, self.silent, self.trouble = None, None, None, ()

    def other_policy(self) -> None:
        """The next way to treat slugs that exist."""
        if self.asked is not None:
            at = _POLICIES.index(self.asked.existing)
            self.asked = replace(self.asked, existing=_POLICIES[(at + 1) % len(_POLICIES)])
            self.forget()

    def other_columns(self, changed: dict[str, str]) -> None:
        """Other fields for some columns."""
        if self.asked is not None:
            self.asked = replace(self.asked, mapping={**self.asked.mapping, **changed})
            self.forget()

    def close(self) -> None:
        """Give the run's file back."""
        if self.reviewer is not None:
            self.reviewer.close()
            self.reviewer = None

    def look_through(self, keep: str = ALL) -> array[int]:
        """Read the run's rows anew, narrowed to the facet of that name; the numbers of its rows."""
        self.close()
        if self.checked is None:
            self.facets, self.chosen = [], 0
            return array("q")
        marked = [each.number for each in self.silent or ()]
        self.reviewer = Reviewer(self.checked.table, planned=self.ended is None, marked=marked)
        self.facets = self.reviewer.facets()
        self.chosen = next((at for at, facet in enumerate(self.facets) if facet.name == keep), 0)
        return self.reviewer.select(self.facet)

    def narrow(self, index: int) -> array[int]:
        """The numbers of another facet's rows."""
        if self.reviewer is None or not self.facets:
            return array("q")
        self.chosen = index % len(self.facets)
        return self.reviewer.select(self.facet)

    def silent_words(self) -> dict[int, str]:
        """What was found of rows' destinations, by number."""
        return {each.number: health_word(each.verdict) for each in self.silent or ()}

    def going(self, now: datetime) -> Going:
        """How far what is under way is."""
        seconds = (now - self.began).total_seconds() if self.began is not None else 0.0
        rate = self.done / seconds if seconds >= 1 else 0.0
        return Going(_WORDS.get(self.stage, ""), self.done, self.total, rate, self.note, self.spent)

    def cost(self, standing: Standing | None) -> Cost:
        """What sending takes, and what there is."""
        checked = self.checked
        left = standing.writes_left if standing is not None else None
        reserve = standing.reserve if standing is not None else 0
        if checked is None:
            return Cost(0, 0, 0.0, left, reserve)
        return Cost(checked.to_send, checked.writes, checked.seconds, left, reserve)

    def question(self, standing: Standing | None) -> Question | None:
        """What is to be confirmed."""
        if self.checked is None or standing is None:
            return None
        target = standing.target
        return Question(
            handle=target.handle,
            environment=target.environment,
            production=target.is_production,
            create=self.checked.create,
            update=self.checked.update,
            faulty=self.checked.faulty,
            cost=self.cost(standing),
            name=self.name,
            again=self.checked.again,
            foreign=self.checked.foreign,
            silent=None if self.silent is None else len(self.silent),
        )

    def columns(self) -> list[ColumnShown]:
        """The columns as they are shown."""
        found = self.checked.columns if self.checked is not None else ()
        return [ColumnShown(c.header, c.field, c.guessed, c.ours, c.sample) for c in found]

    def left(self) -> str:
        """What leaving now means, in a sentence."""
        if self.ended is None:
            return f"Left {self.name}: nothing was sent" if self.asked else ""
        rows = sum(self.ended.counts.get(state, 0) for state in ("created", "updated"))
        word = "Imported" if self.ended.done else "Stopped; the same import goes on from here:"
        return f"{word} {rows:,} links from {self.name}"

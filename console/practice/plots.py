"""A link's part in a scenario: what it is now, and the history that led there, written out when asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from console.practice.records import DEFAULTS, Record, as_text
from console.practice.store import Kept

PEOPLE: Final = ("dana", "kim", "lee", "ines", "omar", "priya", "tomas", "sam")
HANDS: Final = ("dashboard", "dashboard", "dashboard", "mobile app", "api")
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Plot:
    """One link of a scenario.

    Attributes:
        destination: where it points now.
        former: where it pointed before it was moved there; None when it never moved.
        moved: how many of its newest versions point to `destination`; the rest point to `former`.
        versions: how many versions it has.
        age: seconds since the newest version.
        told: its versions told by hand, oldest first; else they are made up.
    """

    slug: str
    destination: str
    title: str
    versions: int = 1
    age: float = DAY
    former: str | None = None
    moved: int = 1
    by: str = "dana"
    action: str = "update"
    note: str = "dashboard"
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    campaign: str = ""
    clicks: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    told: tuple[Kept, ...] = ()

    def created_age(self) -> float | None:
        """Seconds since the first version; None when the history is told by hand."""
        return None if self.told else oldest_age(self.age, self.versions)

    def record(self) -> Record:
        """The live content."""
        tracking = {"utmSource": "acme", "utmCampaign": self.campaign} if self.campaign else {}
        return {
            "destinationUrl": self.destination,
            **DEFAULTS,
            "title": self.title,
            "tags": list(self.tags),
            "categories": list(self.categories),
            "tracking": tracking,
            **self.more,
        }


def history(plot: Plot, seed: str, now: float) -> list[Kept]:
    """The versions of `plot`, oldest first; the last one is the live link. The same for the same seed."""
    if plot.told:
        return list(plot.told)
    rng = random.Random(seed)
    count = plot.versions
    ages = _ages(rng, plot.age, count)
    live = plot.record()
    settled = live if plot.former is None else {**live, "destinationUrl": plot.former}
    last_settled = count if plot.former is None else max(1, count - plot.moved)
    kept: list[Kept] = []
    records: list[Record] = []
    for number in range(1, count + 1):
        action, by, note, back = _way(rng, number, settled=number < last_settled)
        if number == count:
            action, by, note, back, record = (
                plot.action if count > 1 else "create", plot.by, plot.note, None, live,
            )  # fmt: skip
        elif back is not None:
            record = records[back - 1]
        elif number < last_settled:
            record = _variant(rng, settled)
        else:
            record = _between(settled, live, moved=number > last_settled)
        records.append(record)
        kept.append(Kept(number, as_text(record), None, now - ages[number - 1], by, action, note, back))
    return kept


def _ages(rng: random.Random, newest: float, count: int) -> list[float]:
    """Ages in seconds, oldest first, from `oldest_age` to `newest`."""
    if count == 1:
        return [newest]
    oldest = oldest_age(newest, count)
    between = sorted((rng.uniform(newest, oldest) for _ in range(count - 2)), reverse=True)
    return [oldest, *between, newest]


def oldest_age(newest: float, count: int) -> float:
    """Age of a link's first version: some days for each version that followed."""
    return newest + 9 * DAY * (count - 1)


def _way(rng: random.Random, number: int, *, settled: bool) -> tuple[str, str, str, int | None]:
    """How a version came to be: action, author, note, and the version it went back to."""
    if number == 1:
        return "create", rng.choice(PEOPLE), rng.choice(HANDS), None
    roll = rng.random()
    if roll < 0.12 and settled and number > 3:
        back = rng.randint(1, number - 2)
        return "rollback", rng.choice(PEOPLE), f"back to v{back}", back
    if roll < 0.3:
        return "import", "nightly", f"import #{rng.randint(12, 87)}", None
    return "update", rng.choice(PEOPLE), rng.choice(HANDS), None


def _variant(rng: random.Random, settled: Record) -> Record:
    """An earlier shape of the same link: another page, fewer tags, another title."""
    record = dict(settled)
    roll = rng.random()
    if roll < 0.5:
        record["destinationUrl"] = (
            f"{settled['destinationUrl']}-{rng.choice(('a', 'b', 'old', 'beta', 'v1'))}"
        )
    elif roll < 0.75:
        record["tags"] = settled["tags"][:-1]
    else:
        record["title"] = f"{settled['title']} ({rng.choice(('draft', 'teaser', 'test'))})"
    return record


def _between(settled: Record, live: Record, *, moved: bool) -> Record:
    """The last shape before the move, or a shape after it that only a tag keeps from the live one."""
    return {**live, "tags": [*live["tags"], "review"]} if moved else settled


def told(versions: Sequence[tuple[str, str, str, float, Record]], now: float) -> tuple[Kept, ...]:
    """A history told by hand: (action, by, note, age in seconds, content), oldest first.

    A note `back to vN` makes the version a rollback to N.
    """
    return tuple(
        Kept(
            number,
            as_text(record),
            None,
            now - age,
            by,
            action,
            note,
            int(note.removeprefix("back to v")) if action == "rollback" else None,
        )
        for number, (action, by, note, age, record) in enumerate(versions, 1)
    )

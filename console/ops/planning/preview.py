"""What a find and replace would do, by the cache: how many links, examples, what speaks against some.

A look while the words are typed. Planning reads every link again, and decides (`planning.plan_repoint`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.domain.batches import LeftOut
from console.domain.links import Link
from console.domain.rewrites import Rewrite
from console.ops.planning.reasons import before_reading
from console.ops.planning.rules import rewritten
from console.ops.planning.selection import touched
from console.ops.session import Session

EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One destination before and after. `rule`: the routing rule that it is of; empty: the link's own."""

    slug: str
    before: str
    after: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rewrite would do.

    Attributes:
        slugs: links that it would change, those of `cannot` among them.
        examples: the first few.
        cannot: links that could not be planned as they stand, each with its reason.
    """

    rewrite: Rewrite
    slugs: tuple[str, ...]
    examples: tuple[Example, ...]
    cannot: tuple[LeftOut, ...]

    @property
    def can(self) -> int:
        """How many could be planned."""
        return len(self.slugs) - len(self.cannot)


def preview(session: Session, rewrite: Rewrite, slugs: Sequence[str] | None) -> Preview:
    """Look at what the cache holds of these links; of all that lead to the host, where none is named."""
    found = touched(session, rewrite, slugs)
    left = before_reading(session, tuple(found), found, undoing=False)
    examples: list[Example] = []
    for slug, link in found.items():
        after = rewritten(link, rewrite)
        if isinstance(after, str):
            left.setdefault(slug, after)
        elif slug not in left and len(examples) < EXAMPLES:
            examples.append(_example(slug, link, after))
    cannot = tuple(LeftOut(slug, left[slug]) for slug in found if slug in left)
    return Preview(rewrite, tuple(found), tuple(examples), cannot)


def _example(slug: str, before: Link, after: Link) -> Example:
    if after.destination_url != before.destination_url:
        return Example(slug, before.destination_url, after.destination_url)
    pairs = zip(before.rules, after.rules, strict=True)
    old, new = next((o, n) for o, n in pairs if o.destination_url != n.destination_url)
    return Example(slug, old.destination_url, new.destination_url, old.name or "a rule")

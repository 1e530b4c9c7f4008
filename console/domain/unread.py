"""A link in a list of many that could not be read, and how many such a list may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 1_000
"""Records of a list that are told one by one; the others are counted."""
_FEW: Final = 3
_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Unread:
    """One record of a list that could not be read. Texts are untrusted.

    Attributes:
        place: where it stands in the list: `line 46`, `record 7`.
        slug: the link it is certainly about; empty where that cannot be told.
        reason: why, in words that quote nothing of it.
    """

    place: str
    slug: str
    reason: str


@dataclass(slots=True)
class UnreadLinks:
    """The records of one list that could not be read."""

    count: int = 0
    kept: list[Unread] = field(default_factory=list)

    def add(self, unread: Unread) -> None:
        """One more."""
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(unread)

    @property
    def slugs(self) -> frozenset[str]:
        """The links that are certainly among them."""
        return frozenset(each.slug for each in self.kept if each.slug)

    @property
    def blind(self) -> bool:
        """Whether one of them may be any link: then that a link is not in the list says nothing."""
        return self.count > len(self.kept) or any(not each.slug for each in self.kept)

    def too_many(self, read: int) -> bool:
        """Whether a list is not to be believed at all, of which `read` records could be read.

        That is the rule: none could be read, or more than three could not and they are more than one in
        ten. Then it is no list of links that holds odd ones, but something else (a web page, a body that
        was garbled on its way), and nothing is concluded from it.
        """
        return self.count > 0 and (
            read == 0 or (self.count > _FEW and self.count > _SHARE * (self.count + read))
        )

"""Which links are marked, by slug: marks outlive a filter, a sort and a sync."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Marks:
    """A set of slugs with the two moves that an operator makes: turn one, or take a range."""

    def __init__(self, slugs: Iterable[str] = ()) -> None:
        self._slugs = set(slugs)

    def __contains__(self, slug: object) -> bool:
        return slug in self._slugs

    def __len__(self) -> int:
        return len(self._slugs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def turn(self, slug: str) -> None:
        """Mark, or take the mark away."""
        self._slugs.symmetric_difference_update((slug,))

    def take(self, slugs: Iterable[str]) -> None:
        """Mark all of them; if they all are, take the marks away."""
        wanted = set(slugs)
        if wanted <= self._slugs:
            self._slugs -= wanted
        else:
            self._slugs |= wanted

    def add(self, slugs: Iterable[str]) -> None:
        """Mark all of them."""
        self._slugs.update(slugs)

    def clear(self) -> None:
        """No marks."""
        self._slugs.clear()

    def frozen(self) -> frozenset[str]:
        """The marks as a value."""
        return frozenset(self._slugs)

"""What the screens read of the cache: the list row by row, and how we stand."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cache.database import open_reader
from cache.links import Inventory, Row, Sort
from console.domain.errors import SignInNeeded
from console.domain.outcomes import WriteState
from console.domain.query import Query, parse
from console.domain.readings import Reading
from console.domain.target import Target
from console.ops.incident.notes import mirror_holds
from console.ops.meter import known
from console.ops.review import Review, review
from console.ops.session import Session

__all__ = [
    "Browser",
    "Found",
    "Sort",
    "Standing",
    "changed_since",
    "last_applied",
    "looked_at",
    "standing",
]


class Found:
    """The links of one filter in one order; rows are read when they come into view."""

    def __init__(self, inventory: Inventory, rowids: array[int]) -> None:
        self._inventory = inventory
        self._rowids = rowids

    @property
    def count(self) -> int:
        """How many links there are."""
        return len(self._rowids)

    @property
    def places(self) -> array[int]:
        """Where they stand in the cache, in their order."""
        return self._rowids

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows `start` to `stop` (not included)."""
        return self._inventory.rows(self._rowids[start:stop])

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        """The slugs of a range."""
        return self._inventory.slugs(self._rowids[start:stop])

    def index(self, slug: str) -> int | None:
        """Where a slug stands, if it is among them."""
        rowid = self._inventory.find(slug)
        if rowid is None:
            return None
        try:
            return self._rowids.index(rowid)
        except ValueError:
            return None


class Browser:
    """Reads the list beside the core, which writes. Belongs to the thread that made it."""

    def __init__(self, cache_path: Path) -> None:
        self._connection = open_reader(cache_path)
        self._inventory = Inventory(self._connection)

    def select(
        self, query: Query, sort: Sort, now: float, *, descending: bool = False, marked: frozenset[str]
    ) -> Found:
        """The links of a filter in an order. `now` is unix seconds."""
        found = self._inventory.select(query, sort, now, descending=descending, marked=marked)
        return Found(self._inventory, found)

    def count(self) -> int:
        """How many links there are in all."""
        return self._inventory.count()

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Standing:
    """How this session stands: all that the top line and the action table ask of it.

    Attributes:
        offline: offline was asked for.
        writes_left: None when the platform did not say.
        reserve: writes kept for rollbacks.
        armed_seconds: None where the profile is not protected.
        synced_at: unix seconds of the last whole sync.
        open_writes: writes of this target whose outcome is not known.
        read_only: why nothing may be written on this machine; empty when it may.
        notice: what opening the files had to say.
        held: rolled-back links that are watched.
        handles: those that the platform says we work on; empty where it does not say.
    """

    target: Target
    cache_path: Path
    offline: bool
    token_expires_at: datetime | None
    writes_left: int | None
    reserve: int
    armed_seconds: float | None
    synced_at: float | None
    open_writes: int
    read_only: str
    notice: str
    held: frozenset[str] = frozenset()
    handles: tuple[str, ...] = ()


async def standing(session: Session) -> Standing:
    """How the session stands now."""
    budget, store = known(session), session.store
    return Standing(
        target=session.target,
        cache_path=store.cache_path,
        offline=session.offline,
        token_expires_at=await _token_ends(session),
        writes_left=budget.left,
        reserve=budget.reserve,
        armed_seconds=session.armed_seconds() if session.profile.protected else None,
        synced_at=store.inventory.synced_at(),
        open_writes=len(store.journal.open_writes(session.target.key)),
        read_only=_read_only(session),
        notice=store.notice,
        held=mirror_holds(session),
        handles=tuple(handle for handle, _ in session.identity.handles) if session.identity else (),
    )


async def _token_ends(session: Session) -> datetime | None:
    """Of the token that counts now: one that was renewed meanwhile lives longer than the first."""
    if session.identity is None or session.platform is None:
        return None
    try:
        return await session.platform.token_ends()
    except SignInNeeded:
        return session.identity.token_expires_at


def _read_only(session: Session) -> str:
    if session.lost is not None:
        return f"{session.lost.title}. When it is mended: repoint reconcile"
    return "the journal cannot be written" if session.store.journal.read_only else ""


def last_applied(session: Session, slug: str) -> str | None:
    """The run of this operator's newest applied rollback of a link, for undoing it."""
    for write in session.store.journal.writes_of(session.target.key, slug, 20):
        if write.state is WriteState.APPLIED and write.operator == session.target.operator:
            return write.run
    return None


async def changed_since(session: Session, since: float, limit: int) -> list[str]:
    """The slugs of the links that have changed since a time (unix seconds), newest first, `limit` at most."""
    now = session.clock.now().wall.timestamp()
    query = parse(f"changed:<{max(1, round(now - since))}s")
    found = session.store.inventory.select(query, Sort.CHANGED, now, limit, descending=True)
    return session.store.inventory.slugs(found)


def looked_at(session: Session, reading: Reading) -> Review:
    """A reading with what is known beside it; what was last found of the link counts for its live version.

    The platform does not say which version was live when it looked, only where the link led.
    """
    found = review(session, reading)
    if reading.live in found.health:
        return found
    newest = session.store.health.latest([reading.slug])
    return replace(found, health={**found.health, reading.live: newest[0]}) if newest else found

"""What must hold after every step of a simulated run. Knows the platform's own ledger, asks nobody."""

from __future__ import annotations

from collections import Counter
from typing import Final

from cache.journal import Write
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan, Result
from console.ops.recovery import Settled
from console.practice.store import Event
from tests.support.simulator_world import World

NOTHING_DONE: Final = {Outcome.STALE, Outcome.REJECTED, Outcome.FAILED, Outcome.NOOP, Outcome.CANCELLED}


class Judge:
    """The rules, for the links of one run.

    Attributes:
        shown: who was shown which version of which link with which content (None: stated by the operator).
        gone: keys of our events whose version was erased from the history since.
    """

    def __init__(self, world: World, slugs: list[str]) -> None:
        self.world = world
        self.slugs = slugs
        self.first = len(world.platform.store.events)
        self.shown: set[tuple[str, str, object, str | None]] = set()
        self.gone: set[str] = set()
        self.restarted: set[str] = set()
        self.claims: dict[str, Outcome] = {}
        self.overtaken: set[str] = set()

    @property
    def events(self) -> list[Event]:
        return self.world.platform.store.events[self.first :]

    def ours(self) -> dict[str, Event]:
        return {event.key: event for event in self.events if event.key is not None}

    def rows(self) -> dict[str, Write]:
        journal, key = self.world.watcher.journal, self.world.target.key
        return {write.key: write for slug in self.slugs for write in journal.writes_of(key, slug, 1000)}

    def erased(self, slug: str, *, above: int) -> None:
        """Versions above that number are about to vanish."""
        self.restarted.add(slug)
        lost = [e for e in self.events if e.slug == slug and e.key and e.after_version > above]
        self.gone.update(e.key for e in lost if e.key)

    def told(self, plan: Plan, result: Result) -> None:
        """What `perform` said."""
        if result.run is None:
            return
        (write,) = self.world.watcher.journal.writes_of_run(result.run)
        self.claims[write.key] = result.outcome
        if result.overtaken_by is not None:
            self.overtaken.add(write.key)
        if result.outcome is Outcome.UNKNOWN:
            assert write.state.open, f"said UNKNOWN, but {write.state}"
        if result.verified and result.new_version is not None:
            target, snapshot = plan.target, plan.to.snapshot
            content = f"{snapshot.destination_url} {snapshot.enabled} {sorted(snapshot.tags)}"
            self.shown.add((target.operator, plan.slug, result.new_version, content))

    def settled(self, found: Settled) -> None:
        """What `reconcile` said."""
        if found.outcome is not Outcome.UNKNOWN:
            self.claims[found.write.key] = found.outcome
        if found.overtaken_by is not None:
            self.overtaken.add(found.write.key)

    def look(self) -> None:
        """After every step."""
        ours, rows = self.ours(), self.rows()
        again = [k for k, n in Counter(e.key for e in self.events if e.key).items() if n > 1]
        assert not again, f"applied twice: {again}"
        used = [run for run, n in Counter(w.run for w in rows.values()).items() if n > 1]
        assert not used, f"a plan was used twice: {used}"
        still = Counter(w.slug for w in rows.values() if w.state.open)
        assert all(n == 1 for n in still.values()), f"two open writes to one link: {still}"
        for key, event in ours.items():
            self._event(event, rows.get(key))
        for key, row in rows.items():
            self._row(row, ours.get(key))

    def _event(self, event: Event, row: Write | None) -> None:
        assert row is not None, f"{event} has no row in the journal"
        assert event.key is not None
        known = row.state is WriteState.APPLIED or row.state.open or event.key in self.gone
        assert known, f"{event} happened, but its row says {row.state}: {row.detail}"
        arrival = self.world.line.arrivals[event.key]
        assert arrival.read is not None
        assert arrival.read[0] == row.expected_version, f"sent in spite of what it had read: {arrival}, {row}"
        looked = [(event.by, event.slug, arrival.read[0], what) for what in (arrival.read[1], None)]
        assert self.shown.intersection(looked), f"{event.by} was never shown what it read last: {arrival}"
        if not arrival.ignoring:
            assert event.before_version == row.expected_version, f"stale: {event}, expected {row}"
            seen = [(event.by, event.slug, event.before_version, what) for what in (arrival.content, None)]
            told = row.state is not WriteState.APPLIED or "had changed since" in row.detail
            assert told or self.shown.intersection(seen), f"{event} replaced what {event.by} never saw"
        elif event.before_version != row.expected_version and row.state is WriteState.APPLIED:
            assert "slipped in" in row.detail, f"overtaken and not said: {event}, {row.detail}"

    def _row(self, row: Write, event: Event | None) -> None:
        if row.state is not WriteState.APPLIED:
            return
        if event is None:
            # A colleague's equal step cannot be told from ours where nothing of ours arrived.
            same = [e for e in self.events if e.slug == row.slug and e.after_version == row.new_version]
            assert same, f"row says applied as {row.new_version}, the platform knows nothing: {row}"
        elif row.slug not in self.restarted:
            assert row.new_version == event.after_version, f"{event} is in the journal as {row.new_version}"

    def end(self) -> None:
        """After the last restart, a minute and a reconcile."""
        self.look()
        ours, rows = self.ours(), self.rows()
        left = [row for row in rows.values() if row.state.open]
        assert not left, f"still open: {left}"
        for key, claim in self.claims.items():
            if claim in NOTHING_DONE:
                assert key not in ours or key in self.gone, f"said {claim}, but {ours[key]}"

    def at_rest(self) -> None:
        """After all runs: the journal is whole, and no token is in any file."""
        assert self.world.watcher.journal.verify() == []
        (shared,) = {secret.partition(".")[0].encode() for secret in self.world.secrets}
        assert len(shared) > 20, "what all tokens begin with is looked for, in one go"
        for path in self.world.home.rglob("*"):
            if path.is_file():
                assert shared not in path.read_bytes(), f"a token is in {path.name}"

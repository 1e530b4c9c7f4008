"""Planning a batch: every link read as it is now, each with its target, its cost, or why it is left out.

The plan is the review: each of its items gets a sighting of exactly the version that the plan states. What
was shown to the operator before (the list) is held against what is live: a link that moved since is left out
by name, never planned on a state that nobody saw. Planning sends nothing and costs no write.

Source: product.md, sections 3 and 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from console.domain.batches import BatchItem, BatchKind, BatchPlan, LeftOut, clocks
from console.domain.errors import NotFound, Refused, RouteMissing, UnreadableAnswer
from console.domain.links import Link
from console.domain.plans import BATCH_PLAN_SECONDS
from console.domain.readings import Reading
from console.domain.rewrites import Rewrite
from console.domain.versions import Version
from console.ops import meter
from console.ops.health.targets import Choice, last_healthy_of
from console.ops.planning.cost import Costing, ways_of
from console.ops.planning.reading import read_all, require_line
from console.ops.planning.reasons import already_there, bad_target, before_reading, not_as_listed
from console.ops.planning.rules import INCOMPLETE, Rule, rewritten
from console.ops.review import review
from console.ops.session import Session

READING: Final = "reading"
LOOKING: Final = "looking"


@dataclass(frozen=True, slots=True)
class Step:
    """How far planning is: links read, then destinations looked at (`what`)."""

    what: str
    done: int
    total: int


Tell = Callable[[Step], None]


@dataclass(slots=True)
class _Draft:
    """A plan in the making.

    Attributes:
        slugs: what was asked for, each once, in that order.
        left: why a link is left out, by slug.
        readings: of the links that are not.
        targets: the state that each is to have.
        items: what is planned.
    """

    session: Session
    kind: BatchKind
    slugs: tuple[str, ...]
    reason: str
    undoes: str = ""
    tell: Tell | None = None
    left: dict[str, str] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    targets: dict[str, Link] = field(default_factory=dict)
    items: dict[str, BatchItem] = field(default_factory=dict)

    def progress(self, what: str, total: int) -> Callable[[int], None]:
        """Counts a step's links and tells of them."""
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if self.tell is not None:
                self.tell(Step(what, done, total))

        return count


async def plan_rollback(
    session: Session,
    slugs: Iterable[str],
    rule: Rule,
    reason: str,
    *,
    listed: Mapping[str, Link] | None = None,
    undoes: str = "",
    on_progress: Tell | None = None,
) -> BatchPlan:
    """Plan to bring links back to a version of their own history.

    Args:
        session: where; online.
        slugs: which links; one that comes twice counts once.
        rule: how each link's version is chosen.
        reason: why; kept on the platform and in the journal.
        listed: the links as the operator was shown them; the cache's where nothing else is known.
        undoes: id of the run that this undoes: its links may be held, and go back to what was noted bad.
        on_progress: told how far it is; must not raise.

    Raises:
        Refused: reason `no_reason`.
        Unreachable, Throttled, SignInNeeded, ...: the platform does not answer.
    """
    draft = _Draft(
        session, BatchKind.ROLLBACK, tuple(dict.fromkeys(slugs)), reason.strip(), undoes, on_progress
    )
    budget, call_seconds = await _begin(draft)
    await _read(draft, listed)
    for slug, found in (await _versions(draft, rule)).items():
        reading = draft.readings[slug]
        if isinstance(found, str):
            draft.left[slug] = found
            continue
        why = already_there(reading, found)
        if not why and not undoes:
            why = bad_target(session, slug, found)
        if why:
            draft.left[slug] = why
        else:
            _add(draft, reading, found.snapshot, found)
    return _plan(draft, rule.text, budget, call_seconds)


async def plan_repoint(
    session: Session,
    slugs: Iterable[str],
    rewrite: Rewrite,
    reason: str,
    *,
    listed: Mapping[str, Link] | None = None,
    on_progress: Tell | None = None,
) -> BatchPlan:
    """Plan to rewrite the destinations of links. Arguments and errors as `plan_rollback`."""
    draft = _Draft(session, BatchKind.REPOINT, tuple(dict.fromkeys(slugs)), reason.strip(), tell=on_progress)
    budget, call_seconds = await _begin(draft)
    await _read(draft, listed)
    for slug, reading in draft.readings.items():
        found = rewritten(reading.record, rewrite)
        if isinstance(found, str):
            draft.left[slug] = found
        else:
            _add(draft, reading, found, None)
    return _plan(draft, rewrite.rule, budget, call_seconds)


async def _begin(draft: _Draft) -> tuple[meter.Budget, float]:
    """The budget, and what one call takes on this line; by then it is known who we are."""
    session = draft.session
    if not draft.reason:
        raise Refused(
            "A batch needs a reason", reason="no_reason", hint="Say why in a few words: --reason TEXT"
        )
    require_line(session)
    if session.identity is None:
        # A platform that does not say who we are keeps nobody from planning; the run asks again.
        with suppress(NotFound, RouteMissing, UnreadableAnswer):
            await session.introduce()
    began = session.clock.now().monotonic
    budget = await meter.read(session)
    return budget, session.clock.now().monotonic - began


async def _read(draft: _Draft, listed: Mapping[str, Link] | None) -> None:
    """Read every link that is not left out already, and leave out those that are not as they were listed."""
    session = draft.session
    shown = session.store.inventory.links_of(draft.slugs) | dict(listed or {})
    draft.left.update(before_reading(session, draft.slugs, shown, undoing=bool(draft.undoes)))
    todo = [slug for slug in draft.slugs if slug not in draft.left]
    found = await read_all(session, todo, draft.progress(READING, len(todo)))
    now = session.clock.now().wall
    for slug in todo:
        reading = found[slug]
        if isinstance(reading, str):
            draft.left[slug] = reading
            continue
        why = not_as_listed(session, shown.get(slug), reading, now)
        if why:
            draft.left[slug] = why
        else:
            draft.readings[slug] = reading


async def _versions(draft: _Draft, rule: Rule) -> dict[str, Version | str]:
    """The version that each link goes to, or why there is none."""
    session, readings = draft.session, draft.readings
    if not rule.needs_looking:
        return {slug: rule.pick(reading.timeline) for slug, reading in readings.items()}
    reviews = {slug: review(session, reading) for slug, reading in readings.items()}
    chosen = await last_healthy_of(session, reviews, draft.progress(LOOKING, len(reviews)))
    return {slug: _chosen(readings[slug], choice) for slug, choice in chosen.items()}


def _chosen(reading: Reading, choice: Choice | Refused) -> Version | str:
    if isinstance(choice, Choice):
        return choice.version
    return f"no healthy version. {choice.detail}" if reading.timeline.complete else INCOMPLETE


def _add(draft: _Draft, reading: Reading, after: Link, version: Version | None) -> None:
    record = reading.record or reading.current.snapshot
    draft.targets[reading.slug] = after
    draft.items[reading.slug] = BatchItem(
        slug=reading.slug,
        version=reading.live,
        fingerprint=reading.fingerprint,
        to=None if version is None else version.version,
        to_fingerprint=after.fingerprint,
        link_id=reading.identity,
        destination=record.destination_url,
        to_destination=after.destination_url,
        clicks=record.clicks,
    )


def _most_clicked(item: BatchItem) -> tuple[int, str]:
    return (-1 if item.clicks is None else item.clicks) * -1, item.slug


def _plan(draft: _Draft, rule: str, budget: meter.Budget, call_seconds: float) -> BatchPlan:
    session, now = draft.session, draft.session.clock.now()
    items = tuple(sorted(draft.items.values(), key=_most_clicked))
    created_at = now.wall.replace(microsecond=0)
    return BatchPlan(
        plan_id=str(uuid.uuid4()),
        kind=draft.kind,
        target=session.target,
        operator=session.target.operator,
        reason=draft.reason,
        rule=rule,
        created_at=created_at,
        expires_at=created_at + timedelta(seconds=BATCH_PLAN_SECONDS),
        made=clocks(now),
        items=items,
        left_out=tuple(LeftOut(slug, draft.left[slug]) for slug in draft.slugs if slug in draft.left),
        ways=ways_of(_costing(draft, items, budget, call_seconds)) if items else (),
        undoes=draft.undoes,
    )


def _costing(draft: _Draft, items: Sequence[BatchItem], budget: meter.Budget, call_seconds: float) -> Costing:
    session = draft.session
    links = [draft.targets[item.slug] for item in items]
    locked = [
        item.slug
        for item, link in zip(items, links, strict=True)
        if link.has_password or draft.readings[item.slug].current.snapshot.has_password
    ]
    guard = session.online().capabilities.guard
    return Costing(draft.kind, links, locked, budget, guard, call_seconds, session.clock.now().wall)

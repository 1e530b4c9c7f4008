"""Which version to go back to: the last healthy one, with the evidence for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from console.domain.errors import Refused
from console.domain.health import HealthResult
from console.domain.links import label
from console.domain.outages import kind_of
from console.domain.versions import Version
from console.ops.health.look import not_looked_at
from console.ops.probe.prober import Probed, Prober, result_for
from console.ops.review import Review
from console.ops.session import Session

_MOST_PROBES: Final = 8
"""Destinations looked at before giving up: an incident is no time to walk forty versions back."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The version to go back to, and why newer ones were passed over.

    Attributes:
        evidence: the health result that speaks for it.
        passed_over: newer versions with the reason each was not taken, newest first.
    """

    version: Version
    evidence: HealthResult
    passed_over: tuple[tuple[Version, str], ...]


class Walk:
    """One link's way back from the live version, a candidate at a time.

    A version counts when it gives visitors something else than the live one, is not noted bad or disabled,
    and its destination answers now, from here. Where this machine may not look (private address, opted
    out), a recorded healthy result counts instead.
    """

    def __init__(self, review: Review) -> None:
        timeline = review.timeline
        self._review = review
        self._left = list(timeline.versions[timeline.names.index(timeline.live) + 1 :])
        self._passed: list[tuple[Version, str]] = []
        self._looked = 0

    def candidate(self) -> Version | None:
        """The version whose destination is to be looked at next; None at the end of the way."""
        while self._left and self._looked < _MOST_PROBES:
            why = _known_against(self._review, self._left[0])
            if not why:
                return self._left[0]
            self._passed.append((self._left.pop(0), why))
        return None

    def take(self, fresh: HealthResult) -> Choice | None:
        """What was found of the candidate: the choice when it works, else the way goes on."""
        candidate = self._left.pop(0)
        self._looked += 1
        recorded = self._review.health.get(candidate.version)
        evidence = fresh
        if not fresh.verdict.broken and recorded is not None and recorded.verdict.healthy:
            evidence = fresh if fresh.verdict.healthy else recorded
        if evidence.verdict.healthy:
            return Choice(candidate, evidence, tuple(self._passed))
        self._passed.append((candidate, kind_of(evidence)))
        return None

    def refusal(self) -> Refused:
        """Why there is no choice: reason `no_healthy_version`, with what was tried."""
        timeline = self._review.timeline
        tried = ", ".join(f"{label(v.version)} {why}" for v, why in self._passed[:_MOST_PROBES])
        older = "It has no earlier version." if timeline.complete else "Its older versions could not be read."
        return Refused(
            f"No earlier version of {timeline.slug} is known to work",
            reason="no_healthy_version",
            detail=f"Looked at: {tried}." if tried else older,
            hint="Name the version yourself with --to, or point the link somewhere new",
        )


async def last_healthy(session: Session, review: Review) -> Choice:
    """Walk back from the live version to the newest one that works (`Walk`).

    Raises:
        Refused: reason `no_healthy_version`, with what was tried.
    """
    walk = Walk(review)
    while (candidate := walk.candidate()) is not None:
        result = _not_for_us(session, review.timeline.slug, candidate)
        if result is None:
            probed = await session.prober.probe_one(candidate.snapshot.destination_url)
            result = result_for(probed, review.timeline.slug, candidate.version)
        choice = walk.take(result)
        if choice is not None:
            return choice
    raise walk.refusal()


async def last_healthy_of(
    session: Session, reviews: Mapping[str, Review], on_progress: Callable[[int], None] | None = None
) -> dict[str, Choice | Refused]:
    """`last_healthy` for many links: every destination is looked at once, hosts side by side.

    Args:
        session: whose way of looking is taken, on connections apart from any sweep under way.
        reviews: by slug.
        on_progress: told how many more links have their answer.
    """
    walks = {slug: Walk(review) for slug, review in reviews.items()}
    prober = Prober(session.probing, session.clock)
    known: dict[str, Probed] = {}
    found: dict[str, Choice | Refused] = {}
    waiting = list(walks)
    while waiting:
        todo = {slug: c for slug in waiting if (c := walks[slug].candidate()) is not None}
        unlooked = {slug: result for slug, c in todo.items() if (result := _not_for_us(session, slug, c))}
        urls = {c.snapshot.destination_url for slug, c in todo.items() if slug not in unlooked}
        async for probed in prober.probe(urls - known.keys()):
            known[probed.url] = probed
        still: list[str] = []
        for slug in waiting:
            if slug not in todo:
                found[slug] = walks[slug].refusal()
                continue
            version = todo[slug]
            result = unlooked.get(slug) or result_for(
                known[version.snapshot.destination_url], slug, version.version
            )
            choice = walks[slug].take(result)
            if choice is None:
                still.append(slug)
            else:
                found[slug] = choice
        if on_progress is not None:
            on_progress(len(waiting) - len(still))
        waiting = still
    return found


def _known_against(review: Review, candidate: Version) -> str:
    if candidate.fingerprint == review.reading.current.fingerprint:
        return "same as live"
    if candidate.version in review.bad:
        return "noted bad"
    if not candidate.snapshot.enabled:
        return "disabled"
    return ""


def _not_for_us(session: Session, slug: str, candidate: Version) -> HealthResult | None:
    """The result of a destination that the profile says never to look at; None where we may look."""
    url = candidate.snapshot.destination_url
    if not session.profile.never_looks_at(slug, url):
        return None
    return not_looked_at(session, slug, url, candidate.version)

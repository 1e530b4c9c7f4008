"""Which version to go back to: the last healthy one, with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.domain.errors import Refused
from console.domain.health import HealthResult
from console.domain.links import label
from console.domain.outages import kind_of
from console.domain.versions import Version
from console.ops.probe import result_for
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


async def last_healthy(session: Session, review: Review) -> Choice:
    """Walk back from the live version to the newest one that works.

    A version counts when it gives visitors something else than the live one, is not noted bad, was not
    last seen broken while it was live, and its destination answers now, from here. Where this machine may
    not look (private address, opted out), a recorded healthy result counts instead.

    Raises:
        Refused: reason `no_healthy_version`, with what was tried.
    """
    timeline = review.timeline
    names = timeline.names
    candidates = timeline.versions[names.index(timeline.live) + 1 :]
    passed: list[tuple[Version, str]] = []
    probes = 0
    for candidate in candidates:
        why = _known_against(review, candidate)
        if not why and probes >= _MOST_PROBES:
            break
        if not why:
            probes += 1
            evidence = await _evidence(session, review, candidate)
            if evidence.verdict.healthy:
                return Choice(candidate, evidence, tuple(passed))
            why = kind_of(evidence)
        passed.append((candidate, why))
    tried = ", ".join(f"{label(v.version)} {why}" for v, why in passed[:_MOST_PROBES])
    raise Refused(
        f"No earlier version of {timeline.slug} is known to work",
        reason="no_healthy_version",
        detail=f"Looked at: {tried}." if tried else "It has no earlier version.",
        hint="Name the version yourself with --to, or point the link somewhere new",
    )


def _known_against(review: Review, candidate: Version) -> str:
    if candidate.fingerprint == review.reading.current.fingerprint:
        return "same as live"
    if candidate.version in review.bad:
        return "noted bad"
    if not candidate.snapshot.enabled:
        return "disabled"
    return ""


async def _evidence(session: Session, review: Review, candidate: Version) -> HealthResult:
    probed = await session.prober.probe_one(candidate.snapshot.destination_url)
    fresh = result_for(probed, review.timeline.slug, candidate.version)
    recorded = review.health.get(candidate.version)
    if not fresh.verdict.broken and not fresh.verdict.healthy and recorded is not None:
        return recorded if recorded.verdict.healthy else fresh
    return fresh

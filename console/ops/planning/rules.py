"""Which state a link of a batch goes to: last healthy, previous, as of a time, or named.

Everything here is decided from a reading of the link alone; the last healthy version needs looking, and is
found by `console.ops.health.targets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from console.domain.batches import BatchItem, BatchKind, BatchPlan
from console.domain.errors import UsageProblem
from console.domain.links import Link, VersionId, label
from console.domain.readings import Reading
from console.domain.rewrites import Rewrite
from console.domain.urls import UrlProblem
from console.domain.versions import Timeline, Version
from console.ops.times import time_of


@dataclass(frozen=True, slots=True)
class Rule:
    """How the version of each link is chosen.

    Attributes:
        text: as the plan says it.
        at: the time that `as of` means.
        versions: the version of each link by slug, where they are named (undoing a run).
    """

    text: str
    at: datetime | None = None
    versions: Mapping[str, VersionId] = field(default_factory=dict)

    @property
    def needs_looking(self) -> bool:
        """Whether destinations have to be looked at."""
        return self.text == LAST_HEALTHY.text

    def pick(self, timeline: Timeline) -> Version | str:
        """The version that the history alone names, or why there is none."""
        if self.versions:
            return _named(timeline, self.versions.get(timeline.slug))
        if self.at is not None:
            return _as_of(timeline, self.at)
        return _previous(timeline)


LAST_HEALTHY: Final = Rule("last healthy")
PREVIOUS: Final = Rule("previous")
_AS_OF: Final = "as of "


def as_of(at: datetime) -> Rule:
    """The version that was live at a time."""
    return Rule(f"{_AS_OF}{at.isoformat()}", at)


def as_of_words(text: str, now: datetime, what: str) -> Rule:
    """The version that was live at a time as it is typed: `2h`, `3d`, `2026-11-24T14:00`.

    Args:
        text: as typed.
        now: UTC.
        what: how the operator knows it, for errors: `--as-of`.

    Raises:
        UsageProblem: it is no time, or one that is still to come.
    """
    at = time_of(text, what, now)
    if at > now:
        raise UsageProblem(f"{what} names a time that is still to come", hint="2h, 3d, or 2026-11-24T14:00")
    return as_of(at)


def rule_of(text: str) -> Rule:
    """The rule of a plan's text; the last healthy version where it says nothing else that can be read."""
    if text == PREVIOUS.text:
        return PREVIOUS
    try:
        at = datetime.fromisoformat(text.removeprefix(_AS_OF))
    except ValueError:
        return LAST_HEALTHY
    return as_of(at) if text.startswith(_AS_OF) and at.tzinfo is not None else LAST_HEALTHY


def named(versions: Mapping[str, VersionId], text: str) -> Rule:
    """A version for each link; `text` says whose choice that was."""
    return Rule(text, versions=dict(versions))


def _previous(timeline: Timeline) -> Version | str:
    before = timeline.before(timeline.live)
    if before is not None:
        return before
    return "it has no earlier version" if timeline.complete else INCOMPLETE


INCOMPLETE: Final = "history incomplete: its older versions could not be read"


def _as_of(timeline: Timeline, at: datetime) -> Version | str:
    """The newest version made at or before a time; versions on top of the live one count as well."""
    for version in timeline.versions:
        if version.created_at is None:
            return f"history incomplete: {label(version.version)} does not say when it was made"
        if version.created_at <= at:
            return version
    if not timeline.complete:
        return INCOMPLETE
    return f"no version as of {at:%Y-%m-%d %H:%M} UTC: it was made later"


def _named(timeline: Timeline, wanted: VersionId | None) -> Version | str:
    found = None if wanted is None else timeline.find(wanted)
    if found is not None:
        return found
    return f"it has no version {label(wanted)}" if timeline.complete else INCOMPLETE


def rewritten(record: Link | None, rewrite: Rewrite) -> Link | str:
    """The record with its destinations rewritten, or why it is left as it is."""
    if record is None:
        return "never seen: its record could not be read"
    try:
        after = rewrite.apply(record)
    except UrlProblem as problem:
        return f"its new destination {problem.message}"
    if after == record:
        return f"already there: nothing in it matches {rewrite.old or rewrite.new}"
    if record.has_password:
        return "it has a password, which the platform never tells: rewriting its record could lose it"
    return after


def target_state(plan: BatchPlan, item: BatchItem, reading: Reading) -> Link | None:
    """The whole state that an item's link is to have, from a fresh reading of it; None when there is none.

    The caller compares its fingerprint with `item.to_fingerprint` before anything is sent.
    """
    if plan.kind is BatchKind.ROLLBACK:
        version = None if item.to is None else reading.timeline.find(item.to)
        return version.snapshot if version is not None else None
    try:
        return Rewrite.parse(plan.rule).apply(reading.record or reading.current.snapshot)
    except UrlProblem:
        return None

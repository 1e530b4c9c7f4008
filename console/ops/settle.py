"""What became of a write: read the history, and never guess.

A write is ours when its version carries our mark, or is the step that the plan would make. Source:
product.md, section 3, points 5 and 6; hardening, P3, P5 and the recovery points K0 to K5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cache.journal import Write
from console.domain.links import VersionId, label
from console.domain.moments import Moment
from console.domain.readings import Reading
from console.domain.versions import Version, same_version
from console.ops import record

SETTLE_SECONDS: Final = 60.0
"""While the platform may still be working on a request whose answer was lost, "still at the old version" is
no proof. This many seconds after it was journalled, it is. A call's own deadline is well below."""


class Found(StrEnum):
    """What a reading says of a write."""

    APPLIED = "applied"
    """The link is, or was, at the target by the write's step."""
    NOT_YET = "not yet"
    """The link is where it was, and the request may still be under way."""
    NOT_APPLIED = "not applied"
    """The link is where it was, and long enough."""
    MOVED = "moved"
    """The link is neither where it was nor where the write would bring it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A write held against the history.

    Attributes:
        step: the version that the write made, when found.
        overtaken_by: a version that slipped in: before ours, or on top of it; or the expected one itself,
            when its content moved under the same number before our write replaced it.
        certain: the step carries our own mark, so that it cannot be a colleague's.
    """

    found: Found
    step: Version | None = None
    overtaken_by: Version | None = None
    certain: bool = False


def mark_of(key: str) -> str:
    """The mark in the reason that tells our version from a colleague's equal one."""
    return f"[repoint {key[:8]}]"


def with_mark(reason: str, key: str) -> str:
    """The reason as it is sent."""
    return f"{reason} {mark_of(key)}"


def examine(write: Write, reading: Reading, now: Moment, *, ended: bool) -> Finding:
    """Hold a write against a reading made after it left.

    Args:
        write: the journalled write.
        reading: made from the platform just now.
        now: all clocks.
        ended: whether the platform is known to be done with the request (it answered).
    """
    newer = _newer_than(write, reading)
    step = _step(write, newer)
    if step is not None:
        other = _slipped_in(newer, step) or _replaced_unseen(write, reading)
        return Finding(Found.APPLIED, step, other, mark_of(write.key) in step.note)
    unmoved = same_version(reading.live, write.expected_version)
    if unmoved and reading.current.fingerprint == write.expected_fingerprint:
        return Finding(Found.NOT_APPLIED if ended or is_over(write, now) else Found.NOT_YET)
    return Finding(Found.MOVED, overtaken_by=reading.current)


def is_over(write: Write, now: Moment) -> bool:
    """Whether the platform cannot still be working on the request."""
    age = record.made_at(write).age_at(now)
    return age is None or age > SETTLE_SECONDS  # no age: the machine was started anew since


def _newer_than(write: Write, reading: Reading) -> tuple[Version, ...]:
    """Versions on top of the one we expected, newest first.

    Where that one is not in what was read (cut off, or a history restored from a backup), only a higher
    number or our own mark proves that a version came after it.
    """
    versions, expected = reading.timeline.versions, write.expected_version
    proven = 0
    for index, version in enumerate(versions):
        if same_version(version.version, expected):
            return versions[:index]
        if _is_later(version.version, expected) or mark_of(write.key) in version.note:
            proven = index + 1
    return versions[:proven]


def _is_later(name: VersionId, expected: VersionId | None) -> bool:
    return isinstance(name, int) and isinstance(expected, int) and name > expected


def _step(write: Write, newer: tuple[Version, ...]) -> Version | None:
    """The version that this write made: by its mark, else the oldest step to the target's state."""
    for version in newer:
        if mark_of(write.key) in version.note:
            return version
    for version in reversed(newer):
        if version.fingerprint == write.target_fingerprint and "[repoint " not in version.note:
            return version
    return None


def _slipped_in(newer: tuple[Version, ...], step: Version) -> Version | None:
    """A version between the expected one and ours, else one on top of ours."""
    index = newer.index(step)
    if index + 1 < len(newer):
        return newer[index + 1]
    return newer[0] if index > 0 else None


def _replaced_unseen(write: Write, reading: Reading) -> Version | None:
    """The expected version when it no longer says what was reviewed: platforms compare numbers alone."""
    expected = None if write.expected_version is None else reading.timeline.find(write.expected_version)
    moved = expected is not None and expected.fingerprint != write.expected_fingerprint
    return expected if moved else None


def as_planned(write: Write, finding: Finding) -> bool:
    """Whether the step made exactly the state that was planned."""
    return finding.step is not None and finding.step.fingerprint == write.target_fingerprint


def sentence(write: Write, finding: Finding) -> str:
    """What was found, as an operator reads it."""
    before, target = label(write.expected_version), label(write.target_version)
    step = finding.step
    if step is None:
        return {
            Found.NOT_APPLIED: f"Not applied: {write.slug} is still at {before}.",
            Found.NOT_YET: (
                f"{write.slug} is still at {before} so far; the platform may still be working on it."
            ),
        }.get(finding.found, _moved(write, finding.overtaken_by))
    rewritten = write.target_version is None
    aim = "its new destination" if rewritten else f"the state of {target}"
    text = f"{write.slug} went from {before} to {aim} as {label(step.version)}"
    other = finding.overtaken_by
    if not as_planned(write, finding):
        wanted = "what was planned" if rewritten else f"what {target} gave them"
        return f"{text}, but visitors do not get {wanted}: compare the two."
    if other is None:
        return f"{text}."
    if same_version(other.version, write.expected_version):
        return f"{text}, but the content of {before} had changed since you saw it: look at both."
    who = f" by {other.created_by}" if other.created_by else ""
    return f"{text}, but {label(other.version)}{who} slipped in: look at both."


def _moved(write: Write, other: Version | None) -> str:
    now = label(other.version) if other else "another version"
    who = f" by {other.created_by}" if other and other.created_by else ""
    return f"{write.slug} is at {now}{who} now, and our write is not in its history."


def new_version(finding: Finding) -> VersionId | None:
    """The version that the write made, when found."""
    return finding.step.version if finding.step else None

"""Drafting a report from what the journal and the cache know of a run or a link."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cache.writes import Write
from console.domain.errors import InputRejected
from console.domain.links import label
from console.domain.outages import kind_of
from console.domain.redaction import redact
from console.domain.reports import DETAILS_LIMIT, SUMMARY_LIMIT, Draft
from console.domain.text import safe
from console.ops.incident.story_text import when
from console.ops.session import Session
from console.version import VERSION

_LISTED = 20
"""Writes that a draft names one by one."""
_LARGEST = 1024 * 1024 * 1024
"""Bytes of an artifact that is hashed."""


def draft(
    session: Session,
    *,
    summary: str = "",
    details: str = "",
    run: str = "",
    slug: str = "",
    request_id: str = "",
    session_id: str = "",
    artifact: Path | None = None,
) -> Draft:
    """A report; what is not given is drafted from the run or the link. Redacted. Nothing is sent.

    Raises:
        InputRejected: nothing to report about, too long, no such run, or the artifact cannot be read.
    """
    batch = session.store.runs.get(run) if run else None
    target = session.target.key
    writes = session.store.journal.writes_of_run(batch.run if batch else run, target) if run else []
    if run and not writes:
        raise InputRejected(f"There is no run {safe(run, 64)} here", hint="repoint journal shows them")
    if slug and not writes:
        writes = session.store.journal.writes_of(session.target.key, slug, 1)
    if not request_id:
        request_id = next((w.request_id for w in reversed(writes) if w.request_id), "") or ""
    drafted = _details(session, writes, slug, "" if details.strip() else summary, request_id)
    text = details.strip() or "\n".join(drafted)
    if details.strip() and (run or slug):
        text = f"{details.strip()}\n\n" + "\n".join(drafted)
    short = " ".join((summary or _summary(session, writes, slug)).split())
    if not short or not text:
        raise InputRejected(
            "A report needs a summary and details",
            detail="Nothing was sent.",
            hint="--summary TEXT --details TEXT, or --run RUN, or --slug SLUG to draft them from",
        )
    if len(short) > SUMMARY_LIMIT or len(text) > DETAILS_LIMIT:
        raise InputRejected(
            f"A summary has up to {SUMMARY_LIMIT} characters, details up to {DETAILS_LIMIT:,}",
            detail="Nothing was sent.",
            hint="Name a bundle instead: repoint evidence, then --artifact FILE.zip",
        )
    return Draft(
        redact(short), redact(text), session.target.handle, redact(session_id.strip() or session.session_id),
        redact(request_id.strip()), _artifact(artifact) if artifact else "",
    )  # fmt: skip


def _summary(session: Session, writes: list[Write], slug: str) -> str:
    if writes:
        first = writes[0]
        outcomes = ", ".join(sorted({w.outcome or w.state.value for w in writes}))
        about = first.slug if len(writes) == 1 else f"{len(writes)} links"
        return f"{first.way} of {about} on {session.target.handle}: {outcomes}"
    if slug:
        return f"The link {slug} on {session.target.handle}"
    return ""


def _details(session: Session, writes: list[Write], slug: str, what: str, request_id: str) -> list[str]:
    """What, expected, since when, request ids, before and after: in the form that support asks for."""
    if not writes and not slug:
        return []
    lines: list[str] = [f"What: {what}"] if what else []
    if writes:
        lines.append(
            f"{'Done' if what else 'What'}: {writes[0].way} of {len(writes)} link(s), run {writes[0].run}."
        )
        lines.append("Expected: each link at the version named, once, and an answer that says so.")
        lines.append(f"Since: {min(w.created_at for w in writes)}")
        ids = list(dict.fromkeys([*([request_id] if request_id else []), *_ids(writes)]))
        lines.append(f"Request ids: {', '.join(ids[:_LISTED]) or 'none was given'}")
        lines.append("Before and after:")
        lines += [f"  {_written(w)}" for w in writes[:_LISTED]]
        if len(writes) > _LISTED:
            lines.append(f"  and {len(writes) - _LISTED} more")
    else:
        lines.append("Expected: what the platform says of the link is what visitors get.")
        lines.append(f"Request ids: {request_id or 'none was given'}")
    if slug:
        lines += _of_link(session, slug)
    return [*lines, f"Seen with repoint {VERSION} by {session.target.operator or 'an operator'}."]


def _ids(writes: list[Write]) -> list[str]:
    return [w.request_id for w in writes if w.request_id]


def _written(w: Write) -> str:
    made = f", made {label(w.new_version)}" if w.new_version is not None else ""
    status = f", HTTP {w.http_status}" if w.http_status else ""
    words = f"{w.slug}: {label(w.expected_version)} to {label(w.target_version)}{made}"
    return f"{words}: {w.outcome or w.state.value}{status}. {w.detail}".strip()


def _of_link(session: Session, slug: str) -> list[str]:
    lines = []
    timeline = session.store.timelines.load(slug)
    if timeline is not None:
        live = timeline.current
        lines.append(
            f"Link: {slug} at {label(live.version)} (by {live.created_by or '?'}, {when(live.created_at)}), "
            f"read {when(timeline.as_of)}, leads to {live.snapshot.destination_url}"
        )
        before = timeline.before(live.version)
        if before is not None:
            lines.append(f"Before: {label(before.version)}, led to {before.snapshot.destination_url}")
    for vantage, result in session.store.health.latest_by_vantage(slug).items():
        found = "healthy" if result.verdict.healthy else kind_of(result)
        since = f", failing since {when(result.failing_since)}" if result.failing_since else ""
        lines.append(f"Health from {vantage.value}: {found} at {when(result.checked_at)}{since}")
    return lines or [f"Link: {slug}; nothing is known of it on this machine."]


def _artifact(path: Path) -> str:
    """Name, hash and size of a file: support asks for the file itself if it wants it."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                digest.update(block)
                size += len(block)
                if size > _LARGEST:
                    raise InputRejected(f"{safe(path)} is larger than an artifact may be")
    except OSError as error:
        raise InputRejected(f"{safe(path)} cannot be read: {error.strerror}") from error
    return f"{safe(path.name, 120)} sha256:{digest.hexdigest()} ({size} bytes)"

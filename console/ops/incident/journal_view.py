"""The journal's entries as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from cache.journal import WRITE, Entry
from console.domain.incidents import assigned_all
from console.domain.journal_filter import JournalRow
from console.domain.links import JSON, label
from console.domain.redaction import redact
from console.ops.incident.story_entries import event_of
from console.ops.session import Session

MOST = 5000
"""Entries that a screen holds, the newest."""
_HIDDEN = frozenset({"target", "target_key", "base_url", "profile", "key", "operator", "slug", "incident"})


async def rows(session: Session) -> list[JournalRow]:
    """The newest entries about this target, newest first."""
    key = session.target.key
    about = {key, ""}
    found = [e for e in session.store.journal.entries() if _target(e) in about]
    return list(reversed(journal_rows(found)))[:MOST]


def _target(entry: Entry) -> str:
    return str(entry.fields.get("target") or entry.fields.get("target_key") or "")


def journal_rows(entries: Iterable[Entry]) -> list[JournalRow]:
    """Entries, in their order, as rows; each with the incident that it belongs to."""
    return [_row(entry, incident) for entry, incident in assigned_all(entries)]


def _row(entry: Entry, incident: str) -> JournalRow:
    f = entry.fields
    return JournalRow(
        seq=entry.seq,
        at=entry.at.wall,
        kind=entry.kind,
        state=str(f.get("outcome") or f.get("state") or "") if entry.kind == WRITE else entry.kind,
        by=str(f.get("author") or f.get("operator") or ""),
        link=str(f.get("slug") or ""),
        incident=incident,
        run=str(f.get("run") or ""),
        words=redact(_write(f) if entry.kind == WRITE else _other(entry)),
    )


def _write(f: dict[str, JSON]) -> str:
    made = f" as {label(f['new_version'])}" if f.get("new_version") is not None else ""
    text = f"{f['slug']} {label(f['expected_version'])} -> {label(f['target_version'])}{made}"
    return f"{text}: {f.get('detail') or f.get('reason')}"


def _other(entry: Entry) -> str:
    event = event_of(entry)
    link = f"{entry.fields['slug']}: " if entry.fields.get("slug") else ""
    if event is not None:
        return f"{link}{event.text}"
    shown = {n: v for n, v in entry.fields.items() if n not in _HIDDEN and v not in ("", None)}
    return link + "  ".join(f"{name}={value}" for name, value in shown.items())

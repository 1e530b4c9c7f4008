"""An evidence bundle: what is known of a link or a run, with the proof that the journal really says it.

Redacted text by text. Entries about other links are kept back; their hashes stay, so that nothing can be
added to or taken from between those that are shown.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from cache.journal import Entry
from cache.runs import Item, Run
from console.domain.errors import InputRejected, NotCached, RepointError, StorageProblem
from console.domain.health import HealthResult
from console.domain.links import JSON
from console.domain.redaction import holds_token, redact_all
from console.domain.versions import Timeline
from console.ops.importing.exporting import record_of
from console.ops.importing.record import SLUG as IMPORT
from console.ops.importing.rejects import new_file
from console.ops.incident import story_text
from console.ops.incident.story import tell_about
from console.ops.planning.reading import read_all
from console.ops.session import Session
from console.version import VERSION

KIND: Final = "repoint-evidence"
MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal.ndjson"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The one date of every file inside: the same content gives the same bytes."""
_SAMPLES: Final = 500
"""Health results kept of each link, newest first."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SETTINGS: Final = (
    "name", "base_url", "handle", "environment", "protected", "reserve", "concurrency", "timeout",
    "rollback_target_key", "honours_idempotency", "probe_allow_private",
)  # fmt: skip
_README: Final = """\
An evidence bundle of repoint: what one machine saw and did about a link or a run.

manifest.json     every file with its SHA-256 and its size, the subject, and where the journal ended
journal.ndjson    the journal's entries from the first to the last about the subject; `hash` is the SHA-256
                  of `previous` followed by `body`. Entries about other things have no body, and entries
                  with something redacted have `said` in its place: their place is proved, their words are
                  not.
timeline.*        the same as a story
run.json          the run, its plan, and what became of each item
histories/        every version that was read, and when
health/           what was found at the destinations, newest first, one result a line
environment.json  versions and settings, no secrets

Check it with: repoint evidence --check FILE
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was bundled.

    Attributes:
        kind: `link` or `run`.
        stale: why a history was taken from the cache; empty when it was read just now.
        entries: entries of the journal that are shown; `held_back` those that are not.
    """

    kind: str
    subject: str
    files: dict[str, bytes]
    entries: int
    held_back: int
    stale: str = ""


async def collect(session: Session, subject: str) -> Bundle:
    """Gather everything about a link or a run. The histories are read again when that is possible.

    A run is named by its id or the beginning of it, and is one of this target.

    Raises:
        InputRejected: neither is known on this machine, nor to the platform.
        NotCached: the same, while we are offline.
        StorageProblem: the journal or the cache cannot be read, or a secret stands in what was gathered.
    """
    run, target = session.store.runs.get(subject), session.target.key
    run = run if run is not None and run.target_key == target else None
    writes = session.store.journal.writes_of_run(run.run if run else subject, target)
    subject = run.run if run else writes[0].run if writes else subject
    kind = "run" if writes or run else "link"
    items = session.store.runs.items(subject) if run else []
    about = [i.slug for i in items] + [w.slug for w in writes if w.slug != IMPORT]
    slugs = list(dict.fromkeys(about)) or ([subject] if kind == "link" else [])
    stale = "" if session.offline else await _read_again(session, slugs)
    story = tell_about(session, slugs, subject if kind == "run" else "")
    files: dict[str, bytes] = {"README.txt": _README.encode()}
    if run is not None:
        files["run.json"] = _json(redact_all(_run(run, items)))
    for slug in slugs:
        _add_link(files, session, slug)
    entries = _entries(session, kind, subject)
    if len(files) == 1 and not entries:
        unknown = NotCached if session.offline else InputRejected
        raise unknown(
            f"Nothing is known of {subject} on this machine",
            detail="No link and no run of that name was ever read or written here.",
            hint="Name a link's slug or a run's id: repoint journal shows both",
        )
    pieces, shown = _slice(session, entries)
    files[JOURNAL] = _lines(pieces)
    files["timeline.md"] = (story_text.markdown(story) + "\n").encode("utf-8", "backslashreplace")
    files["timeline.json"] = _json(redact_all(story_text.document(story)))
    files["environment.json"] = _json(redact_all(_environment(session)))
    files[MANIFEST] = _json(_manifest(session, kind, subject, files))
    for name, content in files.items():
        if holds_token(content.decode("utf-8")):
            raise StorageProblem(
                "The bundle was not written: something like a token stands in it", detail=f"In {name}."
            )
    return Bundle(kind, subject, files, shown, len(pieces) - shown, stale)


async def _read_again(session: Session, slugs: Sequence[str]) -> str:
    """Read the histories now; why some are the cache's, in words, empty when none is."""
    try:
        found = await read_all(session, slugs)
    except RepointError as error:
        return error.title
    lacking = [why for why in found.values() if isinstance(why, str)]
    if not lacking:
        return ""
    return lacking[0] if len(slugs) == 1 else f"{len(lacking)} of {len(slugs)} links: {lacking[0]}"


def write(bundle: Bundle, path: Path) -> None:
    """Write the bundle to a new file of ours alone, whole or not at all.

    Raises:
        StorageProblem: the file exists or cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(bundle.files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o600 << 16
            archive.writestr(info, bundle.files[name], zipfile.ZIP_DEFLATED, 9)
    with new_file(path) as stream:
        stream.buffer.write(packed.getvalue())


def _add_link(files: dict[str, bytes], session: Session, slug: str) -> None:
    name = (
        slug if _PLAIN.fullmatch(slug) else hashlib.sha256(slug.encode("utf-8", "replace")).hexdigest()[:16]
    )
    timeline = session.store.timelines.load(slug)
    if timeline is not None:
        files[f"histories/{name}.json"] = _json(redact_all(_history(timeline)))
    samples = session.store.health.of(slug, _SAMPLES)
    if samples:
        files[f"health/{name}.ndjson"] = _lines(redact_all(_sample(each)) for each in samples)


def _run(run: Run, items: Iterable[Item]) -> dict[str, JSON]:
    return {
        "run": run.run, "kind": run.kind, "way": run.way, "by": run.operator, "reason": run.reason,
        "state": run.state.value, "stop_reason": run.stop_reason or None, "created_at": run.created_at,
        "digest": run.digest, "plan": run.plan, "total": run.total,
        "items": [
            {
                "row": i.row_no, "slug": i.slug, "outcome": i.outcome.value, "detail": i.detail or None,
                "new_version": i.new_version, "overtaken_by": i.overtaken_by, "request_id": i.request_id,
            }
            for i in items
        ],
    }  # fmt: skip


def _history(timeline: Timeline) -> dict[str, JSON]:
    return {
        "slug": timeline.slug, "live": timeline.live, "complete": timeline.complete,
        "as_of": story_text.when(timeline.as_of), "link_id": timeline.link_id or None,
        "versions": [
            {
                "version": v.version, "created_at": story_text.when(v.created_at),
                "created_by": v.created_by or None, "action": v.action.value, "note": v.note or None,
                "rolled_back_to": v.rolled_back_to, "fingerprint": v.fingerprint,
                "snapshot": record_of(v.snapshot),
            }
            for v in timeline.versions
        ],
    }  # fmt: skip


def _sample(each: HealthResult) -> dict[str, JSON]:
    return {
        "slug": each.slug, "destination_url": each.destination_url, "verdict": each.verdict.value,
        "phase": each.phase.value if each.phase else None, "status_code": each.status_code,
        "latency_ms": each.latency_ms, "final_url": each.final_url, "from": each.vantage.value,
        "checked_at": story_text.when(each.checked_at), "version": each.version,
        "failing_since": story_text.when(each.failing_since), "detail": each.detail or None,
    }  # fmt: skip


def _entries(session: Session, kind: str, subject: str) -> list[Entry]:
    name = "run" if kind == "run" else "slug"
    key = session.target.key
    return [
        e
        for e in session.store.journal.entries()
        if e.fields.get(name) == subject and key in {e.fields.get("target"), e.fields.get("target_key")}
    ]


def _slice(session: Session, entries: Sequence[Entry]) -> tuple[list[dict[str, JSON]], int]:
    """The chain from the first to the last of these entries, and how many of it are shown."""
    if not entries:
        return [], 0
    wanted = {entry.seq: entry for entry in entries}
    pieces, _ = session.store.journal.proof(entries[0].seq, entries[-1].seq)
    rows: list[dict[str, JSON]] = []
    for piece in pieces:
        row: dict[str, JSON] = {"seq": piece.seq, "previous": piece.previous, "hash": piece.hash}
        entry = wanted.get(piece.seq)
        if entry is not None and piece.body is not None:
            said = redact_all(entry.fields)
            row |= {"body": piece.body} if said == entry.fields else {"said": said}
        rows.append(row)
    return rows, len(wanted)


def _environment(session: Session) -> dict[str, JSON]:
    import platform
    import sqlite3
    from importlib.metadata import PackageNotFoundError, version

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    known = {f.name for f in fields(session.profile)}
    return {
        "repoint": VERSION,
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: installed(name) for name in ("httpx", "textual", "rich", "pyjwt", "sqlite-utils")},
        "operator": session.target.operator,
        "role": session.target.role.label,
        "offline": session.offline,
        "profile": {name: getattr(session.profile, name) for name in _SETTINGS if name in known},
    }


def _manifest(session: Session, kind: str, subject: str, files: dict[str, bytes]) -> dict[str, JSON]:
    faults = session.store.journal.verify()
    _, head = session.store.journal.proof(0, 0)
    return {
        "kind": KIND,
        "schema": 1,
        "made_at": story_text.when(session.clock.now().wall),
        "made_by": session.target.operator,
        "target": session.target.key,
        "subject": {"kind": kind, "name": subject},
        "journal": {"entries": head[0], "head": head[1], "whole": not faults},
        "files": [
            {"path": name, "sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])}
            for name in sorted(files)
        ],
    }


def _json(value: JSON) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode("ascii")


def _lines(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(row, sort_keys=True, allow_nan=False) + "\n" for row in rows).encode("ascii")

"""What one operator hands to the next: the incident, its notes, what is left to do, what is being watched.

The file is checked whole before anything of it is kept; it is bound to the target it was made for. Its seal
shows that it was cut or edited on the way, not who wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cache.journal import Entry
from console.domain.errors import InputRejected, Refused
from console.domain.incidents import assigned, is_name
from console.domain.links import JSON, canonical, label
from console.domain.redaction import redact
from console.domain.text import safe
from console.domain.versions import same_version
from console.ops.importing.rejects import new_file
from console.ops.incident import incidents
from console.ops.session import Session

KIND: Final = "repoint-handoff"
LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a file that is read."""
_TOLD: Final = (incidents.NOTE, incidents.TODO)
_FORM: Final[dict[str, type]] = {
    "incident": str, "began": str, "by": str, "at": str, "target": str, "said": list, "bad_versions": list,
    "holds": list, "open_writes": list,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """What was new in a hand-off.

    Attributes:
        unsettled: links whose write the other operator had not settled; each was left to do here.
    """

    incident: str
    by: str
    notes: int
    todos: int
    bad_versions: int
    holds: int
    unsettled: tuple[str, ...]


def hand_off(session: Session, path: Path, name: str = "") -> dict[str, JSON]:
    """Write what belongs to an incident to a new file, for the next operator; the document.

    Args:
        session: whose target it is about.
        path: must not exist yet.
        name: the incident; the current one when empty.

    Raises:
        Refused: no such incident, or none is current.
        StorageProblem: the file exists or cannot be written.
    """
    known, now = incidents.known(session), incidents.current(session)
    found = known.get(name) if name else now
    if found is None:
        raise Refused(
            "There is no incident to hand over", reason="no_incident", hint="Name one: note --incident ID"
        )
    body = _body(session, found.name, found.began)
    document = {"kind": KIND, "schema": 1, **body, "seal": _seal(body)}
    with new_file(path) as stream:
        json.dump(document, stream, indent=2)
        stream.write("\n")
    incidents.tell(session, "handed over", {"incident": found.name, "file": path.name})
    return document


def _body(session: Session, name: str, began: datetime | None) -> dict[str, JSON]:
    target, marks = session.target, session.store.marks
    mine = [e for e, at in assigned(session.store.journal.entries(), target.key) if at == name]
    done = {int(e.fields["todo"]) for e in mine if e.kind == incidents.DONE}
    said = [_said(e) for e in mine if e.kind in _TOLD and e.seq not in done]
    slugs = sorted({str(e.fields["slug"]) for e in mine if e.fields.get("slug")})
    bad = [
        {"slug": slug, "version": version, "why": redact(each.why), "by": each.by}
        for slug in slugs
        for version, each in marks.bad(target.key, slug).items()
    ]
    holds = [
        {"slug": h.slug, "version": h.version, "fingerprint": h.fingerprint, "by": h.by}
        for h in marks.holds(target.key)
    ]
    unsettled = [
        {
            "slug": w.slug,
            "version": w.target_version,
            "state": w.state.value,
            "request_id": w.request_id or "",
        }
        for w in session.store.journal.open_writes(target.key)
    ]
    return {
        "incident": name,
        "began": began.isoformat() if began else "",
        "by": target.operator,
        "at": session.clock.now().wall.isoformat(),
        "target": target.key,
        "said": said,
        "bad_versions": bad,
        "holds": holds,
        "open_writes": unsettled,
    }


def _said(entry: Entry) -> dict[str, JSON]:
    fields = entry.fields
    return {
        "kind": entry.kind,
        "text": redact(str(fields["text"])),
        "slug": str(fields.get("slug", "")),
        "by": str(fields.get("author") or fields.get("operator", "")),
        "at": str(fields.get("said_at") or entry.at.wall.isoformat()),
        "hash": str(fields.get("origin") or entry.hash),
    }


def take_over(session: Session, path: Path) -> Taken:
    """Read a hand-off and keep what is new in it; its incident becomes the current one.

    Raises:
        InputRejected: it is no hand-off, or it was cut or edited.
        Refused: it was made for another target.
    """
    body = _read(path)
    if body["target"] != session.target.key:
        raise Refused(
            "This hand-off is about another target",
            reason="other_target",
            detail=f"It is about {safe(body['target'])}, you are at {session.target.key}. Nothing was kept.",
            hint="Choose that profile: --profile NAME",
        )
    incidents.enter(session, body["incident"], _time(body["began"]) if body["began"] else None)
    counts = _keep_said(session, body)
    unsettled = tuple(str(each["slug"]) for each in body["open_writes"])
    taken = Taken(
        body["incident"], body["by"], counts[incidents.NOTE], counts[incidents.TODO],
        _keep_bad(session, body["bad_versions"]), _keep_holds(session, body["holds"]), unsettled,
    )  # fmt: skip
    said = {"from": body["by"], "made_at": body["at"], "notes": taken.notes, "todos": taken.todos,
            "bad_versions": taken.bad_versions, "holds": taken.holds}  # fmt: skip
    incidents.tell(session, "taken over", said)
    return taken


def _keep_said(session: Session, body: Mapping[str, Any]) -> dict[str, int]:
    known = {str(e.fields.get("origin") or e.hash) for e in incidents.entries_of(session)}
    counts = dict.fromkeys(_TOLD, 0)
    for each in body["open_writes"]:
        text = (
            f"{body['by']} left a write to {each['slug']} ({label(each['version'])}) unsettled: read its "
            "history before anything else is written to it"
        )
        origin = hashlib.sha256(canonical([body["by"], body["at"], each]).encode()).hexdigest()
        said = {"kind": incidents.TODO, "text": text, "slug": each["slug"], "by": body["by"]}
        body["said"].append({**said, "at": body["at"], "hash": origin})
    for each in body["said"]:
        if each["hash"] in known:
            continue
        fields = {"text": incidents.cleaned(each["text"]), "author": each["by"], "said_at": each["at"]}
        slug = {"slug": each["slug"]} if each["slug"] else {}
        incidents.tell(session, each["kind"], {**fields, **slug, "origin": each["hash"]})
        counts[each["kind"]] += 1
    return counts


def _keep_bad(session: Session, bad: list[dict[str, Any]]) -> int:
    marks, key, kept = session.store.marks, session.target.key, 0
    for each in bad:
        if not any(same_version(each["version"], known) for known in marks.bad(key, each["slug"])):
            now = session.clock.now()
            marks.note_bad(key, each["slug"], each["version"], each["why"], each["by"], now)
            kept += 1
    return kept


def _keep_holds(session: Session, holds: list[dict[str, Any]]) -> int:
    marks, key = session.store.marks, session.target.key
    mine = {hold.slug for hold in marks.holds(key)}
    new = [each for each in holds if each["slug"] not in mine]
    for each in new:
        now = session.clock.now()
        marks.hold(key, each["slug"], each["version"], each["fingerprint"], each["by"], now)
    return len(new)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        document = json.loads(raw.decode("utf-8")) if len(raw) <= LARGEST else None
    except OSError as error:
        raise InputRejected(f"{safe(path)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _unfit(path, "it is not JSON") from error
    if not isinstance(document, dict) or (document.get("kind"), document.get("schema")) != (KIND, 1):
        raise _unfit(path, "it is something else, or of another version of repoint")
    body: dict[str, Any] = {name: document.get(name) for name in _FORM}
    if document.get("seal") != _seal(body):
        raise _unfit(path, "it was cut or edited since it was written")
    if not _is_whole(body):
        raise _unfit(path, "it lacks what a hand-off has")
    return body


def _is_whole(body: Mapping[str, Any]) -> bool:
    rows = {
        "said": ("kind", "text", "slug", "by", "at", "hash"),
        "bad_versions": ("slug", "why", "by"),
        "holds": ("slug", "fingerprint", "by"),
        "open_writes": ("slug", "state", "request_id"),
    }
    texts = all(isinstance(body[name], kind) for name, kind in _FORM.items()) and all(
        isinstance(each, dict) and all(isinstance(each.get(name), str) for name in names)
        for part, names in rows.items()
        for each in body[part]
    )
    if not texts or not is_name(body["incident"]):
        return False
    named = [*body["bad_versions"], *body["holds"]]
    versions = all(isinstance(each.get("version"), str) or type(each.get("version")) is int for each in named)
    times = [each["at"] for each in body["said"]] + [body["at"]] + [body["began"]] * bool(body["began"])
    kinds = all(each["kind"] in _TOLD and each["text"].strip() for each in body["said"])
    return versions and kinds and all(_time(text) is not None for text in times)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _seal(body: Mapping[str, JSON]) -> str:
    return hashlib.sha256(canonical({name: body[name] for name in _FORM}).encode()).hexdigest()


def _unfit(path: Path, why: str) -> InputRejected:
    return InputRejected(
        f"{safe(path)} is no hand-off: {why}", detail="Nothing of it was kept.", hint="Ask for it again"
    )

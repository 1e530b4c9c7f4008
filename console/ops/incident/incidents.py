"""The incident that work hangs on, and what operators note and leave to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cache.journal import Entry
from console.domain.errors import InputRejected, Refused
from console.domain.incidents import (
    ENDED,
    KIND,
    OPENED,
    RESUMED,
    Incident,
    Todo,
    assigned,
    is_name,
    target_of,
)
from console.domain.links import JSON
from console.domain.redaction import redact
from console.ops.session import Session

LONGEST: Final = 4000
"""Characters of a note."""
NOTE: Final = "note"
TODO: Final = "todo"
DONE: Final = "todo done"


def entries_of(session: Session, kind: str | None = None) -> list[Entry]:
    """The journal's entries about this target, oldest first; all, or those of one kind."""
    key = session.target.key
    return [e for e in session.store.journal.entries(kind=kind) if target_of(e.fields) == key]


def current(session: Session) -> Incident | None:
    """The incident that work on this target hangs on now; None when there is none."""
    found = known(session)
    newest = entries_of(session, KIND)[-1:]
    if not newest or newest[0].fields.get("event") == ENDED:
        return None
    return found[str(newest[0].fields["incident"])]


def known(session: Session) -> dict[str, Incident]:
    """Every incident of this target by its name, oldest first."""
    found: dict[str, Incident] = {}
    for entry in entries_of(session, KIND):
        name, began = str(entry.fields["incident"]), _time(entry.fields.get("began"))
        by = str(entry.fields.get("operator", ""))
        before = found.get(name) or Incident(name, entry.seq, entry.at.wall, by)
        found[name] = replace(before, seq=entry.seq, began=began or before.began)
    return found


def enter(session: Session, name: str, began: datetime | None = None) -> Incident:
    """Have everything from now on hang on an incident; one that is current already stays it.

    Args:
        session: whose target it is about.
        name: 1 to 64 letters, digits, dots, dashes and underscores.
        began: when the trouble began, where that is known.

    Raises:
        InputRejected: no such name is possible.
    """
    if not is_name(name):
        raise InputRejected(
            "An incident is named with up to 64 letters, digits, dots and dashes", hint="INC-204, say"
        )
    now = current(session)
    if now is not None and now.name == name and began in {None, now.began}:
        return now
    event = RESUMED if name in known(session) else OPENED
    fields = {"incident": name, "event": event, "began": began and began.isoformat()}
    tell(session, KIND, fields)
    found = current(session)
    assert found is not None
    return found


def end(session: Session) -> Incident:
    """Let nothing hang on the current incident any more; the incident that it was.

    Raises:
        Refused: there is none.
    """
    now = current(session)
    if now is None:
        raise Refused("No incident is current", reason="no_incident", hint="Name one: note --incident ID")
    tell(session, KIND, {"incident": now.name, "event": ENDED, "began": None})
    return now


def note(session: Session, text: str, slug: str = "") -> Entry:
    """Keep a sentence. What looks like a token is taken out of it.

    Raises:
        InputRejected: it is empty, or longer than `LONGEST`.
    """
    return tell(session, NOTE, {"text": cleaned(text), **({"slug": slug} if slug else {})})


def leave_to_do(session: Session, text: str) -> Todo:
    """Keep something that is left to do. Raises as `note`."""
    entry = tell(session, TODO, {"text": cleaned(text)})
    return next(todo for todo in todos(session) if todo.number == entry.seq)


def done(session: Session, number: int) -> Todo:
    """Tick something off.

    Raises:
        InputRejected: nothing of that number is left to do.
    """
    left = {todo.number: todo for todo in todos(session) if todo.done_at is None}
    if number not in left:
        raise InputRejected(f"There is no open TODO {number}", hint="They are listed by: repoint note --list")
    entry = tell(session, DONE, {"todo": number})
    return replace(left[number], done_by=session.target.operator, done_at=entry.at.wall)


def todos(session: Session, entries: Sequence[Entry] | None = None) -> list[Todo]:
    """Everything ever left to do on this target, oldest first; `entries` are the journal's, if at hand."""
    found: dict[int, Todo] = {}
    key = session.target.key
    for entry, incident in assigned(session.store.journal.entries() if entries is None else entries, key):
        fields = entry.fields
        if entry.kind == TODO:
            by = str(fields.get("author") or fields.get("operator", ""))
            found[entry.seq] = Todo(entry.seq, str(fields["text"]), by, entry.at.wall, incident)
        elif entry.kind == DONE and fields.get("todo") in found:
            number = int(fields["todo"])
            by = str(fields.get("operator", ""))
            found[number] = replace(found[number], done_by=by, done_at=entry.at.wall)
    return list(found.values())


def cleaned(text: str) -> str:
    """A note's text on one line, without what looks like a token.

    Raises:
        InputRejected: it is empty, or longer than `LONGEST`.
    """
    words = redact(" ".join(text.split()))
    if not words or len(words) > LONGEST:
        raise InputRejected(f"A note has 1 to {LONGEST:,} characters")
    return words


def tell(session: Session, kind: str, fields: dict[str, JSON]) -> Entry:
    """Put an entry about this target into the journal."""
    target = session.target
    about = {"profile": session.profile.name, "target": target.key, "operator": target.operator}
    return session.store.journal.append(kind, {**about, **fields}, session.clock.now())


def _time(value: JSON) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None

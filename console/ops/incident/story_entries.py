"""What one entry of the journal says, as an event of a story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from cache.journal import WRITE, Entry
from cache.runs import RUN
from console.domain.batches import RunState
from console.domain.links import JSON, VersionId, label
from console.domain.outcomes import WriteState
from console.domain.redaction import redact
from console.domain.story import Changed, Event, EventKind, Ran
from console.ops.importing.record import WAY as IMPORT_WAY

_UNTOLD: Final = frozenset({WriteState.PREPARED.value, WriteState.SENT.value})
"""States on the way; the one that follows tells it."""
_KINDS: Final = {
    WriteState.APPLIED.value: EventKind.DONE,
    WriteState.UNKNOWN.value: EventKind.UNKNOWN,
}
_SENTENCES: Final[dict[str, tuple[EventKind, str]]] = {
    "refusal": (EventKind.REFUSED, "{title}"),
    "override": (EventKind.DONE, "let the check {check} pass ({found}): {reason}"),
    "noted bad": (EventKind.NOTED, "{version} is not to be returned to: {reason}"),
    "note cleared": (EventKind.NOTED, "{version} may be returned to again"),
    "released": (EventKind.DONE, "not watched any more"),
    "armed": (EventKind.DONE, "armed the profile: {reason}"),
    "disarmed": (EventKind.DONE, "made the profile read-only"),
    "note": (EventKind.NOTED, "{text}"),
    "todo": (EventKind.NOTED, "to do: {text}"),
    "todo done": (EventKind.DONE, "done: TODO {todo}"),
    "incident": (EventKind.NOTED, "{incident} {event}"),
    "handed over": (EventKind.DONE, "handed over as a file"),
    "taken over": (EventKind.DONE, "taken over from {from}"),
    "run": (EventKind.DONE, "run {event}: {total} links by {way}, {reason}. {stop_reason}"),
    "report draft": (EventKind.NOTED, "a report to support was drafted: {summary}"),
    "report answered": (EventKind.DONE, "report to support: {state}. {detail}"),
    "report decided": (EventKind.DONE, "report to support taken as {decision}"),
    "checkpoint": (EventKind.DONE, "{count} older entries were sealed and dropped"),
}
"""How the entries of other kinds than a write's are told."""


_MAY_LACK: Final = frozenset({"detail", "stop_reason"})
"""Fields that say nothing where there is nothing to say."""


def event_of(entry: Entry) -> Event | None:
    """The entry as an event; None for a step that the next one tells."""
    fields = entry.fields
    if entry.kind == WRITE:
        return _write(entry)
    if entry.kind not in _SENTENCES:
        return None
    kind, form = _SENTENCES[entry.kind]
    words = redact(form.format_map(_Words(fields))).strip()
    who = str(fields.get("author") or fields.get("operator") or "")
    at = _time(fields.get("said_at")) or entry.at.wall
    slugs = (str(fields["slug"]),) if fields.get("slug") else ()
    request = str(fields.get("request_id") or "")
    return Event(at, kind, who, words, slugs, str(fields.get("run") or ""), request, entry.seq)


def _write(entry: Entry) -> Event | None:
    fields = entry.fields
    state = str(fields["state"])
    if state in _UNTOLD:
        return None
    asked = f"{fields['way']} {label(fields['expected_version'])} to {label(fields['target_version'])}"
    made = f" as {label(fields['new_version'])}" if fields["new_version"] is not None else ""
    outcome = str(fields["outcome"] or state.upper())
    words = redact(f"{outcome} {asked}{made}: {fields['reason']}. {fields['detail']}").strip()
    return Event(
        entry.at.wall,
        _KINDS.get(state, EventKind.REFUSED),
        str(fields["operator"]),
        words,
        (str(fields["slug"]),),
        str(fields["run"]),
        str(fields["request_id"] or ""),
        entry.seq,
    )


def changed(entries: Iterable[Entry]) -> tuple[Changed, ...]:
    """The writes among entries, each as it was told last, in the order they began."""
    found: dict[str, Changed] = {}
    for entry in entries:
        if entry.kind != WRITE:
            continue
        f = entry.fields
        found[str(f["key"])] = Changed(
            key=str(f["key"]),
            slug=str(f["slug"]),
            run=str(f["run"]),
            way=str(f["way"]),
            by=str(f["operator"]),
            before=_version(f["expected_version"]),
            to=_version(f["target_version"]),
            made=_version(f["new_version"]),
            state=str(f["state"]),
            outcome=str(f["outcome"] or ""),
            request_id=str(f["request_id"] or ""),
            at=entry.at.wall,
            sent=int(f["attempts"]),
            request=f["way"] == IMPORT_WAY,
        )
    return tuple(found.values())


def ran(entries: Iterable[Entry]) -> tuple[Ran, ...]:
    """The batch runs among entries, in the order they came up."""
    found: dict[str, Ran] = {}
    resting: dict[str, datetime | None] = {}
    for entry in entries:
        if entry.kind != RUN:
            continue
        name, word, at = str(entry.fields["run"]), str(entry.fields["event"]), entry.at.wall
        if word in _WORKING:
            began = at if word == _BEGUN else found[name].began if name in found else None
            found[name] = replace(_ran(entry, RunState.RUNNING.value, began), worked=_worked(found, name))
            resting[name] = at
            continue
        since = resting.pop(name, None)
        more = max(0.0, (at - since).total_seconds()) if since is not None else 0.0
        before = found[name].began if name in found else None
        found[name] = replace(
            _ran(entry, word, before),
            ended=at if word in _ENDS else None,
            worked=_worked(found, name) + more,
        )
    return tuple(found.values())


_BEGUN: Final = "begun"
_WORKING: Final = frozenset({_BEGUN, "goes on"})
_ENDS: Final = frozenset({RunState.DONE.value, RunState.STOPPED.value})


def _worked(found: Mapping[str, Ran], name: str) -> float:
    return found[name].worked if name in found else 0.0


def _ran(entry: Entry, state: str, began: datetime | None) -> Ran:
    f = entry.fields
    outcomes = tuple((str(word), int(count)) for word, count in dict(f["outcomes"]).items() if count)
    return Ran(
        run=str(f["run"]), kind=str(f["kind"]), way=str(f["way"]), by=str(f["operator"]),
        reason=str(f["reason"]), total=int(f["total"]), state=state, began=began, outcomes=outcomes,
        stop_reason=str(f["stop_reason"] or ""),
    )  # fmt: skip


class _Words(dict[str, JSON]):
    """An entry's fields for a sentence; what it does not say is a question mark, a version has its label."""

    def __init__(self, fields: Mapping[str, JSON]) -> None:
        shown = {name: label(value) if name == "version" else value for name, value in fields.items()}
        super().__init__({n: "?" if v in ("", None) and n not in _MAY_LACK else v for n, v in shown.items()})

    def __missing__(self, key: str) -> str:
        return "?"


def _version(value: JSON) -> VersionId | None:
    return value if isinstance(value, int | str) else None


def _time(value: JSON) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None

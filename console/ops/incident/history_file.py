"""A link's history as a file: Markdown to paste, CSV for a sheet, JSON as `repoint history` prints it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from console.domain.links import VersionId, label
from console.domain.markdown import code, text
from console.domain.rows import neutralised
from console.domain.versions import Action, Change, Version, same_version
from console.ops.importing.rejects import new_file
from console.ops.incident.story_text import when
from console.ops.review import Review


class Form(StrEnum):
    """What the file is."""

    MARKDOWN = "md"
    CSV = "csv"
    JSON = "json"


_CSV: Final = (
    "version", "marks", "created_at", "created_by", "action", "rolled_back_to", "note", "destination_url",
    "health", "health_checked_at", "noted_bad", "changed", "fingerprint",
)  # fmt: skip


def form_of(path: Path) -> Form:
    """The form that a file's name ends with; JSON where it says nothing."""
    ending = path.suffix.lower().removeprefix(".")
    return {"md": Form.MARKDOWN, "markdown": Form.MARKDOWN, "csv": Form.CSV}.get(ending, Form.JSON)


def file_name(slug: str) -> str:
    """A name for the file, of letters that every file system takes."""
    kept = "".join(c for c in slug if c.isascii() and (c.isalnum() or c in "-_"))[:60]
    return f"{kept or 'link'}-history.md"


def write_history(found: Review, path: Path) -> int:
    """Write a history to a new file, whole or not at all; how many versions it has.

    Raises:
        StorageProblem: the file exists, is a link, or cannot be written.
    """
    form = form_of(path)
    with new_file(path) as stream:
        if form is Form.MARKDOWN:
            stream.write(markdown(found))
        elif form is Form.CSV:
            stream.write(as_csv(found))
        else:
            stream.write(json.dumps(document(found), indent=2) + "\n")
    return len(found.timeline.versions)


def document(found: Review) -> dict[str, Any]:
    """What `history` prints."""
    timeline = found.timeline
    return {
        "slug": timeline.slug,
        "live": timeline.live,
        "versions": [
            {
                "version": v.version,
                "live": v.version == timeline.live,
                "created_at": when(v.created_at),
                "created_by": v.created_by or None,
                "action": v.action.value,
                "note": v.note or None,
                "rolled_back_to": v.rolled_back_to,
                "destination_url": v.snapshot.destination_url,
                "fingerprint": v.fingerprint,
                "health": found.health[v.version].verdict.value if v.version in found.health else None,
                "health_checked_at": _looked_at(found, v.version),
                "bad": v.version in found.bad,
                "changes": [change(c) for c in timeline.changes_of(v.version)],
            }
            for v in timeline.versions
        ],
        "complete": timeline.complete,
        "as_of": when(timeline.as_of),
        "source": timeline.source.value,
    }


def change(value: Change) -> dict[str, Any]:
    """One field that differs."""
    return {"field": value.field, "before": value.before, "after": value.after}


def as_csv(found: Review) -> str:
    """A row for each version, newest first; no cell is a formula to a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_CSV)
    for v in found.timeline.versions:
        note = found.bad.get(v.version)
        back = "" if v.rolled_back_to is None else str(v.rolled_back_to)
        row = (
            str(v.version), "; ".join(_marks(found, v.version)), when(v.created_at) or "", v.created_by,
            v.action.value, back, v.note, v.snapshot.destination_url, _health(found, v.version),
            _looked_at(found, v.version), note.why if note is not None else "",
            "; ".join(c.field for c in found.timeline.changes_of(v.version)), v.fingerprint,
        )  # fmt: skip
        writer.writerow([neutralised(cell or "") for cell in row])
    return out.getvalue()


def markdown(found: Review) -> str:
    """The history as Markdown. Everything that came from elsewhere is shown as plain words."""
    timeline = found.timeline
    whole = "" if timeline.complete else "; older versions were not read"
    said = f"{len(timeline.versions)} versions, live is {text(label(timeline.live))}"
    read = f"From the {timeline.source.value} at {when(timeline.as_of) or 'an unknown time'}{whole}"
    lines = [
        f"# History of {code(timeline.slug)}",
        "",
        f"{said}. {read}.",
        "",
    ]
    for version in timeline.versions:
        lines += [*_told(found, version), ""]
    return "\n".join(lines).rstrip() + "\n"


def _told(found: Review, version: Version) -> Iterator[str]:
    name = version.version
    marks = ", ".join(_marks(found, name))
    yield f"## {text(label(name))}" + (f" ({text(marks)})" if marks else "")
    yield ""
    how = version.action.value
    if version.action is Action.ROLLBACK and version.rolled_back_to is not None:
        how = f"rollback to {text(label(version.rolled_back_to))}"
    yield f"- {when(version.created_at) or 'at an unknown time'}, {code(version.created_by)}, {how}"
    yield f"- leads to {code(version.snapshot.destination_url, 2000)}"
    if health := _health(found, name):
        yield f"- health while it was live: {text(health)}, seen {_looked_at(found, name)}"
    if version.note:
        yield f"- note: {text(version.note)}"
    if (bad := found.bad.get(name)) is not None:
        yield f"- noted bad: {text(bad.why)}"
    for each in found.timeline.changes_of(name):
        yield f"- {text(each.field)}: {_value(each.before)} to {_value(each.after)}"


def _value(value: object) -> str:
    if value in (None, [], {}, ""):
        return "none"
    return code(", ".join(map(str, value)) if isinstance(value, list | tuple) else value, 2000)


def _health(found: Review, version: VersionId) -> str:
    result = found.health.get(version)
    return result.verdict.value.lower() if result is not None else ""


def _looked_at(found: Review, version: VersionId) -> str | None:
    result = found.health.get(version)
    return when(result.checked_at) if result is not None else None


def _marks(found: Review, version: VersionId) -> list[str]:
    marks = []
    if same_version(version, found.timeline.live):
        marks.append("live")
    if same_version(version, found.last_healthy):
        marks.append("last healthy")
    if version in found.seen:
        marks.append("seen by you")
    if version in found.bad:
        marks.append("noted bad")
    return marks

"""Checking an evidence bundle that came from anywhere: its files, their hashes, and the chain in it."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.domain.errors import InputRejected
from console.domain.proof import Piece, faults
from console.domain.text import safe
from console.ops.incident.evidence import JOURNAL, KIND, MANIFEST

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of all files together, unpacked."""
MOST: Final = 25_000
"""Files of a bundle."""
_NAME: Final = re.compile(r"(?:[A-Za-z0-9_-]+/)?[A-Za-z0-9_-]+\.[a-z]+")
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a check.

    Attributes:
        faults: sentences; empty when the bundle is what was written.
        entries: entries of the journal whose words are proved; `placed` those of which only the place is.
    """

    subject: str
    made_by: str
    made_at: str
    files: int
    entries: int
    placed: int
    faults: tuple[str, ...]


def check(path: Path) -> Checked:
    """Read a bundle and name everything that is not as it was written. Nothing is unpacked to the disk.

    Raises:
        InputRejected: it cannot be read, or is no bundle at all.
    """
    files = _unpacked(path)
    manifest = _manifest(path, files)
    found: list[str] = []
    listed = {each["path"]: each for each in manifest["files"]}
    for name in sorted({*listed, *files} - {MANIFEST}):
        content = files.get(name)
        if content is None:
            found.append(f"{name} is missing.")
        elif name not in listed:
            found.append(f"{name} was added.")
        elif (len(content), hashlib.sha256(content).hexdigest()) != (
            listed[name]["bytes"],
            listed[name]["sha256"],
        ):
            found.append(f"{name} is not what was written.")
    pieces = _pieces(files.get(JOURNAL, b""), found)
    head = (manifest["journal"]["entries"], manifest["journal"]["head"])
    found += faults(pieces, head)
    if manifest["journal"].get("whole") is not True:
        found.append("The journal it comes from was damaged already.")
    said = sum(piece.body is not None for piece in pieces)
    return Checked(
        subject=str(manifest["subject"]["name"]),
        made_by=str(manifest["made_by"]),
        made_at=str(manifest["made_at"]),
        files=len(files),
        entries=said,
        placed=len(pieces) - said,
        faults=tuple(safe(sentence, 300) for sentence in found),
    )


def _unpacked(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST or sum(each.file_size for each in members) > LARGEST:
                raise _unfit(path, "it is larger than any bundle")
            for each in members:
                if not _NAME.fullmatch(each.filename) or each.filename in files:
                    raise _unfit(path, f"a file in it is named {each.filename}, or twice so")
                with archive.open(each) as stream:
                    files[each.filename] = stream.read(each.file_size + 1)
    except OSError as error:
        raise InputRejected(f"{safe(path)} cannot be read: {error.strerror or 'it is cut'}") from error
    except _UNREADABLE as error:
        raise _unfit(path, "it is no whole zip file") from error
    return files


def _manifest(path: Path, files: dict[str, bytes]) -> dict[str, Any]:
    try:
        manifest = json.loads(files[MANIFEST])
        shaped = (
            (manifest["kind"], manifest["schema"]) == (KIND, 1)
            and all({"path", "sha256", "bytes"} <= each.keys() for each in manifest["files"])
            and isinstance(manifest["journal"]["entries"], int)
            and {"made_at", "made_by"} <= manifest.keys()
            and "name" in manifest["subject"]
            and "head" in manifest["journal"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unfit(path, "it has no manifest that can be read") from error
    if not shaped:
        raise _unfit(path, "its manifest is not one of this program")
    return dict(manifest)


def _pieces(raw: bytes, found: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            row = json.loads(line)
            body = row.get("body")
            piece = Piece(int(row["seq"]), str(row["previous"]), str(row["hash"]), body and str(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            found.append(f"Line {number} of {JOURNAL} cannot be read.")
            continue
        pieces.append(piece)
    return pieces


def _unfit(path: Path, why: str) -> InputRejected:
    return InputRejected(f"{safe(path)} is no evidence bundle: {safe(why)}")

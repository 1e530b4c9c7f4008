"""The file of an import before its rows are read: what it is, its encoding, its hash."""

from __future__ import annotations

import codecs
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from console.domain.errors import InputRejected
from console.domain.text import safe

LINE_CAP: Final = 4 * 1024 * 1024
"""Bytes between two line ends of a file that is read line by line."""
STREAM_CAP: Final = 1024 * 1024 * 1024
"""Bytes that are taken from standard input or a pipe."""
_PIECE: Final = 1024 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_CP1252: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file, read once from end to end.

    Attributes:
        digest: SHA-256 of its bytes.
    """

    path: Path
    encoding: str
    digest: str
    size: int


@contextmanager
def at_hand(name: str, stdin: BinaryIO, folder: Path) -> Iterator[Path]:
    """The file that the operator named; what comes as a stream is kept in a private file meanwhile.

    Raises:
        InputRejected: it is missing, a folder or a device, cannot be read, or streams too much.
    """
    if name == "-":
        with _spooled(stdin, folder) as path:
            yield path
        return
    path = Path(name)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb"):
                pass
            yield path
            return
        if not stat.S_ISFIFO(mode):
            raise InputRejected(f"{safe(name)} is not a file", detail="Nothing was sent.")
        with path.open("rb") as pipe, _spooled(pipe, folder) as kept:
            yield kept
    except OSError as error:
        raise InputRejected(
            f"{safe(name)} cannot be read: {error.strerror}", detail="Nothing was sent."
        ) from error


@contextmanager
def _spooled(stream: BinaryIO, folder: Path) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(prefix="rows-", dir=folder)  # mkstemp makes it 0600
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as kept:
            taken = 0
            while piece := stream.read(_PIECE):
                taken += len(piece)
                if taken > STREAM_CAP:
                    raise InputRejected(f"More than {STREAM_CAP:,} bytes came in", detail="Nothing was sent.")
                kept.write(piece)
        yield path
    finally:
        path.unlink(missing_ok=True)


def inspect(path: Path) -> Source:
    """Read a file once: its hash, its encoding, and that its lines end.

    The encoding is that of its byte order mark; without one UTF-8 where every byte fits, UTF-16 where
    every other byte is empty, and latin-1 (with Windows' additions) for what is left.

    Raises:
        InputRejected: a line that does not end, bytes that are not in that encoding, or it cannot be read.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, size, unended = True, 0, 0
    start = b""
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                start = start or piece
                size += len(piece)
                digest.update(piece)
                unended = _unended(piece, unended, start)
                if valid:
                    valid = _fits(decoder, piece)
            valid = valid and _fits(decoder, b"", final=True)
    except OSError as error:
        raise InputRejected(
            f"{safe(path)} cannot be read: {error.strerror}", detail="Nothing was sent."
        ) from error
    encoding = _encoding(start) or ("utf-8" if valid else _legacy(path))
    if not (valid if encoding.startswith("utf-8") else _decodes(path, encoding)):
        raise InputRejected(
            f"{safe(path)} is not the {encoding.upper()} text that it begins as",
            detail="Some of its bytes stand for no letter there. Nothing was sent.",
            hint="Save it as UTF-8, then try again",
        )
    return Source(path, encoding, digest.hexdigest(), size)


def _unended(piece: bytes, before: int, start: bytes) -> int:
    last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
    length = before + len(piece) if last < 0 else len(piece) - last - 1
    if length > LINE_CAP and start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] not in {b"[", b"{"}:
        raise InputRejected(f"A line is longer than {LINE_CAP:,} bytes", detail="Nothing was sent.")
    return length


def _fits(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if not _fits(decoder, piece):
                return False
    return _fits(decoder, b"", final=True)


def _encoding(start: bytes) -> str:
    """What the first bytes say of the encoding; empty where they do not."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    sample = start[:512]
    if len(sample) >= 4 and sample.count(0) * 3 > len(sample):
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    return ""


def _legacy(path: Path) -> str:
    """Latin-1, or Windows' variant where the file uses what only that one has."""
    used: set[int] = set()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            used.update(piece)
    return "cp1252" if used & set(range(0x80, 0xA0)) and not used & _NOT_CP1252 else "latin-1"


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes as it is now."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""Coverage-guided fuzzing of a parser, as long as is wanted.

    python -m tests.support.fuzz "bodies of the platform" 60
    python -m tests.support.fuzz "CSV, NDJSON and JSON sheets" 60

The first word names a parser of `tests.support.parsers`, the second is seconds. With atheris installed (it is
no dependency of ours) libFuzzer chooses the inputs; without it they are chosen here: an input that reaches a
line of the program that none before it reached is kept, and changed further. A finding ends it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.support.parsers import PARSERS, Parser

ROOT: Final = str(Path(__file__).parents[2] / "console")
SEEDS: Final = (
    b"", b"{}", b"[]", b"slug,destinationUrl,title\ndocs,https://docs.example/,x\n",
    b'{"links":[{"slug":"docs","destinationUrl":"https://docs.example/","version":2}],"nextToken":"p_1"}',
    b'{"slug":"docs","currentVersion":2,"versions":[{"version":2,"createdAt":"2026-11-24T14:02:09Z"}]}',
    b'{"version":2,"action":"update","snapshot":{"slug":"docs","destinationUrl":"https://docs.example/"}}',
    b'{"results":[{"slug":"docs","status":"down","statusCode":503,"latencyMs":12}],"checkedAt":"x"}',
    b'{"importId":"imp_1","created":1,"rows":[{"row":1,"slug":"docs","status":"created"}]}',
    b'{"error":{"code":"not_found","message":"no"}}', b'{"slug":"docs"}\n{"slug":"guide"}\n',
    b"sep=;\nslug;title\ndocs;x\n",
)  # fmt: skip
PIECES: Final = (
    b'"', b",", b"\n", b"\r\n", b"{", b"}", b"[", b"]", b":", b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"null", b"1e400",
    b"-1", b"NaN", b"\\ud800", b"true", b'"version":true', b'"slug":[]', b'"enabled":[]', b"\t", b";",
    b"9" * 25,
)  # fmt: skip


def changed(rng: random.Random, raw: bytes, others: list[bytes]) -> bytes:
    """A few changes: bytes turned over, pieces put in, taken out, doubled or taken from another input."""
    made = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(made))
        to = min(len(made), at + rng.randint(1, 12))
        match rng.randrange(5):
            case 0:
                made[at:at] = rng.choice(PIECES)
            case 1:
                del made[at:to]
            case 2:
                made[at:at] = made[at:to]
            case 3 if at < len(made):
                made[at] = rng.randrange(256)
            case _:
                other = rng.choice(others)
                start = rng.randint(0, len(other))
                made[at:to] = other[start : start + rng.randint(1, 40)]
    return bytes(made[:4000])


class Lines:
    """The lines of the program that ran."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()

    def of(self, work: Callable[[], object]) -> int:
        """How many lines ran that none before had reached."""
        before = len(self.seen)
        outer = sys.gettrace()
        sys.settrace(self._trace)
        try:
            work()
        finally:
            sys.settrace(outer)
        return len(self.seen) - before

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(ROOT):
            return None
        if event == "line":
            self.seen.add((frame.f_code.co_filename, frame.f_lineno))
        return self._trace


def fuzz(
    parser: Parser, *, seed: int = 0, seconds: float = float("inf"), inputs: float = float("inf")
) -> tuple[int, int]:
    """Try until time or number are used up; how many inputs, and how many lines they reached.

    Raises:
        Exception: what the parser should not have raised, with the input as a note.
    """
    rng, lines, corpus = random.Random(seed), Lines(), list(SEEDS)
    end, tried = time.monotonic() + seconds, 0
    while tried < inputs and time.monotonic() < end:
        raw = corpus[tried] if tried < len(SEEDS) else changed(rng, rng.choice(corpus), corpus)
        tried += 1
        try:
            new = lines.of(lambda raw=raw: parser.tried(raw))
        except Exception as error:
            error.add_note(f"input {raw!r}")
            raise
        if new:
            corpus.append(raw)
    return tried, len(lines.seen)


def main() -> None:
    """See the module."""
    parser, seconds = PARSERS[sys.argv[1]], float(sys.argv[2])
    assert parser.takes == "bytes", "only parsers of bytes are fuzzed"
    try:
        import atheris  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        tried, reached = fuzz(parser, seed=time.time_ns(), seconds=seconds)
        sys.stdout.write(f"{tried} inputs, {reached} lines reached, nothing found\n")
        return
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}"], parser.tried)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

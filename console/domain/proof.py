"""A piece of the journal's chain that can be checked without the journal.

Each entry's hash is that of the hash before it and of everything the entry says. A piece that is given away
may keep an entry's words back: its place is still proved by the two hashes, its words are not.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of the chain.

    Attributes:
        previous: hash of the entry before it; empty for the first of all.
        body: what the hash was made of, character by character; None where it is kept back.
    """

    seq: int
    previous: str
    hash: str
    body: str | None


def digest(previous: str, body: str) -> str:
    """The hash of an entry that says `body` and follows an entry with the hash `previous`."""
    return hashlib.sha256((previous + body).encode()).hexdigest()


def faults(pieces: Sequence[Piece], head: tuple[int, str] | None = None) -> list[str]:
    """Everything wrong with a run of entries, as sentences; empty when each follows the one before it.

    Args:
        pieces: in their order.
        head: number and hash of the newest entry of the journal that they come from.
    """
    found: list[str] = []
    for piece in pieces:
        if piece.body is not None and digest(piece.previous, piece.body) != piece.hash:
            found.append(f"Entry {piece.seq} does not say what was written.")
        elif piece.body is not None and _number(piece.body) != piece.seq:
            found.append(f"Entry {piece.seq} stands in the place of another.")
    for before, after in itertools.pairwise(pieces):
        if after.seq != before.seq + 1:
            found.append(f"Between the entries {before.seq} and {after.seq} something is missing.")
        elif after.previous != before.hash:
            found.append(f"Entry {after.seq} does not follow the entry before it.")
    if head is not None and pieces:
        last = pieces[-1]
        if last.seq > head[0] or (last.seq == head[0] and last.hash != head[1]):
            found.append("The newest entry is not the one that the journal ended with.")
    return found


def _number(body: str) -> int | None:
    try:
        found = json.loads(body)["seq"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if type(found) is int else None

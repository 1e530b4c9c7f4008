"""A token that must show nowhere: whole, eight characters of it in a row, or in another spelling."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote


def traces_of(token: str, *, public: str = "") -> set[bytes]:
    """Every spelling of the token that is looked for; `public` is the part that may be shown."""
    secret = token.removeprefix(public)
    traces = {secret[start : start + 8] for start in range(len(secret) - 7)}
    traces.add(quote(token, safe=""))
    for shift in range(3):  # Base64 has three spellings, by where the text starts
        spelt = base64.b64encode(b"x" * shift + token.encode()).decode()[4:-4]
        traces |= {spelt[start : start + 12] for start in range(len(spelt) - 11)}
    return {trace.encode() for trace in traces}


def found_in(data: bytes, traces: Iterable[bytes]) -> list[bytes]:
    """The traces that `data` holds."""
    return [trace for trace in traces if trace in data]


def found_below(folder: Path, traces: set[bytes]) -> list[tuple[str, bytes]]:
    """The files below that hold a trace, in their bytes or their names."""
    hits = []
    for path in folder.rglob("*"):
        data = os.fsencode(path.name) + (path.read_bytes() if path.is_file() else b"")
        hits += [(str(path), trace) for trace in found_in(data, traces)]
    return hits

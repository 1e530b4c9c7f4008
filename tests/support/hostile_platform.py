"""A practice platform whose every text attacks the terminal that shows it."""

from __future__ import annotations

from console.practice.server import PracticeServer
from console.practice.store import Cause
from tests.support.hostile import HOSTILE


def fill(server: PracticeServer) -> int:
    """Links with hostile title, tags, categories, note, author and destination; how many there are."""
    store = server.platform.store
    texts = [text for text in HOSTILE if "\ud800" not in text]  # no JSON of a real server holds half a letter
    for number, text in enumerate(texts):
        slug = f"hostile-{number:02}"
        short = text[:300]
        for turn in range(2):
            record = {
                "destinationUrl": f"https://evil{number % 3}.example/{turn}?q=" + short,
                "title": text[:500],
                "description": short,
                "tags": [short or "x", f"t{turn}"],
                "categories": [short or "x"],
                "enabled": True,
                "expiredUrl": None,
                "metadata": {short or "x": short},
            }
            store.write(slug, record, None, Cause(short or "somebody", "update", short))
    return len(texts)

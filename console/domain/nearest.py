"""The nearest known word to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """The known word that `word` most likely stands for; None when none is near.

    Args:
        word: what was typed.
        known: the words that would have been right.
        cutoff: likeness needed, 0 (anything) to 1 (the same word).
    """
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return close[0] if close else None

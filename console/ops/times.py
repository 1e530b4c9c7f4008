"""Times as operators type them: an age (`2h`, `3d`) or a time of day with its date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from console.domain.errors import UsageProblem
from console.domain.text import safe

_AGE = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def time_of(text: str, flag: str, now: datetime | None = None) -> datetime:
    """The time that is meant, in UTC; one without a zone is this machine's own.

    Raises:
        UsageProblem: it is neither an age nor a time.
    """
    found = _AGE.fullmatch(text.strip())
    try:
        if found:
            return (now or datetime.now(UTC)) - timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageProblem(
            f"{flag} takes an age or a time, not '{safe(text, 40)}'", hint="2h, 3d, or 2026-11-24T14:00"
        ) from None

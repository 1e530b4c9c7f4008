"""The scenarios' names alone, for a command line that must not load them to read its arguments."""

from __future__ import annotations

from typing import Final

SCENARIO_NAMES: Final = (
    "outage",
    "rival",
    "platform-down",
    "slow-partner",
    "token-expires",
    "quota-gone",
    "lost-answers",
    "bad-rows",
    "calm",
    "tiny",
)
DRILL_NAMES: Final = tuple(name for name in SCENARIO_NAMES if name not in {"calm", "tiny"})
"""The scenarios that are drills."""

"""Protected profiles: read-only until armed, for a while, with a reason in the journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from console.domain.errors import Refused
from console.ops.session import Session

ARMED_SECONDS: Final = 900.0
"""Fifteen minutes (product.md, section 8)."""


def arm(session: Session, reason: str) -> None:
    """Let the profile write for `ARMED_SECONDS`.

    Raises:
        Refused: without a reason.
    """
    if not reason.strip():
        raise Refused("Arming needs a reason", reason="no_reason", hint="Say why in a few words")
    now = session.clock.now()
    until = replace(
        now,
        wall=now.wall + timedelta(seconds=ARMED_SECONDS),
        monotonic=now.monotonic + ARMED_SECONDS,
        boottime=now.boottime + ARMED_SECONDS,
    )
    session.store.marks.arm(session.profile.name, until, session.target.operator, reason.strip())
    _note(session, "armed", reason.strip())


def disarm(session: Session) -> None:
    """Make the profile read-only again."""
    session.store.marks.disarm(session.profile.name)
    _note(session, "disarmed", "")


def _note(session: Session, kind: str, reason: str) -> None:
    target = session.target
    about = {"profile": session.profile.name, "target": target.key, "operator": target.operator}
    fields = {**about, "reason": reason}
    session.store.journal.append(kind, fields, session.clock.now())

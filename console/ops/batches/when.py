"""When a batch starts: now, at a time, once the peak is over, or once the day's writes have come back.

A held run reads and compares every item again when it starts (`batches.run`). Source: product.md, section 4.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from console.domain.errors import Refused, UsageProblem
from console.domain.peaks import peak_end
from console.ops import meter
from console.ops.batches.values import Hold, StopReason
from console.ops.session import Session

_CLOCK_TIME = len("23:30")


def at_time(text: str, now: datetime, flag: str = "--at") -> Hold:
    """A time as operators type it: `23:30` is the next such time of this machine, else ISO 8601.

    Raises:
        UsageProblem: it is no time, or it is over.
    """
    text = text.strip()
    try:
        if len(text) <= _CLOCK_TIME:
            local = now.astimezone()
            at = datetime.combine(local.date(), time.fromisoformat(text), local.tzinfo)
            return Hold((at if at > local else at + timedelta(days=1)).astimezone(UTC), StopReason.HELD)
        until = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        hint = "23:30, or 2026-11-24T23:30+00:00"
        raise UsageProblem(f"{flag} takes a time, not {text[:40]!r}", hint=hint) from error
    if until <= now:
        raise UsageProblem(
            f"{flag} names a time that is over: {until:%Y-%m-%d %H:%M} UTC",
            detail="Nothing was sent.",
            hint="Name one that is to come, or leave it out to start now",
        )
    return Hold(until, StopReason.HELD)


def after_peak(session: Session) -> Hold | None:
    """The end of the peak that holds now; None outside a peak, where there is nothing to wait for."""
    until = peak_end(session.profile.peak_windows, session.clock.now().wall)
    return None if until is None else Hold(until, StopReason.HELD_PEAK)


def after_reset(session: Session) -> Hold | None:
    """When the day's writes are back for certain, by what is known of the meter; None where nothing is."""
    reset = meter.known(session).reset
    return None if reset is None else Hold(reset.latest, StopReason.HELD_RESET)


async def require_reset(session: Session) -> Hold:
    """The same, by asking the platform first.

    Raises:
        Refused: reason `no_reset`: it does not say how many writes a day has.
        Unreachable, ...: it does not answer.
    """
    await meter.read(session)
    hold = after_reset(session)
    if hold is None:
        raise Refused(
            "It is not known when the writes come back: the platform does not tell its meter",
            reason="no_reset",
            detail="Nothing was sent.",
            hint="Name a time: --at 00:05",
        )
    return hold

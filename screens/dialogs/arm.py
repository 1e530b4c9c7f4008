"""Arming a protected profile, and ending that: the same question wherever something could be sent."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.app import App
from textual.screen import Screen

from console.ops.access import arming
from console.ops.session import Session
from screens.desk import Desk
from screens.dialogs.ask_screen import AskScreen

Work = Callable[[Session], Coroutine[Any, Any, bool]]


def arm_or_end(app: App[Any], desk: Desk, then: Callable[[Work, str], None]) -> None:
    """Ask for the reason and arm; where the profile is armed, make it read-only again.

    Args:
        app: where the question is asked.
        desk: how we stand, and the way to the core.
        then: has the core do the work, and says the sentence when it is done.
    """
    now = desk.standing
    if now is None:
        return
    if now.armed_seconds:
        then(_disarm, "The profile is read-only again")
        return

    def answered(reason: str | None) -> None:
        async def work(session: Session) -> bool:
            arming.arm(session, reason or "")
            return True

        if reason:
            then(work, f"Writes are allowed for {arming.ARMED_SECONDS / 60:.0f} minutes")

    question = f"Why must {now.target.handle} on {now.target.environment} be written to?"
    app.push_screen(AskScreen("Arm", f"{question} The reason stands in the journal."), answered)


def arm_on(screen: Screen[Any], desk: Desk, say: Callable[[str], object]) -> None:
    """The same on a screen of its own, which says how it ended."""

    def then(work: Work, said: str) -> None:
        async def run() -> None:
            if await desk.ask(work):
                await desk.refresh()
                say(said)

        screen.run_worker(run(), group="arm", exclusive=False)

    arm_or_end(screen.app, desk, then)


async def _disarm(session: Session) -> bool:
    arming.disarm(session)
    return True

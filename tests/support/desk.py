"""An operator at a practice platform: opens sessions the way the product does, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from console.domain.plans import Plan, Result
from console.domain.sightings import Seen
from console.domain.target import Secret
from console.ops.connect import connect
from console.ops.profiles.profile import Profile
from console.ops.review import read_live, see
from console.ops.rollback import Request, confirm, perform, prepare
from console.ops.session import Session
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock


class FixedToken:
    """A token source that always has the same one."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get(self) -> Secret:
        return Secret(self._token)


def profile_for(server: PracticeServer, **settings: Any) -> Profile:
    values = {
        "name": "test",
        "base_url": server.base_url,
        "handle": server.handle,
        "environment": "practice",
        "probe_allow_private": True,
        "timeout": 20.0,
        "probe_timeout": 60.0,
        "probe_slow": 600.0,
    }
    return Profile(**{**values, **settings})


@asynccontextmanager
async def at(
    server: PracticeServer, clock: ManualClock | None = None, token: str = "", **settings: Any
) -> AsyncIterator[Session]:
    """A session of one operator; its cache and journal are those of the test's home.

    On a clock that stands still it signs in with a PAT, which has no life to compare with the clock.
    """
    token = token or (server.token if clock is None else server.pat)
    session = await connect(profile_for(server, **settings), clock=clock, tokens=FixedToken(token))
    try:
        yield session
    finally:
        await session.close()


async def reviewed(session: Session, slug: str = "spring-launch") -> None:
    """Look at the link as the timeline pane does."""
    see(session, await read_live(session, slug), Seen.TIMELINE)


async def planned(session: Session, to: int = 8, slug: str = "spring-launch", **more: Any) -> Plan:
    """A reviewed plan."""
    await reviewed(session, slug)
    plan = await prepare(session, Request(slug, to, "shop is down", **more))
    assert isinstance(plan, Plan), plan
    return plan


async def confirmed(session: Session, plan: Plan) -> Result:
    """Confirm and perform it, as typed just now."""
    return await perform(session, plan, confirm(plan, plan.phrase, session.clock.now()))

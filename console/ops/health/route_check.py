"""Where one visitor goes, asked of the platform: the answer beside our own estimate. Costs a write.

Source: platform-api, "Routes": a route preview is a POST, and every POST of the control plane is charged.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.domain.links import Link
from console.domain.routing import Route, Visitor, route
from console.ops.health.platform_check import Cost, cost_of_one, counted_when_sent
from console.ops.session import Session


@dataclass(frozen=True, slots=True)
class RouteCheck:
    """One visitor: what we estimate, and what the platform answers."""

    visitor: Visitor
    estimate: Route
    answer: Route

    @property
    def agrees(self) -> bool:
        """Whether both send the visitor to the same place."""
        return self.answer.leads_as(self.estimate)


async def cost_of_route(session: Session) -> Cost:
    """What asking about one visitor costs. Free to ask.

    Raises:
        Refused: reason `reserve`: only writes that are kept for rollbacks are left.
    """
    return await cost_of_one(session, "The platform says where one visitor goes")


async def ask_route(session: Session, live: Link, visitor: Visitor) -> RouteCheck:
    """Ask the platform about the link as it is live. Costs one write where the token's routes are charged.

    Raises:
        Refused: reason `reserve`: only writes that are kept for rollbacks are left.
        RepointError: what the platform or the line said.
    """
    cost = await cost_of_route(session)
    with counted_when_sent(session, cost):
        answer = await session.online().preview(live.slug, visitor)
    return RouteCheck(visitor, route(live, visitor, session.clock.now().wall), answer)

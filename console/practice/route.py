"""The shape of the platform's routes: who may ask, what it costs, what is taken and given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from console.domain.target import Role
from console.practice.calls import Call
from console.practice.state import State
from console.practice.tokens import READ

Perform = Callable[[State, Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. The server's routes and the published document are both made from these.

    Attributes:
        path: under `/v2/handles/{handle}` and its public twin when `twin`, else from the root.
        role: least role; None: no token is asked for.
        scope: what a PAT needs.
        feature: (plan, feature) that the account must have.
        charged: counts against the day's writes; twins never do (platform-api).
        pat: a PAT is let in on the control plane too.
        takes: names the request body's schema in the published document; `gives` the answers' by status.
    """

    method: str
    path: str
    name: str
    perform: Perform
    role: Role | None = Role.CREATOR
    scope: str = READ
    feature: tuple[str, str] | None = None
    charged: bool = False
    twin: bool = True
    pat: bool = False
    takes: str | None = None
    gives: Mapping[int, str] = field(default_factory=dict)
    query: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the method is one that the platform counts."""
        return self.method != "GET"

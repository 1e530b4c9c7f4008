"""After a rollback: whether the restored destination really answers."""

from __future__ import annotations

from console.domain.health import HealthResult
from console.domain.plans import Plan, Result
from console.ops.health.look import look_at
from console.ops.session import Session


async def restored_health(session: Session, plan: Plan, result: Result) -> HealthResult:
    """Look at the restored destination from here, and keep the result for the new version. Free."""
    found = await look_at(session, plan.slug, plan.to.snapshot.destination_url, result.new_version)
    session.store.health.add([found])
    return found

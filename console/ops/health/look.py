"""One look at one destination, for whoever needs it: checks, the choice of a target, a restored link."""

from __future__ import annotations

from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.links import VersionId
from console.ops.probe.prober import result_for
from console.ops.session import Session

OPTED_OUT = "opted out in the profile"


async def look_at(session: Session, slug: str, url: str, version: VersionId | None) -> HealthResult:
    """Look from here, unless the profile says never to. Free; not kept."""
    if session.profile.never_looks_at(slug, url):
        return not_looked_at(session, slug, url, version)
    return result_for(await session.prober.probe_one(url), slug, version)


def not_looked_at(session: Session, slug: str, url: str, version: VersionId | None) -> HealthResult:
    """What stands in place of a result where the profile says never to look."""
    return HealthResult(
        slug=slug,
        destination_url=url,
        verdict=Verdict.NOT_CHECKED,
        vantage=Vantage.HERE,
        checked_at=session.clock.now().wall,
        version=version,
        detail=OPTED_OUT,
    )

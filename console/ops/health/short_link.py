"""Asking the short link itself where it sends visitors. Only on request: it counts as a click.

Source: product.md, section 3, point 6. A permanent redirect, or one that may be cached, keeps visitors who
came before on the old page whatever the platform says now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from console.domain.errors import NotFound, Unreachable
from console.domain.links import Link
from console.domain.routing import same_page
from console.domain.versions import Version
from console.ops.probe.addresses import OffLimits
from console.ops.probe.values import Answer, Failure
from console.ops.session import Session

_MAX_AGE: Final = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_PERMANENT: Final = {301, 308}


@dataclass(frozen=True, slots=True)
class ShortLink:
    """What the short link answered.

    Attributes:
        location: where it sends visitors; None when it does not redirect.
        as_planned: whether that is the version's destination (a `ctx` that the platform adds aside).
        cached_seconds: how long browsers and proxies may keep the answer; 0 when they may not.
        warning: what keeps old visitors on the old page; empty when nothing does.
    """

    url: str
    status: int
    location: str | None
    as_planned: bool
    cached_seconds: int
    warning: str


async def ask_short_link(session: Session, link: Link, version: Version) -> ShortLink:
    """Ask the short link once, without following it. Costs a click, no write.

    Args:
        session: where.
        link: the record, which says where the short link is.
        version: the version that visitors should get.

    Raises:
        NotFound: the platform does not say where the short link is.
        Unreachable: it did not answer, or stands where this machine may not look.
    """
    if not link.url:
        raise NotFound(f"The platform does not say the address of {link.slug}", status=404)
    try:
        found = await session.prober.ask_once(link.url)
    except OffLimits as error:
        raise Unreachable(f"{link.slug} stands where this machine may not look: {error}") from error
    if isinstance(found, Failure):
        raise Unreachable(f"The short link did not answer: {found.detail}", phase=found.phase.value)
    return judge(link.url, found, version)


def judge(url: str, answer: Answer, version: Version) -> ShortLink:
    """Read the short link's answer."""
    location = answer.headers.get("Location") if 300 <= answer.status <= 399 else None
    age = _cached(answer)
    warning = ""
    if answer.status in _PERMANENT:
        warning = f"{answer.status} is permanent: browsers that saw it before keep going to the old page"
    elif age:
        warning = f"browsers may keep the old page for {age} s"
    planned = location is not None and same_page(location, version.snapshot.destination_url)
    return ShortLink(url, answer.status, location, planned, age, warning)


def _cached(answer: Answer) -> int:
    control = answer.headers.get("Cache-Control", "")
    if "no-store" in control.lower() or "no-cache" in control.lower():
        return 0
    found = _MAX_AGE.search(control)
    return int(found[1]) if found else 0

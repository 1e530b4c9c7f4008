"""Where a visitor goes: the platform's documented rule order, evaluated here.

Source: platform-api, "The link": link rules by priority first, then handle rules, then the link's own
destination; conditions of a rule are AND-ed; device values compare folded. What this gives is an
estimate: handle rules and platform state that we cannot see may decide otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from console.domain.links import Link, Rule

_CONTEXT: Final = "ctx"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One sample visitor. An empty field means unknown; it meets no condition on that field."""

    country: str = ""
    device: str = ""
    source: str = ""
    campaign: str = ""
    segment: str = ""

    @property
    def name(self) -> str:
        """The visitor as an operator reads it: `US mobile ad`, `segment vip`."""
        segment = f"segment {self.segment}" if self.segment else ""
        known = (self.country, self.device, self.source, self.campaign, segment)
        return " ".join(v for v in known if v) or "anybody"


SAMPLE_VISITORS: Final = (
    Visitor(),
    Visitor(country="US", device="mobile", source="ad", campaign="spring"),
    Visitor(country="DE", device="desktop", source="email"),
    Visitor(country="JP", device="mobile", source="social"),
)


@dataclass(frozen=True, slots=True)
class Route:
    """What a visitor gets: an address, or a status without one.

    Attributes:
        status: 302 or 307 with a destination; 404 when disabled or not started; 410 when over.
        rule: the rule that decided; None for the link's own destination.
        estimate: True when evaluated here, False when the platform said so.
    """

    status: int
    destination_url: str | None
    rule: Rule | None
    estimate: bool = True
    password: bool = False

    def leads_as(self, other: Route) -> bool:
        """Whether a visitor gets the same page from both, or is turned away with the same status."""
        if self.destination_url is None or other.destination_url is None:
            return (self.destination_url, self.status) == (other.destination_url, other.status)
        return same_page(self.destination_url, other.destination_url)


def same_page(one: str, other: str) -> bool:
    """Whether two addresses are one page, a `ctx` that the platform may add aside.

    Source: platform-api, "The link".
    """
    return one == other or _bare(one) == _bare(other)


def _bare(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:  # an address of the far side's: it need not be one
        return (url,)
    kept = urlencode([(name, value) for name, value in asked if name != _CONTEXT])
    return parts.scheme, parts.netloc, parts.path or "/", kept


def _meets(values: Sequence[str], visitor: str, *, fold: bool = False) -> bool:
    if not values:
        return True
    if fold:
        return visitor.casefold() in {v.casefold() for v in values}
    return visitor in values


def _matches(rule: Rule, visitor: Visitor) -> bool:
    return (
        _meets(rule.countries, visitor.country, fold=True)
        and _meets(rule.devices, visitor.device, fold=True)
        and _meets(rule.sources, visitor.source)
        and _meets(rule.campaigns, visitor.campaign)
        and _meets(rule.segments, visitor.segment)
        and not rule.extra_conditions  # a condition that we do not know is never assumed to hold
    )


def route(link: Link, visitor: Visitor, now: datetime, handle_rules: Sequence[Rule] = ()) -> Route:
    """Where `visitor` goes at `now`. A lower priority number is tried first, ties in the order given."""
    if not link.enabled or (link.scheduled_start_at and now < link.scheduled_start_at):
        return Route(404, None, None)
    ends = [t for t in (link.scheduled_end_at, link.expires_at) if t]
    if ends and now >= min(ends):
        return Route(410, None, None)
    for rules in (link.rules, handle_rules):
        for rule in sorted(rules, key=lambda r: r.priority):
            if _matches(rule, visitor):
                return Route(link.redirect_type, rule.destination_url, rule, password=link.has_password)
    return Route(link.redirect_type, link.destination_url, None, password=link.has_password)


def beyond_us(links: Iterable[Link]) -> str:
    """What an estimate leaves out of these links' own rules, as a sentence; empty when nothing.

    A rule with a condition that is not documented is never assumed to hold: visitors may get it all the same.
    """
    rules = {(rule.rule_id, rule.name) for link in links for rule in link.rules if rule.extra_conditions}
    if not rules:
        return ""
    names = ", ".join(sorted(name or rule_id or "without a name" for rule_id, name in rules))
    return f"Not judged here, for a condition that only the platform knows: {names}."


def visitors_for(links: Sequence[Link]) -> tuple[Visitor, ...]:
    """Sample visitors, and one for each rule of `links`, so that no rule goes unlooked at."""
    found: dict[Visitor, None] = dict.fromkeys(SAMPLE_VISITORS)
    for link in links:
        for rule in link.rules:
            found[
                Visitor(
                    country=(rule.countries or ("",))[0],
                    device=(rule.devices or ("",))[0],
                    source=(rule.sources or ("",))[0],
                    campaign=(rule.campaigns or ("",))[0],
                    segment=(rule.segments or ("",))[0],
                )
            ] = None
    return tuple(found)

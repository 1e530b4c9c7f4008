"""What sample visitors get from two versions of a link, side by side: evaluated here, an estimate."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from console.domain.links import label
from console.domain.routing import Route, beyond_us, route, visitors_for
from console.domain.urls import without_scheme
from console.domain.versions import Version
from console.ops.health.route_check import RouteCheck
from screens.present.cells import clipped, fit, joined
from screens.present.wrapping import pieces, wrap
from screens.themes import Look


def route_words(found: Route, look: Look) -> str:
    """What a visitor gets: an address, or a status without one."""
    if found.destination_url is None:
        return str(found.status)
    words = look.say(without_scheme(found.destination_url), 2000)
    return f"{words} (asks for a password)" if found.password else words


def _gets(found: Route) -> tuple[object, ...]:
    """What a visitor notices: the page, or how they are turned away; not how they are redirected."""
    return (found.destination_url, found.password) if found.destination_url else (found.status,)


def _named(found: Route, look: Look) -> str:
    """A route in words, with the rule that decides where it is one."""
    if found.rule is None:
        return route_words(found, look)
    return f"{route_words(found, look)} (rule {look.say(found.rule.name or found.rule.rule_id or 'unnamed')})"


def preview_lines(live: Version, chosen: Version, look: Look, width: int, now: datetime) -> list[Text]:
    """Each sample visitor, what they get now, and what they would get from the chosen version."""
    before, after = live.snapshot, chosen.snapshot
    lines: list[Text] = []
    changed = 0
    visitors = visitors_for((before, after))
    for visitor in visitors:
        old, new = route(before, visitor, now), route(after, visitor, now)
        differs = _gets(old) != _gets(new)
        changed += differs
        lines.append(joined(clipped([(look.say(visitor.name), look.strong)], width, look)))
        rows = [(label(live.version), old, look.down if differs else look.text)]
        if differs:
            rows.append((label(chosen.version), new, look.ok))
        for name, found, style in rows:
            for number, piece in enumerate(pieces(_named(found, look), max(8, width - 10))):
                head = fit(look.say(name) if number == 0 else "", 8, look.glyphs.ellipsis)
                lines.append(joined([("  " + head, look.muted), (piece, style)]))
    told = (
        f"{changed} of {len(visitors)} sample visitors get something else from {label(chosen.version)}. "
        "An estimate: made here from the link's own rules; the platform's other rules may decide otherwise."
    )
    unjudged = (Text(row, look.slow) for row in wrap(look.say(beyond_us((before, after)), 2000), width))
    return [*(Text(row, look.muted) for row in wrap(look.say(told), width)), *unjudged, Text(), *lines]


def route_check_lines(found: RouteCheck, width: int, look: Look) -> list[Text]:
    """One visitor: our estimate and the platform's answer, each labelled as what it is."""
    lines = [Text(look.say(found.visitor.name), look.strong)]
    style = look.ok if found.agrees else look.down
    for name, value, shade in (("estimate", found.estimate, look.text), ("answer", found.answer, style)):
        for number, piece in enumerate(pieces(_named(value, look), max(8, width - 12))):
            lines.append(
                joined([("  " + fit(name if number == 0 else "", 10, ""), look.muted), (piece, shade)])
            )
    told = (
        "The platform's answer is the estimate made here."
        if found.agrees
        else "They differ: rules of the handle, or a change since the history was read. The answer counts."
    )
    return [*lines, Text(), *(Text(row, look.muted) for row in wrap(told, width))]

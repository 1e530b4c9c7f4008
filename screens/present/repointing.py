"""A find and replace as lines: how many links, examples before and after, what speaks against some."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from console.domain.rewrites import RewriteKind
from console.domain.urls import without_scheme
from console.domain.words import counted
from console.ops.planning.preview import Example, Preview
from screens.present.cells import Cell, clipped, fit, joined
from screens.present.words import count
from screens.themes import Look

_SLUG: Final = 24
_NAMED: Final = 5
_KINDS: Final = {
    RewriteKind.HOST: "another host",
    RewriteKind.PREFIX: "another beginning",
    RewriteKind.PAGE: "one page for all, until the run is undone",
}


def preview_lines(found: Preview, look: Look, width: int) -> list[Text]:
    """What the words mean and how many links they change; then examples, then what cannot be planned."""
    style = look.strong if found.can else look.slow
    head: list[Cell] = [
        (counted(found.can, "link"), style),
        (f" to change   {_KINDS[found.rewrite.kind]}", look.muted),
    ]
    if found.cannot:
        head += [("   ", look.text), (f"{count(len(found.cannot))} cannot", look.slow)]
    lines = [joined(clipped(head, width, look))]
    for example in found.examples:
        lines += [Text(), *_example(example, look, width)]
    if found.cannot:
        lines.append(Text())
    for one in found.cannot[:_NAMED]:
        cells: list[Cell] = [
            (f"{look.glyphs.skipped} ", look.slow),
            (fit(look.say(one.slug), _SLUG, look.glyphs.ellipsis) + "  ", look.strong),
            (look.say(one.reason), look.text),
        ]
        lines.append(joined(clipped(cells, width, look)))
    if len(found.cannot) > _NAMED:
        lines.append(Text(f"  and {count(len(found.cannot) - _NAMED)} more; the plan lists them", look.muted))
    return lines


def _example(example: Example, look: Look, width: int) -> list[Text]:
    rule: list[Cell] = [(f"  rule {look.say(example.rule)}", look.muted)] if example.rule else []
    arrow = f"{look.glyphs.arrow} "
    return [
        joined(clipped([(look.say(example.slug), look.strong), *rule], width, look)),
        joined(
            clipped([("  ", look.text), (look.say(without_scheme(example.before)), look.muted)], width, look)
        ),
        joined(
            clipped([(arrow, look.faint), (look.say(without_scheme(example.after)), look.text)], width, look)
        ),
    ]

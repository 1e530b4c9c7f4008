"""What differs between two states of a link, as lines: `-` and `+`, in one column or side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.links import JSON
from console.domain.urls import without_scheme
from console.domain.versions import DECIDING, Change
from screens.present.cells import Cell, clipped, fit, joined
from screens.present.wrapping import pieces
from screens.themes import Look

LABEL_WIDTH: Final = 16
_VALUE: Final = 2000
"""Characters of a value that are looked at; the rest is `…`."""


def value_text(field: str, value: JSON, look: Look) -> str:
    """One value as an operator reads it. Destinations lose a plain scheme, as in the list."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return look.say(without_scheme(value) if field == "destination" else value, _VALUE)
    if isinstance(value, int | float):
        return look.say(value)
    return look.say(json.dumps(value, ensure_ascii=False, sort_keys=True), _VALUE)


def parts(change: Change, look: Look) -> tuple[list[str], list[str]]:
    """What went and what came: whole values, or only the items of a list or record that differ."""
    before, after = change.before, change.after
    if _is_list(before) and _is_list(after):
        old, new = [_item(v, look) for v in before or ()], [_item(v, look) for v in after or ()]
        gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
        return (gone, come) if gone or come else (old, new)
    if _is_record(before) and _is_record(after):
        old_record, new_record = before or {}, after or {}
        keys = [k for k in {**old_record, **new_record} if old_record.get(k) != new_record.get(k)]
        return (
            [_pair(k, old_record[k], look) for k in keys if k in old_record],
            [_pair(k, new_record[k], look) for k in keys if k in new_record],
        )
    return _single(change, before, look), _single(change, after, look)


def _is_list(value: JSON) -> bool:
    return value is None or isinstance(value, list | tuple)


def _is_record(value: JSON) -> bool:
    return value is None or isinstance(value, Mapping)


def _item(value: JSON, look: Look) -> str:
    return value_text("", value, look)


def _pair(key: str, value: JSON, look: Look) -> str:
    return f"{look.say(key)} {value_text('', value, look)}"


def _single(change: Change, value: JSON, look: Look) -> list[str]:
    return [] if value is None else [value_text(change.field, value, look)]


def in_one_word(change: Change) -> bool:
    """Whether a change reads best on the field's own line: tags and categories."""
    return change.field in {"tags", "categories"}


def change_cells(change: Change, look: Look, width: int, label: int = 0) -> list[list[Cell]]:
    """One change as lines of at most `width` cells; the field's name in a column of `label` cells, if any.

    Without a label column the name stands on a line of its own, but for tags: `tags  +promo`.
    """
    gone, come = parts(change, look)
    name_style = look.muted
    name = look.say(change.field)
    signed = [("-", v, look.down) for v in gone] + [("+", v, look.ok) for v in come]
    if label:
        return _beside(name, signed, look, width, label)
    if in_one_word(change):
        line: list[Cell] = [(name + "  ", name_style)]
        line += [(f"{sign}{value} ", style) for sign, value, style in signed]
        return [clipped(line, width, look)]
    lines: list[list[Cell]] = [[(fit(name, width, look.glyphs.ellipsis), name_style)]]
    for sign, value, style in signed:
        lines += _wrapped(f"{sign} ", value, style, width)
    return lines


def _beside(
    name: str, signed: list[tuple[str, str, Style]], look: Look, width: int, label: int
) -> list[list[Cell]]:
    lines: list[list[Cell]] = []
    for sign, value, colour in signed or [(" ", "changed", look.muted)]:
        for part in _wrapped(f"{sign} ", value, colour, width - label):
            shown = fit(name if not lines else "", label, look.glyphs.ellipsis)
            lines.append([(shown, look.muted), *part])
    return lines


def _wrapped(sign: str, value: str, style: Style, width: int) -> list[list[Cell]]:
    """A value over as many lines as it needs: an address that decides must be read whole."""
    room = max(8, width - len(sign))
    rows = pieces(value, room) or [""]
    return [[(sign if i == 0 else " " * len(sign), style), (row, style)] for i, row in enumerate(rows)]


def unified(changes: Sequence[Change], look: Look, width: int, *, label: int = LABEL_WIDTH) -> list[Text]:
    """All changes, deciding ones first; a line says so where nothing that decides has changed."""
    if not changes:
        return [Text("no difference", look.muted, no_wrap=True, end="")]
    ordered = sorted(changes, key=lambda c: c.field not in DECIDING)
    lines = [joined(line) for change in ordered for line in change_cells(change, look, width, label)]
    if not any(change.field in DECIDING for change in changes):
        lines.append(Text("visitors get the same as before", look.muted, no_wrap=True, end=""))
    return lines


def side_by_side(
    changes: Sequence[Change], look: Look, width: int, *, before: str = "", after: str = ""
) -> list[Text]:
    """The same in two columns: what was on the left, what is on the right, field names above."""
    half, cut = (width - 3) // 2, look.glyphs.ellipsis
    rule = (f" {look.glyphs.rail} ", look.faint)
    out: list[Text] = []
    if before or after:
        left, right = fit(look.say(before), half, cut), fit(look.say(after), half, cut)
        out.append(joined([(left, look.strong), rule, (right, look.strong)]))
    for change in sorted(changes, key=lambda c: c.field not in DECIDING):
        gone, come = parts(change, look)
        name = fit(look.say(change.field), half, cut)
        out.append(joined([(name, look.muted), rule, (" " * half, look.muted)]))
        old = [part for value in gone or ["none"] for part in pieces(f"- {value}", half)]
        new = [part for value in come or ["none"] for part in pieces(f"+ {value}", half)]
        for i in range(max(len(old), len(new))):
            left, right = (old[i] if i < len(old) else ""), (new[i] if i < len(new) else "")
            out.append(joined([(fit(left, half, cut), look.down), rule, (fit(right, half, cut), look.ok)]))
    return out

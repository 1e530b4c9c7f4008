"""The mouse on what is no widget: a click on a key's name at the bottom of a screen or dialog presses it.

So everything that a key does can be done by the mouse, under the same rules, and no screen knows of it.
What is clicked is our own words; untrusted text never stands in a line of keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from textual import events
from textual.content import Content
from textual.errors import NoWidget

from screens.actions import PRINTED
from screens.widgets.one_line import OneLine

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

_HINT: Final = re.compile(r"(\S+) \S.*?(?=\s{2,}|$)")
_NAMES: Final = {printed: key for key, printed in PRINTED.items()} | {"esc": "escape"}
_WORDS: Final = frozenset({"enter", "tab", "space", "backspace", "up", "down", "left", "right", "escape"})
_PANES: Final = ("links", "timeline", "health")


def key_at(line: str, at: int) -> str:
    """The key of the hint that stands at a column of a line of keys; empty where there is none.

    A line of keys is `r roll back   esc leave`: a key, a blank, what it does; then two blanks or more.
    """
    for found in _HINT.finditer(line):
        if found.start() <= at < found.end():
            key = _NAMES.get(found[1], found[1])
            return key if len(found[1]) == 1 or key in _WORDS or key.startswith("ctrl+") else ""
    return ""


def pane_tabs(name: str, rest: str, *, alone: bool) -> Content:
    """The title of a main pane: its name and what it shows; the other panes and their keys where it is alone.

    `rest` is shown as it is, and read as no markup.
    """
    if not alone:
        return Content(f"{name}  {rest}".rstrip())
    tabs = [
        (each.title(), "") if each.title() == name else (f"{number} {each.title()}", "$muted not bold")
        for number, each in enumerate(_PANES, start=1)
    ]
    words = [part for tab in tabs for part in (("  ", ""), tab)][1:]
    return Content.assemble(*words, (f"   {rest}" if rest else "", ""))


def clicked(app: App[int], event: events.Click) -> None:
    """Press the key whose hint was clicked, or go to the pane whose frame was."""
    try:
        widget, region = app.screen.get_widget_at(int(event.screen_x), int(event.screen_y))
    except NoWidget:
        return
    if isinstance(widget, OneLine) and (widget.id or "").endswith("keys"):
        key = key_at(widget.text, int(event.screen_x) - region.x)
    else:
        key = _on_frame(widget, event)
    if key:
        event.stop()
        app.simulate_key(key)


def _on_frame(widget: Widget, event: events.Click) -> str:
    region, x, y = widget.region, int(event.screen_x), int(event.screen_y)
    bottom, top = y == region.bottom - 1, y == region.y
    if widget.has_class("dialog") and bottom:
        words = _plain(widget.border_subtitle)
        return key_at(words, x - (region.right - 3 - len(words)))  # right-aligned: blank, line, corner
    if widget.has_class("pane") and (top or bottom):
        if top and (tab := re.search(r"^.*?$", _plain(widget.border_title))):
            for found in re.finditer(r"([1-3]) (?:Links|Timeline|Health)", tab[0]):
                if found.start() <= x - region.x - 3 < found.end():
                    return found[1]
        name = (widget.id or "").removesuffix("-pane")
        return str(_PANES.index(name) + 1) if name in _PANES else ""
    return ""


def _plain(title: str | None) -> str:
    return Content.from_markup(title).plain if title else ""

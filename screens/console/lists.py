"""The keys that list and mark by more than one link: filter, host, file of slugs, saved views, hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.worker import WorkType

from console.domain.text import safe
from console.domain.urls import host_of
from console.domain.words import counted
from console.ops import lists
from console.ops.lists import HostGroup, View
from console.ops.session import Session
from screens.console.trail import Spot
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import Pick, Picked, PickScreen
from screens.present.cells import Cell, fit_right
from screens.present.words import count
from screens.themes import Look

if TYPE_CHECKING:
    from screens.console.main import MainScreen

MOST_MARKED: Final = 100_000
"""Links that one key marks: more are a mistake, and a batch of them could not be run."""


class ListActs:
    """Actions on lists of links. None of them sends anything."""

    def __init__(self, main: MainScreen) -> None:
        self.main = main

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action of the table does."""
        return {
            "mark-all": self.mark_all,
            "unmark": self.unmark,
            "mark-host": self.mark_host,
            "mark-file": self.ask_file,
            "hosts": lambda: self._work(self._hosts),
            "views": lambda: self._work(self._views),
        }

    def _work(self, work: WorkType[None]) -> None:
        self.main.run_worker(work, group="lists")

    def filter_by(self, text: str, pane: str = "links") -> bool:
        """Show the links of a filter, with a way back; False when it cannot be understood."""
        links = self.main.links
        return self.main.trail.ahead(Spot(text, links.sort, links.descending, "", pane))

    # Marks.

    def mark_all(self) -> None:
        """All links of the filter; when they all are marked, none of them."""
        found = self.main.links.found
        if found is not None:
            self._take(found.count, lambda: list(found.slugs(0, found.count)), "of the filter")

    def unmark(self) -> None:
        """Take all marks away."""
        self.main.links.table.marks.clear()
        self.main.links.remarked()

    def mark_host(self) -> None:
        """All links that lead where the one under the cursor leads."""
        row = self.main.links.table.row
        host = host_of(row.destination_url) if row is not None else ""
        if not host:
            self.main.say("mark host: the link leads to no host")
            return
        self.mark_of_host(host)

    def mark_of_host(self, host: str) -> None:
        """All links that lead to one host."""
        found = self.main.links.matching(f"host:{host}")
        if found is not None:
            self._take(found.count, lambda: list(found.slugs(0, found.count)), f"that lead to {host}")

    def _take(self, number: int, slugs: Callable[[], list[str]], which: str) -> None:
        if number > MOST_MARKED:
            self.main.say(f"{count(number)} links are too many to mark; filter down to {count(MOST_MARKED)}")
            return
        marks = self.main.links.table.marks
        before = len(marks)
        marks.take(slugs())
        done = "marked" if len(marks) >= before else "unmarked"
        self.main.links.remarked()
        self.main.say(
            f"{counted(abs(len(marks) - before), 'link')} {which} {done}, {count(len(marks))} in all"
        )

    def ask_file(self) -> None:
        """Ask for a file of slugs."""

        def answered(path: str | None) -> None:
            if path:
                self._work(partial(self.mark_file, path))

        question = "Which file? One slug a line; what stands behind a comma is left out."
        self.main.app.push_screen(AskScreen("Mark from a file", question), answered)

    async def mark_file(self, path: str) -> None:
        """Mark the slugs of a file; says which of them are not there."""

        async def work(session: Session) -> tuple[list[str], list[str]]:
            return await lists.known(session, lists.slugs_in(Path(path)))

        found = await self.main.desk.ask(work)
        if found is None:
            return
        there, missing = found
        marks = self.main.links.table.marks
        marks.add(there)
        self.main.links.remarked()
        said = f"{counted(len(there), 'link')} of the file marked, {count(len(marks))} in all"
        if missing:
            more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
            said += f". Not in the list: {', '.join(missing[:3])}{more}"
        self.main.say(said)

    # Hosts and views.

    async def _hosts(self) -> None:
        links = self.main.links
        query, marked = links.query_now, links.table.marks.frozen()
        groups = await self.main.desk.ask(lambda s: lists.hosts(s, query, marked))
        if groups is None:
            return
        picks = [Pick(group.host, partial(_host_cells, group)) for group in groups]
        keys = "enter show its links   tab mark them   esc leave"
        where = self.main.trail.here().filter
        lead = f"{safe(where, 40)}   " if where else ""
        title = f"{lead}Hosts   {counted(len(groups), 'host')}"
        self.main.app.push_screen(PickScreen(title, picks, keys, other="mark"), self._host_picked)

    def _host_picked(self, picked: Picked | None) -> None:
        if picked is None:
            return
        if picked.way == "mark":
            self.mark_of_host(picked.name)
            return
        rest = " ".join(
            word
            for term in self.main.links.query_now.terms
            if term.field != "host" and (word := self.main.links.query_now.text[term.start : term.end])
        )
        self.filter_by(f"host:{picked.name} {rest}".strip())

    async def _views(self) -> None:
        found = await self.main.desk.ask(lists.views)
        if found is None:
            return
        picks = [Pick(view.name, partial(_view_cells, view)) for view in found]
        keys = "enter go, or save this list under a new name   tab forget   esc leave"
        screen = PickScreen("Views", picks, keys, other="forget", new=True)
        by_name = {view.name: view for view in found}
        self.main.app.push_screen(screen, lambda picked: self._view_picked(picked, by_name))

    def _view_picked(self, picked: Picked | None, views: dict[str, View]) -> None:
        if picked is None:
            return
        if picked.new:
            self._work(partial(self.save_view, picked.name))
        elif picked.way == "forget":
            self._work(partial(self._forget, picked.name))
        else:
            self.go_to_view(views[picked.name])

    def go_to_view(self, view: View) -> None:
        """Show a saved list."""
        self.main.trail.ahead(Spot(view.filter, view.sort, view.descending))
        self.main.say(f"View {view.name}")

    async def view_named(self, name: str) -> None:
        """Show the saved list of a name."""
        found = await self.main.desk.ask(lists.views) or []
        view = next((each for each in found if each.name == name), None)
        if view is None:
            self.main.say(f"There is no view {name}; there are: {', '.join(v.name for v in found) or 'none'}")
        else:
            self.go_to_view(view)

    async def save_view(self, name: str) -> None:
        """Save filter and order under a name."""
        links = self.main.links
        view = View(name, links.query_now.text, links.sort, links.descending)
        if await self.main.desk.ask(lambda s: _done(lists.save_view(s, view))):
            self.main.say(f"This list is saved as {name}")

    async def _forget(self, name: str) -> None:
        if await self.main.desk.ask(lambda s: _done(lists.forget_view(s, name))):
            self.main.say(f"View {name} is forgotten")


async def _done(work: Awaitable[None]) -> bool:
    await work
    return True


def _host_cells(group: HostGroup, look: Look) -> list[Cell]:
    cells: list[Cell] = [(fit_right(f"{group.links:,}", 9, ""), look.text), (" links  ", look.muted)]
    if group.down:
        cells.append((f"{look.glyphs.down} {group.down:,} down  ", look.down))
    if group.slow:
        cells.append((f"{look.glyphs.slow} {group.slow:,} slow", look.slow))
    return cells


def _view_cells(view: View, look: Look) -> list[Cell]:
    order = f"  by {view.sort.value}{' descending' if view.descending else ''}"
    return [(look.say(view.filter, 200) or "all links", look.text), (order, look.muted)]

"""The `:` commands: those with words of their own, and every action of the table by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.domain.query import completions
from console.ops.browse import Sort
from console.ops.profiles.switching import profile_names
from screens.actions import ACTIONS, BY_ID
from screens.console.lists import ListActs
from screens.console.trail import Spot
from screens.dialogs.command_screen import CommandScreen
from screens.present.link_columns import COLUMN_NAMES, read_columns
from screens.themes import THEME_NAMES

if TYPE_CHECKING:
    from screens.console.main import MainScreen


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        words: what it takes, for help.
        run: does it with the words behind its name.
        choices: what its words can be; empty for anything.
    """

    name: str
    words: str
    help: str
    run: Callable[[str], None]
    choices: tuple[str, ...] = ()


class Commands:
    """Reads a line and does it. A command that is an action is refused for the same reasons as its key."""

    def __init__(self, main: MainScreen, lists: ListActs, go: Callable[[str, str], None]) -> None:
        self.main = main
        self._lists = lists
        sorts = tuple(sort.value for sort in Sort)
        table = (
            Command("filter", "WORDS", "Show the links of a filter.", self._filter),
            Command("go", "SLUG", "Go to a link, whatever the filter.", self._go),
            Command("sort", "COLUMN [down]", "Order by a column; down turns it round.", self._sort, sorts),
            Command("host", "HOST", "Show the links that lead to a host.", self._host),
            Command("mark-file", "FILE", "Mark the links that a file names.", self._mark),
            Command("view", "NAME", "Show a saved view.", self._view),
            Command("save", "NAME", "Save filter and order as a view.", self._save),
            Command("profile", "NAME", "Go to another profile; alone, who you are.", partial(go, "profile")),
            Command("handle", "NAME", "Go to another handle of this profile.", partial(go, "handle")),
            Command("theme", "NAME", "Other colours, until the end.", self._theme, THEME_NAMES),
            Command(
                "columns",
                "NAME ...",
                "Other columns of the list, until the end.",
                self._columns,
                COLUMN_NAMES,
            ),
            Command("q", "", "Leave.", lambda _: self._act("quit")),
        )
        self._own = {command.name: command for command in table}

    def open(self) -> None:
        """Ask for a line."""
        self.main.app.push_screen(CommandScreen(self.ways, self.explain), self._typed)

    def _typed(self, line: str | None) -> None:
        if line:
            self.run(line)

    @property
    def names(self) -> list[str]:
        """All names, own commands first."""
        return [*self._own, *(a.id for a in ACTIONS if a.id not in self._own)]

    def ways(self, line: str) -> Sequence[str]:
        """How a line can be finished, best first."""
        name, blank, rest = line.partition(" ")
        if not blank:
            return [each for each in self.names if each.startswith(name) and each != name]
        if name == "filter":
            words = self.main.links.bar.words
            start = line.rfind(" ") + 1
            return [line[:start] + way for way in completions(line, len(line), words)]
        if name == "host":
            hosts = self.main.links.bar.words.get("host", ())
            return [f"host {host}" for host in hosts if host.startswith(rest) and host != rest]
        own = self._own.get(name)
        choices = self._names_of(name) or (own.choices if own is not None else ())
        if name == "columns":
            done, _, rest = rest.rpartition(" ")
            name = f"{name} {done}".rstrip()
        return [f"{name} {choice}" for choice in choices if choice.startswith(rest) and choice != rest]

    def _names_of(self, name: str) -> tuple[str, ...]:
        now = self.main.desk.standing
        if name == "profile":
            return profile_names()
        return now.handles if name == "handle" and now is not None else ()

    def explain(self, line: str) -> str:
        """What the line would do, in a sentence."""
        name = line.partition(" ")[0]
        own = self._own.get(name)
        if own is not None:
            return f"{name} {own.words}".strip() + f"   {own.help}"
        if name in BY_ID:
            return f"{name}   {BY_ID[name].help}"
        known = [each for each in self.names if each.startswith(name)]
        return "  ".join(known[:12]) or f"There is no command {name}"

    def run(self, line: str) -> None:
        """Do it."""
        name, _, rest = line.strip().partition(" ")
        own = self._own.get(name)
        if own is None and name in BY_ID:
            self._act(name)
        elif own is None:
            near = nearest(name[:40], self.names)
            self.main.say(f"There is no command {name}." + (f" Did you mean {near}?" if near else ""))
        elif own.words and not rest.strip() and name in BY_ID and name != "filter":
            self._act(name)
        elif own.words and not rest.strip() and name != "filter":
            self.main.say(f"{name} needs {own.words}")
        else:
            own.run(rest.strip())

    def _act(self, name: str) -> None:
        self.main.run_worker(self.main.action_act(name), group="command")

    def _filter(self, words: str) -> None:
        self._lists.filter_by(words)

    def _host(self, host: str) -> None:
        self._lists.filter_by(f"host:{host}")

    def _go(self, slug: str) -> None:
        found = self.main.links.matching("")
        if found is None or found.index(slug) is None:
            self.main.say(f"There is no link {slug} in the cache")
            return
        here = self.main.trail.here()
        shown = self.main.links.found
        inside = shown is not None and shown.index(slug) is not None
        words = here.filter if inside else ""
        self.main.trail.ahead(Spot(words, here.sort, here.descending, slug, "timeline"))

    def _sort(self, words: str) -> None:
        column, _, way = words.partition(" ")
        if column not in {sort.value for sort in Sort} or way not in {"", "down"}:
            self.main.say(f"sort needs a column: {', '.join(sort.value for sort in Sort)}; and down, or not")
            return
        here = self.main.trail.here()
        self.main.trail.ahead(Spot(here.filter, Sort(column), way == "down", here.slug, "links"))

    def _mark(self, path: str) -> None:
        self.main.run_worker(partial(self._lists.mark_file, path)(), group="lists")

    def _view(self, name: str) -> None:
        self.main.run_worker(self._lists.view_named(name), group="lists")

    def _save(self, name: str) -> None:
        self.main.run_worker(self._lists.save_view(name), group="lists")

    def _columns(self, words: str) -> None:
        try:
            chosen = read_columns(words.replace(",", " ").split())
        except ConfigProblem as problem:
            self.main.say(f"{problem.title}. {problem.hint}")
            return
        self.main.links.table.choose(chosen)

    def _theme(self, name: str) -> None:
        if name not in THEME_NAMES:
            self.main.say(f"There is no theme {name}: {', '.join(THEME_NAMES)}")
        elif "mono" in {self.main.app.theme, name}:
            # The terminal's own colours are chosen when the program starts, and NO_COLOR is a promise.
            self.main.say("Colours are on or off from the start: set [screen] theme, or NO_COLOR")
        else:
            self.main.app.theme = name

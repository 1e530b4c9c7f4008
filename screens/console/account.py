"""Profile and token view, and the way to another profile or handle: a fresh target, the old one closed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.domain.errors import RepointError, SignInNeeded
from console.domain.target import Role
from console.domain.text import safe
from console.ops.access.account import Account, account
from console.ops.browse import Standing
from console.ops.engine import Engine
from console.ops.profiles.profile import Profile
from console.ops.profiles.switching import Place, Switcher
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import Pick, Picked, PickScreen
from screens.present.account import account_lines
from screens.present.cells import Cell
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from screens.console.host import Host

_KEYS = "enter go there   esc leave"


class GoingScreen(ModalScreen[None]):
    """Nothing else is begun while a target is being opened; escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Give up", show=False, priority=True),
    ]

    def __init__(self, sentence: str, give_up: Callable[[], None]) -> None:
        super().__init__()
        self._sentence = sentence
        self._give_up = give_up

    def compose(self) -> ComposeResult:
        """A frame and a sentence."""
        with Vertical(classes="dialog", id="ask") as frame:
            frame.border_title = "Profile"
            frame.border_subtitle = "esc give up"
            yield TextPane(self._lines, id="ask-question")

    def _lines(self, width: int, look: Look) -> list[Text]:
        return [Text(row, look.text) for row in wrap(look.say(self._sentence), width)]

    def action_give_up(self) -> None:
        """Stay where we are."""
        self._give_up()


class AccountActs:
    """The key that says who we are, and everything that changes it."""

    def __init__(
        self,
        app: Host,
        occupied: Callable[[], str],
        change: Callable[[Engine, Standing], Coroutine[Any, Any, None]],
    ) -> None:
        """`occupied`: why the target cannot be left now; `change`: leave it for one that has answered."""
        self._app, self._occupied, self._change = app, occupied, change
        self._switcher: Switcher | None = None

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action does."""
        return {"profile": lambda: self._work(self._open())}

    def go(self, kind: str, name: str) -> None:
        """Go to a profile or a handle by its name."""
        self._work(self._go(kind, name))

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.run_worker(work, group="account", exclusive=True)

    async def _ready(self) -> Switcher | None:
        if self._switcher is None:
            self._switcher = await self._app.desk.ask(Switcher.at)
        return self._switcher

    async def _open(self) -> None:
        desk, switcher = self._app.desk, await self._ready()
        found = await desk.ask(account)
        if found is None or switcher is None:
            return
        places = desk.guarded(switcher.places) or []
        picks = [Pick(f"profile {each.name}", partial(_place_cells, each)) for each in places]
        handles = dict(found.handles)
        if len(handles) > 1 or (handles and found.target.handle not in handles):
            picks += [
                Pick(f"handle {name}", partial(_handle_cells, found, name, role))
                for name, role in handles.items()
            ]

        def about(width: int, look: Look) -> list[Text]:
            return account_lines(found, look, width, desk.now())

        screen = PickScreen("Profile", picks, _KEYS, about=about)
        self._app.push_screen(screen, self._picked)

    def _picked(self, picked: Picked | None) -> None:
        if picked is not None:
            kind, _, name = picked.name.partition(" ")
            self.go(kind, name)

    async def _go(self, kind: str, name: str) -> None:
        """Choose the target, ask for a token where one has to be typed, then go."""
        switcher, now = await self._ready(), self._app.desk.standing
        if switcher is None or now is None:
            return
        try:
            known = now.handles
            wanted = switcher.profile(name) if kind == "profile" else switcher.handle(name, known)
        except RepointError as problem:
            self._stay(problem)
            return
        if wanted.name == now.target.profile and wanted.handle == now.target.handle:
            self._app.main.say(f"You are on {kind} {name} already")
        elif (why := self._occupied()) != "":
            self._app.main.say(f"{kind}: {why}")
        elif switcher.must_type(wanted):
            question = f"Token for {wanted.name} at {wanted.base_url} (not shown, not stored)"
            ask = AskScreen("Sign in", question, hidden=True)
            self._app.push_screen(ask, lambda text: self._typed(switcher, wanted, text))
        else:
            await self._enter(switcher, wanted)

    def _typed(self, switcher: Switcher, wanted: Profile, text: str | None) -> None:
        if text is None:
            self._app.main.say(f"No token was typed. You are still {self._here()}")
            return
        try:
            switcher.typed(wanted, text)
        except SignInNeeded as problem:
            self._stay(problem)
            return
        self._work(self._enter(switcher, wanted))

    async def _enter(self, switcher: Switcher, wanted: Profile) -> None:
        """Open the new target; only when it has answered is the old one left."""
        app, old = self._app, self._app.desk
        going = GoingScreen(
            f"Going to {wanted.handle} on {wanted.environment} ({wanted.base_url})",
            self._give_up,
        )
        await app.push_screen(going)
        try:
            engine, standing = await switcher.open(wanted, old.epoch + 1)
        except RepointError as problem:
            if isinstance(problem, SignInNeeded):
                switcher.forget(wanted)
            going.dismiss(None)
            self._stay(problem)
            return
        switcher.arrived(wanted)
        await self._change(engine, standing)

    def _give_up(self) -> None:
        self._app.workers.cancel_group(self._app, "account")
        if isinstance(self._app.screen, GoingScreen):
            self._app.screen.dismiss(None)
        self._app.main.say(f"Given up. You are still {self._here()}")

    def _stay(self, problem: RepointError) -> None:
        words = f"{problem.title}. {problem.hint}" if problem.hint else f"{problem.title}."
        self._app.main.say(f"You are still {self._here()}: {safe(words, 400)}")

    def _here(self) -> str:
        now = self._app.desk.standing
        return f"on {now.target.environment} ({now.target.handle})" if now else "where you were"


def _place_cells(place: Place, look: Look) -> list[Cell]:
    if place.trouble:
        return [(f"{look.glyphs.warning} {look.say(place.trouble, 200)}", look.slow)]
    target = place.target
    style = look.environment(target.environment, production=target.is_production)
    cells: list[Cell] = [*_current(place.current, look), ("on ", look.muted)]
    cells += [(look.say(target.environment), style), (f"  {look.say(target.handle)}  ", look.text)]
    protected = "protected  " if place.protected else ""
    return [*cells, (protected, look.slow), (look.say(target.base_url), look.muted)]


def _handle_cells(found: Account, name: str, role: Role, look: Look) -> list[Cell]:
    said = "" if role is Role.UNKNOWN else role.label
    return [*_current(name == found.target.handle, look), (said, look.text)]


def _current(here: bool, look: Look) -> list[Cell]:
    return [(f"{look.glyphs.ok} here  " if here else " " * 8, look.ok)]

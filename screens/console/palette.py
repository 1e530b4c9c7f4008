"""The command palette, fed from the action table: what each action does, and why it cannot work now."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.domain.text import safe
from screens.actions import Action, ActionState, why_not
from screens.console.main import MainScreen


class ActionProvider(Provider):
    """Every action of the main screen."""

    async def discover(self) -> Hits:
        """All of them, in the table's order, before anything is typed."""
        main, state = self._main()
        if main is not None:
            for action in main.keymap.actions:
                yield DiscoveryHit(
                    _display(action), partial(main.action_act, action.id), text=action.label,
                    help=_help(action, state),
                )  # fmt: skip

    async def search(self, query: str) -> Hits:
        """Those whose label, name or sentence holds what was typed."""
        matcher = self.matcher(query)
        main, state = self._main()
        if main is None:
            return
        for action in main.keymap.actions:
            score = max(
                matcher.match(action.label), matcher.match(action.id), matcher.match(action.help) * 0.5
            )
            if score > 0:
                yield Hit(
                    score, _display(action), partial(main.action_act, action.id), text=action.label,
                    help=_help(action, state),
                )  # fmt: skip

    def _main(self) -> tuple[MainScreen | None, ActionState]:
        screen = self.screen
        return (screen, screen.state) if isinstance(screen, MainScreen) else (None, ActionState())


def _display(action: Action) -> Content:
    return Content(f"{action.label}   {action.key_label}")


def _help(action: Action, state: ActionState) -> str:
    # Textual reads this line as markup, so it holds no bracket: a reason may quote the platform.
    reason = why_not(action, state)
    words = action.help if reason is None else f"Not now: {safe(reason, 200)}"
    return words.replace("[", "(").replace("]", ")").replace("\\", "/")

"""The composition root of the console: one engine, one session, one app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.domain.text import safe
from console.ops.access.tokens import PromptToken, TokenSource, token_source
from console.ops.connect import connect
from console.ops.doctor.values import Finding, fail, warn, worded
from console.ops.engine import Engine
from console.ops.profiles.places import crash_dir
from console.ops.profiles.profile import load_config

if TYPE_CHECKING:
    from console.ops.profiles.profile import Profile


def run_console(profile: Profile, *, offline: bool = False, banner: str = "") -> int:
    """Run the console on this terminal until the operator leaves; the exit code.

    Args:
        profile: which platform, as whom.
        offline: read the cache only.
        banner: a line below the top line, for a demo or a drill.

    Raises:
        ConfigProblem: `[screen]` or `[keys]` of the settings file names what there is not, or keys clash.
        SignInNeeded: the token was asked for on the terminal, and none was typed.
    """
    from screens.console.app import Console
    from screens.keymap import keymap_of

    config = load_config()
    screen = chosen_screen(config.screen)
    keymap = keymap_of(config.keys)
    tokens = None if offline else asked_token(profile)
    engine = Engine(lambda: connect(profile, offline=offline, tokens=tokens, tolerant=True))
    app = Console(
        engine,
        banner=banner,
        theme=screen.theme,
        unicode=screen.unicode,
        columns=screen.columns,
        crashes=crash_dir(),
        keymap=keymap,
    )
    try:
        app.run(mouse=screen.mouse)
    finally:
        app.desk.engine.stop()  # which may be another target's by now
    return app.return_code or 0


def chosen_keys(settings: Mapping[str, object]) -> tuple[dict[str, str], list[Finding]]:
    """The keys of `[keys]` by action as they are printed, and what is wrong or odd about them.

    What is wrong keeps the console from starting; what is odd does not.
    """
    from screens.keymap import keymap_of

    try:
        keymap = keymap_of(settings)
    except ConfigProblem as problem:
        return {}, [fail("keys", worded(problem.title, problem.detail), problem.hint)]
    shown = {action.id: action.key_label for action in keymap.actions if action.id in settings}
    return shown, [warn("keys", f"{words}.", "Choose another key") for words in keymap.warnings]


def asked_token(profile: Profile) -> TokenSource | None:
    """The token typed before the screen takes the terminal; None where the profile has another source."""
    source = token_source(profile)
    if not isinstance(source, PromptToken):
        return None
    asyncio.run(source.get())
    return source


class ScreenSettings(NamedTuple):
    """The table `[screen]`.

    Attributes:
        theme: one of `THEME_NAMES`.
        unicode: whether to draw with more than ASCII; None leaves it to the locale.
        columns: of the list of links, behind the slug; None leaves them to the width.
        mouse: whether the terminal is asked to report the mouse.
    """

    theme: str
    unicode: bool | None = None
    columns: tuple[str, ...] | None = None
    mouse: bool = True


def shown_screen(settings: Mapping[str, object]) -> tuple[dict[str, object], list[Finding]]:
    """What `[screen]` sets, as it is used; what is wrong with it keeps the console from starting."""
    try:
        chosen = chosen_screen(settings)._asdict()
    except ConfigProblem as problem:
        return {}, [fail("screen", worded(problem.title, problem.detail), problem.hint)]
    return {name: value for name, value in chosen.items() if name in settings}, []


def chosen_screen(settings: Mapping[str, object]) -> ScreenSettings:
    """What `[screen]` sets, checked.

    Raises:
        ConfigProblem: an unknown key, theme, column or value.
    """
    from screens.present.link_columns import read_columns
    from screens.themes import DEFAULT_THEME, THEME_NAMES

    known = ScreenSettings._fields
    unknown = sorted(set(settings) - set(known))
    if unknown:
        near = nearest(unknown[0][:40], known)
        raise ConfigProblem(
            f"[screen] has no setting {safe(unknown[0], 40)}",
            hint=f"Did you mean {near}?" if near else f"It has {', '.join(known)}",
        )
    theme, unicode, columns = (
        settings.get("theme", DEFAULT_THEME),
        settings.get("unicode"),
        settings.get("columns"),
    )
    if theme not in THEME_NAMES:
        near = nearest(str(theme)[:40], THEME_NAMES)
        one = f"One of {', '.join(THEME_NAMES)}"
        raise ConfigProblem(
            f"There is no theme {safe(theme, 40)}", hint=f"Did you mean {near}? {one}" if near else one
        )
    if unicode is not None and not isinstance(unicode, bool):
        raise ConfigProblem("[screen] unicode must be true or false", hint="Without it the locale decides")
    mouse = settings.get("mouse", True)
    if not isinstance(mouse, bool):
        raise ConfigProblem("[screen] mouse must be true or false", hint="Without it the mouse works")
    shown = None if columns is None else read_columns(columns)
    return ScreenSettings(str(theme), unicode, shown, mouse)

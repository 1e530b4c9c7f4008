"""The composition root of the console: one engine, one session, one app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.domain.errors import ConfigProblem
from console.domain.text import safe
from console.ops.connect import connect
from console.ops.doctor_values import Finding, fail, warn, worded
from console.ops.engine import Engine
from console.ops.profile_places import crash_dir
from console.ops.profiles import load_config
from console.ops.tokens import PromptToken, TokenSource, token_source

if TYPE_CHECKING:
    from console.ops.profiles import Profile


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
    from screens.console import Console
    from screens.keymap import keymap_of

    config = load_config()
    theme, unicode = chosen_screen(config.screen)
    keymap = keymap_of(config.keys)
    tokens = None if offline else asked_token(profile)
    engine = Engine(lambda: connect(profile, offline=offline, tokens=tokens, tolerant=True))
    try:
        app = Console(engine, banner=banner, theme=theme, unicode=unicode, crashes=crash_dir(), keymap=keymap)
        app.run()
    finally:
        engine.stop()
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


def chosen_screen(settings: Mapping[str, object]) -> tuple[str, bool | None]:
    """Theme and whether to draw with more than ASCII, from `[screen]`; None leaves it to the locale.

    Raises:
        ConfigProblem: an unknown key, theme or value.
    """
    from screens.themes import DEFAULT_THEME, THEME_NAMES

    unknown = sorted(set(settings) - {"theme", "unicode"})
    if unknown:
        raise ConfigProblem(
            f"[screen] has no setting {safe(unknown[0], 40)}", hint="It has theme and unicode"
        )
    theme, unicode = settings.get("theme", DEFAULT_THEME), settings.get("unicode")
    if theme not in THEME_NAMES:
        raise ConfigProblem(f"There is no theme {safe(theme, 40)}", hint=f"One of {', '.join(THEME_NAMES)}")
    if unicode is not None and not isinstance(unicode, bool):
        raise ConfigProblem("[screen] unicode must be true or false", hint="Without it the locale decides")
    return str(theme), unicode

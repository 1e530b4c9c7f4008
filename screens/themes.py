"""Every colour and glyph of the screens, in one place.

A colour never carries a meaning alone: it comes with a glyph and a word. The `Look` is what pure
presentation paints with; the Textual themes take their colours from the same palettes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final, Protocol, runtime_checkable

from rich.style import Style
from textual.theme import Theme

from console.domain.health import Band
from console.domain.text import safe
from screens.glyphs import ASCII, UNICODE, Glyphs, plain_ascii


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, named by meaning. `#rrggbb`, or empty for the terminal's own."""

    background: str
    bar: str
    surface: str
    cursor: str
    border: str
    focus: str
    text: str
    strong: str
    muted: str
    faint: str
    down: str
    slow: str
    ok: str
    dark: bool = True


_DARK: Final = Palette(
    background="#10151c", bar="#171e28", surface="#131a23", cursor="#1d2d47", border="#343b45",
    focus="#539bf5", text="#c5cdd9", strong="#eef2f7", muted="#8693a3", faint="#738092",
    down="#f47067", slow="#e0a63e", ok="#57ab5a",
)  # fmt: skip
_LIGHT: Final = Palette(
    background="#fbfcfe", bar="#edf0f4", surface="#f3f5f8", cursor="#d6e4fa", border="#c3cbd6",
    focus="#0b63c7", text="#2c3238", strong="#0d1117", muted="#505b69", faint="#6b7684",
    down="#bb241a", slow="#855600", ok="#1a7a1f", dark=False,
)  # fmt: skip
_CONTRAST: Final = Palette(
    background="#000000", bar="#1a1a1a", surface="#0a0a0a", cursor="#003a8c", border="#a3abb5",
    focus="#7cc0ff", text="#f2f5f8", strong="#ffffff", muted="#d6dbe1", faint="#b6bec8",
    down="#ff8a80", slow="#ffd24a", ok="#63e873",
)  # fmt: skip

DEFAULT_THEME: Final = "dark"
TERMINAL_THEME: Final = "terminal"
MONO_THEME: Final = "mono"
THEME_NAMES: Final = (DEFAULT_THEME, "light", "contrast", TERMINAL_THEME, MONO_THEME)
"""The themes an operator can choose; `terminal` follows the terminal's own colours."""

_PALETTES: Final = {"dark": _DARK, "light": _LIGHT, "contrast": _CONTRAST}


@dataclass(frozen=True, slots=True)
class Look:
    """What presentation paints with: a style for each meaning, and the glyphs.

    No style sets a background, so that a line can be shown on any pane, but `cursor` and `cursor_away`
    (the cursor of a list without the focus).
    """

    name: str
    glyphs: Glyphs
    text: Style
    strong: Style
    title: Style
    muted: Style
    faint: Style
    down: Style
    slow: Style
    ok: Style
    blocked: Style
    focus: Style
    mark: Style
    cursor: Style
    cursor_away: Style

    def band(self, band: Band) -> Style:
        """The colour of a health band."""
        return {
            Band.DOWN: self.down,
            Band.SLOW: self.slow,
            Band.OK: self.ok,
            Band.BLOCKED: self.blocked,
            Band.UNCHECKED: self.faint,
        }[band]

    def environment(self, name: str, *, production: bool) -> Style:
        """The colour of an environment's name: where a mistake is seen by visitors, a warning's."""
        if production:
            return self.slow + Style(bold=True)
        return self.focus if name else self.muted

    def say(self, text: object, limit: int = 500) -> str:
        """Untrusted text as this look can show it: through `safe`, and in ASCII where that is all we have."""
        shown = safe(text, limit)
        return shown if self.glyphs.unicode or shown.isascii() else plain_ascii(shown)


@lru_cache(maxsize=16)
def look(theme: str = DEFAULT_THEME, *, unicode: bool = True) -> Look:
    """The look of a theme by name; an unknown one gives the default."""
    glyphs = UNICODE if unicode else ASCII
    if theme == TERMINAL_THEME:
        return _terminal_look(glyphs)
    if theme == MONO_THEME:
        return _mono_look(glyphs)
    p = _PALETTES.get(theme, _DARK)
    bold = theme == "contrast"
    return Look(
        name=theme,
        glyphs=glyphs,
        text=Style(color=p.text),
        strong=Style(color=p.strong, bold=True),
        title=Style(color=p.strong),
        muted=Style(color=p.muted),
        faint=Style(color=p.faint),
        down=Style(color=p.down, bold=bold or None),
        slow=Style(color=p.slow, bold=bold or None),
        ok=Style(color=p.ok),
        blocked=Style(color=p.muted),
        focus=Style(color=p.focus),
        mark=Style(color=p.focus),
        cursor=Style(bgcolor=p.cursor),
        cursor_away=Style(bgcolor=p.bar),
    )


def _terminal_look(glyphs: Glyphs) -> Look:
    # Greys of the sixteen colours vanish on some backgrounds (Solarized): dim follows the terminal instead.
    dim, bold = Style(dim=True), Style(bold=True)
    return Look(
        name=TERMINAL_THEME,
        glyphs=glyphs,
        text=Style(),
        strong=bold,
        title=Style(),
        muted=dim,
        faint=dim,
        down=Style(color="red"),
        slow=Style(color="yellow"),
        ok=Style(color="green"),
        blocked=dim,
        focus=Style(color="blue"),
        mark=Style(color="blue", bold=True),
        cursor=Style(reverse=True),
        cursor_away=Style(underline=True),
    )


def _mono_look(glyphs: Glyphs) -> Look:
    dim, bold, plain = Style(dim=True), Style(bold=True), Style()
    return Look(
        name=MONO_THEME,
        glyphs=glyphs.told_apart(),
        text=plain,
        strong=bold,
        title=plain,
        muted=dim,
        faint=dim,
        down=bold,
        slow=plain,
        ok=plain,
        blocked=dim,
        focus=bold,
        mark=bold,
        cursor=Style(reverse=True),
        cursor_away=Style(underline=True),
    )


def textual_themes() -> tuple[Theme, ...]:
    """The same themes for Textual's own widgets, with `$bar`, `$edge`, `$down`, `$slow`, `$healthy`."""
    themes = [_theme(name, palette) for name, palette in _PALETTES.items()]
    themes += [_ansi_theme(TERMINAL_THEME, colours=True), _ansi_theme(MONO_THEME, colours=False)]
    return tuple(themes)


def _theme(name: str, p: Palette) -> Theme:
    return Theme(
        name=name,
        primary=p.focus,
        secondary=p.muted,
        warning=p.slow,
        error=p.down,
        success=p.ok,
        accent=p.focus,
        foreground=p.text,
        background=p.background,
        surface=p.surface,
        panel=p.bar,
        boost=p.cursor,
        dark=p.dark,
        text_alpha=1.0,
        variables={
            "bar": p.bar,
            "edge": p.border,
            "cursor-line": p.cursor,
            "strong": p.strong,
            "muted": p.muted,
            "faint": p.faint,
            "down": p.down,
            "slow": p.slow,
            "healthy": p.ok,
            "border": p.focus,
            "border-blurred": p.border,
            "input-cursor-background": p.focus,
            "input-cursor-foreground": p.background,
            "input-selection-background": p.cursor,
        },
    )


def _ansi_theme(name: str, *, colours: bool) -> Theme:
    def colour(ansi: str) -> str:
        return ansi if colours else "ansi_default"

    return Theme(
        name=name,
        ansi=True,
        primary=colour("ansi_blue"),
        secondary="ansi_default",
        warning=colour("ansi_yellow"),
        error=colour("ansi_red"),
        success=colour("ansi_green"),
        accent=colour("ansi_blue"),
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "bar": "ansi_default",
            "edge": "ansi_default",
            "cursor-line": "ansi_default",
            "strong": "ansi_default",
            "muted": "ansi_default",
            "faint": "ansi_default",
            "down": colour("ansi_red"),
            "slow": colour("ansi_yellow"),
            "healthy": colour("ansi_green"),
            "border": colour("ansi_blue"),
            "border-blurred": "ansi_default",
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "input-cursor-text-style": "reverse",
            "block-cursor-text-style": "reverse",
        },
    )


def chosen_theme(wanted: str, environ: Mapping[str, str] | None = None) -> str:
    """The theme to start with: NO_COLOR and a dumb terminal win over the setting (no-color.org)."""
    env = os.environ if environ is None else environ
    if env.get("NO_COLOR") or env.get("TERM", "") in {"dumb", ""}:
        return MONO_THEME
    return wanted if wanted in THEME_NAMES else DEFAULT_THEME


def has_unicode(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the locale promises UTF-8. LC_ALL wins over LC_CTYPE, that over LANG (POSIX)."""
    env = os.environ if environ is None else environ
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    return "utf8" in locale.lower().replace("-", "")


@runtime_checkable
class HasLook(Protocol):
    """An app that says how its widgets look."""

    @property
    def look(self) -> Look:
        """The look of the theme in use."""


def look_of(app: object) -> Look:
    """The look of an app; the default one where it does not say."""
    return app.look if isinstance(app, HasLook) else look()


def palette_of(theme: str) -> Palette | None:
    """The palette of a theme; None for those that follow the terminal."""
    return _PALETTES.get(theme)


def colours_of(palette: Palette) -> dict[str, str]:
    """The palette's colours by name."""
    return {f.name: getattr(palette, f.name) for f in fields(palette) if f.name != "dark"}

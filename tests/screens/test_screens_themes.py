"""Themes: readable, the same meanings in each, and nothing told by colour alone."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from console.domain.health import Band
from screens.glyphs import ASCII, UNICODE, plain_ascii
from screens.themes import (
    DEFAULT_THEME,
    MONO_THEME,
    TERMINAL_THEME,
    THEME_NAMES,
    Palette,
    chosen_theme,
    colours_of,
    has_unicode,
    look,
    palette_of,
    textual_themes,
)

COLOURED = ("dark", "light", "contrast")


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palette(name: str) -> Palette:
    found = palette_of(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COLOURED)
def test_text_is_readable_on_every_ground(name: str) -> None:
    p = palette(name)
    least = 7.0 if name == "contrast" else 4.5
    for ground in (p.background, p.bar, p.surface):
        for colour in (p.text, p.strong, p.muted, p.down, p.slow, p.ok, p.focus):
            assert contrast(colour, ground) >= least, (colour, ground)
    for colour in (p.text, p.strong, p.muted, p.down, p.slow, p.ok):
        assert contrast(colour, p.cursor) >= 4.0, colour
    assert contrast(p.faint, p.background) >= 4.0


@pytest.mark.parametrize("name", COLOURED)
def test_meanings_stay_apart_in_256_colours(name: str) -> None:
    p = palette(name)
    shades = {
        Color.parse(c).downgrade(ColorSystem.EIGHT_BIT).number
        for c in (p.down, p.slow, p.ok, p.focus, p.text)
    }
    assert len(shades) == 5
    cursor, ground = (
        Color.parse(c).downgrade(ColorSystem.EIGHT_BIT).number for c in (p.cursor, p.background)
    )
    assert cursor != ground


def test_every_theme_is_registered_under_its_name() -> None:
    assert tuple(theme.name for theme in textual_themes()) == THEME_NAMES
    assert all(colours_of(palette(name)) for name in COLOURED)


def test_themes_that_follow_the_terminal_use_only_its_own_colours() -> None:
    shown = look(TERMINAL_THEME)
    for style in (shown.text, shown.muted, shown.down, shown.slow, shown.ok, shown.focus, shown.cursor):
        assert style.color is None or style.color.triplet is None
        assert style.bgcolor is None
    mono = look(MONO_THEME)
    for style in (mono.down, mono.slow, mono.ok, mono.focus, mono.mark, mono.cursor):
        assert style.color is None
        assert style.bgcolor is None


@pytest.mark.parametrize(
    ("environ", "wanted", "theme"),
    [
        ({"TERM": "xterm"}, "light", "light"),
        ({"TERM": "xterm"}, "no such", DEFAULT_THEME),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "light", MONO_THEME),
        ({"TERM": "xterm", "NO_COLOR": ""}, "light", "light"),
        ({"TERM": "dumb"}, "dark", MONO_THEME),
    ],
)
def test_no_color_and_dumb_terminals_win_over_the_setting(
    environ: dict[str, str], wanted: str, theme: str
) -> None:
    assert chosen_theme(wanted, environ) == theme


@pytest.mark.parametrize(
    ("environ", "unicode"),
    [
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({}, False),
    ],
)
def test_the_locale_decides_about_unicode(environ: dict[str, str], unicode: bool) -> None:
    assert has_unicode(environ) is unicode


def test_every_sign_is_one_cell_wide() -> None:
    for signs in (UNICODE, ASCII):
        for name in signs.__dataclass_fields__:
            value = getattr(signs, name)
            if isinstance(value, str):
                for sign in value:
                    assert cell_len(sign) == 1, (name, sign)
                assert signs.unicode or value.isascii()
    assert len(UNICODE.spark) == len(ASCII.spark)


def test_bands_have_signs_of_their_own_where_there_is_no_colour() -> None:
    for shown in (look(MONO_THEME), look(MONO_THEME, unicode=False)):
        assert len({shown.glyphs.band(band) for band in Band}) == len(Band)


def test_ascii_folds_our_own_signs_and_doubts_the_rest() -> None:
    assert plain_ascii("⟨202E⟩ a … · é 日") == "<202E> a ~ - ? ?"

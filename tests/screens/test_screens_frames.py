"""A frame made small shows exactly what the frame shows: a terminal in memory is the judge."""

from __future__ import annotations

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from screens.terminal.frames import Frames

WIDTH, HEIGHT = 24, 14
SIZE = (WIDTH, HEIGHT)

RED, STRONG = "38;2;244;112;103;48;2;16;21;28", "1;38;2;238;242;247;48;2;16;21;28"
STYLES = (RED, STRONG, "2;3", "31", "7", "48;5;17", "")
TEXTS = ("summer", "503", " ", "    ", "shop.example", "●", "v9", "日本", "x", "ab", "cdef", " " * 13)


def styled(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    screen.reset_mode(pyte.modes.DECAWM)
    return screen, pyte.Stream(screen)


def shown(screen: pyte.Screen) -> list[list[object]]:
    return [[seen(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def seen(cell: pyte.screens.Char) -> pyte.screens.Char:
    """A cell as it looks: on a blank, the colour and weight of the letter that is not there do not show."""
    blank = cell.data == " " and not cell.reverse
    return cell._replace(fg="default", bold=False, italics=False) if blank else cell


spans = st.lists(st.tuples(st.sampled_from(STYLES), st.sampled_from(TEXTS)), min_size=1, max_size=5)


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[str, str]]:
    """A row of exactly the terminal's width, in spans."""
    out, room = [], WIDTH
    for style, text in draw(spans):
        width = sum(2 if c in "日本" else 1 for c in text)
        if width <= room:
            out.append((style, text))
            room -= width
    return [*out, (STYLES[0], " " * room)] if room else out


def row(y: int, line: list[tuple[str, str]]) -> str:
    return f"\x1b[{y};1H" + "".join(styled(s, t) for s, t in line)


@st.composite
def edited(draw: st.DrawFn, line: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same row with some spans in another style, or other letters of the same width."""
    out = []
    for style, text in line:
        change = draw(st.sampled_from(("keep", "keep", "style", "text")))
        other = draw(st.sampled_from(STYLES)) if change == "style" else style
        out.append((other, text.swapcase() if change == "text" else text))
    return out


@st.composite
def frames(draw: st.DrawFn) -> list[str]:
    """A run of frames: whole screens, single rows, and a region that scrolls either way."""
    pool = draw(st.lists(lines(), min_size=HEIGHT, max_size=HEIGHT))
    out = ["\n".join(row(y + 1, line) for y, line in enumerate(pool)) + "\x1b[1;1H"]
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(("row", "edit", "scroll", "again")))
        if kind in {"row", "edit"}:
            y = draw(st.integers(0, 2))
            pool[y] = draw(lines() if kind == "row" else edited(pool[y]))
            out.append(row(y + 1, pool[y]) + "\x1b[1;1H")
        elif kind == "scroll":
            top, by = draw(st.integers(0, 3)), draw(st.sampled_from((-2, -1, 1, 3)))
            bottom = draw(st.integers(11, HEIGHT))
            part = pool[top:bottom]
            fresh = draw(st.lists(lines(), min_size=abs(by), max_size=abs(by)))
            pool[top:bottom] = part[by:] + fresh if by > 0 else fresh + part[:by]
            out.append("\n".join(row(y + 1, pool[y]) for y in range(top, bottom)) + "\x1b[2;2H")
        else:
            out.append("\n".join(row(y + 1, line) for y, line in enumerate(pool)) + "\x1b[1;1H")
    return out


@settings(max_examples=150, deadline=None)
@given(frames(), st.booleans())
def test_a_small_frame_draws_what_the_frame_draws(sequence: list[str], erases: bool) -> None:
    plain, plain_stream = terminal()
    small, small_stream = terminal()
    shrinker = Frames(erases=erases)
    for frame in sequence:
        plain_stream.feed(frame)
        small_stream.feed(shrinker.shrink(frame, SIZE))
        assert shown(small) == shown(plain)
        assert (small.cursor.x, small.cursor.y) == (plain.cursor.x, plain.cursor.y)


def whole(start: int, rows: int = HEIGHT) -> str:
    health = ("31", "503".ljust(WIDTH - 9))
    return "\n".join(row(y + 1, [(RED, f"link-{start + y:04d}"), health]) for y in range(rows))


def test_a_frame_that_changes_nothing_is_not_sent() -> None:
    shrinker = Frames()
    shrinker.shrink(whole(0), SIZE)
    assert shrinker.shrink(whole(0), SIZE) == ""


def test_a_scrolled_list_is_scrolled_by_the_terminal() -> None:
    shrinker = Frames()
    shrinker.shrink(whole(0), SIZE)
    down = shrinker.shrink(whole(1), SIZE)
    assert "\x1b[1M" in down
    assert "link-0014" in down
    assert "link-0013" not in down
    up = shrinker.shrink(whole(0), SIZE)
    assert "\x1b[1L" in up
    assert len(up) < len(whole(0)) / 5


def test_what_is_not_known_is_drawn_in_full() -> None:
    shrinker = Frames()
    first = shrinker.shrink(whole(0), SIZE)
    for unsettle in (
        shrinker.forget,
        lambda: shrinker.shrink("\x1b[2J", SIZE),
        lambda: shrinker.shrink("text of another program", SIZE),
    ):
        unsettle()
        assert shrinker.shrink(whole(0), SIZE) == first
    assert shrinker.shrink(whole(0), (WIDTH, HEIGHT + 1)) == first


def test_modes_and_the_clipboard_pass_and_forget_nothing() -> None:
    shrinker = Frames()
    shrinker.shrink(whole(0), SIZE)
    for data in ("\x1b[?2026h", "\x1b[>1u", "\x1b[6n", "\x1b]52;c;aGk=\x07", "\x07"):
        assert shrinker.shrink(data, SIZE) == data
    assert shrinker.shrink(whole(0), SIZE) == ""


def test_a_style_is_told_by_what_changes() -> None:
    styles = ("38;5;1;48;5;2", "38;5;3;48;5;2", "1;38;5;3;48;5;2", "38;5;3;48;5;2")
    frame = row(1, list(zip(styles, "abcd", strict=True)))
    small = Frames().shrink(frame, SIZE)
    assert small == "\x1b[1;1H\x1b[38;5;1;48;5;2ma\x1b[38;5;3mb\x1b[1mc\x1b[22md\x1b[0m"


def test_blanks_cost_next_to_nothing() -> None:
    line = [(RED, "503"), (STRONG, " " * 18), (RED, "404")]
    written, erased = (Frames(erases=each).shrink(row(1, line), SIZE) for each in (False, True))
    assert written == f"\x1b[1;1H\x1b[{RED}m503{' ' * 18}404\x1b[0m"  # no word of the blanks' own colour
    assert erased == f"\x1b[1;1H\x1b[{RED}m503\x1b[18X\x1b[1;22H404\x1b[0m"


def test_what_shows_on_blanks_is_written_not_erased() -> None:
    for style in ("4", "7", "9"):
        small = Frames(erases=True).shrink(row(1, [(style, " " * WIDTH)]), SIZE)
        assert small == f"\x1b[1;1H\x1b[{style}m{' ' * WIDTH}\x1b[0m"

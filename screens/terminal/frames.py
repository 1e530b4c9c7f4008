"""What a frame costs on the line, made small: nothing is sent that the terminal already shows.

Textual writes a frame as runs of styled text, each at a place. Over a slow SSH line that is dear: every
run states its whole style, a repaint repeats what is there, and a scrolled list is sent again row by row.
`Frames` remembers what is where and rewrites a frame, so that runs already shown are left out, styles are
told by what changes, and a scrolled list is scrolled by the terminal itself.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.cells import cell_len

_MOVE: Final = re.compile(r"\x1b\[(\d+);(\d+)H")
_SGR: Final = re.compile(r"\x1b\[([\d;]*)m")
_HARMLESS: Final = re.compile(
    r"(?:\x1b\[[?<>=][\d;$]*[A-Za-z]|\x1b\[6n|\x1b\]52;[^\x07\x1b]*(?:\x07|\x1b\\)|\x07)*\Z"
)
"""Modes, questions, the clipboard and the bell: what draws nothing."""

_RESET: Final = ""
_SCROLL_ROWS: Final = 6
"""Fewer changed rows than this are written as they are."""
_WORTH: Final = 0.8
"""Scrolling is taken when it costs at most this share of writing the rows."""

_BLANKS: Final = 12
"""Blanks in a row from which erasing them (ECH, and a move behind them) is shorter than writing them."""
_GAP: Final = re.compile(rf"( {{{_BLANKS},}})")
_SEEN_ON_BLANKS: Final = frozenset({"background", "4", "7", "9", "21", "53"})
"""What of a style shows where nothing is written: background, underlines, reverse, strike, overline."""
_UNSEEN_ERASED: Final = _SEEN_ON_BLANKS - {"background"}
"""What erasing does not draw: lines and reverse."""
_OFF: Final = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}
"""Attributes, and what ends each (ECMA-48, SGR)."""

_TELLING: Final = 3
"""Letters; shorter texts stand in too many rows to say where one has moved."""

Span = tuple[str, str, int]
"""A style (SGR parameters), the text in it, and the cells it takes."""
Row = dict[int, Span]
"""The spans of one row of the screen by the column where they start."""
Run = tuple[int, int, tuple[Span, ...]]
"""Row and column, from 1 as the terminal counts, and what is written there."""


class Frames:
    """What the terminal shows, as far as it is known.

    `erases`: erased cells take the background (terminfo's `bce`), so that long blanks need not be written.
    """

    def __init__(self, *, erases: bool = False) -> None:
        self._erases = erases
        self._size = (0, 0)
        self._tail = ""
        self._rows: dict[int, Row] = {}

    def forget(self) -> None:
        """Nothing is known any more: another program has drawn, or the screen was cleared."""
        self._rows = {}
        self._tail = ""

    def shrink(self, data: str, size: tuple[int, int]) -> str:
        """The same frame in fewer bytes, for a terminal of `size` (cells wide, lines high).

        Anything that is no frame comes back as it was; a frame that changes nothing is empty.
        """
        if size != self._size:
            self._size = size
            self.forget()
        frame = _read(data) if _MOVE.match(data) else None
        if frame is None:
            if _HARMLESS.match(data) is None:
                self.forget()
            return data
        runs, tail = frame
        changed = [run for run in runs if not self._shows(run)]
        pen = _Pen(erases=self._erases)
        scroll = self._scrolled(runs, changed) if len(changed) >= _SCROLL_ROWS else None
        if scroll is not None:
            pen.scroll(scroll.sequence)
            self._rows = scroll.rows
            runs = scroll.rest
        for run in runs:
            self._draw(run, pen)
        drawn = pen.done()
        if not drawn and tail == self._tail:
            return ""
        self._tail = tail
        return drawn + tail

    def _shows(self, run: Run) -> bool:
        row, column, spans = run
        shown = self._rows.get(row, {})
        for span in spans:
            if shown.get(column) != span:
                return False
            column += span[2]
        return True

    def _draw(self, run: Run, pen: _Pen) -> None:
        """Write what differs of one run."""
        row, column, spans = run
        shown = self._rows.setdefault(row, {})
        for span in spans:
            if shown.get(column) != span:
                pen.write(row, column, span)
                _replace(shown, column, span)
            column += span[2]

    def _scrolled(self, runs: list[Run], changed: list[Run]) -> _Scroll | None:
        """How the terminal's own scrolling makes this frame cheaper, if it does."""
        rows = [row for row, _, _ in changed]
        top, bottom = min(rows), max(rows)
        region = range(top, bottom + 1)
        shift = self._shift(changed, region)
        if not shift or abs(shift) >= len(region) or not all(self._complete(row) for row in region):
            return None
        wanted = {row: dict(self._rows[row]) for row in region}
        outside: list[Run] = []
        for run in runs:
            if run[0] in region:
                _put(wanted[run[0]], run[1], run[2])
            else:
                outside.append(run)
        after = {row: spans for row, spans in self._rows.items() if row not in region}
        after |= {row: dict(self._rows[row + shift]) for row in region if row + shift in region}
        rest: list[Run] = [
            (row, column, (span,))
            for row in region
            for column, span in sorted(wanted[row].items())
            if after.get(row, {}).get(column) != span
        ]
        if _cost(rest) > _WORTH * _cost(changed):
            return None
        command = f"{shift}M" if shift > 0 else f"{-shift}L"
        return _Scroll(f"\x1b[{top};{bottom}r\x1b[{top};1H\x1b[{command}\x1b[r", after, outside + rest)

    def _shift(self, changed: list[Run], region: range) -> int:
        """By how many rows most of the changed runs have moved; positive is up, 0 is not at all."""
        where: dict[tuple[int, Span], list[int]] = {}
        for row in region:
            for column, span in self._rows.get(row, {}).items():
                if len(span[1]) > _TELLING and not span[1].isspace():
                    where.setdefault((column, span), []).append(row)
        votes: Counter[int] = Counter()
        for row, column, spans in changed:
            at = column
            for span in spans:
                known = where.get((at, span), ()) if len(span[1]) > _TELLING else ()
                if len(known) == 1:  # text that stands in many rows says nothing of where it moved
                    votes[known[0] - row] += 1
                at += span[2]
        if not votes:
            return 0
        shift, count = votes.most_common(1)[0]
        return shift if count >= _SCROLL_ROWS // 2 else 0

    def _complete(self, row: int) -> bool:
        """Whether every cell of a row is known."""
        return sum(span[2] for span in self._rows.get(row, {}).values()) == self._size[0]


@dataclass(slots=True)
class _Scroll:
    """A scroll: the sequence, what is on screen after it, and what is left to write."""

    sequence: str
    rows: dict[int, Row]
    rest: list[Run]


class _Pen:
    """Writes spans, telling the terminal only how place and style differ from the last."""

    def __init__(self, *, erases: bool) -> None:
        self._erases = erases
        self._out: list[str] = []
        self._style = _RESET
        self._at = (0, 0)

    def scroll(self, sequence: str) -> None:
        self._out.append(sequence)

    def write(self, row: int, column: int, span: Span) -> None:
        style, text, width = span
        blank = not text.strip(" ")
        if blank:
            style = _laid(self._style, style)
        if self._at != (row, column):
            self._out.append(f"\x1b[{row};{column}H")
        if style != self._style:
            self._out.append(_change(self._style, style))
            self._style = style
        if blank and self._erases and width >= _BLANKS and not _parsed(style).keys() & _UNSEEN_ERASED:
            self._out.append(f"\x1b[{width}X")
            self._at = (0, 0)
            return
        self._out.append(text)
        # A column of unsure width must not push what follows: place it anew.
        self._at = (row, column + width) if text.isascii() else (0, 0)

    def done(self) -> str:
        if self._style != _RESET:
            self._out.append("\x1b[0m")
        return "".join(self._out)


def _read(data: str) -> tuple[list[Run], str] | None:
    """A frame as runs, and where it leaves the terminal's cursor; None when it holds anything else."""
    pieces = _MOVE.split(data)
    runs: list[Run] = []
    tail = ""
    for at in range(1, len(pieces), 3):
        row, column, text = pieces[at], pieces[at + 1], pieces[at + 2].rstrip("\n")
        if not text:
            tail = f"\x1b[{row};{column}H"
            continue
        spans = _spans(text)
        if spans is None:
            return None
        runs.append((int(row), int(column), spans))
    return runs, tail


@lru_cache(maxsize=512)
def _spans(text: str) -> tuple[Span, ...] | None:
    """A run taken apart; None when it holds a sequence that is no style, or a control character."""
    parts = _SGR.split(text)
    style = _RESET
    spans: list[Span] = []
    for index, part in enumerate(parts):
        if index % 2:
            style = _RESET if part in {"", "0"} else f"{style};{part}" if style else part
        elif part:
            if "\x1b" in part or "\n" in part:
                return None
            for piece in filter(None, _GAP.split(part)):
                _add(spans, style, piece)
    return tuple(spans)


def _add(spans: list[Span], style: str, text: str) -> None:
    """Put a piece behind the others; blanks that look the same become one piece, whatever their colour."""
    width = len(text) if text.isascii() else cell_len(text)
    if text.strip(" "):
        spans.append((style, text, width))
        return
    style = _bare(style)
    if spans and spans[-1][0] == style and not spans[-1][1].strip(" "):
        text = spans.pop()[1] + text
    spans.append((style, text, len(text)))


def _put(row: Row, column: int, spans: tuple[Span, ...]) -> None:
    for span in spans:
        _replace(row, column, span)
        column += span[2]


def _replace(row: Row, column: int, span: Span) -> None:
    """Put a span over what stands there."""
    old = row.get(column)
    if old is None or old[2] != span[2]:
        end = column + span[2]
        for other in [c for c, s in row.items() if c < end and c + s[2] > column]:
            del row[other]
    row[column] = span


def _cost(runs: list[Run]) -> int:
    """Roughly the bytes of writing them."""
    return sum(len(text) + 12 for _, _, spans in runs for _, text, _ in spans)


@lru_cache(maxsize=2048)
def _bare(style: str) -> str:
    """What of a style is seen on blanks."""
    parts = _parsed(style)
    if "7" in parts:
        return style
    return ";".join(value for key, value in parts.items() if key in _SEEN_ON_BLANKS)


@lru_cache(maxsize=2048)
def _laid(before: str, blank: str) -> str:
    """The style to write blanks in: what the pen has, as far as blanks look the same in it."""
    old, new = _parsed(before), _parsed(blank)
    if _UNSEEN_ERASED & (old.keys() | new.keys()) or ("background" in old and "background" not in new):
        return blank
    return ";".join((old | new).values())


@lru_cache(maxsize=2048)
def _change(before: str, after: str) -> str:
    """The shortest sequence from one style to another; both are complete styles (ECMA-48, SGR)."""
    if after == _RESET:
        return "\x1b[0m"
    whole = f"\x1b[0;{after}m" if before else f"\x1b[{after}m"
    old, new = _parsed(before), _parsed(after)
    gone = [key for key in old if key not in new]
    if any(key not in _OFF for key in gone):
        return whole
    off = {_OFF[key]: None for key in gone}
    lost = {key for key, end in _OFF.items() if end in off}  # bold and faint end by the same number
    told = [*off, *(value for key, value in new.items() if key in lost or old.get(key) != value)]
    return min(whole, f"\x1b[{';'.join(told)}m", key=len)


@lru_cache(maxsize=2048)
def _parsed(style: str) -> dict[str, str]:
    """A style by what it sets: foreground, background, or an attribute by its own number."""
    parts = style.split(";") if style else []
    found: dict[str, str] = {}
    at = 0
    while at < len(parts):
        part = parts[at]
        size = 1
        if part in {"38", "48"}:
            size = 5 if parts[at + 1 : at + 2] == ["2"] else 3
        number = int(part or 0)
        if part == "38" or 30 <= number <= 39 or 90 <= number <= 97:
            key = "foreground"
        elif part == "48" or 40 <= number <= 49 or 100 <= number <= 107:
            key = "background"
        else:
            key = part
        found[key] = ";".join(parts[at : at + size])
        at += size
    return found

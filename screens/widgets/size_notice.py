"""What a terminal shows that is too small for anything else."""

from __future__ import annotations

from typing import Final

from rich.text import Text
from textual.strip import Strip

from screens.present.cells import clipped, joined
from screens.present.wrapping import wrap
from screens.themes import look_of
from screens.widgets.one_line import OneLine

MIN_WIDTH: Final = 44
MIN_HEIGHT: Final = 12
"""Below these nothing can be read safely, and nothing may be confirmed."""


def too_small(width: int, height: int) -> bool:
    """Whether a terminal of that size cannot show the console."""
    return width < MIN_WIDTH or height < MIN_HEIGHT


class SizeNotice(OneLine):
    """One sentence over the whole screen, for as long as it is `too_small`."""

    DEFAULT_CSS = """
    SizeNotice { width: 100%; height: 100%; background: $background; overlay: screen; display: none; }
    """

    def render_line(self, y: int) -> Strip:
        """The sentence, wrapped."""
        width, size, look = self.size.width, self.app.size, look_of(self.app)
        words = f"Terminal {size.width}x{size.height}: too small. Enlarge it to {MIN_WIDTH}x{MIN_HEIGHT}."
        rows = wrap(words, max(1, width))
        row = Text(rows[y] if y < len(rows) else "")
        line = joined(clipped([(row.plain, look.text)], max(1, width), look))
        segments = [s for s in line.render(self.app.console) if s.text and s.text != "\n"]
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

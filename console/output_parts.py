"""What a line of output is made of: text with a tone. It is still data; `console.output` neutralises it."""

from __future__ import annotations

from enum import Enum


class Tone(Enum):
    """What colour means. The words say the same without it."""

    GOOD = "32"
    WARN = "33"
    BAD = "31"
    DIM = "2"
    STRONG = "1"


class Styled:
    """Text with a tone, still data: it is neutralised when it is printed."""

    __slots__ = ("text", "tone")

    def __init__(self, text: object, tone: Tone) -> None:
        self.text = text
        self.tone = tone


Part = str | int | float | Styled | None
Line = Part | tuple[Part, ...] | list[Part]

"""Links as rows of a list, without a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.health import Band, Verdict

NOW = 1_700_000_000.0


@dataclass(frozen=True, slots=True)
class FakeRow:
    slug: str = "spring-launch"
    destination_url: str = "https://shop.example/launch"
    version: int | str | None = 9
    verdict: Verdict | None = Verdict.SERVER_ERROR
    status_code: int | None = 503
    latency_ms: float | None = None
    checked_at: float | None = NOW - 120
    enabled: bool = True
    held: bool = False
    bad: bool = False
    title: str = "Spring launch"
    host: str = "shop.example"
    updated_at: float | None = NOW - 7200
    clicks: int | None = 40_317

    @property
    def band(self) -> Band:
        return self.verdict.band if self.verdict is not None else Band.UNCHECKED


class CountedRows:
    """`count` made-up links; remembers what it was asked for."""

    def __init__(self, count: int, prefix: str = "link") -> None:
        self.count = count
        self.prefix = prefix
        self.asked: list[tuple[int, int]] = []

    def rows(self, start: int, stop: int) -> Sequence[FakeRow]:
        self.asked.append((start, stop))
        return [FakeRow(slug=f"{self.prefix}-{i}") for i in range(start, stop)]

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        return [f"{self.prefix}-{i}" for i in range(start, stop)]

    def index(self, slug: str) -> int | None:
        name, _, number = slug.rpartition("-")
        return int(number) if name == self.prefix and int(number) < self.count else None

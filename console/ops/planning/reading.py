"""Reading the links of a batch as they are now, a few side by side. Reads only; costs no write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final

from console.domain.errors import (
    NotFound,
    PlatformRefused,
    RepointError,
    RouteMissing,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.readings import Reading
from console.ops.review import read_live
from console.ops.session import Session

READERS: Final = 8
"""Links read at once at most: each takes two connections, and more than these wait for one anyway."""
_IN_A_ROW: Final = 3
"""Links in a row that the platform does not answer for, after which it is the platform's trouble."""
GONE: Final = "does not exist"


def require_line(session: Session) -> None:
    """Refuse to plan without the platform: a plan states what is live now.

    Raises:
        Unreachable: offline was asked for.
    """
    if session.offline:
        raise Unreachable(
            "You are offline: a batch is planned on links as they are now",
            detail="Nothing was planned and nothing was sent. Lists, histories and past runs can be read.",
            hint="Plan again without --offline; what can be chosen from now: repoint --offline links FILTER",
        )


class _Line:
    """How the line does: one link may fail by itself, three in a row are the platform failing."""

    def __init__(self) -> None:
        self._failures = 0
        self._any = False

    def good(self) -> None:
        self._failures, self._any = 0, True

    def failed(self, error: RepointError, *, last: bool) -> None:
        self._failures += 1
        if self._failures >= _IN_A_ROW or (last and not self._any):
            raise error


async def read_all(
    session: Session, slugs: Sequence[str], on_progress: Callable[[int], None] | None = None
) -> dict[str, Reading | str]:
    """Read history and record of every link from the platform: the reading, or why there is none.

    Args:
        session: whose platform is asked; what is read is kept in the cache.
        slugs: each once.
        on_progress: told how many more were read.

    Raises:
        Unreachable, Throttled, SignInNeeded, ...: the platform does not answer at all.
    """
    session.online()
    found: dict[str, Reading | str] = {}
    line, todo = _Line(), iter(slugs)

    async def work() -> None:
        for slug in todo:
            try:
                found[slug] = await read_live(session, slug)
                line.good()
            except RepointError as error:
                found[slug] = _why(error)
                if _of_the_platform(error):
                    line.failed(error, last=len(found) == len(slugs))
                else:
                    line.good()
            if on_progress is not None:
                on_progress(1)

    await _together(work() for _ in range(min(READERS, session.profile.concurrency, len(slugs))))
    return found


def _why(error: RepointError) -> str:
    """Why a link was not read; what concerns all links is raised."""
    if isinstance(error, NotFound):
        return GONE
    if isinstance(error, SignInNeeded | Throttled | RouteMissing) or not isinstance(
        error, PlatformRefused | Unreachable | UnreadableAnswer
    ):
        raise error
    return f"never seen: its history could not be read ({error.title})"


def _of_the_platform(error: RepointError) -> bool:
    if isinstance(error, PlatformRefused):
        return error.status >= 500
    return isinstance(error, Unreachable)


async def _together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Run them all; the first failure ends the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

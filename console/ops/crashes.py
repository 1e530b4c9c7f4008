"""A crash leaves a report that can be sent to anybody: what kind of error, and where in the code.

No local variables and no messages: both may hold a token, and a link's contents.
"""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cache.paths import private_dir
from console.domain.errors import RepointError
from console.ops.profiles.places import places
from console.version import VERSION

_KEPT: Final = 20
_MOST_FRAMES: Final = 200


def report_crash(error: BaseException, environ: Mapping[str, str] | None = None) -> RepointError:
    """Write a report of `error`, and say in one sentence that it happened and where the report is.

    Args:
        error: what nobody caught.
        environ: the environment that says where reports go, where the process has changed its own since.
    """
    kind = type(error).__name__
    try:
        path = write_crash(error, places(environ).crash_dir())
    except (RepointError, OSError) as problem:
        detail = f"No report could be written: {problem}"
    else:
        detail = f"A report without any of your data is in {path}"
    return RepointError(
        f"repoint stopped on an error of its own ({kind})",
        detail=detail,
        hint="After a write that did not answer: `repoint reconcile`",
    )


def write_crash(error: BaseException, folder: Path) -> Path:
    """Write the report of `error` into `folder`, 0600; older reports beyond the newest 20 go.

    Raises:
        StorageProblem: the folder cannot be used.
        OSError: the file cannot be written.
    """
    private_dir(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"crash-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(report(error))
    for old in sorted(folder.glob("crash-*.txt"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def report(error: BaseException) -> str:
    """The text of a report: versions, then each error of the chain with its frames, the cause last."""
    system = platform.uname()
    lines = [
        f"repoint {VERSION}, Python {platform.python_version()}, {system.system} {system.machine}",
        f"at {datetime.now(UTC).isoformat(timespec='seconds')}",
    ]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = type(current)
        lines += ["", f"{kind.__module__}.{kind.__qualname__}", *_frames(current)]
        current = current.__cause__ or current.__context__
    return "\n".join(lines) + "\n"


def _frames(error: BaseException) -> list[str]:
    frames = [
        f"  {_short(frame.f_code.co_filename)}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if len(frames) > _MOST_FRAMES:  # a recursion: its ends tell enough
        half = _MOST_FRAMES // 2
        frames = [*frames[:half], f"  ... {len(frames) - 2 * half} more", *frames[-half:]]
    return frames


def _short(filename: str) -> str:
    """The file's place below the folder it was imported from: a home folder's name tells who somebody is."""
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if filename.startswith(folder.rstrip("/") + "/"):
            return filename[len(folder.rstrip("/")) + 1 :]
    return Path(filename).name

"""What is left after a crash: one sentence on the screen, and a private report without secrets."""

from __future__ import annotations

import os
import platform
import traceback
from datetime import datetime
from pathlib import Path
from typing import Final

from console.domain.redaction import redact
from console.domain.text import safe

_FRAMES: Final = 60
_LINE: Final = 400


def describe(error: BaseException) -> str:
    """The traceback without locals, each line safe for a terminal and without tokens.

    Textual's own report prints every local variable, tokens included (measured on 8.2.8).
    """
    report = traceback.TracebackException.from_exception(error, limit=-_FRAMES, capture_locals=False)
    lines = "".join(report.format()).splitlines()
    return "\n".join(safe(redact(line), _LINE) for line in lines)


def write_report(folder: Path, error: BaseException, now: datetime, about: str = "") -> Path | None:
    """Write a report that only its owner can read; None when the disk does not take it.

    The file is made new, never through a link. The folder is made private when it is missing.
    """
    body = "\n".join(
        (
            f"repoint crashed at {now.isoformat(timespec='seconds')}",
            f"python {platform.python_version()} on {platform.system()} {platform.release()}",
            safe(redact(about)),
            "",
            describe(error),
            "",
        )
    )
    path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(body)
    except OSError:
        return None
    return path


def sentence(error: BaseException | None, report: Path | None) -> str:
    """What the operator reads after a crash."""
    what = f"repoint stopped: {type(error).__name__}." if error is not None else "repoint stopped."
    where = f" Report: {safe(report)}" if report is not None else " No report could be written."
    return (
        f"{what} Nothing that was sent is lost: the journal holds it, and the next start reads what became"
        f" of it.{where}"
    )

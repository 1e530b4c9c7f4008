"""Which process holds something, and whether it still lives.

A process id alone proves nothing: ids are given out again. A holder is the id, the time the process
started, and the boot it started in; a zombie is dead; of another machine nothing can be told.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from console.domain.moments import Moment

_PROC: Final = Path("/proc")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_DEAD_STATES: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Holder:
    """One process of one boot of one machine.

    Attributes:
        started: when the process started, in clock ticks since boot; empty where the system has no `/proc`.
        boot_id: names the boot; empty where the system has none.
    """

    pid: int
    started: str
    boot_id: str
    host: str


def this_process() -> Holder:
    """The process that asks. Right after a fork, too."""
    pid = os.getpid()
    _, started = _state_and_start(pid)
    return Holder(pid, started, boot_id(), os.uname().nodename)


def is_elsewhere(holder: Holder) -> bool:
    """Whether it is of another machine, by name: what runs there cannot be seen from here.

    The boot's id does not help: containers share their host's, and do not see each other's processes.
    """
    return holder.host != os.uname().nodename


def is_alive(holder: Holder) -> bool:
    """Whether the holder may still act. Where that cannot be told, it may.

    False only for what is certain: an earlier boot of this machine, no such process, a zombie, or
    another process that was given the same id.
    """
    if is_elsewhere(holder):
        return True
    if holder.boot_id and boot_id() and holder.boot_id != boot_id():
        return False
    if not (_PROC / "self" / "stat").exists():
        return _answers(holder.pid)
    state, started = _state_and_start(holder.pid)
    if state == "" or state in _DEAD_STATES:
        return False
    return not holder.started or started == holder.started


@lru_cache(maxsize=1)
def boot_id() -> str:
    """The kernel's name for this boot; empty where there is none."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def moment() -> Moment:
    """One reading of the system's clocks, for records whose caller gives none."""
    monotonic = time.monotonic()
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    boottime = monotonic if clock is None else time.clock_gettime(clock)
    return Moment(datetime.now(UTC), monotonic, boottime, boot_id())


def _state_and_start(pid: int) -> tuple[str, str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    # proc(5): the command in brackets may itself hold blanks and brackets; fields are counted after it.
    fields = text.rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def lock_owner(path: Path) -> int | None:
    """The id of a process that holds a lock on `path`, as the kernel lists it; None when it does not say."""
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if len(fields) >= 8 and fields[5].rpartition(":")[2] == str(inode) and fields[1] != "->":
            pid = int(fields[4])
            if pid > 0 and pid != os.getpid():
                return pid
    return None

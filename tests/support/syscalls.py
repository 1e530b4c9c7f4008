"""A child stopped before each of its system calls that writes, syncs, renames, sends or receives.

By ptrace, as strace does it, but without strace: a process may trace its own children without any privilege.
While it is stopped, the disk holds what a SIGKILL at that point would leave: each call is met from both
sides, as the first one that is not made any more and as the last one that was.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

CALLS: Final[Mapping[str, Mapping[int, str]]] = {
    "x86_64": {
        1: "write", 18: "pwrite", 20: "writev", 40: "sendfile", 44: "send", 45: "recv", 46: "sendmsg",
        47: "recvmsg", 74: "fsync", 75: "fdatasync", 76: "truncate", 77: "ftruncate", 82: "rename",
        86: "link", 87: "unlink", 263: "unlink", 264: "rename", 265: "link", 285: "fallocate", 296: "pwritev",
        316: "rename",
    },
    "aarch64": {
        64: "write", 68: "pwrite", 66: "writev", 71: "sendfile", 206: "send", 207: "recv", 211: "sendmsg",
        212: "recvmsg", 82: "fsync", 83: "fdatasync", 45: "truncate", 46: "ftruncate", 38: "rename",
        37: "link", 35: "unlink", 47: "fallocate", 70: "pwritev", 276: "rename",
    },
}  # fmt: skip
MARK: Final = signal.SIGUSR2
"""A child sends itself this where the counting begins."""
_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _SYSCALL_INFO = 0, 7, 24, 0x4200, 0x420E
_SYSGOOD, _CLONE, _EXITKILL = 1, 8, 0x100000
_ALL, _ENTRY = 0x40000000, 1
_CALL = signal.SIGTRAP | 0x80


def _ptrace(request: int, pid: int, address: int, data: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    done: int = libc.ptrace(request, pid, address, data)
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return done


def traceable() -> bool:
    """Whether this machine lets a process trace its child, and the numbers of its calls are known."""
    if sys.platform != "linux" or platform.machine() not in CALLS:
        return False
    try:
        return list(traced(lambda: None)) == []
    except OSError:
        return False


def traced(work: Callable[[], None]) -> Iterator[str]:
    """Do `work` in a child; the name of each call before it is made; it is made when the next is asked for.

    Calls are counted from the moment that `work` sends `MARK` to its own process. Only those of the child's
    first thread are: databases and sockets are used by no other.
    """
    pid = os.fork()
    if pid == 0:
        try:
            _ptrace(_TRACEME, 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise OSError("a child cannot be traced here")
    _ptrace(_SETOPTIONS, pid, 0, _SYSGOOD | _CLONE | _EXITKILL)
    _ptrace(_CONT, pid, 0, 0)
    yield from _followed(pid)


def _followed(pid: int) -> Iterator[str]:
    names, how = CALLS[platform.machine()], _CONT
    while True:
        task, status = os.waitpid(-1, _ALL)
        if not os.WIFSTOPPED(status):
            if task == pid:
                return
            continue
        passed = os.WSTOPSIG(status)
        if passed == _CALL:
            passed, name = 0, names.get(_entered(task), "")
            if name:
                yield name
        elif passed == MARK:
            passed, how = 0, _SYSCALL
        elif passed in {signal.SIGTRAP, signal.SIGSTOP}:
            passed = 0  # a thread was begun
        with contextlib.suppress(ProcessLookupError):
            _ptrace(how if task == pid else _CONT, task, 0, passed)


def _entered(task: int) -> int:
    """The number of the call that is about to be made; -1 where one was just made."""
    info = ctypes.create_string_buffer(88)
    _ptrace(_SYSCALL_INFO, task, len(info), ctypes.addressof(info))
    if info.raw[0] != _ENTRY:
        return -1
    number: int = struct.unpack_from("=Q", info.raw, 24)[0]
    return number

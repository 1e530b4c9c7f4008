"""Run a helper command: no shell, no terminal, bounded in time and output, its standard error unseen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Final

_MOST_BYTES: Final = 64 * 1024


class HelperSlow(Exception):
    """It did not end in time, and was ended."""


class HelperFailed(Exception):
    """It could not be run, failed, or printed what cannot be used. `what` ends a sentence about it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


async def run_helper(argv: Sequence[str], environ: Mapping[str, str], seconds: float, text: str = "") -> str:
    """What the command prints to standard output. `text` is its input.

    It runs in a session of its own, so that everything it started ends with it.

    Raises:
        HelperSlow: it, or something that holds its output open, was not done after `seconds`.
        HelperFailed: not found, not to be run, an exit status other than 0, too much output, not UTF-8.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(environ),
            stdin=asyncio.subprocess.PIPE if text else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise HelperFailed("was not found") from None
    except (OSError, ValueError) as error:
        raise HelperFailed("cannot be run") from error
    finished = False
    try:
        async with asyncio.timeout(seconds):
            await _tell(process, text)
            raw = await _bounded(process)
            status = await process.wait()
        finished = True
    except TimeoutError:
        raise HelperSlow from None
    finally:
        if not finished:
            await _end(process)
    if status != 0:
        raise HelperFailed(f"failed with status {status}" if status > 0 else f"was ended by signal {-status}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise HelperFailed("printed something that is not text") from None


async def _tell(process: asyncio.subprocess.Process, text: str) -> None:
    """Give the command its input; one that does not want it is judged by how it ends."""
    if process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        process.stdin.write(text.encode())
        await process.stdin.drain()
    process.stdin.close()


async def _bounded(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    chunks, size = [], 0
    while chunk := await process.stdout.read(8192):
        chunks.append(chunk)
        size += len(chunk)
        if size > _MOST_BYTES:
            raise HelperFailed("printed far more than a token")
    return b"".join(chunks)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # `wait` waits for the pipes' end too, and that is never noticed of one that nobody reads any more, or
    # that a process outside of the session holds open. There is no public way to let go of them.
    for number in (0, 1):
        pipe = process._transport.get_pipe_transport(number)  # type: ignore[attr-defined]  # noqa: SLF001
        if pipe is not None:
            pipe.close()
    await process.wait()

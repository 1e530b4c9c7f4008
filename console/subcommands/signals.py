"""Being told to end in the middle of sending: what is under way ends first, and the state is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signal import Signals

    from console.output import Output


@dataclass(slots=True)
class Told:
    """Whether a signal has come."""

    to_end: bool = False


@contextmanager
def ending(out: Output, sentence: str, end: Callable[[], object]) -> Iterator[Told]:
    """Ctrl-C, SIGTERM and SIGHUP call `end`, once; a second one breaks off. What is ignored stays ignored.

    Args:
        out: where the sentence is said.
        sentence: said at the first one.
        end: has the work end after what is under way.
    """
    import asyncio
    import signal

    told, loop = Told(), asyncio.get_running_loop()
    before: dict[Signals, Any] = {}

    def asked(number: Signals) -> None:
        if told.to_end:
            give_back()
            signal.raise_signal(number)
            return
        told.to_end = True
        out.note(sentence)
        end()

    def give_back() -> None:
        while before:
            number, handler = before.popitem()
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(number)
        if handler == signal.SIG_IGN:  # nohup
            continue
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not the main thread
            loop.add_signal_handler(number, asked, number)
            before[number] = handler
    try:
        yield told
    finally:
        give_back()

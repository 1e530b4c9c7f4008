"""Everything that a command prints: data to standard output, everything else to standard error.

Text that came from elsewhere is neutralised here (`console.domain.text.safe`), whichever command prints
it. Colour is for a terminal that wants it. A reader that went away (`| head`) ends things quietly.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

from console.domain.errors import StorageProblem
from console.domain.text import safe
from console.output_parts import Line, Part, Styled, Tone

if TYPE_CHECKING:
    import argparse

    from console.domain.errors import RepointError
    from console.output_progress import Progress

_LINE_LIMIT: Final = 4000


class Output:
    """Where a command prints.

    Attributes:
        json: data is JSON: one document, or one a line where the command streams.
        quiet: notes and progress are left out; warnings and errors are not.
        verbose: details are printed too.
        failed: why standard output could not be written, other than by a reader that went away.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        verbose: bool = False,
        color: bool | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self.failed: StorageProblem | None = None
        self._out: TextIO | None = stdout or sys.stdout  # None when the shell closed it: `>&-`
        self._err: TextIO | None = stderr or sys.stderr
        self._color_out = wants_color(self._out) if color is None else color
        self._color_err = wants_color(self._err) if color is None else color
        for stream in (self._out, self._err):
            _never_unencodable(stream)

    @classmethod
    def of(cls, args: argparse.Namespace) -> Output:
        """The output that the global flags ask for: one a process, kept as `args.output`."""
        known = getattr(args, "output", None)
        if isinstance(known, cls):
            return known
        output = cls(
            json=args.json,
            quiet=args.quiet,
            verbose=args.verbose,
            color=False if args.no_color else None,
        )
        args.output = output
        return output

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: standard input and standard error are a terminal."""
        return _is_terminal(sys.stdin) and _is_terminal(self._err)

    # -- data, to standard output

    def document(self, value: object) -> None:
        """One JSON document, whatever the flags say."""
        self._data(_dumps(value, indent=2 if _is_terminal(self._out) else None) + "\n")

    def result(self, document: Mapping[str, object], lines: Iterable[Line]) -> None:
        """A command's result: the document with `--json`, else the lines, each a part or several."""
        if self.json:
            self.document(document)
            return
        for line in lines:
            self.text(*(line if isinstance(line, tuple | list) else (line,)))

    def record(self, value: Mapping[str, object]) -> None:
        """One line of NDJSON, flushed.

        Raises:
            BrokenPipeError: the reader went away; a command that streams has nothing more to do.
            StorageProblem: standard output cannot be written: the disk is full.
        """
        self.verbatim(_dumps(value) + "\n")

    def text(self, *parts: Part) -> None:
        """One line of data for people."""
        self._data("".join(self._shown(part, color=self._color_out) for part in parts) + "\n")

    def line(self, *parts: Part) -> None:
        """One line for people of a command that goes on: without a reader it has nothing more to do.

        Raises as `record`.
        """
        self.text(*parts)
        self.require_reader()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Part]]) -> None:
        """Rows under their titles, aligned by width on screen; a column of numbers stands to the right.

        On a terminal the widest columns are cut so that a row stays one line.
        """
        from console.output_table import laid_out

        width = _columns(self._out) if _is_terminal(self._out) else None
        for line in laid_out(columns, rows, width):
            self.text(*line)

    def verbatim(self, text: str) -> None:
        """A file's text (CSV, a completion script) as it is: the caller has made it safe to print.

        Raises as `record`.
        """
        self._data(text)
        self.require_reader()

    # -- everything else, to standard error

    def note(self, *parts: Part) -> None:
        """A line for people; left out with `--quiet`."""
        if not self.quiet:
            self._aside(parts)

    def detail(self, *parts: Part) -> None:
        """A line that only `--verbose` shows."""
        if self.verbose:
            self._aside(parts)

    def warning(self, *parts: Part) -> None:
        """A line that is always shown."""
        self._aside((Styled("warning: ", Tone.WARN), *parts))

    def error(self, problem: RepointError) -> None:
        """A failure: title, detail and hint, or the error document with `--json`."""
        from console.domain.redaction import redact

        title, detail, hint = redact(problem.title), redact(problem.detail), redact(problem.hint)
        if self.json:
            body = {"code": problem.code, "title": title, "detail": detail, "hint": hint}
            self._say(_dumps({"error": {**body, "request_id": problem.request_id}}) + "\n")
            return
        self._aside((Styled("error: ", Tone.BAD), title))
        for line in detail.splitlines():
            self._aside(("  ", line))
        for i, line in enumerate(hint.splitlines()):
            self._aside((Styled("        " if i else "  hint: ", Tone.DIM), line))
        if problem.request_id:
            self._aside((Styled("  request id: ", Tone.DIM), problem.request_id))

    def progress(self, label: str, total: int | None = None) -> Progress:
        """A progress line, on a terminal only; a context manager with `advance()`."""
        from console.output_progress import Progress

        shown = not self.quiet and _is_terminal(self._err) and os.environ.get("TERM") != "dumb"
        return Progress(label, total, self._err if shown else None, _columns(self._err))

    def ask(self, question: str, default: str = "") -> str | None:
        """Ask on standard error, read a line of standard input; None at its end."""
        self._say(safe(question) + (f" [{safe(default)}]" if default else "") + ": ")
        answer = sys.stdin.readline() if sys.stdin is not None else ""
        if not answer:
            self._say("\n")
            return None
        return answer.strip() or default

    # -- the streams themselves

    def close(self) -> None:
        """Flush both streams now, so that nothing is left to fail when the interpreter ends."""
        self._data("")
        self._say("")

    def require_reader(self) -> None:
        """Raise as `record` where nobody reads standard output any more, also with nothing to write."""
        if self.failed is not None:
            raise self.failed
        if self._out is None or _unread(self._out):
            raise BrokenPipeError

    def _shown(self, part: Part, *, color: bool) -> str:
        if isinstance(part, Styled):
            text = safe(part.text, _LINE_LIMIT)
            return f"\x1b[{part.tone.value}m{text}\x1b[0m" if color and text else text
        return safe(part, _LINE_LIMIT)

    def _aside(self, parts: Sequence[Part]) -> None:
        self._say("".join(self._shown(part, color=self._color_err) for part in parts) + "\n")

    def _data(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            _abandon(self._out)
            self._out = None
        except OSError as error:
            _abandon(self._out)
            self._out = None
            self.failed = StorageProblem(f"Standard output cannot be written: {error.strerror}")
        except ValueError:  # closed under our feet
            self._out = None

    def _say(self, text: str) -> None:
        if self._err is None:
            return
        try:
            self._err.write(text)
            self._err.flush()
        except (OSError, ValueError):
            _abandon(self._err)
            self._err = None


def wants_color(stream: TextIO | None) -> bool:
    """Whether colour may go to `stream`: a terminal, and none of NO_COLOR, CLICOLOR=0, TERM=dumb."""
    return (
        not os.environ.get("NO_COLOR")
        and os.environ.get("CLICOLOR") != "0"
        and os.environ.get("TERM", "") not in {"", "dumb"}
        and _is_terminal(stream)
    )


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # already closed
        return False


def _columns(stream: TextIO | None) -> int:
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80 if stream is not None else 80
    except (OSError, ValueError):
        return 80


def _never_unencodable(stream: TextIO | None) -> None:
    reconfigure: Any = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        # It flushes first: what an earlier write left behind fails here, and again at the first line.
        with contextlib.suppress(OSError):
            reconfigure(errors="backslashreplace")


def _unread(stream: TextIO) -> bool:
    """Whether the other end of a pipe was closed."""
    import select

    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return False  # no descriptor: text in memory


def _abandon(stream: TextIO) -> None:
    """Point the stream's descriptor at nothing: the interpreter flushes it once more when it ends."""
    try:
        descriptor = stream.fileno()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, descriptor)
        os.close(nothing)
    except (OSError, ValueError):
        return


def _dumps(value: object, indent: int | None = None) -> str:
    import json

    return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=indent, default=_plain)


def _plain(value: object) -> object:
    """Values that JSON lacks. A `Secret` is not among them, so it cannot be printed by accident."""
    from datetime import datetime
    from pathlib import PurePath

    if isinstance(value, datetime | PurePath):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")

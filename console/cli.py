"""The command line: find the verb, import only its module, run it, and end with the right exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.domain.errors import RepointError, UsageProblem
from console.exits import ExitCode, exit_code
from console.output import Output

if TYPE_CHECKING:
    import argparse

_HELP = ("--help", "-h", "help")


def harden() -> None:
    """Set this process up so that nothing of it is left where others see it, nor printed past the output.

    Files are ours alone whatever the umask was; a crash leaves no memory image with a token in it; what
    libraries log, and what fails where nobody can catch it, does not reach the terminal.
    """
    import logging
    import resource
    import threading

    os.umask(0o077)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    logging.getLogger().addHandler(logging.NullHandler())
    threading.excepthook = _unseen
    sys.unraisablehook = _unseen
    _end_as_by_ctrl_c()


def _end_as_by_ctrl_c() -> None:
    """SIGTERM and SIGHUP end a command in the order that Ctrl-C does; what is ignored stays ignored."""
    import signal

    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


def _unseen(_: object) -> None:
    """Print nothing: a thread or a destructor failed, and whoever waits for it says what that means."""


def run(argv: Sequence[str]) -> int:
    """Run one command.

    The one place where an unexpected exception ends: it becomes a sentence and a redacted report.

    Returns:
        the exit code, as `console.exits` defines it.
    """
    environ = dict(os.environ)
    output = Output(json="--json" in argv, quiet="--quiet" in argv, color=_color(argv))
    try:
        code = _dispatch(list(argv), output)
    except RepointError as problem:
        output.error(problem)
        code = exit_code(problem)
    except BrokenPipeError:
        code = ExitCode.DONE
    except KeyboardInterrupt:
        output.note("Interrupted")
        code = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the named boundary: no traceback ever reaches a terminal
        code = _crashed(error, output, environ)
    output.close()
    if output.failed is not None and code == ExitCode.DONE:
        output.error(output.failed)
        code = exit_code(output.failed)
    return int(code)


def _color(argv: Sequence[str]) -> bool | None:
    return False if "--no-color" in argv else None


def _dispatch(argv: list[str], output: Output) -> int:
    if len(argv) == 1 and argv[0] in _HELP:
        from console.verbs import overview

        output.verbatim(overview())
        return ExitCode.DONE
    from console.parsing import TextAsked, parse

    try:
        args = parse(argv)
    except TextAsked as asked:
        output.verbatim(asked.text)
        return ExitCode.DONE
    output.json, output.quiet, output.verbose = args.json, args.quiet, args.verbose
    args.output = output
    return _console(args) if args.verb is None else _command(args)


def _command(args: argparse.Namespace) -> int:
    import importlib

    return int(importlib.import_module(args.verb.module).run(args))


def _console(args: argparse.Namespace) -> int:
    """Open the console. Without a terminal it would hang, so that is asked before it is imported."""
    import importlib

    from console.ops.profiles.profile import load_profile

    profile = load_profile(args.profile, flags={"handle": args.handle})
    if args.json or not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageProblem(
            "The console needs a terminal, and there is none here",
            hint="Name a command: `repoint --help` lists them. Over SSH: ssh -t HOST repoint",
        )
    return int(importlib.import_module("console.app").run_console(profile, offline=args.offline))


def _crashed(error: Exception, output: Output, environ: dict[str, str]) -> ExitCode:
    from console.ops.crashes import report_crash

    output.error(report_crash(error, environ))
    return ExitCode.FAILED

"""`repoint note TEXT`: sentences, TODOs and the incident they hang on, in the journal."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.errors import UsageProblem
from console.exits import ExitCode
from console.subcommands.numbers import count

if TYPE_CHECKING:
    from datetime import datetime

    from console.domain.incidents import Todo
    from console.ops.session import Session
    from console.output import Output
    from console.output_parts import Line

EXAMPLE = 'repoint note --incident INC-204 "the shop team says the deploy is rolled back"'
_LONGEST = 4000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what to remember")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--todo", action="store_true", help="it is left to do")
    what.add_argument("--done", type=count, metavar="N", help="TODO N is done")
    what.add_argument("--list", action="store_true", help="list the incident and what is left to do")
    what.add_argument("--end", action="store_true", help="nothing hangs on the current incident any more")
    parser.add_argument(
        "--incident", metavar="ID", help="from now on notes, TODOs and writes hang on this incident"
    )
    parser.add_argument("--began", metavar="TIME", help="when its trouble began: 20m, or 2026-11-24T14:00")
    parser.add_argument("--slug", metavar="SLUG", help="the link that the note is about")


def run(args: argparse.Namespace) -> int:
    """Append to the journal. It needs no platform."""
    from console.subcommands.common import in_session

    words = " ".join(" ".join(args.text).split())
    named = args.incident or args.end or args.list or args.done is not None
    if (not words and not named) or (args.todo and not words) or len(words) > _LONGEST:
        raise UsageProblem(f"A note has 1 to {_LONGEST:,} characters", hint=EXAMPLE)
    if words and (args.end or args.list or args.done is not None):
        raise UsageProblem("--done, --list and --end take no text", hint=EXAMPLE)
    if args.began and not args.incident:
        raise UsageProblem("--began belongs to --incident", hint=f"{EXAMPLE} --began 20m")
    args.words, args.offline = words, True
    return in_session(args, _note)


async def _note(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console import documents
    from console.ops.incident import incidents
    from console.ops.times import time_of

    lines: list[Line] = []
    if args.incident:
        found = incidents.enter(
            session, args.incident, time_of(args.began, "--began") if args.began else None
        )
        lines.append(f"From now on everything hangs on {found.name}.")
    if args.end:
        lines.append(f"Nothing hangs on {incidents.end(session).name} any more.")
    document: dict[str, object] = {"seq": None, "at": None, "text": args.words or None}
    if args.words:
        if args.todo:
            seq, at, text = _left(incidents.leave_to_do(session, args.words))
            lines.append(f"Noted as TODO {seq}.")
        else:
            entry = incidents.note(session, args.words, args.slug or "")
            seq, at, text = entry.seq, entry.at.wall, entry.fields["text"]
            lines.append(f"Noted as entry {seq}.")
        document = {"seq": seq, "at": documents.when(at), "text": text}
    if args.done is not None:
        lines.append(f"TODO {incidents.done(session, args.done).number} is done.")
    now, left = incidents.current(session), incidents.todos(session)
    if args.list:
        lines = _listed(now.name if now else "", left)
    document["incident"] = now.name if now else None
    document["todos"] = [_todo(todo) for todo in left if todo.done_at is None]
    out.result(document, lines)
    return ExitCode.DONE


def _left(todo: Todo) -> tuple[int, datetime, str]:
    return todo.number, todo.at, todo.text


def _listed(name: str, todos: list[Todo]) -> list[Line]:
    first = f"Incident: {name}" if name else "No incident is current."
    left = [todo for todo in todos if todo.done_at is None]
    rows = [
        f"TODO {t.number}  {t.text}  ({t.by or '?'}{f', {t.incident}' if t.incident else ''})" for t in left
    ]
    return [first, *(rows or ["Nothing is left to do."])]


def _todo(todo: Todo) -> dict[str, object]:
    from console import documents

    return {
        "todo": todo.number,
        "text": todo.text,
        "by": todo.by or None,
        "at": documents.when(todo.at),
        "incident": todo.incident or None,
    }

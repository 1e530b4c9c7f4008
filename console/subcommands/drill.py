"""`repoint drill [NAME]`: a timed, scored incident on the practice platform, with the real console."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.domain.errors import UsageProblem
from console.domain.text import safe
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Line, Styled, Tone
from console.practice.names import DRILL_NAMES
from console.subcommands.numbers import count, whole

if TYPE_CHECKING:
    from datetime import datetime

    from console.ops.profiles.profile import Profile
    from console.practice.drills import Drill
    from console.practice.judging import Judged, Said
    from console.practice.server import PracticeServer

EXAMPLE = "repoint drill outage"
_LISTS = ("list", "scores")
ENVIRONMENT = "DRILL"
"""What the top line and every dialog call the place."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "name", nargs="?", default="outage", choices=(*DRILL_NAMES, *_LISTS), metavar="NAME|list|scores",
        help=f"{', '.join(DRILL_NAMES)}; or list them, or your scores",
    )  # fmt: skip
    parser.add_argument("--links", type=count, metavar="N", help="how many links")
    parser.add_argument("--seed", type=whole, default=7, metavar="N", help="the same seed, the same links")


def run(args: argparse.Namespace) -> int:
    """Play it in the console; the score and the best line are told when you leave."""
    from console.ops.profiles.places import places

    out = Output.of(args)
    folder = places().state
    if args.name == "list":
        return _list(out)
    if args.name == "scores":
        return _scores(out, folder)
    _require_terminal()
    return play(out, folder, args.name, links=args.links, seed=args.seed)


def _require_terminal() -> None:
    import sys

    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageProblem(
            "A drill needs a terminal, and there is none here", hint="Over SSH: ssh -t HOST ..."
        )


def play(out: Output, folder: Path, name: str, *, links: int | None = None, seed: int = 7) -> int:
    """Stage a drill in a home of its own, open the console on it, judge, and keep the score."""
    import tempfile

    from console.app import run_console
    from console.practice.drills import DRILLS
    from console.practice.judging import Judge
    from console.practice.scenarios import SCENARIOS, SHEET

    drill = DRILLS[name]
    count = links or drill.links
    kept = {key: os.environ.get(key) for key in ("REPOINT_HOME", "REPOINT_TOKEN")}
    with tempfile.TemporaryDirectory(prefix="repoint-drill-") as place, _server(name, count, seed) as server:
        home = Path(place) / "home"
        task = SCENARIOS[name].task
        if name == "bad-rows":
            sheet = Path(place) / "sheet.csv"
            sheet.write_text(SHEET, encoding="utf-8")
            task = f"{sheet} - {task}"  # first: a narrow screen cuts the line's end off
        judge = Judge(server.platform, drill)
        os.environ.update(REPOINT_HOME=str(home), REPOINT_TOKEN=server.token)
        try:
            began = server.platform.now()
            judge.begin()
            code = run_console(_profile(server), banner=f"DRILL {name}, not production: {task}")
            judged = judge.judge(_refusals(began))
        finally:
            for key, value in kept.items():
                os.environ.pop(key, None) if value is None else os.environ.update({key: value})
    _debrief(out, folder, judged, {"seed": seed, "links": count})
    return code


def _server(name: str, links: int, seed: int) -> PracticeServer:
    from console.domain.errors import StorageProblem
    from console.practice.server import PracticeServer

    try:
        return PracticeServer(name, links=links, seed=seed)
    except OSError as error:
        raise StorageProblem(
            "The practice platform cannot listen on this machine",
            detail=error.strerror or "",
            hint="It needs free ports on 127.0.0.1",
        ) from error


def _profile(server: PracticeServer) -> Profile:
    from console.ops.profiles.profile import Profile

    return Profile(
        name="drill",
        base_url=server.base_url,
        handle=server.handle,
        token_env="REPOINT_TOKEN",  # noqa: S106 - the variable's name
        environment=ENVIRONMENT,
        probe_allow_private=True,
        refresh=True,  # there is nowhere to sign in again in a drill: a token that ends must be renewed
    )


def _refusals(began: float) -> list[Said]:
    """What the console refused in the drill's own journal, and what was overridden."""
    from cache.database import open_journal
    from cache.journal import Journal
    from cache.process import this_process
    from console.ops.profiles.places import journal_path
    from console.practice.judging import Said

    if not journal_path().exists():
        return []
    with closing(open_journal(journal_path())) as connection:
        entries = Journal(connection, this_process(), read_only=True).entries()
    return [
        Said(str(e.fields.get("slug", "")), e.at.wall.timestamp() - began, overridden=e.kind == "override")
        for e in entries
        if e.kind in {"refusal", "override"} or (e.kind == "write" and e.fields.get("outcome") == "STALE")
    ]


def _debrief(out: Output, folder: Path, judged: Judged, staged: dict[str, int]) -> None:
    from datetime import UTC, datetime

    from console.ops.incident.drill_board import add, scores
    from console.practice.drills import DRILLS

    drill = DRILLS[judged.name]
    document = {**score_document(judged, datetime.now(UTC)), **staged}
    before = [row["score"] for row in scores(folder) if row["drill"] == drill.name]
    add(folder, document)
    out.result({**document, "best_line": list(drill.best)}, _lines(drill, judged, before))


def score_document(judged: Judged, at: datetime) -> dict[str, Any]:
    """A score as it is kept and printed."""
    from console import documents

    return {
        "drill": judged.name,
        "at": documents.when(at),
        "score": judged.score,
        "seconds": None if judged.seconds is None else round(judged.seconds, 1),
        "mended": judged.mended,
        "targets": judged.targets,
        "wrong_moves": len(judged.wrong_moves),
        "writes": judged.writes,
        "best_writes": judged.par_writes,
        "refusals": judged.refusals,
        "heeded": judged.heeded,
    }


def _lines(drill: Drill, judged: Judged, before: list[int]) -> list[Line]:
    from console.ops.incident.story_text import span

    done = judged.seconds is not None
    took = f"done in {span(judged.seconds)}" if done else f"not done after {span(judged.lasted)}"
    best = f", your best was {max(before)}" if before else ", your first"
    tone = Tone.GOOD if judged.score >= 80 else Tone.WARN if judged.score >= 50 else Tone.BAD
    lines: list[Line] = [
        (Styled(f"Drill {drill.name}: {judged.score} of 100", tone), best),
        f"  {took} (par {span(drill.par)})",
    ]
    if judged.targets:
        lines.append(f"  {judged.mended} of {judged.targets} mended")
    lines += [
        f"  {judged.writes} writes spent (best line: {judged.par_writes})",
        f"  {judged.heeded} of {judged.refusals} refusals heeded",
        f"  {len(judged.wrong_moves)} wrong moves",
    ]
    lines += [
        f"    after {span(max(0.0, m.at))}: {safe(m.slug)} to v{m.version}: {m.wrong}"
        for m in judged.wrong_moves
    ]
    steps = [line for n, step in enumerate(drill.best, 1) for line in _step(n, step)]
    return [*lines, "The best line:", *steps]


def _step(number: int, words: str) -> list[str]:
    import textwrap

    return textwrap.wrap(f"{number}. {words}", 79, initial_indent="  ", subsequent_indent="     ")


def _list(out: Output) -> int:
    from console.practice.drills import DRILLS
    from console.practice.scenarios import SCENARIOS

    if out.json:
        for drill in DRILLS.values():
            out.record(
                {
                    "drill": drill.name,
                    "title": drill.title,
                    "task": SCENARIOS[drill.name].task,
                    "par": drill.par,
                }
            )
        return ExitCode.DONE
    rows = [(d.name, d.title, f"{d.par:.0f} s", SCENARIOS[d.name].task) for d in DRILLS.values()]
    out.table(("drill", "what happens", "par", "task"), rows)
    return ExitCode.DONE


def _scores(out: Output, folder: Path) -> int:
    from console.ops.incident.drill_board import scores

    found = scores(folder)
    if out.json:
        for row in found:
            out.record(row)
        return ExitCode.DONE
    if not found:
        out.note("No drill has been played yet: repoint drill")
        return ExitCode.DONE
    rows = [
        (
            row["drill"],
            row["at"],
            row["score"],
            "not done" if row["seconds"] is None else f"{row['seconds']} s",
            row["wrong_moves"],
            row["writes"],
        )
        for row in sorted(found, key=lambda row: (row["drill"], -row["score"]))
    ]
    out.table(("drill", "when", "score", "time", "wrong moves", "writes"), rows)
    return ExitCode.DONE

"""`repoint doctor`: looks at everything between you and a rollback, and says what to do."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.output_parts import Styled, Tone

if TYPE_CHECKING:
    from console.ops.doctor.examination import Examination
    from console.ops.doctor.terminal import Terminal
    from console.ops.doctor.values import Finding

EXAMPLE = "repoint doctor"
_TONES = {"ok": Tone.GOOD, "warn": Tone.WARN, "fail": Tone.BAD, "skipped": Tone.DIM}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--repair", action="store_true",
                        help="move a damaged cache aside, keep its bytes, begin a new one")  # fmt: skip
    parser.add_argument("--renew-journal", action="store_true",
                        help="begin a new journal for a lost one, once the links are read")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Look, repair what was asked for, print; 1 when something fails."""
    import asyncio

    return asyncio.run(_doctor(args, Output.of(args)))


async def _doctor(args: argparse.Namespace, out: Output) -> int:
    from console.ops.doctor.examination import Examination
    from console.ops.doctor.values import healthy

    def tell(found: Finding) -> None:
        if not out.json:
            _show(out, found)

    examination = Examination(dict(os.environ), _terminal(), offline=args.offline, tell=tell)
    await examination.run(args.profile, args.handle, repair=args.repair)
    for each in _keys():
        examination.findings.append(each)
        tell(each)
    try:
        if args.renew_journal:
            await examination.renew_journal()
    finally:
        _end(out, examination)
    return ExitCode.DONE if healthy(examination.findings) else ExitCode.FAILED


def _keys() -> list[Finding]:
    """What there is to say of the operator's own keys and screen; nothing where there are none."""
    from console.domain.errors import RepointError
    from console.ops.doctor.values import ok
    from console.ops.profiles.profile import load_config

    try:
        config = load_config()
    except RepointError:
        return []  # the profile's finding says it
    if not config.keys and not config.screen:
        return []
    from console.app import chosen_keys, shown_screen

    _, wrong = shown_screen(config.screen)
    if not config.keys:
        return wrong
    keys, found = chosen_keys(config.keys)
    return wrong + (found or [ok("keys", f"{len(keys)} keys of your own, none of them clashes.")])


def _show(out: Output, found: Finding) -> None:
    grade = Styled(f"{found.grade.value:<8}", _TONES[found.grade.value])
    out.text(grade, f"{found.name:<19} {found.sentence}")
    for line in found.remedy.splitlines():
        out.text(f"{'':<28} ", Styled(f"-> {line}", Tone.STRONG))


def _end(out: Output, examination: Examination) -> None:
    from console.ops.doctor.values import healthy

    found = examination.findings
    counts = {grade: sum(f.grade == grade for f in found) for grade in _TONES}
    if out.json:
        out.document(
            {
                "ok": healthy(found),
                "profile": examination.profile.name if examination.profile else None,
                "counts": counts,
                "checks": [
                    {
                        "name": f.name,
                        "status": f.grade.value,
                        "detail": f.sentence,
                        "remedy": f.remedy or None,
                    }
                    for f in found
                ],
                "repaired": examination.repaired,
            }
        )
        return
    for sentence in examination.repaired:
        out.text(sentence)
    out.text(", ".join(f"{count} {grade}" for grade, count in counts.items() if count))


def _terminal() -> Terminal:
    from console.ops.doctor.terminal import Terminal

    present = all(s is not None and s.isatty() for s in (sys.stdin, sys.stdout))
    size = shutil.get_terminal_size((0, 0)) if present else os.terminal_size((0, 0))
    return Terminal(present, size.columns, size.lines, getattr(sys.stdout, "encoding", "") or "")

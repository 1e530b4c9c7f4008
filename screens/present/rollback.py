"""The rollback dialog's text: what goes back to what, the checks, a refusal with its ways on, the result."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.links import label
from console.domain.outcomes import Outcome
from console.domain.plans import Check, CheckStatus, Plan, Refusal, Result
from screens.present.cells import Cell, fit, joined
from screens.present.diff import unified
from screens.present.words import ago
from screens.present.wrapping import wrap
from screens.themes import Look

CHECK_WIDTH: Final = 22
"""Cells of a check's label, its gap included."""


def headline(plan: Plan, look: Look) -> Text:
    """`Roll back acme/spring-launch from v9 to v8 on production`."""
    target = plan.target
    name = f"{target.handle}/{plan.slug}"
    return joined(
        [
            ("Roll back ", look.muted),
            (look.say(name), look.strong),
            (" from ", look.muted),
            (look.say(label(plan.live.version)), look.down + Style(bold=True)),
            (" to ", look.muted),
            (look.say(label(plan.to.version)), look.ok + Style(bold=True)),
            (" on ", look.muted),
            (
                look.say(target.environment),
                look.environment(target.environment, production=target.is_production),
            ),
        ]
    )


def status_sign(check: Check, look: Look) -> tuple[str, Style]:
    """A check's sign and colour; an overridden fail is a warning."""
    glyphs = look.glyphs
    if check.status is CheckStatus.FAIL and not check.blocks:
        return glyphs.warning, look.slow
    return {
        CheckStatus.OK: (glyphs.passed, look.ok),
        CheckStatus.WARN: (glyphs.warning, look.slow),
        CheckStatus.FAIL: (glyphs.failed, look.down),
        CheckStatus.SKIPPED: (glyphs.skipped, look.faint),
        CheckStatus.PENDING: (glyphs.pending, look.faint),
    }[check.status]


def check_lines(checks: tuple[Check, ...], look: Look, width: int) -> list[Text]:
    """One check a line, its finding beside it and wrapped under itself; a fail says what lets it pass."""
    lines: list[Text] = []
    for check in checks:
        sign, style = status_sign(check, look)
        failed = check.status is CheckStatus.FAIL
        detail = look.say(check.detail)
        if check.override:
            detail += f" {look.glyphs.dot} overridden: {look.say(check.override)}"
        elif check.blocks and check.overridable:
            detail += f" {look.glyphs.dot} blocks; a reason lets it pass"
        elif check.blocks:
            detail += f" {look.glyphs.dot} blocks"
        name = fit(look.say(check.label), CHECK_WIDTH - 1, look.glyphs.ellipsis) + " "
        rows = wrap(detail, max(12, width - 3 - CHECK_WIDTH)) or [""]
        for i, row in enumerate(rows):
            lead: list[Cell] = [(f"{sign}  " if i == 0 else "   ", style)]
            lead.append((name if i == 0 else " " * CHECK_WIDTH, look.title))
            lines.append(joined([*lead, (row, look.down if failed and check.blocks else look.muted)]))
    return lines


def refusal_lines(refusal: Refusal, look: Look, width: int, now: datetime) -> list[Text]:
    """Why not: what you saw, what is live, who changed it and when, what differs, and the ways on."""
    lines = [Text(row, look.down + Style(bold=True), end="") for row in wrap(look.say(refusal.title), width)]
    lines.append(Text("", end=""))
    facts: list[tuple[str, str, Style]] = []
    if refusal.seen is not None:
        facts.append(("you saw", look.say(label(refusal.seen)), look.text))
    if refusal.live is not None:
        facts.append(("live now", look.say(label(refusal.live)), look.strong))
    if refusal.changed_by or refusal.changed_at:
        who = look.say(refusal.changed_by) or "somebody"
        when = f" {look.glyphs.dot} {ago(refusal.changed_at, now)}" if refusal.changed_at else ""
        facts.append(("changed by", who + when, look.text))
    if refusal.note:
        facts.append(("reason", look.say(refusal.note), look.text))
    for name, value, style in facts:
        for i, row in enumerate(wrap(value, max(8, width - 14)) or [""]):
            lines.append(joined([(fit(name if i == 0 else "", 14, ""), look.muted), (row, style)]))
    if refusal.diff:
        lines += [Text("", end=""), *unified(refusal.diff, look, width, label=14)]
    if refusal.next:
        lines.append(Text("", end=""))
        lines += [
            joined([(f"{look.glyphs.arrow if i == 0 else ' '} ", look.focus), (row, look.text)])
            for way in refusal.next
            for i, row in enumerate(wrap(look.say(way), max(8, width - 2)))
        ]
    return lines


_OUTCOME_WORDS: Final = {
    Outcome.APPLIED: "applied",
    Outcome.NOOP: "already so, nothing sent",
    Outcome.STALE: "stale, nothing sent",
    Outcome.REJECTED: "rejected",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "not known yet",
    Outcome.SKIPPED: "skipped",
    Outcome.CANCELLED: "cancelled",
}


def outcome_sign(outcome: Outcome, look: Look) -> tuple[str, str, Style]:
    """An outcome's sign, words and colour."""
    glyphs, words = look.glyphs, _OUTCOME_WORDS[outcome]
    if outcome is Outcome.APPLIED:
        return glyphs.passed, words, look.ok
    if outcome in {Outcome.STALE, Outcome.REJECTED, Outcome.FAILED}:
        return glyphs.failed, words, look.down
    if outcome is Outcome.UNKNOWN:
        return glyphs.warning, words, look.slow
    return glyphs.skipped, words, look.muted


def result_lines(result: Result, look: Look, width: int, now: datetime) -> list[Text]:
    """What became of a rollback: never a success that is not one, never silent about the unknown."""
    sign, words, style = outcome_sign(result.outcome, look)
    bold = style + Style(bold=True)
    cells: list[Cell] = [(f"{sign} ", style), (look.say(result.slug) + " ", look.strong), (words, bold)]
    if result.new_version is not None:
        what = f" {look.glyphs.dot} live as {label(result.new_version)}"
        what += f", the state of {label(result.to_version)}"
        cells.append((look.say(what), look.text))
    lines = [joined(cells)]
    message = result.message
    if result.refusal is not None:  # it is told in full below
        message = message.removeprefix(f"{result.refusal.title}. ")
    notes = [(message, look.text), (result.hint, look.muted)]
    if result.outcome is Outcome.APPLIED:
        verified = "read back: the platform shows it live" if result.verified else "not read back yet"
        notes.insert(0, (verified, look.ok if result.verified else look.slow))
    if result.overtaken_by is not None:
        notes.append((f"overtaken: {label(result.overtaken_by)} slipped in between", look.down))
    for note, note_style in notes:
        lines += [joined([("  ", note_style), (row, note_style)]) for row in wrap(look.say(note), width - 2)]
    if result.request_id:
        lines.append(joined([(f"  request {look.say(result.request_id)}", look.faint)]))
    if result.refusal is not None:
        lines += [Text("", end=""), *refusal_lines(result.refusal, look, width, now)]
    return lines

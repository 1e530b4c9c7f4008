"""What the rollback dialog says at each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rich.text import Text

from console.domain.links import label
from console.domain.outcomes import Outcome
from console.domain.plans import Plan, Way
from screens.present.cells import clipped, fit, joined
from screens.present.diff import LABEL_WIDTH, unified
from screens.present.rollback import check_lines, headline, refusal_lines, result_lines
from screens.present.words import health_of
from screens.present.wrapping import wrap
from screens.rollback.draft import Draft
from screens.themes import Look


def title(draft: Draft, *, ready: bool) -> str:
    """What it is and how far it is."""
    return f"{'Rollback' if draft.undoes is None else 'Undo'}  {_step(draft, ready=ready)}"


def _step(draft: Draft, *, ready: bool) -> str:
    if draft.outcome is not None:
        return "result"
    if draft.sending:
        return "sending"
    return "1 of 3  choose" if draft.plan is None else "3 of 3  confirm" if ready else "2 of 3  check"


def keys(draft: Draft) -> str:
    """The keys that work now."""
    if draft.can_put:
        return "p restore by PUT   esc close"
    if draft.outcome is not None:
        return "esc close"
    if draft.sending:
        return "esc leave, sending goes on"
    return "tab other version   ctrl+e reason   esc leave, nothing sent"


def lines(draft: Draft, look: Look, width: int, now: datetime) -> list[Text]:
    """The text above the words."""
    if draft.outcome is not None:
        # What the command line would be told to type is a key here.
        outcome = replace(draft.outcome, hint="") if draft.can_put else draft.outcome
        return [*result_lines(outcome, look, width, now), *_after(draft, look, width)]
    if draft.dead is not None and draft.dead.refusal is not None:
        dead = Text("Confirming is off: the link has moved. Nothing was sent.", look.slow)
        return [dead, Text(), *refusal_lines(draft.dead.refusal, look, width, now)]
    plan = draft.plan
    said = [Text(row, look.slow) for row in wrap(look.say(draft.said), width)]
    if plan is None:
        return said or [Text("Looking for the version to go back to", look.muted)]
    found = [headline(plan, look), *_by_put(plan, look, width), Text()]
    found += [*_reason(plan, look, width), *unified(plan.changes, look, width), Text()]
    found += check_lines(draft.in_order, look, width)
    if draft.said and not draft.checks:  # its plan was used up: nothing is being checked
        return [*said, Text(), *found]
    if not draft.checked:
        found.append(Text(f"{look.glyphs.pending}  checking", look.faint))
    return found


def _reason(plan: Plan, look: Look, width: int) -> list[Text]:
    rows = wrap(look.say(plan.reason), max(12, width - LABEL_WIDTH))
    return [
        joined([(fit("reason" if number == 0 else "", LABEL_WIDTH, ""), look.muted), (row, look.text)])
        for number, row in enumerate(rows)
    ]


def _by_put(plan: Plan, look: Look, width: int) -> list[Text]:
    if plan.way is not Way.PUT:
        return []
    words = (
        f"By PUT: the whole record of {label(plan.to.version)} is written. "
        "The platform's history will call it an update, not a rollback."
    )
    return [Text(row, look.slow) for row in wrap(look.say(words), width)]


def _after(draft: Draft, look: Look, width: int) -> list[Text]:
    """What follows the result: the restored destination's health, or another way on."""
    outcome = draft.outcome
    if draft.can_put and outcome is not None:
        words = (
            f"p restores the whole record of {label(outcome.to_version)} by PUT instead, under the same "
            "guard; the platform's history will call it an update"
        )
        return [Text(), *(Text(row, look.focus) for row in wrap(look.say(words), width))]
    if outcome is None or outcome.outcome is not Outcome.APPLIED:
        return []
    if draft.restored is None:
        return [Text("  looking at the restored destination", look.faint)]
    style = look.band(draft.restored.verdict.band)
    word = look.say(health_of(draft.restored))
    return [joined(clipped([("  destination from here: ", look.text), (word, style)], width, look))]


def ask(draft: Draft, look: Look, width: int, *, ready: bool) -> Text:
    """The line above the words: always in view, whatever scrolls."""
    cells = [(" ", look.text)]
    if draft.sending:
        cells = [("Sending, then reading back", look.focus)]
    elif draft.said:
        cells = [(look.say(draft.said), look.slow)]
    elif draft.wants_reason:
        cells = [("Type why to go on although a check failed, then enter", look.slow)]
    elif ready and draft.plan is not None:
        what = " to write it by PUT" if draft.plan.way is Way.PUT else " to roll back"
        cells = [("Type ", look.muted), (look.say(draft.plan.phrase), look.strong), (what, look.muted)]
    return joined(clipped(cells, width, look))

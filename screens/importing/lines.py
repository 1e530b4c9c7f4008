"""The import screen's lines and titles: what stands on them at each stage."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from console.domain.errors import RepointError
from console.domain.text import safe
from console.domain.versions import Change
from console.domain.words import counted
from console.ops.importing.desk import Ended, Silent
from screens import lines as console_lines
from screens.importing import actions as keys
from screens.importing.actions import Stage
from screens.importing.base import ImportBase
from screens.importing.job import Job
from screens.present.cells import clipped, fit, joined
from screens.present.chrome import key_line
from screens.present.importing import (
    Shown,
    column_line,
    column_lines,
    cost_cells,
    detail_lines,
    progress_cells,
    result_cells,
)
from screens.present.words import count, duration
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.text_pane import Build, TextPane

_WORKING = {Stage.CHECKING, Stage.LOOKING, Stage.SENDING}


def draw(screen: ImportBase) -> None:
    """Draw every line as things stand now."""
    job, desk, state = screen.job, screen.desk, screen.state()
    top, mapping, cost = (screen.query_one(f"#import-{name}", OneLine) for name in ("top", "map", "cost"))
    top.show(lambda width, look: console_lines.top(desk, width, look))
    columns = job.columns()
    mapping.show(lambda width, look: _indented(column_line(columns, look, width - 1)))
    cost.show(lambda width, look: _cost(screen, width, look))
    console_lines.tell(screen.query_one("#import-notice", OneLine), screen.said, warn=False)
    policy = job.asked.existing.value if job.asked else ""
    shown = keys.hints(job.stage, state, to_send=job.to_send, faulty=job.faulty, existing=policy)
    screen.query_one("#import-keys", OneLine).show(lambda width, look: key_line(shown, look, width))
    screen.query_one("#import-columns", TextPane).keep(lambda width, look: column_lines(columns, look, width))
    _titles(screen)


def _titles(screen: ImportBase) -> None:
    job, pane = screen.job, screen.query_one("#import-rows-pane")
    words = ["Import", safe(job.name, 60)]
    if job.checked is not None:
        words.append(", ".join(part for part in (job.checked.kind.upper(), job.checked.encoding) if part))
    pane.border_title = "  ".join(word for word in words if word).replace("[", r"\[")
    pane.border_subtitle = counted(job.facet.count, "row") if job.facets else ""


def _indented(line: Text) -> Text:
    return Text.assemble(" ", line, no_wrap=True, end="")


def _cost(screen: ImportBase, width: int, look: Look) -> Text:
    job = screen.job
    if job.stage in _WORKING:
        cells = progress_cells(job.going(screen.desk.now()), look, width)
    elif job.ended is not None:
        states = {state: rows for state, rows in _in_words(job.ended).items() if rows}
        cells = result_cells(job.ended.done, states, job.ended.writes_spent, look)
    elif job.stage is Stage.FAILED:
        cells = [(f" {look.glyphs.failed} The file cannot be imported as it is", look.down)]
    elif job.checked is not None:
        cells = cost_cells(job.cost(screen.desk.standing), look)
    else:
        cells = [(" ", look.text)]
    return joined(clipped(cells, width, look))


def _in_words(ended: Ended) -> dict[str, int]:
    """States as the facets name them."""
    found = dict(ended.counts)
    left, unknown = found.pop("planned", 0), found.pop("sent", 0) + found.pop("unknown", 0)
    return {**found, "not sent": left, "unknown": unknown}


def show_detail(pane: TextPane, job: Job, row: Shown | None, changes: Sequence[Change]) -> None:
    """The row under the cursor, or why there is none."""
    trouble = job.trouble

    def lines(width: int, look: Look) -> list[Text]:
        if row is not None:
            return detail_lines(row, changes, look, width)
        styles = (look.strong, look.text, look.muted)
        parts = zip(trouble, styles, strict=False)
        return [Text(line, style) for part, style in parts for line in wrap(look.say(part), width)]

    pane.show(lines)


def trouble(error: object) -> tuple[str, ...]:
    """An error in its parts: what happened, what it means, what to do."""
    if not isinstance(error, RepointError):
        return ("Stopped before the end", "Nothing was sent.")
    hint = "m says which column fills which field" if "--mapping" in error.hint else error.hint
    return tuple(part for part in (error.title, error.detail, hint) if part)


def folder(job: Job) -> str:
    """Where the next file is looked for."""
    return f"{job.asked.path.parent}/" if job.asked is not None else ""


def looked(found: Sequence[Silent]) -> str:
    """What the look at the destinations found."""
    if not found:
        return "Every new destination answers"
    return f"{counted(len(found), 'row')} would point where nothing answers: narrowed to them"


def pause(seconds: float) -> str:
    """What the platform asks for."""
    return f"the platform asks to wait {duration(seconds)}"


def after(ended: Ended, faulty: int) -> str:
    """What to do after it."""
    parts = []
    if not ended.done:
        parts.append(f"Stopped: {ended.stop_reason or 'not all was sent'}. {ended.hint}".strip())
        parts.append("Nothing is lost: importing the same file again goes on from here.")
    if faulty:
        parts.append(f"{count(faulty)} rows were not taken: s saves them to be mended.")
    return " ".join(parts)


def help_of(screen: ImportBase) -> Build:
    """Every key of the import with what it does, and why it does not work now."""
    job, state = screen.job, screen.state()

    def lines(width: int, look: Look) -> list[Text]:
        found: list[Text] = []
        for action in keys.ACTIONS:
            why = keys.why_not_now(action, job.stage, state, to_send=job.to_send, faulty=job.faulty)
            rows = [(row, look.text if why is None else look.faint) for row in wrap(action.help, width - 24)]
            rows += [(row, look.slow) for row in wrap(f"Not now: {why}", width - 24)] if why else []
            for at, (row, style) in enumerate(rows):
                key = keys.printed(action) if at == 0 else ""
                lead = [
                    (fit(key, 8, ""), look.strong),
                    (fit(action.label if at == 0 else "", 16, ""), look.muted),
                ]
                found.append(joined([*lead, (row, style)]))
        return found

    return lines

"""A report to support as lines: what is sent, word for word, why this way, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.style import Style
from rich.text import Text

from console.domain.reports import WHY_THIS_ROUTE, Report, ReportState
from screens.present.wrapping import wrap
from screens.themes import Look


def report_lines(
    body: Mapping[str, object], costs: str, report: Report | None, look: Look, width: int
) -> list[Text]:
    """Everything that is sent; above it, once there is one, the result."""
    lines: list[Text] = []
    if report is not None:
        good = report.state is ReportState.RECEIVED
        lines += _wrapped(result_of(report), look, look.ok if good else look.slow, width)
        lines.append(Text())
    for name, value in body.items():
        lines.append(Text(look.say(name, 40), look.muted))
        for row in str(value).splitlines():
            lines += _wrapped(row, look, look.text, width - 2, "  ")
    lines.append(Text())
    lines += _wrapped(costs, look, look.text, width)
    return [*lines, *_wrapped(WHY_THIS_ROUTE, look, look.muted, width)]


def result_of(report: Report) -> str:
    """What became of it, in one sentence."""
    name = report.draft.report_id
    if report.state is ReportState.RECEIVED:
        return f"Support has it{f' as {report.receipt}' if report.receipt else ''}."
    if report.state.open:
        return (
            f"UNKNOWN: {report.detail or 'its answer was lost'}. It is not sent again by itself. "
            f"Find out, then: repoint report --decide {name}=arrived, or {name}=lost"
        )
    if report.state is ReportState.REFUSED:
        return f"The platform refused it: {report.detail}"
    return f"It was not sent: {report.detail} It is saved."


def _wrapped(text: str, look: Look, style: Style, width: int, lead: str = "") -> Sequence[Text]:
    return [Text(lead + row, style) for row in wrap(look.say(text, 2000), max(10, width))] or [Text(lead)]

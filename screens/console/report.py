"""Reporting to support from the console: drafted from the link, shown whole, sent once, offered again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from console.domain.errors import RepointError
from console.domain.reports import Draft, Report
from console.domain.words import counted
from console.ops.incident import reporting
from console.ops.incident.report_draft import draft
from console.ops.session import Session
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.report_dialog import ReportDialog
from screens.present.report import result_of

if TYPE_CHECKING:
    from screens.console.host import Host


class Reports:
    """The one action that writes to support."""

    def __init__(self, app: Host) -> None:
        self._app = app

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action does."""
        return {"report": lambda: self._work(self._open())}

    async def waiting(self) -> str:
        """A sentence about reports that wait to be sent or decided; empty when none does."""
        found = await self._app.desk.ask(_reports)
        saved = sum(report.state.sendable for report in found or [])
        unknown = sum(report.state.open for report in found or [])
        parts = [f"{counted(saved, 'report')} to support saved, not sent"] if saved else []
        parts += [f"{counted(unknown, 'report')} to support of unknown fate"] if unknown else []
        key = self._app.main.keymap.label("report")
        return f"{' and '.join(parts)}: press {key}" if parts else ""

    async def _open(self) -> None:
        """What waits comes first: one of unknown fate, then one that is saved, then a new one."""
        found = await self._app.desk.ask(_reports)
        if found is None:
            return
        unknown = [report for report in found if report.state.open]
        saved = [report for report in found if report.state.sendable]
        if unknown:
            self._ask_fate(unknown[0])
        elif saved and not self._app.desk.offline:
            await self._show(saved[0].draft)
        else:
            self._ask_summary()

    def _ask_fate(self, report: Report) -> None:
        question = (
            f"Did '{report.draft.summary}' arrive? Its answer was lost, and nothing can be read to tell. "
            "Ask support, then type arrived, or lost to send it again."
        )

        def answered(word: str | None) -> None:
            if word in {"arrived", "lost"}:
                self._work(self._decide(report.draft.report_id, arrived=word == "arrived"))
            elif word:
                self._app.main.say("report: type arrived or lost; nothing was changed")

        self._app.push_screen(AskScreen("Report of unknown fate", question), answered)

    async def _decide(self, report_id: str, *, arrived: bool) -> None:
        async def work(session: Session) -> Report:
            return reporting.decide(session, report_id, arrived=arrived)

        found = await self._app.desk.ask(work)
        if found is not None:
            self._app.main.say(f"The report is taken as {found.state.value}")

    def _ask_summary(self) -> None:
        slug = self._app.main.timeline.slug
        about = f" Details are drafted from {slug}." if slug else ""

        def answered(summary: str | None) -> None:
            if summary:
                self._work(self._draft(summary, slug))

        question = (
            f"What is wrong with the platform, in one line?{about} It is shown whole before it is sent."
        )
        self._app.push_screen(AskScreen("Report to support", question), answered)

    async def _draft(self, summary: str, slug: str) -> None:
        async def work(session: Session) -> Draft:
            return draft(session, summary=summary, details="" if slug else summary, slug=slug)

        async def keep(session: Session) -> Report:
            return reporting.save(session, made)

        found = await self._app.desk.ask(work)
        if found is None:
            return
        made = found
        if self._app.desk.offline:
            if await self._app.desk.ask(keep) is not None:
                self._app.main.say("Offline: the report is saved, and offered when you are online again (e)")
            return
        await self._show(made)

    async def _show(self, found: Draft) -> None:
        now = self._app.desk.standing
        left = now.writes_left if now else None
        costs = "It costs one write."
        if left is not None and now is not None:
            costs += f" {left} are left today, {now.reserve} of them kept for rollbacks."
        self._app.push_screen(ReportDialog(found, reporting.body_of(found), costs, self._send))

    def _send(self, dialog: ReportDialog, typed: str) -> None:
        self._app.performing += 1
        self._app.main.busy = "A report is being sent"
        self._app.run_worker(self._sent(dialog, typed), group="perform", exclusive=False)

    async def _sent(self, dialog: ReportDialog, typed: str) -> None:
        """Leaving the dialog, or any other work, never cancels it."""
        sent = self._app.desk.engine.submit(lambda s: reporting.send(s, dialog.draft, typed))
        try:
            report = await asyncio.shield(asyncio.wrap_future(sent))
        except RepointError as error:
            dialog.say(f"{error.title}. {error.hint}" if error.hint else error.title)
            self._app.desk.failed(error)
        else:
            dialog.ended(report)
            self._app.main.say(result_of(report))
        finally:
            self._app.performing -= 1
            self._app.main.busy = ""
        await self._app.desk.refresh()

    def _work(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        self._app.run_worker(work, group="report")


async def _reports(session: Session) -> list[Report]:
    return reporting.reports(session)

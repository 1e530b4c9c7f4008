"""The keys of the record: a note, the journal, how things stand for a chat."""

from __future__ import annotations

from collections.abc import Callable

from console.ops.incident import incidents, journal_view, status_words
from console.ops.session import Session
from screens.console.main import MainScreen
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.journal_screen import JournalScreen

_TODO = "todo "
"""What a note begins with that is left to do."""


class RecordActs:
    """Actions that read the journal, and put words into it."""

    def __init__(self, main: MainScreen, copy: Callable[[str], bool]) -> None:
        self.main = main
        self._copy = copy

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action of the table does."""
        return {"note": self.note, "journal": self.journal, "status": self.status}

    def note(self) -> None:
        """Ask for a sentence; in the timeline and over a dialog it is about the link. Says the incident."""
        over = self.main.app.screen is not self.main
        slug = self.main.timeline.slug if over or self.main.timeline.view.has_focus else ""
        self.main.run_worker(self._note(slug), group="record")

    async def _note(self, slug: str) -> None:
        now = await self.main.desk.ask(_current)
        if now is None:
            return
        hangs = f"It hangs on {now}." if now else "No incident is current: begin with #INC-204 to name one."
        about = f" About {slug}." if slug else ""
        question = f"{hangs}{about} Begin with 'todo' for what is left to do."

        def answered(words: str | None) -> None:
            if words:
                self.main.run_worker(self._keep(words, slug), group="record")

        self.main.app.push_screen(AskScreen("Note", question), answered)

    async def _keep(self, words: str, slug: str) -> None:
        said = await self.main.desk.ask(lambda s: _kept(s, words, slug))
        if said is not None:
            self.main.say(said)

    def journal(self) -> None:
        """Show the journal of this target."""
        self.main.run_worker(self._journal(), group="record")

    async def _journal(self) -> None:
        rows = await self.main.desk.ask(journal_view.rows)
        if rows is not None:
            self.main.app.push_screen(JournalScreen(rows, self.main.desk.now))

    def status(self) -> None:
        """Copy how things stand."""
        self.main.run_worker(self._status(), group="record")

    async def _status(self) -> None:
        found = await self.main.desk.ask(status_words.status)
        if found is not None:
            self._copy(found["text"])
            self.main.say(f"Copied: {found['text']}")


async def _current(session: Session) -> str:
    now = incidents.current(session)
    return now.name if now else ""


async def _kept(session: Session, words: str, slug: str) -> str:
    if words.startswith("#"):
        name, _, words = words[1:].partition(" ")
        hung = incidents.enter(session, name).name
        if not words.strip():
            return f"From now on everything hangs on {hung}"
    if words.casefold().startswith(_TODO):
        return f"TODO {incidents.leave_to_do(session, words[len(_TODO) :]).number}: {words[len(_TODO) :]}"
    return f"Noted as entry {incidents.note(session, words, slug).seq}"

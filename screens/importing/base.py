"""What the parts of the import screen work with: the import as it stands, and its rows on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message
from textual.screen import Screen

from screens.actions import ActionState
from screens.desk import Desk
from screens.importing.job import Job
from screens.importing.rows import FacetBar, RowList
from screens.late import stands


class ImportBase(Screen[str]):
    """One import, without what its keys do and what its lines say.

    Attributes:
        job: what was asked, what the core said of it, how far it is.
        said: the sentence in the notice line.
        state: what decides which actions can work.
    """

    @dataclass
    class Moved(Message):
        """What is under way has come further; of something earlier it is dropped."""

        turn: int
        done: int
        total: int = 0
        note: str = ""
        spent: int = 0

    def __init__(self, desk: Desk, state: Callable[[], ActionState]) -> None:
        super().__init__()
        self.desk = desk
        self.job = Job()
        self.said = ""
        self.state = state

    @property
    def stands(self) -> bool:
        """Whether there still is something to draw on: an answer of the core may come late."""
        return stands(self, "#import-top")

    def draw(self) -> None:
        """All lines as things stand now."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """One sentence; it stays until the next key that says something."""
        self.said = sentence
        self.draw()

    # Looking through the rows.

    def show_rows(self, keep: str = "") -> None:
        """Read the run's rows anew."""
        if not self.stands:
            return
        numbers = self.desk.guarded(lambda: self.job.look_through(keep))
        self.query_one(FacetBar).show(self.job.facets, self.job.chosen)
        if numbers is not None:
            self.query_one(RowList).show_rows(self.job.reviewer, numbers)
        self.draw()

    def narrow(self, index: int) -> None:
        """Show the rows of another kind."""
        numbers = self.desk.guarded(lambda: self.job.narrow(index))
        if numbers is not None:
            self.query_one(FacetBar).show(self.job.facets, self.job.chosen)
            self.query_one(RowList).show_rows(self.job.reviewer, numbers)
            self.draw()

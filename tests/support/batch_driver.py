"""The screens of a batch as a test drives them."""

from __future__ import annotations

from textual.widgets import Input

from screens.batch.base import BatchScreen
from screens.batch.confirm import BatchConfirm
from screens.batch.plan import BatchPlanScreen, Stage
from screens.batch.run import RunScreen
from screens.batch.runs import RunsScreen
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import PickScreen
from screens.widgets.one_line import OneLine
from screens.widgets.text_pane import TextPane
from tests.support.console_driver import Driver


class BatchPage:
    """Page object over plan review, run view and list of runs."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    @property
    def plan(self) -> BatchPlanScreen:
        found = [s for s in self.driver.app.screen_stack if isinstance(s, BatchPlanScreen)]
        assert found
        return found[-1]

    @property
    def run(self) -> RunScreen:
        found = [s for s in self.driver.app.screen_stack if isinstance(s, RunScreen)]
        assert found
        return found[-1]

    async def planned(self, key: str = "R") -> BatchPlanScreen:
        """By its key, when the plan is made."""
        await self.driver.keys(key)
        await self.driver.until(lambda: isinstance(self.driver.app.screen, BatchPlanScreen), "the plan")
        await self.driver.until(lambda: self.plan.draft.stage is not Stage.PLANNING, "an end of planning")
        return self.plan

    async def by_previous(self) -> BatchPlanScreen:
        """Planned back to the version before."""
        await self.planned()
        await self.choose_rule("previous")
        await self.driver.until(lambda: self.plan.draft.plan is not None, "the plan by the other rule")
        return self.plan

    async def choose_rule(self, words: str) -> None:
        """Choose the rule that the words name."""
        await self.driver.keys("t")
        await self.driver.until(lambda: isinstance(self.driver.app.screen, PickScreen), "the rules")
        await self.driver.write(words)
        await self.driver.keys("enter")

    async def asked(self, words: str) -> None:
        """Answer the question that is open."""
        await self.driver.until(lambda: isinstance(self.driver.app.screen, AskScreen), "a question")
        self.driver.app.screen.query_one(Input).value = words
        await self.driver.keys("enter")

    async def confirming(self) -> BatchConfirm:
        await self.driver.until(lambda: isinstance(self.driver.app.screen, BatchConfirm), "the last question")
        dialog = self.driver.app.screen
        assert isinstance(dialog, BatchConfirm)
        return dialog

    async def confirm(self, words: str) -> None:
        """Type the words when they count."""
        dialog = await self.confirming()
        await self.driver.until(lambda: not dialog.deaf, "open ears")
        await self.driver.write(words)
        await self.driver.keys("enter")

    async def running(self) -> RunScreen:
        await self.driver.until(lambda: isinstance(self.driver.app.screen, RunScreen), "the run's view")
        return self.run

    async def ended(self) -> RunScreen:
        """The run in view has its end."""
        screen = await self.running()
        await self.driver.until(
            lambda: screen.shown is not None and screen.shown.line is not None and not screen.going, "its end"
        )
        await self.driver.pilot.pause()
        return screen

    async def runs(self) -> RunsScreen:
        await self.driver.keys("B")
        await self.driver.until(
            lambda: (
                isinstance(self.driver.app.screen, RunsScreen) and self.driver.app.screen.runs is not None
            ),
            "the runs",
        )
        screen = self.driver.app.screen
        assert isinstance(screen, RunsScreen)
        return screen

    @property
    def screen(self) -> BatchScreen[object]:
        screen = self.driver.app.screen
        assert isinstance(screen, BatchScreen)
        return screen

    @property
    def lines(self) -> list[str]:
        return self.screen.list.texts

    @property
    def facts(self) -> str:
        return "\n".join(self.screen.query_one("#batch-facts", TextPane).texts)

    @property
    def kinds(self) -> str:
        return self.screen.query_one("#batch-kinds", OneLine).text

    @property
    def keys(self) -> str:
        return self.screen.query_one("#batch-keys", OneLine).text

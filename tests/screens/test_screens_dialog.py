"""The rollback dialog beyond the plain way: reasons, no rollback route, lost answers, what was restored."""

from __future__ import annotations

from dataclasses import replace

from support.console_driver import Driver, console
from support.practice import Serve
from textual.widgets import Input

from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.outcomes import Outcome
from console.domain.plans import Way
from screens.dialogs.ask_screen import AskScreen
from screens.rollback.dialog import RollbackDialog
from tests.support.builders import NOW

SLUG = "spring-launch"


async def checked(driver: Driver) -> RollbackDialog:
    """The dialog with every check passed, on the link as it was reviewed."""
    await driver.synced()
    await driver.filter(f"slug:{SLUG}", 1)
    await driver.seen(SLUG)
    dialog = await driver.dialog()
    await driver.ready(dialog)
    return dialog


async def confirmed(driver: Driver, dialog: RollbackDialog) -> None:
    await driver.ready(dialog)
    await driver.write(f"{SLUG} v8")
    await driver.keys("enter")
    await driver.until(lambda: dialog.draft.outcome is not None, "the result")


async def test_the_reason_is_the_operators_and_asks_for_new_checks(outage: Serve) -> None:
    server = outage()
    async with console(server) as driver:
        dialog = await checked(driver)
        plan = dialog.draft.plan
        assert plan is not None
        assert plan.reason == "v9 fails (503); back to v8"
        assert plan.reason in driver.dialog_text
        await driver.keys("ctrl+e")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen))
        field = driver.app.screen.query_one(Input)
        assert field.value == plan.reason
        field.value = "INC-204 shop is down"
        await driver.keys("enter")
        await driver.until(lambda: dialog.draft.plan is not None and dialog.draft.plan is not plan)
        await confirmed(driver, dialog)
        assert "the platform shows it live" in driver.dialog_text
        assert server.platform.history(SLUG)[0]["note"].startswith("INC-204 shop is down")


async def test_the_restored_destination_is_told_in_the_dialog(outage: Serve) -> None:
    async with console(outage()) as driver:
        dialog = await checked(driver)
        await confirmed(driver, dialog)
        await driver.until(lambda: dialog.draft.restored is not None, "the look")
        assert "destination from here:" in driver.dialog_text
        await driver.until(lambda: driver.app.main.links.table.row.held, "the list marks it held")


async def test_without_a_rollback_route_a_key_offers_put_under_the_same_guard(outage: Serve) -> None:
    server = outage()
    server.platform.faults.add("no_route", path="rollback")
    async with console(server) as driver:
        dialog = await checked(driver)
        await driver.keys("p")
        assert driver.phrase.value == "p", "a letter of the words while they may be typed"
        driver.phrase.value = ""
        await confirmed(driver, dialog)
        assert dialog.draft.can_put
        assert "--way" not in driver.dialog_text
        assert "p restores the whole record of v8 by PUT" in driver.dialog_text
        await driver.keys("p")
        await driver.until(lambda: dialog.draft.plan is not None and dialog.draft.plan.way is Way.PUT)
        assert "By PUT: the whole record of v8 is written" in driver.dialog_text
        await confirmed(driver, dialog)
        outcome = dialog.draft.outcome
        assert outcome is not None
        assert (outcome.outcome, outcome.way) == (Outcome.APPLIED, Way.PUT)
        assert server.platform.link(SLUG)["version"] == 10


async def test_p_does_nothing_where_the_route_is_there(outage: Serve) -> None:
    server = outage()
    async with console(server) as driver:
        dialog = await checked(driver)
        await confirmed(driver, dialog)
        result = dialog.draft.outcome
        await driver.keys("p")
        await driver.pilot.pause()
        assert dialog.draft.outcome is result


async def test_a_lost_answer_is_settled_by_reading(outage: Serve) -> None:
    server = outage()
    server.platform.faults.add("commit_then_502", method="POST", path="rollback")
    async with console(server) as driver:
        dialog = await checked(driver)
        await confirmed(driver, dialog)
        assert dialog.draft.outcome is not None
        assert dialog.draft.outcome.outcome is Outcome.APPLIED
        assert server.platform.link(SLUG)["version"] == 10


async def test_ends_that_are_no_success_never_read_like_one(outage: Serve) -> None:
    async with console(outage()) as driver:
        dialog = await checked(driver)
        await confirmed(driver, dialog)
        applied = dialog.draft.outcome
        assert applied is not None
        for outcome, words in ((Outcome.UNKNOWN, "not known yet"), (Outcome.STALE, "stale, nothing sent")):
            dialog.ended(replace(applied, outcome=outcome, verified=False, message="", new_version=None))
            assert words in driver.dialog_text
            assert "applied" not in driver.dialog_text
            assert "destination from here" not in driver.dialog_text
        dialog.ended(replace(applied, overtaken_by=11))
        assert "overtaken: v11 slipped in between" in driver.dialog_text
        dialog.ended(
            HealthResult(SLUG, "https://x", Verdict.SERVER_ERROR, Vantage.HERE, NOW.wall, status_code=503)
        )
        assert "destination from here: 503" in driver.dialog_text

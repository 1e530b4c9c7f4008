"""Find and replace on screen, at the practice platform: looked at, planned, run, and taken back."""

from __future__ import annotations

from support.batch import make_links, ours
from support.console_driver import console
from textual.widgets import Input

from console.domain.outcomes import Outcome
from console.practice.server import PracticeServer
from screens.batch.plan import BatchPlanScreen
from screens.batch.repoint_dialog import RepointDialog
from screens.widgets.text_pane import TextPane
from tests.support.batch_driver import BatchPage
from tests.support.console_driver import Driver


async def asked(driver: Driver, old: str, new: str) -> RepointDialog:
    """The dialog with these words in it, looked up."""
    await driver.keys("D")
    await driver.until(lambda: isinstance(driver.app.screen, RepointDialog), "the dialog")
    dialog = driver.app.screen
    assert isinstance(dialog, RepointDialog)
    dialog.query_one("#repoint-old", Input).value = old
    dialog.query_one("#repoint-new", Input).value = new
    return dialog


def told(dialog: RepointDialog) -> str:
    return "\n".join(dialog.query_one("#repoint-found", TextPane).texts)


async def planned(driver: Driver, page: BatchPage) -> None:
    await driver.keys("enter")
    await driver.until(lambda: isinstance(driver.app.screen, BatchPlanScreen), "the plan")
    await driver.until(lambda: page.plan.draft.plan is not None, "its end")


async def test_a_host_is_replaced_looked_at_first_and_taken_back(practice: PracticeServer) -> None:
    slugs = make_links(practice, 5)
    port = practice.platform.setting.port
    old, new = f"shop.localhost:{port}", f"www.localhost:{port}"
    practice.platform.edit(slugs[4], by="kim", password="open sesame")
    practice.platform.store.events.clear()
    async with console(practice, (80, 24)) as driver:
        page = BatchPage(driver)
        await driver.synced()
        await driver.filter("slug:item-", 5)
        dialog = await asked(driver, old, "not a host")
        await driver.until(lambda: "Not yet: " in told(dialog), "what is wrong with it")
        await driver.keys("enter")
        assert driver.app.screen is dialog
        dialog.query_one("#repoint-new", Input).value = new
        await driver.until(lambda: "4 links to change" in told(dialog), "what it would do")
        assert "1 cannot" in told(dialog)
        assert f"{slugs[4]}  " in told(dialog)
        assert "it has a password" in told(dialog)
        assert f"{old}/v2" in told(dialog)
        assert f"{new}/v2" in told(dialog)
        await planned(driver, page)
        assert "planned 4" in page.kinds
        assert "left out 1" in page.kinds
        assert f"host {old} to {new}" in page.facts
        await driver.keys("t")
        assert page.plan.said == "other rule: What is replaced is given"
        assert ours(practice) == [], "so far it was looked at only"
        await driver.keys("r")
        await page.confirm("repoint 4")
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 4}
        assert practice.platform.link(slugs[0])["destinationUrl"] == f"http://{new}/v2"
        assert practice.platform.link(slugs[4])["destinationUrl"] == f"http://{old}/v2"


async def test_a_holding_page_stands_until_the_run_is_undone(practice: PracticeServer) -> None:
    slugs = make_links(practice, 3)
    port = practice.platform.setting.port
    page_url = f"http://www.localhost:{port}/we-are-back-soon"
    async with console(practice) as driver:
        page = BatchPage(driver)
        await driver.synced()
        dialog = await asked(driver, "", page_url)
        await driver.until(
            lambda: "first mark the links, or filter them" in told(dialog), "not for every link"
        )
        await driver.keys("escape")
        await driver.filter("slug:item-", 3)
        dialog = await asked(driver, "", page_url)
        await driver.until(lambda: "3 links to change" in told(dialog), "what it would do")
        assert "one page for all, until the run is undone" in told(dialog)
        await planned(driver, page)
        await driver.keys("r")
        await page.confirm("repoint 3")
        await page.ended()
        assert {practice.platform.link(s)["destinationUrl"] for s in slugs} == {page_url}
        await driver.keys("u")
        await page.asked("the shop is back")
        await driver.until(lambda: isinstance(driver.app.screen, BatchPlanScreen), "the way back")
        await driver.until(lambda: page.plan.draft.plan is not None, "its plan")
        await driver.keys("r")
        await page.confirm("rollback 3")
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 3}
        assert {practice.platform.link(s)["destinationUrl"] for s in slugs} == {
            f"http://shop.localhost:{port}/v2"
        }


async def test_without_a_filter_it_is_every_link_of_the_host(
    practice: PracticeServer,
) -> None:
    make_links(practice, 3)
    port = practice.platform.setting.port
    async with console(practice) as driver:
        await driver.synced()
        dialog = await asked(driver, f"shop.localhost:{port}", "elsewhere.example")
        await driver.until(lambda: dialog.found is not None, "what it would do")
        assert dialog.found is not None
        assert {slug for slug in dialog.found.slugs if slug.startswith("item-")} == {
            "item-0000", "item-0001", "item-0002",
        }  # fmt: skip
        dialog.query_one("#repoint-old", Input).value = "nobody.example"
        await driver.until(lambda: dialog.found is None, "that was of other words")
        await driver.keys("enter")
        await driver.until(lambda: "nothing to replace" in told(dialog), "that there is nothing")
        await driver.keys("escape")

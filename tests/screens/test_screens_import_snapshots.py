"""The import screen as it looks, on a platform and a clock that stand still.

After a wanted change: `.venv/bin/pytest -n0 -k import_snapshots tests/screens --snapshot-update`, then look
at every picture that changed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.console_driver import Driver
from tests.support.frozen import frozen_console
from tests.support.import_driver import ImportPage

Compare = Callable[..., bool]
SHEET = """slug,Link,title,tags,owner
spring-launch,https://shop.example/launch-2,Spring,promo|spring,kim
docs,https://docs.example/docs,,,kim
summer-club,https://shop.example/club,Summer club,summer,kim
Careers,https://jobs.example/open,Careers,,kim
a b,ftp://shop.example/,Bad,,kim
summer-club,https://shop.example/club,Twice,,kim
"""


@pytest.fixture(autouse=True)
def _a_capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.mark.parametrize(
    ("size", "confirming"),
    [pytest.param((120, 36), False, id="review"), pytest.param((80, 24), True, id="confirm")],
)
def test_in_colour(snap_compare: Compare, tmp_path: Path, size: tuple[int, int], confirming: bool) -> None:
    path = tmp_path / "campaign.csv"
    path.write_text(SHEET)
    app = frozen_console()

    async def before(pilot: Pilot[int]) -> None:
        driver = Driver(app, pilot)
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(path)
        await driver.until(lambda: "shop.example/launch-2" in page.detail, "the detail")
        if confirming:
            dialog = await page.confirming()
            await driver.until(lambda: not dialog.deaf, "open ears")
            await driver.write("import 2")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)

"""The timeline goes to a file from the console: named, shown, changed by the operator, never over another."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from screens.dialogs.ask_screen import AskScreen
from tests.support.console_driver import still


async def test_the_history_shown_is_written_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with still() as driver:
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        await driver.keys("X")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        assert driver.app.screen.query_one(Input).value == "spring-launch-history.md"
        await driver.keys("enter")
        file = tmp_path / "spring-launch-history.md"
        await driver.until(lambda: driver.notice == f"5 versions written to {file}", "written")
        assert "v8 (last healthy)" in file.read_text().replace("\\", "")
        await driver.keys("X")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        await driver.keys("enter")
        await driver.until(lambda: "exists already" in driver.notice, "refused")
        await driver.keys("X")
        await driver.answer("other.csv")
        await driver.until(lambda: "other.csv" in driver.notice, "another form")
        assert (tmp_path / "other.csv").read_text().startswith("version,")

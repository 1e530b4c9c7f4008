"""Draw the README's pictures with the program itself: `.venv/bin/python .ci/pictures.py`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profiles.profile import Profile
from console.practice.server import PracticeServer
from screens.console.app import Console

FOLDER = Path(__file__).parents[1] / ".github"


async def draw(server: PracticeServer) -> None:
    """Open the console on the outage, look, roll back, and draw each."""
    os.environ["REPOINT_TOKEN"] = server.token
    profile = Profile(
        name="demo",
        base_url=server.base_url,
        handle=server.handle,
        token_env="REPOINT_TOKEN",  # noqa: S106 - the variable's name
        environment="practice",
        probe_allow_private=True,
    )
    engine = Engine(lambda: connect(profile))
    app = Console(engine)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: "2,000 of 2,000" in shown(app) and "503" in shown(app))
            await pilot.press("slash", *"status:down spring-launch", "enter")
            await until(pilot, lambda: "v9" in shown(app) and "launch-old" in shown(app))
            await pilot.press("h")
            await until(pilot, lambda: "6 of 6" in shown(app) and "down from both" in shown(app))
            (FOLDER / "console.svg").write_text(app.export_screenshot(), encoding="utf-8")
            await pilot.press("r")
            await until(pilot, lambda: "to roll back" in shown(app) and "best effort" in shown(app))
            await pilot.pause(0.5)
            await pilot.press(*"spring-launch v")
            await pilot.pause(0.2)
            (FOLDER / "rollback.svg").write_text(app.export_screenshot(), encoding="utf-8")
    finally:
        engine.stop()


def shown(app: Console) -> str:
    """The screen's text."""
    return app.export_screenshot().replace("&#160;", " ")


async def until(pilot: Pilot[int], true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until the screen shows it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        if asyncio.get_running_loop().time() > deadline:
            raise SystemExit("the screen never showed what the picture needs")
        await pilot.pause(0.2)


def main() -> None:
    """Draw all pictures in a home of their own."""
    with tempfile.TemporaryDirectory() as home, PracticeServer("outage", landing_port=7311) as server:
        os.environ["REPOINT_HOME"] = str(Path(home) / "home")
        asyncio.run(draw(server))


if __name__ == "__main__":
    main()

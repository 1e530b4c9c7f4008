"""The composition root of the console: one engine, one session, one app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profile_places import crash_dir

if TYPE_CHECKING:
    from console.ops.profiles import Profile


def run_console(profile: Profile, *, offline: bool = False, banner: str = "") -> int:
    """Run the console on this terminal until the operator leaves; the exit code.

    Args:
        profile: which platform, as whom.
        offline: read the cache only.
        banner: a line below the top line, for a demo or a drill.
    """
    from screens.console import Console

    engine = Engine(lambda: connect(profile, offline=offline))
    try:
        app = Console(engine, banner=banner, crashes=crash_dir())
        app.run()
    finally:
        engine.stop()
    return app.return_code or 0

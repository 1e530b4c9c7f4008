"""The console as its own parts see it: the target it stands on, its main screen, and what is on its way."""

from __future__ import annotations

from screens.console.main import MainScreen
from screens.desk import Desk
from screens.shell import Shell


class Host(Shell):
    """What the keys' controllers work with; `Console` puts them together.

    Attributes:
        desk: the way to the core, of the target in use.
        main: the main screen of that target.
    """

    desk: Desk
    main: MainScreen

    def sending(self, now: bool) -> None:
        """An import has begun or ended to send: nobody leaves while it does."""
        self.performing += 1 if now else -1
        self.main.busy = "An import is being sent" if now else ""

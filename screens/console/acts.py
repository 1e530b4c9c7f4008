"""What the keys of the main screen do beside rolling back: look, compare, note, arm, check."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from rich.text import Text
from textual.command import CommandPalette

from console.domain.links import VersionId, label
from console.domain.versions import Version, diff, same_version
from console.ops.incident import notes
from console.ops.recovery import Settled
from console.ops.session import Session
from screens.console import keys
from screens.console.commands import Commands
from screens.console.health_acts import HealthActs
from screens.console.lists import ListActs
from screens.console.main import MainScreen
from screens.console.palette import ActionProvider
from screens.console.record import RecordActs
from screens.dialogs.arm import arm_or_end
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen, help_lines
from screens.present.diff import side_by_side, unified
from screens.present.preview import preview_lines
from screens.present.wrapping import wrap
from screens.themes import Look

SIDE_BY_SIDE: Final = 100
"""Cells from which a diff stands in two columns."""
Work = Callable[[Session], Coroutine[Any, Any, Any]]


class Acts:
    """The actions on what the main screen shows. The app has those that write to the platform."""

    def __init__(self, main: MainScreen, copy: Callable[[str], bool], go: Callable[[str, str], None]) -> None:
        self.main = main
        self._copy = copy
        self.record = RecordActs(main, copy)
        self.lists = ListActs(main)
        self.commands = Commands(main, self.lists, go)

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action of the table does."""
        main = self.main
        return {
            "filter": self.filter,
            "mark": main.links.table.action_turn_mark,
            "mark-range": main.links.table.action_mark_range,
            "back": main.trail.back,
            "sort": main.links.next_order,
            "history": main.timeline.reload,
            "diff": self.diff,
            "preview": self.preview,
            "copy": self.copy,
            **HealthActs(main).table(),
            "pause": main.health.pause_check,
            "stop": main.health.stop_check,
            "note-bad": self.note_bad,
            "release": self.release,
            "arm": self.arm,
            "pane-links": lambda: main.show_pane("links"),
            "pane-timeline": lambda: main.show_pane("timeline"),
            "pane-health": lambda: main.show_pane("health"),
            "pane-all": main.turn_together,
            "next-pane": lambda: main.show_pane(keys.NEXT_PANE[main.scope]),
            "help": self.help,
            **self.record.table(),
            **self.lists.table(),
            "command": self.commands.open,
            "palette": self.palette,
        }

    def filter(self) -> None:
        """Begin typing a filter."""
        self.main.trail.note()
        self.main.links.start_filter()

    def diff(self) -> None:
        """What differs between two versions."""
        pair = self.main.timeline.pair()
        if pair is None:
            self.main.say("diff: choose a version in the timeline, or mark one with space to compare with")
            return
        older, newer = pair
        changes = diff(older.snapshot, newer.snapshot)
        title = f"{self.main.trail.crumbs()}  Diff  {label(older.version)} to {label(newer.version)}"
        before, after = label(older.version), label(newer.version)

        def lines(width: int, look: Look) -> list[Text]:
            if width < SIDE_BY_SIDE or not changes:
                return unified(changes, look, width)
            return side_by_side(changes, look, width, before=before, after=after)

        self.main.app.push_screen(TextScreen(title, lines, broad=True))

    def preview(self) -> None:
        """What visitors get now, and from the version under the cursor, or the last healthy one."""
        review = self.main.timeline.review
        chosen = self._chosen()
        if review is None or chosen is None:
            self.main.say("preview: there is no other version to compare with")
            return
        live, now = review.reading.current, self.main.desk.now()
        where = self.main.trail.crumbs()
        title = f"{where}  Preview  {label(live.version)} live, {label(chosen.version)}  estimate"
        self._show(title, lambda width, look: preview_lines(live, chosen, look, width, now))

    def _chosen(self) -> Version | None:
        review = self.main.timeline.review
        if review is None:
            return None
        timeline, at = review.timeline, self.main.timeline.view.version
        if at is None or same_version(at, timeline.live):
            at = review.last_healthy
        found = timeline.find(at) if at is not None else None
        return found or timeline.before(timeline.live)

    def copy(self) -> None:
        """The link's state to the clipboard."""
        done = self._copy(self.main.timeline.as_text())
        self.main.say("Copied the link's state" if done else "copy: too long for the clipboard")

    def note_bad(self) -> None:
        """Note the version under the timeline's cursor as bad, or take the note back."""
        review, slug = self.main.timeline.review, self.main.timeline.slug
        at = self.main.timeline.view.version or (review.reading.live if review else None)
        if review is None or at is None:
            return
        version: VersionId = at
        if any(same_version(each, version) for each in review.bad):
            self._then(
                _done(lambda s: notes.clear_bad(s, slug, version)), f"{slug} {label(at)}: the note is gone"
            )
            return

        def answered(why: str | None) -> None:
            if why:
                said = f"{slug} {label(version)} is noted as one not to return to"
                self._then(_done(lambda s: notes.note_bad(s, slug, version, why)), said)

        question = f"Why should nobody return to {slug} {label(at)}? It is passed over from then on."
        self.main.app.push_screen(AskScreen("Note a version bad", question), answered)

    def release(self) -> None:
        """Watch the link no longer."""
        slug = self.main.timeline.slug
        self._then(_done(lambda s: notes.release(s, slug)), f"{slug} is not watched any more")

    def arm(self) -> None:
        """Arm a protected profile, or end that."""
        arm_or_end(self.main.app, self.main.desk, self._then)

    def palette(self) -> None:
        """Find an action by its words."""
        self.main.app.push_screen(CommandPalette(providers=[ActionProvider], placeholder="What to do"))

    def help(self) -> None:
        """All keys."""
        state, actions = self.main.state, self.main.keymap.actions
        self._show(
            f"{self.main.trail.crumbs()}  Keys".strip(),
            lambda width, look: help_lines(actions, state, look, width),
        )

    def settled(self, found: list[Settled]) -> None:
        """What became of open writes, one after another."""

        def lines(width: int, look: Look) -> list[Text]:
            rows: list[Text] = []
            for each in found:
                style = look.slow if not each.outcome.settled else look.text
                rows += [Text(row, style) for row in wrap(look.say(each.sentence), width)]
                rows.append(Text())
            return rows

        self._show("Open writes", lines)

    def _show(self, title: str, build: Callable[[int, Look], list[Text]]) -> None:
        self.main.app.push_screen(TextScreen(title, build))

    def _then(self, work: Work, said: str) -> None:
        async def run() -> None:
            if await self.main.desk.ask(work) is not None:
                self.main.say(said)
                await self.main.desk.refresh()
                self.main.links.show()
                self.main.timeline.reload()

        self.main.run_worker(run(), group="note", exclusive=False)


def _done(work: Callable[[Session], object]) -> Work:
    async def run(session: Session) -> bool:
        work(session)
        return True

    return run

"""On a real terminal: it is given back whatever happens, and nothing foreign is written to it."""

from __future__ import annotations

import os
import re
import signal
import stat
import time
from pathlib import Path

import pytest
from support.hostile import foreign
from support.terminal import Terminal
from support.waiting import PATIENCE

APP = str(Path(__file__).parents[1] / "support" / "terminal_app.py")
pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(number: signal.Signals) -> None:
    with Terminal([APP]) as terminal:
        terminal.until("link-5")
        terminal.signal(number)
        code = terminal.ended()
        assert terminal.given_back()
        if number is not signal.SIGINT:
            assert code == 128 + number


def test_quitting_gives_the_terminal_back() -> None:
    with Terminal([APP]) as terminal:
        terminal.until("link-5")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()


def test_a_lost_line_ends_the_console_without_spinning() -> None:
    with Terminal([APP]) as terminal:
        terminal.until("link-5")
        before = terminal.cpu_seconds()
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP
        assert before < 5


def test_a_lost_line_is_noticed_even_where_hang_ups_are_ignored(tmp_path: Path) -> None:
    with Terminal(["-c", _IGNORING, APP]) as terminal:
        terminal.until("link-5")
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP


_IGNORING = (
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    "os.execv(sys.executable, [sys.executable, sys.argv[1]])"
)


def test_a_stalled_line_stops_neither_the_loop_nor_leaving(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    with Terminal([APP], size=(200, 60), answers=False, BEAT=str(beat)) as terminal:
        terminal.until("link-5")
        # Nobody reads: the kernel's buffer fills, then the writer's queue. The loop must go on beating.
        deadline = time.monotonic() + PATIENCE
        while not beat.exists() or int(beat.read_text()) < 45:
            assert time.monotonic() < deadline, "the loop stopped with the line"
            time.sleep(0.01)
        terminal.signal(signal.SIGTERM)
        terminal.process.wait(PATIENCE)
        assert terminal.process.returncode == 128 + signal.SIGTERM


def test_after_a_stall_the_screen_is_whole_again(tmp_path: Path) -> None:
    import pyte

    beat = tmp_path / "beat"
    with Terminal([APP], size=(80, 24), answers=False, BEAT=str(beat)) as terminal:
        terminal.until("link-5")
        time.sleep(2.0)
        terminal.read(1.0)
        terminal.type("q")
        screen = pyte.Screen(80, 24)
        stream = pyte.Stream(screen)
        terminal.ended()
        shown = terminal.output.split("\x1b[?2004l")[0]
        stream.feed(shown)
        lines = [line for line in screen.display if "link-" in line]
        numbers = [int(line.split("link-")[1].split()[0]) for line in lines]
        assert numbers == list(range(numbers[0], numbers[0] + 23))


@pytest.mark.parametrize("key", ["x", "w"], ids=["in a key", "at work"])
def test_a_crash_tells_one_sentence_and_leaves_a_private_report(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "crashes"
    old = os.umask(0)
    try:
        with Terminal([APP], CRASHES=str(folder)) as terminal:
            terminal.until("link-5")
            terminal.type(key)
            assert terminal.ended() == 1
            assert terminal.given_back()
            after = terminal.output.rpartition("\x1b[?1049l")[2]
    finally:
        os.umask(old)
    (report,) = folder.iterdir()
    text = report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "repoint stopped: ValueError" in after
    assert "Traceback" not in after
    assert "action_crash" in text
    for where in (terminal.output, text):
        assert "s3cr3t" not in where
        assert "abcdef" not in where
        assert "\x1b]0;" not in where
    assert "***" in text


def test_a_stop_and_a_continue_draw_the_screen_again() -> None:
    with Terminal([APP]) as terminal:
        terminal.until("link-5")
        terminal.signal(signal.SIGTSTP)
        terminal.until(lambda: terminal.given_back() and terminal.stopped)
        terminal.output = ""
        terminal.signal(signal.SIGCONT)
        terminal.until("link-5")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()


def test_nothing_foreign_leaves_a_table_of_hostile_links() -> None:
    with Terminal([APP, "hostile"], size=(100, 40)) as terminal:
        terminal.until("HEALTH")
        for keys in ("\x1b[B" * 5, " " * 30, "T", "\x1b[6~", "\x1b[5~", "G", "g", "v", "G", "v", "T"):
            terminal.type(keys)
            terminal.read(0.3)
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()
        assert "⟨001B⟩" in terminal.output
        assert foreign(terminal.output.replace("\r", "")) == []


def test_no_color_means_no_colour_at_all() -> None:
    with Terminal([APP], NO_COLOR="1") as terminal:
        terminal.until("link-5")
        terminal.type("\x1b[B")
        terminal.read(0.3)
        terminal.type("q")
        terminal.ended()
    numbers = {
        int(number)
        for style in re.findall(r"\x1b\[([\d;]*)m", terminal.output)
        for number in style.split(";")
        if number
    }
    assert numbers <= {0, 1, 2, 4, 7, 22, 24, 27, 39, 49}
    assert 7 in numbers


def test_keys_over_a_long_list_cost_few_bytes() -> None:
    with Terminal([APP], size=(120, 36)) as terminal:
        terminal.until("link-30")
        terminal.read(0.3)
        costs = {}
        for name, keys in (("step", "\x1b[B"), ("page", "\x1b[6~"), ("scroll", "\x1b[B")):
            terminal.output = ""
            for _ in range(5):
                terminal.type(keys)
                terminal.read(0.25)
            costs[name] = len(terminal.output.encode()) / 5
        assert costs["step"] <= 700
        assert costs["scroll"] <= 1500
        assert costs["page"] <= 9000


@pytest.mark.parametrize(("term", "erases"), [("xterm-256color", True), ("vt100", False), ("no-such", False)])
def test_blanks_are_erased_only_where_terminfo_says_that_they_take_the_background(
    term: str, erases: bool
) -> None:
    with Terminal([APP], size=(100, 40), TERM=term) as terminal:
        terminal.until("link-5")
        terminal.type("q")
        assert terminal.ended() == 0
    assert bool(re.search(r"\x1b\[\d+X", terminal.output)) is erases

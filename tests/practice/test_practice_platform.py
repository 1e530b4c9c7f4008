"""The platform as a fixture: its scenarios, its hands, and that nothing of it is left behind."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.practice.names import SCENARIO_NAMES
from console.practice.platform import PracticePlatform
from console.practice.plots import Plot, history
from console.practice.scenarios import SCENARIOS, SHEET
from console.practice.server import PracticeServer


@pytest.fixture
def platform():
    platform = PracticePlatform("tiny")
    yield platform
    platform.close()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def hosts(platform: PracticePlatform) -> Counter[str]:
    return Counter(str(urlsplit(p.destination).hostname) for p in platform.stage.plots)


def test_the_outage_is_the_one_of_the_story() -> None:
    platform = PracticePlatform("outage")
    plots = platform.stage.plots
    assert len(plots) == len({p.slug for p in plots}) == platform.store.count() == 2000
    count = hosts(platform)
    assert (count["shop.localhost"], count["slow-partner.localhost"], count["old.localhost"]) == (1012, 40, 3)
    assert len(count) >= 35
    refused = [p for p in plots if urlsplit(p.destination).port == platform.setting.refused_port]
    assert len(refused) == 32
    results = platform.checker.last()
    kinds = Counter((r["status"], r.get("statusCode"), r.get("error")) for r in results)
    assert kinds["unhealthy", 503, None] == 980
    assert kinds["timeout", None, "timeout"] == 28
    assert kinds["slow", 200, None] == 12
    hopeless = [p for p in plots if "//shop." in p.destination and p.former is None]
    assert 5 <= len(hopeless) <= 40
    assert {p.versions for p in plots} >= {1, 2, 9, 14, 22, 40}
    platform.close()


def test_a_moved_link_has_an_earlier_version_that_answers() -> None:
    platform = PracticePlatform("outage", links=300)
    for plot in platform.stage.plots:
        if "//shop." in plot.destination and plot.former is not None:
            versions = platform.history(plot.slug)
            elsewhere = [v for v in versions if "//shop." not in v["snapshot"]["destinationUrl"]]
            assert elsewhere, plot.slug
            assert versions[0]["snapshot"]["destinationUrl"] == plot.destination
    platform.close()


@pytest.mark.parametrize("links", [1, 3, 40])
def test_a_small_outage_is_one_too(links: int) -> None:
    platform = PracticePlatform("outage", links=links)
    assert platform.store.count() == links
    assert hosts(platform)["shop.localhost"] >= links // 2
    platform.close()


def test_the_same_seed_tells_the_same_story_and_another_does_not() -> None:
    def story(seed: int) -> list:
        platform = PracticePlatform("outage", links=60, seed=seed, clock=lambda: 1_800_000_000.0)
        told = [platform.history(p.slug) for p in platform.stage.plots]
        platform.close()
        return told

    assert story(7) == story(7)
    assert story(7) != story(8)


@given(
    versions=st.integers(1, 40), moved=st.integers(1, 3), has_former=st.booleans(), seed=st.text(max_size=5)
)
@settings(max_examples=60, deadline=None)
def test_any_history_hangs_together(versions: int, moved: int, has_former: bool, seed: str) -> None:
    former = "http://www.localhost/a" if has_former else None
    plot = Plot("some-link", "http://shop.localhost/a", "A", versions, 3600.0, former, moved, tags=("x",))
    kept = history(plot, seed, 1_800_000_000.0)
    assert [k.version for k in kept] == list(range(1, versions + 1))
    assert json.loads(kept[-1].record) == plot.record()
    times = [k.created_at for k in kept]
    assert times == sorted(times)
    assert times[0] == 1_800_000_000.0 - plot.created_age()
    for k in kept:
        if k.rolled_back_to is not None:
            assert k.record == kept[k.rolled_back_to - 1].record
            assert k.rolled_back_to < k.version


def test_every_scenario_stands_and_has_its_name() -> None:
    assert tuple(sorted(SCENARIO_NAMES)) == tuple(sorted(SCENARIOS))
    for name in SCENARIO_NAMES:
        platform = PracticePlatform(name, links=20)
        assert platform.store.count() in {20, 12}
        platform.close()
    with pytest.raises(ValueError, match="no scenario"):
        PracticePlatform("nonsense")


def test_the_sheet_with_bad_rows_has_three_good_ones(serve) -> None:
    practice = serve("bad-rows")
    answer = httpx.post(
        f"{practice.base_url}/v2/handles/acme/links/bulk-import", content=SHEET.encode(),
        headers={"Content-Type": "text/csv", "Authorization": f"Bearer {practice.token}"},
    )  # fmt: skip
    body = answer.json()
    assert (body["created"], body["failed"]) == (3, 8)


def test_the_hands_do_what_they_say(platform: PracticePlatform) -> None:
    assert platform.edit("docs", "kim", title="Manual") == 4
    assert platform.rollback_as("docs", 3, "lee") == 5
    versions = platform.history("docs")
    assert [(v["createdBy"], v["action"]) for v in versions[:2]] == [("lee", "rollback"), ("kim", "update")]
    before = platform.link("docs")
    platform.touch_same_version("docs", destination_url="http://evil.localhost/")
    after = platform.link("docs")
    assert (after["version"], after["destinationUrl"]) == (before["version"], "http://evil.localhost/")
    assert platform.history("docs")[0]["snapshot"] == after
    platform.rewind("docs", 2)
    assert platform.link("docs")["version"] == 2
    assert len(platform.history("docs")) == 2
    old_id = platform.link("docs")["id"]
    assert platform.recreate("docs", "kim") == 1
    assert platform.link("docs")["id"] != old_id
    assert len(platform.history("docs")) == 1
    with pytest.raises(LookupError):
        platform.rewind("docs", 9)


def test_a_deleted_links_id_is_never_given_again(platform: PracticePlatform) -> None:
    seen = set()
    for _ in range(3):
        platform.edit("made-once", destination_url="https://example.com/")
        seen.add(platform.link("made-once")["id"])
        platform.delete("made-once")
    assert len(seen) == 3


def test_a_fixture_starts_and_stops_and_leaves_nothing(serve) -> None:
    serve("tiny")
    threads, files = threading.active_count(), open_files()
    with PracticeServer("tiny") as practice:
        port = urlsplit(practice.base_url).port
        with httpx.stream("GET", f"{practice.base_url}/v2/system/health") as answer:
            answer.read()
    assert threading.active_count() == threads
    assert open_files() == files
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)


@pytest.mark.parametrize("attempt", range(25))
def test_it_stops_in_the_middle_of_everything(attempt: int) -> None:
    with PracticeServer("tiny") as practice:
        practice.platform.faults.add("before_hang", times=None)
        files = open_files()
        with (
            socket.create_connection(("127.0.0.1", urlsplit(practice.base_url).port), 5) as line,
            socket.create_connection(("127.0.0.1", urlsplit(practice.landing_base).port), 5) as page,
        ):
            line.sendall(b"GET /v2/system/health HTTP/1.1\r\nHost: x\r\n\r\n")
            page.sendall(b"GET / HTTP/1.1\r\nHost: hang.localhost\r\n\r\n")
            practice.stop()
            for sock in (line, page):
                with contextlib.suppress(ConnectionResetError):
                    assert sock.recv(1) == b""
        assert open_files() < files
    practice.stop()


def test_a_file_is_taken_up_again_where_it_was_left(tmp_path) -> None:
    file = tmp_path / "platform.db"
    with PracticeServer("tiny", database=file) as first:
        first.platform.edit("docs", title="Kept")
        told = first.platform.history("spring-launch")
    with PracticeServer("tiny", database=file) as second:
        assert second.platform.link("docs")["title"] == "Kept"
        assert second.platform.history("spring-launch") == told
        assert second.landing_base == first.landing_base


def test_a_taken_port_is_told_and_nothing_leaks(practice: PracticeServer) -> None:
    port = urlsplit(practice.base_url).port
    assert port is not None
    with pytest.raises(OSError, match="in use"):
        PracticeServer("tiny", port=port)


DRIVER = """
import argparse, sys
from console.subcommands import sandbox
parser = argparse.ArgumentParser()
sandbox.add_arguments(parser)
sys.exit(sandbox.run(parser.parse_args()))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_sandbox_says_where_it_is_and_stops_cleanly(number: int, code: int, tmp_path) -> None:
    log = tmp_path / "log"
    words = [sys.executable, "-W", "error", "-c", DRIVER, "--scenario", "tiny", "--requests-log", str(log)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        said = json.loads(sandbox.stdout.readline())
        assert set(said) == {"base_url", "handle", "token", "pat", "landing_base"}
        headers = {"Authorization": f"Bearer {said['token']}"}
        answer = httpx.get(f"{said['base_url']}/v2/handles/{said['handle']}/links", headers=headers)
        assert len(answer.json()["links"]) == 12
        sandbox.send_signal(number)
        assert sandbox.wait(60) == code
        assert sandbox.stderr is not None
        assert sandbox.stderr.read() == ""
    assert json.loads(log.read_text())["status"] == 200

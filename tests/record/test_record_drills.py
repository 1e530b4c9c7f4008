"""Drills: judged by what really happened on the practice platform, scored, kept, and never production."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.domain.errors import StorageProblem
from console.domain.outcomes import Outcome
from console.domain.plans import Plan
from console.ops.incident import drill_board
from console.ops.rollback import Request, prepare
from console.ops.session import Session
from console.practice.drills import DRILLS, GOOD_ROWS, Goal
from console.practice.judging import Judge, Judged, Move, Said, _scored
from console.practice.landing import Page, Site
from console.practice.names import DRILL_NAMES
from console.practice.scenarios import SCENARIOS, SHEET
from console.practice.server import PracticeServer
from console.subcommands import drill as verb
from tests.support.console_driver import OneToken
from tests.support.desk import at, confirmed, reviewed
from tests.support.inprocess import Here
from tests.support.practice import Serve


@pytest.fixture
def staged(serve: Serve) -> Any:
    """A drill's platform and its judge."""

    def start(name: str, **more: Any) -> tuple[PracticeServer, Judge]:
        drill = DRILLS[name]
        server = serve(name, links=more.pop("links", drill.links), **more)
        return server, Judge(server.platform, drill)

    return start


def last_working(judge: Judge, slug: str) -> int:
    versions = judge._platform.history(slug)[1:]
    return next(v["version"] for v in versions if judge.works(v["snapshot"]["destinationUrl"]))


async def mended(session: Session, judge: Judge, slug: str) -> Outcome:
    await reviewed(session, slug)
    plan = await prepare(session, Request(slug, last_working(judge, slug), "drill"))
    assert isinstance(plan, Plan), plan
    return (await confirmed(session, plan)).outcome


def test_every_scenario_of_the_plan_is_a_drill_with_a_task_and_a_best_line() -> None:
    assert set(DRILLS) == set(DRILL_NAMES) <= set(SCENARIOS)
    assert len(DRILLS) == 8
    for name, drill in DRILLS.items():
        assert SCENARIOS[name].task
        assert len(drill.best) >= 2
        assert drill.par > 0


async def test_mending_everything_once_is_a_full_score(staged: Any) -> None:
    server, judge = staged("outage", links=24)
    assert 5 < len(judge.targets) < 24
    async with at(server) as session:
        for slug in judge.targets[:-1]:
            assert await mended(session, judge, slug) is Outcome.APPLIED
        part = judge.judge()
        assert (part.mended, part.seconds) == (len(judge.targets) - 1, None)
        assert part.score < 60
        await mended(session, judge, judge.targets[-1])
    whole = judge.judge()
    assert whole.seconds is not None
    assert (whole.mended, whole.writes, len(whole.wrong_moves)) == (whole.targets, whole.targets, 0)
    assert whole.score >= 60


async def test_moving_what_works_or_to_what_fails_is_a_wrong_move(staged: Any) -> None:
    server, judge = staged("outage", links=24)
    async with at(server) as session:
        await reviewed(session, "careers")
        back = server.platform.history("careers")[3]["version"]
        server.platform.edit("careers", "kim", "moved", destinationUrl="http://jobs.localhost:1/other")
        plan = await _planned(session, "careers", back)
        await confirmed(session, plan)
        plan = await _planned(session, "spring-launch", 6)  # launch-0611 is dead
        await confirmed(session, plan)
    wrong = judge.judge().wrong_moves
    assert [move.slug for move in wrong] == ["careers", "spring-launch"]
    assert "answers" in wrong[0].wrong
    assert "fails" in wrong[1].wrong


async def _planned(session: Session, slug: str, to: int) -> Plan:
    await reviewed(session, slug)
    plan = await prepare(session, Request(slug, to, "drill"))
    assert isinstance(plan, Plan), plan
    return plan


async def test_heeding_a_rival_wins_and_undoing_her_loses(staged: Any) -> None:
    server, judge = staged("rival")
    assert judge.targets == ("spring-launch",)
    async with at(server) as session:
        assert await mended(session, judge, "spring-launch") is Outcome.STALE
        heeded = judge.judge([Said("spring-launch", 0.0)])
        assert heeded.seconds is not None
        assert (heeded.heeded, heeded.score) == (1, 100)
        await mended(session, judge, "spring-launch")
    undone = judge.judge([Said("spring-launch", 0.0)])
    assert (undone.heeded, len(undone.wrong_moves)) == (0, 1)
    assert undone.score <= 70


async def test_leaving_a_slow_partner_alone_wins_once_it_was_looked_at(staged: Any) -> None:
    server, judge = staged("slow-partner")
    assert judge.judge().seconds is None
    server.platform.landing.set_site("slow-partner", Site(Page.SLOW))
    async with at(server) as session:
        await session.prober.probe_one(server.platform.setting.url("slow-partner", "/"))
        assert judge.judge().score == 100
        await reviewed(session, "partner-spring")
        before = server.platform.history("partner-spring")[1]["version"]
        server.platform.edit("partner-spring", "kim", destinationUrl="http://www.localhost:1/x")
        await confirmed(session, await _planned(session, "partner-spring", before))
    assert judge.judge().score < 60


def test_good_rows_become_links_and_nothing_else_does(staged: Any, here: Here, tmp_path: Path) -> None:
    server, judge = staged("bad-rows")
    assert judge.drill.goal is Goal.IMPORT
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET)
    here.at(server)
    here("import", str(sheet), "--confirm", "import 4", "--rejects", str(tmp_path / "r.csv"), code=None)
    found = judge.judge()
    assert {move.slug for move in found.moves} == set(GOOD_ROWS)
    assert (found.mended, found.writes, found.wrong_moves) == (3, 1, ())
    server.platform.store  # noqa: B018 - it is still open


def judged(**more: Any) -> Judged:
    base = Judged("outage", 100.0, 100.0, 10, 10, (), 10, 10, 0, 0, 0)
    return _scored(replace(base, **more), DRILLS["outage"])


def test_what_costs_points() -> None:
    wrong = Move(1.0, "docs", 4, "it led to a page that answers")
    assert judged().score == 100
    assert judged(seconds=240.0 * 2.5).score == 80
    assert judged(seconds=240.0 * 40).score == 60
    assert judged(moves=(wrong,)).score == 80
    assert judged(writes=12).score == 94
    assert judged(refusals=2, heeded=1).score == 90
    assert judged(seconds=None, mended=5).score == 30
    assert judged(seconds=None, mended=0, moves=(wrong,)).score == 0


def test_a_drill_has_a_home_of_its_own_and_leaves_a_score_and_the_best_line(
    here: Here, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.ops.profiles.profile import Profile
    from console.output import Output

    seen: dict[str, Any] = {}

    def played(profile: Profile, *, offline: bool = False, banner: str = "") -> int:
        import asyncio

        from console.ops.connect import connect
        from console.ops.profiles.places import places

        seen.update(home=places().state, environment=profile.environment, banner=banner)

        async def work() -> None:
            session = await connect(profile, tokens=OneToken(os.environ["REPOINT_TOKEN"]))
            try:
                plan = await _planned(session, "spring-launch", 8)
                assert (await confirmed(session, plan)).outcome is Outcome.STALE
            finally:
                await session.close()

        asyncio.run(work())
        return 0

    monkeypatch.setattr("console.app.run_console", played)
    monkeypatch.setenv("REPOINT_TOKEN", "mine")
    import io

    shown = io.StringIO()
    assert verb.play(Output(stdout=shown), home, "rival") == 0
    assert seen["environment"] == "DRILL"
    assert seen["banner"].startswith("DRILL rival, not production: Mend spring-launch")
    assert seen["home"] != home
    assert not Path(seen["home"]).exists()
    assert (os.environ["REPOINT_HOME"], os.environ["REPOINT_TOKEN"]) == (str(home), "mine")
    assert not (home / "journal.db").exists()
    text = shown.getvalue()
    assert "100 of 100, your first" in text
    assert "1 of 1 refusals heeded" in text
    assert "The best line:" in text
    [score] = here("drill", "scores", "--json").lines
    assert (score["drill"], score["score"], score["wrong_moves"]) == ("rival", 100, 0)
    assert "rival" in here("drill", "scores").out
    assert (home / drill_board.NAME).stat().st_mode & 0o777 == 0o600


def test_a_narrow_screen_shows_where_the_sheet_is_and_the_best_line_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from console.output import Output

    banners: list[str] = []

    def left(_profile: object, *, banner: str) -> int:
        banners.append(banner)
        return 0

    monkeypatch.setattr("console.app.run_console", left)
    shown = io.StringIO()
    verb.play(Output(stdout=shown), home, "bad-rows")
    assert banners[0].startswith("DRILL bad-rows, not production: /")
    assert banners[0].split()[4].endswith("/sheet.csv")
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(DRILLS["bad-rows"].best[0].split()) in " ".join(shown.getvalue().split())


def test_listing_needs_no_terminal_and_playing_does(here: Here) -> None:
    assert {row["drill"] for row in here("drill", "list", "--json").lines} == set(DRILL_NAMES)
    assert here("drill", "scores", "--json").lines == []
    here("drill", "outage", code=2)
    here("drill", "nothing", code=2)


def test_a_broken_line_of_the_scoreboard_costs_only_itself(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    drill_board.add(folder, {"drill": "outage", "at": "2026-11-24T14:00:00Z", "score": 50})
    with (folder / drill_board.NAME).open("ab") as stream:
        stream.write(b'\xff\n[1]\n{"drill": 3}\n{"drill": "x", "at": "y", "score": true}\n')
    drill_board.add(folder, {"drill": "rival", "at": "2026-11-24T14:01:00Z", "score": 60})
    assert [row["drill"] for row in drill_board.scores(folder)] == ["outage", "rival"]
    (folder / drill_board.NAME).unlink()
    (folder / drill_board.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageProblem):
        drill_board.add(folder, {"drill": "outage", "at": "x", "score": 1})

"""Each drill played to its score by the best line, on clocks that stand still until somebody waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from console.domain.batches import BatchWay, RunState
from console.domain.errors import RepointError
from console.domain.outcomes import Outcome
from console.domain.plans import Plan
from console.ops import recovery
from console.ops.connect import connect
from console.ops.planning.rules import LAST_HEALTHY
from console.ops.rollback import Request, prepare
from console.ops.session import Session
from console.practice.drills import DRILLS, GOOD_ROWS
from console.practice.judging import Judge, Judged, Said
from console.practice.landing import Page, Site
from console.practice.scenarios import SHEET
from console.practice.server import PracticeServer
from console.subcommands import drill as verb
from tests.support.batch import plan_of, run
from tests.support.clock import ManualClock
from tests.support.desk import FixedToken, confirmed, reviewed
from tests.support.inprocess import Here
from tests.support.practice import Serve

UNHURRIED = {"timeout": 20.0, "probe_timeout": 60.0, "probe_slow": 600.0}
A_LOOK = 5.0
"""Seconds that reading a link and typing the words takes."""


class Played:
    """A drill on the stage, one clock for the platform, the judge and the operator."""

    def __init__(self, server: PracticeServer, name: str) -> None:
        self.server, self.platform = server, server.platform
        self.clock = ManualClock(datetime.fromtimestamp(self.platform.now(), UTC))
        self.platform._clock = self.seconds
        self.judge = Judge(self.platform, DRILLS[name])
        self.refusals: list[Said] = []

    def seconds(self) -> float:
        """Unix seconds, as everybody here sees them."""
        return self.clock.now().wall.timestamp()

    @asynccontextmanager
    async def session(self, **settings: Any) -> AsyncIterator[Session]:
        """The operator's, with the profile that drills are played with."""
        profile = replace(verb._profile(self.server), **{**UNHURRIED, **settings})
        session = await connect(profile, clock=self.clock, tokens=FixedToken(self.server.token))
        try:
            yield session
        finally:
            await session.close()

    def to(self, slug: str) -> Any:
        """The newest version whose page answers."""
        versions = self.platform.history(slug)[1:]
        return next(v["version"] for v in versions if self.judge.works(v["snapshot"]["destinationUrl"]))

    async def mend(self, session: Session, slug: str) -> Outcome | None:
        """Look, plan, confirm; None where the platform does not answer, or nothing is to be done."""
        self.clock.advance(A_LOOK)
        try:
            await reviewed(session, slug)
            plan = await prepare(session, Request(slug, self.to(slug), "drill"))
        except RepointError:
            return None
        if not isinstance(plan, Plan):
            self.refusals.append(Said(slug, self.seconds() - self.judge._started))
            return None
        result = await confirmed(session, plan)
        if result.outcome is Outcome.STALE:
            self.refusals.append(Said(slug, self.seconds() - self.judge._started))
        return result.outcome

    async def mend_all(self, session: Session, rounds: int = 4) -> list[Outcome | None]:
        """Every link that is not mended; between rounds wait, and settle what is unknown by reading."""
        found: list[Outcome | None] = []
        for _ in range(rounds):
            failing = (slug for slug in self.judge.targets if not self.judge._done(slug))
            found += [await self.mend(session, slug) for slug in failing]
            if self.score.mended == self.score.targets:
                break
            self.clock.advance(20.0)
            await recovery.reconcile(session)
        assert session.store.journal.open_writes() == []
        return found

    @property
    def score(self) -> Judged:
        return self.judge.judge(self.refusals)

    def won(self) -> Judged:
        """Everything mended, nothing moved wrongly or twice, no write more than the best line's."""
        found = self.score
        assert found.wrong_moves == ()
        assert len({move.slug for move in found.moves}) == len(found.moves)
        assert (found.mended, found.writes, found.heeded) == (found.targets, found.par_writes, found.refusals)
        assert found.seconds is not None
        assert found.score == 100, found
        return found


@pytest.fixture
def stage(serve: Serve) -> Any:
    return lambda name: Played(serve(name, links=DRILLS[name].links), name)


async def test_outage(stage: Any) -> None:
    played = stage("outage")
    async with played.session() as session:
        assert set(await played.mend_all(session)) == {Outcome.APPLIED}
    assert played.won().seconds == pytest.approx(A_LOOK * len(played.judge.targets), abs=A_LOOK)


async def test_rival(stage: Any) -> None:
    played = stage("rival")
    async with played.session() as session:
        assert await played.mend(session, "spring-launch") is Outcome.STALE
    found = played.score
    assert (found.score, found.heeded, found.refusals, found.moves) == (100, 1, 1, ())


async def test_platform_down(stage: Any) -> None:
    played = stage("platform-down")
    async with played.session() as session:
        found = await played.mend_all(session)
    assert found[:2] == [Outcome.APPLIED] * 2
    assert {o for o in found if o is not Outcome.APPLIED}, "it never failed"
    played.won()


async def test_slow_partner(stage: Any) -> None:
    played = stage("slow-partner")
    played.platform.landing.set_site("slow-partner", Site(Page.SLOW))
    async with played.session() as session:
        await session.prober.probe_one(played.platform.setting.url("slow-partner", "/"))
    assert played.score.score == 100


async def test_token_expires(stage: Any) -> None:
    played = stage("token-expires")
    async with played.session() as session:
        played.clock.advance(100.0)
        assert set(await played.mend_all(session)) == {Outcome.APPLIED}
    asked = [each.path for each in played.platform.requests]
    assert "/v2/auth/refresh" in asked, "the token of the start cannot have been good for all of it"
    assert played.won().seconds > 150.0


async def test_quota_gone(stage: Any) -> None:
    played = stage("quota-gone")
    async with played.session() as session:
        plan = await plan_of(session, played.judge.targets, LAST_HEALTHY)
        ways = {way.way: way for way in plan.ways}
        assert not ways[BatchWay.ROLLBACK].fits
        report = await run(session, plan, way=BatchWay.IMPORT)
    assert report.run.state is RunState.DONE
    played.won()


async def test_lost_answers(stage: Any) -> None:
    played = stage("lost-answers")
    async with played.session(timeout=2.0) as session:
        await played.mend_all(session)
    played.won()


def test_bad_rows(stage: Any, here: Here, tmp_path: Path) -> None:
    played = stage("bad-rows")
    sheet, back = tmp_path / "sheet.csv", tmp_path / "back.csv"
    sheet.write_text(SHEET)
    here.at(played.server)
    here("import", str(sheet), "--confirm", "import 4", "--rejects", str(back), code=4)
    assert {move.slug for move in played.won().moves} == set(GOOD_ROWS)
    assert len(back.read_text().splitlines()) == 9

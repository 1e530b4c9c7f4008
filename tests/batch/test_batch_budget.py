"""Which way a run may take, held against what is left of the day's writes when it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.domain.batches import BatchPlan, BatchWay
from console.domain.errors import BudgetSpent, Refused
from console.domain.rewrites import Rewrite
from console.ops.batches.gates import confirm_batch, require_start
from console.ops.batches.values import Options
from console.ops.planning.plan import plan_repoint, plan_rollback
from console.ops.planning.rules import PREVIOUS
from console.ops.session import Session
from console.ops.sync import sync
from console.practice.server import PracticeServer
from tests.support.desk import at


async def way(session: Session, plan: BatchPlan, named: BatchWay | None) -> BatchWay:
    return await require_start(session, plan, confirm_batch(plan, plan.phrase), Options(way=named))


async def test_the_reserve_is_spent_by_rollbacks_and_only_when_the_way_is_named(
    practice: PracticeServer,
) -> None:
    practice.platform.meter.used = 450
    async with at(practice) as session:
        await sync(session)
        plan = await plan_rollback(session, ["spring-launch", "docs"], PREVIOUS, "shop is down")
        assert plan.proposed is None, "50 are left, and 100 are kept"
        with pytest.raises(BudgetSpent):
            await way(session, plan, None)
        assert await way(session, plan, BatchWay.ROLLBACK) is BatchWay.ROLLBACK
        assert await way(session, plan, BatchWay.IMPORT) is BatchWay.IMPORT, "one of the reserve"
        moved = await plan_repoint(session, ["docs"], Rewrite.of_page("https://status.example/"), "move")
        for named in (None, BatchWay.ROLLBACK, BatchWay.IMPORT):
            with pytest.raises(BudgetSpent):
                await way(session, moved, named)


async def test_an_import_that_cannot_carry_the_plan_is_refused_whatever_is_left(
    practice: PracticeServer,
) -> None:
    practice.platform.edit("docs", by="kim", password="open sesame")
    practice.platform.edit("docs", by="kim", destination_url="https://docs.example/new")
    async with at(practice) as session:
        await sync(session)
        plan = await plan_rollback(session, ["docs"], PREVIOUS, "shop is down")
        with pytest.raises(Refused, match="1 with a password that an import cannot bring back"):
            await way(session, plan, BatchWay.IMPORT)
        assert await way(session, replace(plan), None) is BatchWay.ROLLBACK

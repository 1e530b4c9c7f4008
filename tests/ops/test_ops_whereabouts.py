"""Where the operator was, as it is kept: more marks than are kept are told as lost, never cut short."""

from __future__ import annotations

import pytest

from console.ops import resume
from console.ops.resume import OpenPlan, Whereabouts
from console.practice.server import PracticeServer
from tests.support.desk import at


async def test_more_marks_than_are_kept_are_told_as_lost(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "MOST_MARKS", 3)
    async with at(practice) as session:
        for count in (3, 4):
            slugs = tuple(f"slug-{n}" for n in range(count))
            plan = OpenPlan("some", "why", slugs, "previous")
            await resume.keep(session, Whereabouts(filter="tag:x", marks=frozenset(slugs), plan=plan))
            found = await resume.last(session)
            assert found is not None
            assert found.plan is not None
            assert found.filter == "tag:x"
            kept = count == 3
            assert (found.marks, found.marks_lost) == (frozenset(slugs) if kept else frozenset(), not kept)
            assert found.plan.slugs == (slugs if kept else ()), "half a plan would be another one"

"""Routes of the platform's health check."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from console.domain.target import Role
from console.practice.calls import Call, answer
from console.practice.checks import DEFAULT_TIMEOUT_MS
from console.practice.problems import Problem
from console.practice.records import iso, whole
from console.practice.route import Route
from console.practice.state import State
from console.practice.tokens import WRITE

MAX_TIMEOUT_MS: Final = 60_000


async def check_now(state: State, call: Call) -> Response:
    """`POST links/health-check`: visit a selection, or all when there is none."""
    slugs = call.body.get("slugs", [])
    if not isinstance(slugs, list) or not all(isinstance(slug, str) for slug in slugs):
        raise Problem(400, "invalid_slugs", "slugs is a list of strings")
    timeout = whole(call.body.get("timeoutMs", DEFAULT_TIMEOUT_MS))
    if timeout is None or not 1 <= timeout <= MAX_TIMEOUT_MS:
        raise Problem(400, "invalid_timeout_ms", f"timeoutMs is a whole number from 1 to {MAX_TIMEOUT_MS}")
    wanted = dict.fromkeys(slugs)
    if wanted:
        links = [held for slug in wanted if (held := state.store.get(slug)) is not None]
    else:
        links = state.store.page(0, state.store.count())
    missing = wanted.keys() - {held.slug for held in links}
    run = await state.checker.check(links, timeout)
    shown = run.shown()
    shown["results"] += [
        {"slug": slug, "destinationUrl": None, "status": "unknown", "error": "not found"}
        for slug in wanted
        if slug in missing
    ]
    return answer(shown, 200 if run.finished else 202)


async def look_up(state: State, call: Call) -> Response:
    """`GET links/health-check`: the last results, or those of one run."""
    run_id = call.request.query_params.get("runId")
    if run_id is not None:
        run = state.checker.run(run_id)
        if run is None:
            raise Problem(404, "not_found", "no such run")
        return answer(run.shown())
    results = state.checker.last()
    newest = max((result["checkedAt"] for result in results), default=None)
    body = {"finished": True, "checkedAt": newest or iso(state.now()), "total": len(results)}
    return answer({**body, "results": results})


ROUTES: Final = (
    Route(
        "POST", "/links/health-check", "check destinations", check_now, role=Role.OPERATOR, scope=WRITE,
        charged=True, takes="Check", gives={200: "Checked", 202: "Checked"}, refuses=(400,),
    ),
    Route(
        "GET", "/links/health-check", "read the last check", look_up, gives={200: "Checked"},
        query=("runId",), refuses=(404,),
    ),
)  # fmt: skip

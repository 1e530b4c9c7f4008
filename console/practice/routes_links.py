"""Routes of single links: list, read, write, history, rollback, route preview."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from console.domain.routing import Visitor, route
from console.domain.target import Role
from console.practice.calls import Call, answer
from console.practice.problems import Problem, no_such_link
from console.practice.records import as_link, check_slug, checked, expected_version, next_password, whole
from console.practice.route import Route
from console.practice.state import State
from console.practice.store import Cause, Held, version_text
from console.practice.tokens import READ, WRITE


def held_or_404(state: State, slug: str) -> Held:
    """The live link.

    Raises:
        Problem: 404 `not_found`.
    """
    held = state.store.get(slug)
    if held is None:
        raise no_such_link(slug)
    return held


def check_expected(state: State, call: Call, held: Held | None) -> None:
    """Compare `If-Match` and `expectedVersion` with the live version.

    Raises:
        Problem: 412 `precondition_failed` for the header, 409 `conflict` for the field.
    """
    expected = expected_version(call.body)
    if state.faults.ignore_preconditions:
        return
    live = None if held is None else held.version
    more: dict[str, Any] = {"currentVersion": live}
    if_match = call.request.headers.get("if-match")
    if if_match is not None and not _meets(if_match, live):
        raise Problem(412, "precondition_failed", f"the live version is {live}", more=more)
    if expected is not None and expected != live:
        raise Problem(409, "conflict", f"the live version is {live}, not {expected}", more=more)


def _meets(if_match: str, live: int | None) -> bool:
    wanted = {part.strip().removeprefix("W/").strip('"') for part in if_match.split(",")}
    return live is not None and ("*" in wanted or str(live) in wanted)


async def list_links(state: State, call: Call) -> Response:
    """`GET links`: a page, and the token of the next."""
    limit = call.limit
    page = state.store.page(call.after() or 0, limit + 1)
    links = ",".join(held.text(state.short_base) for held in page[:limit])
    following = f',"nextToken":"p_{page[limit - 1].row}"' if len(page) > limit else ""
    return answer(f'{{"handle":"{state.handle}","links":[{links}]{following}}}')


async def get_link(state: State, call: Call) -> Response:
    """`GET links/{slug}`."""
    held = held_or_404(state, call.slug)
    return _one(state, held)


def _one(state: State, held: Held, status: int = 200) -> Response:
    return answer(f'{{"link":{held.text(state.short_base)}}}', status, {"ETag": f'"{held.version}"'})


async def put_link(state: State, call: Call) -> Response:
    """`PUT links/{slug}`: the whole record, made or replaced."""
    slug = check_slug(call.slug)
    if call.body.get("slug", slug) != slug:
        raise Problem(400, "invalid_slug", "the slug in the body is another one")
    record = checked(call.body)
    note = _reason(call)
    with state.store.lock:
        held = state.store.get(slug)
        check_expected(state, call, held)
        password = next_password(call.body, held)
        action = "create" if held is None else "update"
        made = state.store.write(slug, record, password, _cause(call, action, note))
    return _one(state, made, 201 if held is None else 200)


def _reason(call: Call) -> str:
    reason = call.body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > 1000:
        raise Problem(400, "invalid_reason", "reason is a string of at most 1,000 characters")
    return reason


def _cause(call: Call, action: str, note: str, back: int | None = None) -> Cause:
    return Cause(call.caller.operator, action, note, back, call.key, call.request_id)


async def history(state: State, call: Call) -> Response:
    """`GET links/{slug}/history`: newest first."""
    limit = call.limit
    with state.store.lock:
        held = held_or_404(state, call.slug)
        found = state.store.versions(held, below=call.after(), limit=limit + 1)
    versions = ",".join(version_text(state.short_base, held, kept) for kept in found[:limit])
    following = f',"nextToken":"p_{found[limit - 1].version}"' if len(found) > limit else ""
    return answer(
        f'{{"handle":"{state.handle}","slug":"{held.slug}","currentVersion":{held.version},'
        f'"versions":[{versions}]{following}}}'
    )


TARGET_KEYS: Final = ("version", "versionId", "targetVersion")


async def rollback(state: State, call: Call) -> Response:
    """`POST links/{slug}/rollback`: an earlier version's content, as a new version on top."""
    named = [call.body[key] for key in TARGET_KEYS if key in call.body]
    number, note = whole(named[0]) if len(named) == 1 else None, _reason(call)
    if number is None or number < 1:
        raise Problem(400, "invalid_version", "name one version to go back to, by its number")
    with state.store.lock:
        held = held_or_404(state, call.slug)
        check_expected(state, call, held)
        kept = state.store.version(held, number)
        if kept is None:
            raise Problem(404, "not_found", f"{held.slug} has no version {number}")
        if number == held.version:
            raise Problem(
                409, "conflict", f"version {number} is live already", more={"currentVersion": number}
            )
        cause = _cause(call, "rollback", note, number)
        made = state.store.write(held.slug, json.loads(kept.record), kept.password, cause)
    return answer(
        f'{{"handle":"{state.handle}","slug":"{made.slug}","version":{made.version},"rolledBackTo":{number},'
        f'"requestId":"{call.request_id}","link":{made.text(state.short_base)}}}',
        headers={"ETag": f'"{made.version}"'},
    )


async def preview(state: State, call: Call) -> Response:
    """`POST links/{slug}/route-preview`: where a visitor goes, by the rules' order."""
    held = held_or_404(state, call.slug)
    fields = {
        name: call.body.get(name, "") for name in ("country", "device", "source", "campaign", "segment")
    }
    for name, value in fields.items():
        if not isinstance(value, str):
            raise Problem(400, f"invalid_{name}", f"{name} is a string")
    link = as_link(held.slug, held.content(), has_password=held.password is not None)
    now = datetime.fromtimestamp(state.now(), UTC)
    found = route(link, Visitor(**fields), now, state.handle_rules)
    await asyncio.sleep(0)
    rule = None if found.rule is None else {"id": found.rule.rule_id, "name": found.rule.name}
    body = {"destinationUrl": found.destination_url, "rule": rule, "redirectType": link.redirect_type,
            "status": found.status}  # fmt: skip
    return answer(body)


ROUTES: Final = (
    Route("GET", "/links", "list links", list_links, gives={200: "Links"}, query=("limit", "nextToken")),
    Route("GET", "/links/{slug}", "read a link", get_link, gives={200: "OneLink"}, refuses=(404,)),
    Route(
        "PUT", "/links/{slug}", "write a link", put_link, scope=WRITE, charged=True, takes="Record",
        gives={200: "OneLink", 201: "OneLink"}, refuses=(400, 409, 412),
    ),
    Route(
        "GET", "/links/{slug}/history", "read a history", history, gives={200: "History"},
        query=("limit", "nextToken"), refuses=(404,),
    ),
    Route(
        "POST", "/links/{slug}/rollback", "roll back", rollback, role=Role.OPERATOR, scope=WRITE,
        charged=True, takes="Rollback", gives={200: "RolledBack"}, refuses=(400, 404, 409, 412),
    ),
    Route(
        "POST", "/links/{slug}/route-preview", "preview a route", preview, scope=READ, charged=True,
        takes="Visitor", gives={200: "RoutePreview"}, refuses=(400, 404),
    ),
)  # fmt: skip

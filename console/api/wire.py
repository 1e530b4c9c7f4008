"""Every assumption about the platform's API, in one place: routes, requests, and how answers are read.

Source: platform-api.md. What the platform's pages state and what we assume is marked there; a real answer
that differs costs an edit in this module or in one of the `wire_*` modules that it gathers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from console.api.asks import Ask
from console.api.auth import TokenKind
from console.api.port import ImportOrder, PutOrder, ReportOrder, RollbackOrder, WriteAnswer
from console.api.wire_account import identity_from, meter_from, role_from, token_from
from console.api.wire_answers import SUCCESS, json_of, unknown_when_unreadable
from console.api.wire_errors import error_from, problem_of, request_id_of
from console.api.wire_export import ASKED_FOR, reader_for, signed_url
from console.api.wire_health import health_from, preview_from
from console.api.wire_history import history_identity, history_page, live_of, timeline_from, version_from
from console.api.wire_import import import_body, import_from
from console.api.wire_json import unreadable
from console.api.wire_links import link_answer, link_from, link_to_wire
from console.api.wire_report import PATH as REPORT_PATH
from console.api.wire_report import report_answer, report_body
from console.api.wire_values import Odd, first, listed, next_token, version_id
from console.domain.errors import InputRejected
from console.domain.links import JSON, VersionId
from console.domain.routing import Visitor

__all__ = [
    "SUCCESS",
    "Routes",
    "error_from",
    "health_from",
    "history_identity",
    "history_page",
    "identity_from",
    "import_from",
    "json_of",
    "link_answer",
    "link_from",
    "link_to_wire",
    "links_page",
    "live_of",
    "meter_from",
    "next_token",
    "preview_from",
    "problem_of",
    "reader_for",
    "report_answer",
    "request_id_of",
    "role_from",
    "signed_url",
    "timeline_from",
    "token_from",
    "unknown_when_unreadable",
    "version_from",
    "write_answer",
]

ME: Final = Ask("GET", "/v2/auth/me", "who we are")
ALIVE: Final = Ask("GET", "/v2/system/health", "the platform's health")
REFRESH: Final = Ask("POST", "/v2/auth/refresh", "a new token", write=True)
CHECK_METHODS: Final = ("POST", "GET")
"""How a health check is asked for; the next one where a platform has no such route (404, 405)."""
_BODY: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_ACCEPT: Final = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Routes:
    """The requests for one handle, for a token of one kind.

    Attributes:
        target_key: what the body of a rollback calls the version to go back to.
    """

    handle: str
    kind: TokenKind = TokenKind.JWT
    target_key: str = "version"
    import_csv: bool = False

    def _at(self, *segments: str) -> str:
        root = "/v2/public/handles" if self.kind is TokenKind.PAT else "/v2/handles"
        return "/".join([root, segment(self.handle, "handle"), *(segment(s, "slug") for s in segments)])

    def _get(self, what: str, *segments: str, **query: str) -> Ask:
        asked = {key: value for key, value in query.items() if value}
        return Ask("GET", self._at(*segments), what, query=asked, headers=_ACCEPT)

    def links(self, limit: int, token: str = "") -> Ask:
        """One page of the links."""
        return self._get("the links", "links", limit=str(limit), nextToken=token)

    def export(self) -> Ask:
        """Every link, streamed."""
        asked = self._get("the export", "links", "export", format="ndjson")
        return replace(asked, headers={"Accept": ASKED_FOR})

    def link(self, slug: str) -> Ask:
        """One link."""
        return self._get(f"the link {slug}", "links", slug)

    def history(self, slug: str, limit: int, token: str = "") -> Ask:
        """One page of a link's history."""
        return self._get(
            f"the history of {slug}", "links", slug, "history", limit=str(limit), nextToken=token
        )

    def meter(self) -> Ask:
        """The day's writes."""
        return self._get("the day's writes", "usage-meters")

    def collaborators(self) -> Ask:
        """Who works on the handle."""
        return self._get("the collaborators", "collaborators")

    def last_health(self, run_id: str = "") -> Ask:
        """The last results, or those of one run."""
        return self._get("the last health check", "links", "health-check", runId=run_id)

    def rollback(self, order: RollbackOrder) -> Ask:
        """Roll one link back to the version that was confirmed, on top of the version that was seen."""
        body = {
            self.target_key: order.version,
            "expectedVersion": order.expected_version,
            "reason": order.reason,
        }
        ask = self._write("POST", f"the rollback of {order.slug}", body, "links", order.slug, "rollback")
        return _guarded(ask, order.expected_version, order.idempotency_key)

    def put(self, order: PutOrder) -> Ask:
        """Write a whole record over the version that was seen."""
        body = {
            **link_to_wire(order.record),
            "slug": order.slug,
            "expectedVersion": order.expected_version,
            "reason": order.reason,
        }
        ask = self._write("PUT", f"the link {order.slug}", body, "links", order.slug)
        return _guarded(ask, order.expected_version, order.idempotency_key)

    def preview(self, slug: str, visitor: Visitor) -> Ask:
        """Where a visitor goes; changes nothing, but a POST costs a write."""
        named = {
            "country": visitor.country,
            "device": visitor.device,
            "source": visitor.source,
            "campaign": visitor.campaign,
            "segment": visitor.segment,
        }
        body = {key: value for key, value in named.items() if value}
        return self._write("POST", f"the route of {slug}", body, "links", slug, "route-preview")

    def check_health(self, slugs: Sequence[str], timeout_seconds: float, method: str = "POST") -> Ask:
        """Have destinations checked; no slugs means all."""
        patience = max(1, round(timeout_seconds * 1000))
        if method == "GET":
            named = {"timeoutMs": str(patience), "slugs": ",".join(slugs)}
            return self._get("the health check", "links", "health-check", **named)
        body: dict[str, JSON] = {"timeoutMs": patience}
        if slugs:
            body["slugs"] = list(slugs)
        return self._write("POST", "the health check", body, "links", "health-check")

    def bulk_import(self, order: ImportOrder) -> Ask:
        """Write many links at once."""
        content, kind, query = import_body(order, as_csv=self.import_csv)
        headers = {**_BODY, "Content-Type": kind, "Idempotency-Key": order.idempotency_key}
        path = self._at("links", "bulk-import")
        return Ask("POST", path, "the import", query=query, headers=headers, content=content, write=True)

    def import_status(self, import_id: str) -> Ask:
        """How far an import is."""
        return self._get("the import", "links", "bulk-import", import_id)

    def report(self, order: ReportOrder) -> Ask:
        """A support report: an end user's escalation (platform-api, "Routes")."""
        headers = {**_BODY, "Idempotency-Key": order.idempotency_key} if order.idempotency_key else _BODY
        content = _json(report_body(order))
        return Ask("POST", REPORT_PATH, "the support report", headers=headers, content=content, write=True)

    def _write(self, method: str, what: str, body: Mapping[str, JSON], *segments: str) -> Ask:
        return Ask(method, self._at(*segments), what, headers=_BODY, content=_json(body), write=True)


def _guarded(ask: Ask, expected: VersionId, key: str) -> Ask:
    """With the expected version and the idempotency key as headers; quoted as an entity tag (RFC 9110)."""
    tag = "".join(c if c == "!" or "#" <= c <= "~" else quote(c, safe="") for c in str(expected))
    return replace(ask, headers={**ask.headers, "If-Match": f'"{tag}"', "Idempotency-Key": key})


def _json(body: Mapping[str, JSON]) -> bytes:
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii")


def segment(value: str, what: str) -> str:
    """One segment of a path, escaped.

    Raises:
        InputRejected: it is empty, `.` or `..`, too long, or no text that can be encoded.
    """
    if not value or value in {".", ".."} or len(value) > 512:
        raise InputRejected(f"This {what} cannot be asked for", detail="It cannot stand in an address.")
    try:
        return quote(value, safe="")
    except UnicodeError:
        raise InputRejected(f"This {what} cannot be asked for", detail="It is no valid text.") from None


def links_page(raw: JSON) -> tuple[list[JSON], str]:
    """The records of one page of links, and the token of the next.

    Raises:
        UnreadableAnswer: no list.
    """
    items, around = listed(raw, "the links", "links", "items", "data", "results")
    return items, next_token(around)


def write_answer(raw: JSON, slug: str, *, status: int, request_id: str | None, compared: bool) -> WriteAnswer:
    """What the platform says of a write that it took: `{slug, version, link, requestId?}`, or nothing.

    Raises:
        UnreadableAnswer: it is about another link, or names a version that is none.
    """
    if raw is None:
        return WriteAnswer(status, request_id, None, compared)
    if not isinstance(raw, dict):
        raise unreadable(f"the write to {slug}", "it is not an object")
    inner = first(raw, "link", "data", "item")
    link = inner if isinstance(inner, dict) else {}
    told = first(raw, "slug") or link.get("slug")
    if told is not None and told != slug:
        raise unreadable(f"the write to {slug}", "it is about another link")
    stated = first(raw, "version", "newVersion", "versionId", "currentVersion")
    stated = first(link, "version", "versionId") if stated is None else stated
    try:
        version = None if stated is None else version_id(stated)
    except Odd:
        raise unreadable(f"the write to {slug}", "its version is no whole number and no text") from None
    return WriteAnswer(status, request_id or request_id_of({}, raw), version, compared)

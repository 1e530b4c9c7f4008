"""Health checks and route previews, from the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from console.api.port import HealthRun
from console.api.wire_json import unreadable
from console.api.wire_values import Odd, first, inner_of, listed, moment, name, or_else, text, whole
from console.domain.health import HealthResult, Phase, Vantage, Verdict, verdict_of_status
from console.domain.links import JSON, Rule
from console.domain.routing import Route

_GOING: Final = frozenset(
    {"running", "pending", "queued", "in_progress", "in-progress", "started", "processing"}
)
_OURS: Final = {verdict.value.lower(): verdict for verdict in Verdict}
_WORDS: Final[Mapping[str, Verdict]] = {
    **_OURS,
    "healthy": Verdict.OK, "up": Verdict.OK, "pass": Verdict.OK, "passed": Verdict.OK, "alive": Verdict.OK,
    "redirected": Verdict.OK_REDIRECTED, "redirect": Verdict.OK_REDIRECTED, "degraded": Verdict.SLOW,
    "timed_out": Verdict.TIMEOUT, "not_found": Verdict.DEAD, "gone": Verdict.DEAD,
    "connection_refused": Verdict.REFUSED, "tls_error": Verdict.TLS_BAD, "ssl_error": Verdict.TLS_BAD,
    "redirect_loop": Verdict.LOOP, "skipped": Verdict.NOT_CHECKED, "unchecked": Verdict.NOT_CHECKED,
    "disabled": Verdict.NOT_CHECKED,
}  # fmt: skip
_FAILED: Final = frozenset({"unhealthy", "down", "fail", "failed", "failing", "error", "broken"})
_REASONS: Final[tuple[tuple[re.Pattern[str], Verdict, Phase | None], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), verdict, phase)
    for pattern, verdict, phase in (
        (r"refused", Verdict.REFUSED, Phase.CONNECT),
        (r"nxdomain|enotfound|name.*(not|unknown)|\bdns\b|resolv", Verdict.DEAD, Phase.DNS),
        (r"time.?d?.?out|etimedout", Verdict.TIMEOUT, None),
        (r"certificate|\btls\b|\bssl\b", Verdict.TLS_BAD, Phase.TLS),
        (r"too many redirects|redirect loop", Verdict.LOOP, None),
    )
)


def health_from(raw: JSON, as_of: datetime, *, status: int = 200) -> HealthRun:
    """A health run: its results, or that it goes on.

    Args:
        raw: the decoded answer.
        as_of: when the answer came; for results without a time of their own.
        status: of the HTTP answer; 202 means that the run goes on unless the body says it is over.

    Raises:
        UnreadableAnswer: neither results nor a run.
    """
    around: Mapping[str, JSON] = raw if isinstance(raw, dict) else {}
    run_id = or_else(name, first(around, "runId", "id", "checkId"), "") or None
    word = str(first(around, "status", "state") or "").lower()
    over = around.get("finished", around.get("done"))
    going = over is False or word in _GOING or (status == 202 and over is not True and not word)
    if going and not isinstance(first(around, "results", "items", "data", "links"), list):
        return HealthRun(run_id, finished=False, results=())
    items, around = listed(raw, "the health check", "results", "items", "data", "links")
    checked_at = or_else(moment, first(around, "checkedAt", "finishedAt"), as_of)
    return HealthRun(run_id, not going, tuple(result_from(item, checked_at) for item in items))


def result_from(raw: JSON, checked_at: datetime) -> HealthResult:
    """One link's result, as the platform saw it.

    Raises:
        UnreadableAnswer: no object or no slug.
    """
    if not isinstance(raw, dict):
        raise unreadable("the health check", "a result is not an object")
    slug = or_else(text, raw.get("slug"), "")
    if not slug:
        raise unreadable("the health check", "a result names no link")
    error = raw.get("error")
    detail = first(error, "message", "code") if isinstance(error, dict) else error
    code = or_else(whole, first(raw, "statusCode", "httpStatus"), None)
    words = str(detail) if detail else ""
    verdict, phase = _verdict(str(first(raw, "status", "verdict", "state") or "").lower(), code, words)
    latency = first(raw, "latencyMs", "latency", "responseTimeMs")
    return HealthResult(
        slug=slug,
        destination_url=or_else(text, first(raw, "destinationUrl", "url"), ""),
        verdict=verdict,
        vantage=Vantage.PLATFORM,
        checked_at=or_else(moment, raw.get("checkedAt"), checked_at),
        phase=phase,
        status_code=code if code is not None and code <= 999 else None,
        latency_ms=float(latency) if type(latency) in {int, float} and 0 <= latency < 1e9 else None,
        final_url=or_else(text, raw.get("finalUrl"), None),
        detail=words,
        failing_since=or_else(moment, raw.get("failingSince"), None),
        version=or_else(_version, raw.get("version"), None),
    )


def _version(value: JSON) -> int | str:
    if type(value) is str and value:
        return value
    return whole(value)


def _verdict(word: str, code: int | None, detail: str) -> tuple[Verdict, Phase | None]:
    """The platform's word, made exact by the status it saw and the error it names.

    A failure that names no cause is UNKNOWN: broken is said only where it is certain.
    """
    known = _WORDS.get(word.replace("-", "_").replace(" ", "_"))
    if known is not None:
        return known, None
    if code is not None and 100 <= code <= 999:
        seen = verdict_of_status(code)
        if not seen.healthy or word not in _FAILED:
            return seen, None
    for pattern, verdict, phase in _REASONS:
        if pattern.search(detail) or pattern.search(word):
            return verdict, phase
    return Verdict.UNKNOWN, None


def preview_from(raw: JSON) -> Route:
    """Where the platform sends a visitor.

    Shape (A): `{destinationUrl, rule: {id, name} | null, redirectType}`, there or under `decision`,
    `result` or `preview`; `url` and `destination` for the address.

    Raises:
        UnreadableAnswer: no object, or neither an address nor a status that says there is none.
    """
    around = inner_of(raw, ("decision", "result", "preview", "data"))
    if not isinstance(around, dict):
        raise unreadable("the route preview", "it is not an object")
    address = or_else(text, first(around, "destinationUrl", "destination", "url"), None) or None
    status = or_else(_status, first(around, "status", "statusCode"), None)
    if status is None:
        status = or_else(_status, around.get("redirectType"), 302) if address else None
    if status is None or (address is None and status < 400):
        raise unreadable("the route preview", "it names no destination")
    return Route(status, address, _rule(around.get("rule"), address or ""), estimate=False)


def _rule(value: JSON, address: str) -> Rule | None:
    if isinstance(value, str) and value:
        return Rule(address, name=value)
    if not isinstance(value, dict) or not value:
        return None
    return Rule(
        address, rule_id=or_else(name, value.get("id"), ""), name=or_else(text, value.get("name"), "")
    )


def _status(value: JSON) -> int:
    number = int(value) if type(value) is str and value.isascii() and value.isdigit() else value
    if type(number) is int and 200 <= number <= 599:
        return number
    raise Odd

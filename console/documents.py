"""Domain values as the JSON documents that the command line prints. The keys are a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cache.links import Row
from console.document_keys import KEYS
from console.domain.batches import BatchPlan
from console.domain.budget import Meter
from console.domain.errors import Refused
from console.domain.health import HealthResult
from console.domain.outages import Outage, Side
from console.domain.outcomes import Outcome
from console.domain.plans import Check, Refusal, Result
from console.domain.routing import Route, Visitor
from console.domain.versions import Change as FieldChange
from console.ops.health.short_link import ShortLink
from console.ops.health.watch import Moved
from console.ops.health.watch_outages import Change
from console.ops.incident import history_file
from console.ops.meter import Budget
from console.ops.planning import file as plan_file
from console.ops.planning.facts import Facts
from console.ops.planning.file import PlanState
from console.ops.review import Review

Document = dict[str, Any]


def when(value: datetime | float | None) -> str | None:
    """A time as ISO 8601 in UTC; unix seconds are taken too."""
    if value is None:
        return None
    from datetime import UTC

    moment = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def change(value: FieldChange) -> Document:
    """One field that differs."""
    return history_file.change(value)


def refusal(value: Refusal) -> Document:
    """Why a guard said no."""
    return {
        "reason": value.reason,
        "title": value.title,
        "seen": value.seen,
        "live": value.live,
        "changed_by": value.changed_by or None,
        "changed_at": when(value.changed_at),
        "note": value.note or None,
        "diff": [change(c) for c in value.diff],
        "next": list(value.next),
    }


def check(value: Check) -> Document:
    """One check before a rollback."""
    return {
        "name": value.name,
        "status": value.status.value,
        "detail": value.detail,
        "override": value.override or None,
    }


def result(value: Result) -> Document:
    """What `rollback`, `undo` and `demo --headless` print."""
    return {
        "outcome": value.outcome.value,
        "slug": value.slug,
        "from": value.from_version,
        "to": value.to_version,
        "new_version": value.new_version,
        "verified": value.verified,
        "overtaken_by": value.overtaken_by,
        "guard": value.guard.value,
        "way": value.way.value,
        "request_id": value.request_id,
        "run": value.run,
        "checks": [check(c) for c in value.checks],
        "refusal": refusal(value.refusal) if value.refusal else None,
        "message": value.message,
        "hint": value.hint or None,
    }


def refused(error: Refused, slug: str, to: object) -> Document:
    """The same document for a guard that refused before there was a plan."""
    why = Refusal(reason=error.reason, title=error.title, next=(error.hint,) if error.hint else ())
    empty = Result(
        Outcome.REJECTED,
        slug,
        None,
        None,
        refusal=why,
        message=f"{error.title}. {error.detail}".strip(),
        hint=error.hint,
    )
    return {**result(empty), "to": to}


def history(value: Review) -> Document:
    """What `history` prints."""
    return history_file.document(value)


def health(value: HealthResult) -> Document:
    """One health result, a line of `health`."""
    return {
        "slug": value.slug,
        "destination_url": value.destination_url,
        "verdict": value.verdict.value,
        "phase": value.phase.value if value.phase else None,
        "status_code": value.status_code,
        "latency_ms": None if value.latency_ms is None else round(value.latency_ms, 1),
        "final_url": value.final_url,
        "from": value.vantage.value,
        "checked_at": when(value.checked_at),
        "detail": value.detail or None,
    }


def outage(value: Outage) -> Document:
    """One outage, a line of `health --outages`."""
    return {
        "host": value.host,
        "band": value.band.value,
        "links": value.count,
        "kinds": dict(value.kinds),
        "since": when(value.since),
        "checked_at": when(value.checked_at),
        "here": _side(value.here),
        "platform": _side(value.platform),
        "difference": value.difference.value,
        "flapping": value.flapping,
        "slugs": list(value.slugs),
    }


def moved(value: Moved) -> Document:
    """A held link that moved, a line of `watch`."""
    live = value.reading.live if value.reading else None
    known = {"slug": value.hold.slug, "held_at": value.hold.version, "live": live, "detail": value.sentence}
    return {**dict.fromkeys(KEYS["watch"]), **known}


def outage_change(value: Change) -> Document:
    """What became of an outage, a line of `watch`."""
    known = {
        "host": value.outage.host,
        "change": value.turn.value,
        "links": value.links,
        "before": value.before,
        "since": when(value.outage.since),
        "difference": value.outage.difference.value,
        "detail": value.sentence,
    }
    return {**dict.fromkeys(KEYS["watch"]), **known}


def _side(value: Side | None) -> Document | None:
    """What one vantage point saw of an outage's links."""
    if value is None:
        return None
    return {
        "looked": value.looked,
        "failing": value.failing,
        "verdict": value.verdict.value,
        "kind": value.kind,
        "checked_at": when(value.checked_at),
    }


def link(value: Row) -> Document:
    """One link of the list."""
    return {
        "slug": value.slug,
        "destination_url": value.destination_url,
        "host": value.host,
        "title": value.title,
        "version": value.version,
        "enabled": value.enabled,
        "health": value.band.value,
        "verdict": value.verdict.value if value.verdict else None,
        "status_code": value.status_code,
        "latency_ms": value.latency_ms,
        "checked_at": when(value.checked_at),
        "updated_at": when(value.updated_at),
        "clicks": value.clicks,
        "held": value.held,
        "bad": value.bad,
    }


def meter(value: Meter | None, reserve: float) -> Document:
    """The day's writes."""
    if value is None:
        empty = ("plan", "limit", "used", "left", "reserve", "free_for_other_work", "day", "as_of")
        return dict.fromkeys(empty)
    return {
        "plan": value.plan or None,
        "limit": value.limit,
        "used": value.used,
        "left": value.left,
        "reserve": value.reserve(reserve),
        "free_for_other_work": value.free_for_other_work(reserve),
        "day": value.day or None,
        "as_of": when(value.as_of),
    }


def budget(value: Budget) -> Document:
    """What `budget` prints: the day's writes, where the figures come from, when the writes come back."""
    reset = value.reset
    return {
        **meter(value.meter, value.share),
        "told": value.told.value if value.told else None,
        "sent_since": value.since,
        "charged": value.charged,
        "time_zone": (value.meter.zone or None) if value.meter else None,
        "resets_at": when(reset.latest) if reset and reset.known else None,
        "resets_not_before": when(reset.earliest) if reset else None,
        "resets_not_after": when(reset.latest) if reset else None,
    }


def batch_plan(plan: BatchPlan, state: PlanState) -> Document:
    """What `plan` prints: the plan as its file has it, and what may be done with it."""
    proposed = plan.proposed
    return {
        **plan_file.document(plan),
        "state": state.value,
        "phrase": plan.phrase,
        "proposed": proposed.way.value if proposed else None,
    }


def reach(value: Facts) -> Document:
    """How far a batch reaches."""
    return {
        "links": value.links,
        "clicks": value.clicks,
        "cap": value.cap,
        "above_cap": value.above_cap,
        "peak_until": when(value.peak_until),
    }


def short_link(value: ShortLink) -> Document:
    """What the short link itself answered."""
    return {
        "url": value.url,
        "status": value.status,
        "location": value.location,
        "as_planned": value.as_planned,
        "cached_seconds": value.cached_seconds,
        "warning": value.warning or None,
    }


def routes(rows: Sequence[tuple[Visitor, Route, Route]]) -> list[Document]:
    """A visitor matrix, before and after."""
    return [
        {
            "visitor": {
                "country": visitor.country or None,
                "device": visitor.device or None,
                "source": visitor.source or None,
                "campaign": visitor.campaign or None,
                "segment": visitor.segment or None,
            },
            "before": route(before),
            "after": route(after),
        }
        for visitor, before, after in rows
    ]


def route(value: Route) -> Document:
    """Where one visitor goes."""
    rule: Mapping[str, object] | None = None
    if value.rule is not None:
        rule = {"id": value.rule.rule_id or None, "name": value.rule.name or None}
    return {
        "status": value.status,
        "destination_url": value.destination_url,
        "rule": rule,
        "estimate": value.estimate,
    }

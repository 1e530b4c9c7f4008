"""A batch plan as a file: versioned JSON that is written once, read strictly, and refused when it was edited.

A file of ours is shown whatever its state; only a plan that is ready may be run. The digest is over all that
the plan says, and the file may hold nothing else.

Source: product.md, section 4; command-line.md, "A plan file".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from cache.journal import Journal
from console.domain.batches import BatchItem, BatchKind, BatchPlan, BatchWay, LeftOut, WayCost
from console.domain.errors import InputRejected, Refused
from console.domain.links import JSON, VersionId
from console.domain.moments import Moment
from console.domain.outcomes import GuardLevel
from console.domain.plans import BATCH_PLAN_SECONDS
from console.domain.rows import BadCell, read_json
from console.domain.target import Role, Target
from console.domain.text import safe
from console.ops.importing.rejects import new_file
from console.ops.session import Session

KIND: Final = "repoint-plan"
SCHEMA: Final = 1
_MOST_BYTES: Final = 256 * 1024 * 1024


class PlanState(StrEnum):
    """What may be done with a plan."""

    READY = "ready"
    EDITED = "edited"
    """It is not what was written; it may be looked at, never run."""
    CONSUMED = "consumed"
    """A plan is single use, and this one was run."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as a file holds it; `intact` is False where the file is not what was written."""

    plan: BatchPlan
    intact: bool


def write(path: Path, plan: BatchPlan) -> None:
    """Write a plan to a new file (0600): whole, or not at all.

    Raises:
        StorageProblem: a file of that name exists, or it cannot be written.
    """
    with new_file(path) as stream:
        json.dump(document(plan), stream, ensure_ascii=True, allow_nan=False, indent=2)
        stream.write("\n")


def read(path: Path) -> BatchPlan:
    """The plan in a file, to be run. Whether it still may be is judged by `require_ready`.

    Raises:
        InputRejected: no file, no plan, or a plan of a schema that this version does not know.
        Refused: reason `edited_plan`.
    """
    found = load(path)
    if not found.intact:
        raise _edited(safe(path))
    return found.plan


def load(path: Path) -> PlanFile:
    """The plan in a file, to be looked at; an edited one too, as far as it can be read. Raises as `read`."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputRejected(f"{safe(path)} cannot be read: {error.strerror}") from error
    return from_document(_decoded(raw, safe(path)), safe(path))


def _decoded(raw: bytes, name: str) -> JSON:
    if len(raw) > _MOST_BYTES:
        raise _no_plan(name, "it is too long")
    try:
        return read_json(raw.decode("utf-8-sig"))
    except (BadCell, UnicodeDecodeError) as error:
        raise _no_plan(name, "it is not JSON") from error


def _no_plan(name: str, why: str) -> InputRejected:
    return InputRejected(
        f"{name} is no plan: {why}",
        detail="Nothing was sent.",
        hint="`repoint plan rollback --help` says how to make one",
    )


def _edited(name: str) -> Refused:
    return Refused(
        f"{name} was edited since the plan was made",
        reason="edited_plan",
        detail="A plan is run as it was reviewed, or not at all. Nothing was sent.",
        hint="Make a new plan with what you want changed",
    )


def state_of(plan: BatchPlan, journal: Journal | None, now: Moment) -> PlanState:
    """What may be done with an intact plan, by what this machine's journal knows of it and by its age."""
    if journal is not None and journal.run_exists(plan.plan_id):
        return PlanState.CONSUMED
    age = plan.made_at.age_at(now)
    told = (plan.expires_at - plan.created_at).total_seconds()
    if age is None or age > min(told, BATCH_PLAN_SECONDS):
        return PlanState.EXPIRED
    return PlanState.READY


def require_ready(session: Session, plan: BatchPlan) -> None:
    """Refuse a plan that may not be run here and now.

    Raises:
        Refused: reason `other_target`, `consumed_plan` or `expired_plan`.
    """
    if not plan.target.same_place(session.target):
        raise Refused(
            "The plan was made for another target or by another operator",
            reason="other_target",
            detail=f"It is for {safe(plan.target.handle)} at {safe(plan.target.base_url)}, "
            f"made by {safe(plan.operator) or 'nobody named'}. Nothing was sent.",
            hint="Go back to the target it was made for, or make a new plan here",
        )
    state = state_of(plan, session.store.journal, session.clock.now())
    if state is PlanState.CONSUMED:
        raise Refused(
            "The plan was run already",
            reason="consumed_plan",
            detail="A plan is single use. Nothing was sent.",
            hint=f"See what became of it: repoint runs show {plan.plan_id}",
        )
    if state is PlanState.EXPIRED:
        raise Refused(
            "The plan expired",
            reason="expired_plan",
            detail="The links may have changed since it was made. Nothing was sent.",
            hint="Make a new plan: it takes no write",
        )


def document(plan: BatchPlan) -> dict[str, JSON]:
    """The plan as its file has it."""
    target = plan.target
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "id": plan.plan_id,
        "kind_of_batch": plan.kind.value,
        "target": {
            "profile": target.profile,
            "base_url": target.base_url,
            "handle": target.handle,
            "environment": target.environment,
            "operator": target.operator,
            "role": target.role.name,
        },
        "created_at": _told(plan.created_at),
        "expires_at": _told(plan.expires_at),
        "made": list(plan.made),
        "operator": plan.operator,
        "reason": plan.reason,
        "rule": plan.rule,
        "undoes": plan.undoes,
        "items": [_item(item) for item in plan.items],
        "left_out": [{"slug": one.slug, "reason": one.reason} for one in plan.left_out],
        "ways": [_way(way) for way in plan.ways],
        "digest": plan.digest,
    }


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _item(item: BatchItem) -> dict[str, JSON]:
    return {
        "slug": item.slug,
        "link_id": item.link_id,
        "from": item.version,
        "from_fingerprint": item.fingerprint,
        "to": item.to,
        "to_fingerprint": item.to_fingerprint,
        "destination": item.destination,
        "to_destination": item.to_destination,
        "clicks": item.clicks,
    }


def _way(way: WayCost) -> dict[str, JSON]:
    return {
        "way": way.way.value,
        "writes": way.writes,
        "fits": way.fits,
        "seconds": way.seconds,
        "guard": way.guard.value,
        "recorded_as": way.recorded_as,
        "why_not": way.why_not,
        "possible": way.possible,
    }


def from_document(raw: JSON, name: str = "The plan") -> PlanFile:
    """Read what `document` made.

    Args:
        raw: the decoded file.
        name: how the operator knows it, for errors.

    Raises:
        InputRejected: it is no plan, or one of a schema that this version does not know.
        Refused: reason `edited_plan`: it was a plan, and can no longer be read as one.
    """
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise _no_plan(name, f'it does not say "kind": "{KIND}"')
    schema = raw.get("schema")
    if type(schema) is not int or schema != SCHEMA:
        raise InputRejected(
            f"{name} has the schema {safe(schema, 20)}, and this repoint reads schema {SCHEMA} only",
            detail="Nothing was read from it, and nothing was sent.",
            hint="Use the version of repoint that made it, or make a new plan",
        )
    try:
        plan = _plan(raw)
        intact = document(plan) == raw
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _edited(name) from error
    return PlanFile(plan, intact)


def _plan(raw: Mapping[str, JSON]) -> BatchPlan:
    target = _object(raw["target"])
    return BatchPlan(
        plan_id=_text(raw["id"]),
        kind=BatchKind(raw["kind_of_batch"]),
        target=Target(
            _text(target["profile"]),
            _text(target["base_url"]),
            _text(target["handle"]),
            _text(target["environment"]),
            _text(target["operator"]),
            Role[_text(target["role"])],
        ),
        operator=_text(raw["operator"]),
        reason=_text(raw["reason"]),
        rule=_text(raw["rule"]),
        created_at=_moment(raw["created_at"]),
        expires_at=_moment(raw["expires_at"]),
        made=_clocks(raw["made"]),
        items=tuple(_read_item(_object(item)) for item in _list(raw["items"])),
        left_out=tuple(LeftOut(_text(o["slug"]), _text(o["reason"])) for o in _list(raw["left_out"])),
        ways=tuple(_read_way(_object(way)) for way in _list(raw["ways"])),
        undoes=_text(raw["undoes"]),
    )


def _read_item(raw: Mapping[str, JSON]) -> BatchItem:
    clicks = raw["clicks"]
    return BatchItem(
        slug=_text(raw["slug"]),
        version=_version(raw["from"]),
        fingerprint=_text(raw["from_fingerprint"]),
        to=None if raw["to"] is None else _version(raw["to"]),
        to_fingerprint=_text(raw["to_fingerprint"]),
        link_id=_text(raw["link_id"]),
        destination=_text(raw["destination"]),
        to_destination=_text(raw["to_destination"]),
        clicks=None if clicks is None else _whole(clicks),
    )


def _read_way(raw: Mapping[str, JSON]) -> WayCost:
    seconds = raw["seconds"]
    if type(seconds) not in {int, float} or {type(raw["fits"]), type(raw["possible"])} != {bool}:
        raise TypeError("no way")
    return WayCost(
        way=BatchWay(raw["way"]),
        writes=_whole(raw["writes"]),
        fits=raw["fits"],
        seconds=float(seconds),
        guard=GuardLevel(raw["guard"]),
        recorded_as=_text(raw["recorded_as"]),
        why_not=_text(raw["why_not"]),
        possible=raw["possible"],
    )


def _object(raw: JSON) -> Mapping[str, JSON]:
    if not isinstance(raw, dict):
        raise TypeError("no object")
    return raw


def _list(raw: JSON) -> list[JSON]:
    if not isinstance(raw, list):
        raise TypeError("no list")
    return raw


def _text(raw: JSON) -> str:
    if not isinstance(raw, str):
        raise TypeError("no text")
    return raw


def _whole(raw: JSON) -> int:
    if type(raw) is not int:
        raise TypeError("no whole number")
    return raw


def _version(raw: JSON) -> VersionId:
    """A version keeps its type: 3 is not "3", and neither is True."""
    return _text(raw) if isinstance(raw, str) else _whole(raw)


def _moment(raw: JSON) -> datetime:
    moment = datetime.fromisoformat(_text(raw))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)


def _clocks(raw: JSON) -> tuple[JSON, ...]:
    wall, monotonic, boottime, boot_id = _list(raw)
    if type(monotonic) not in {int, float} or type(boottime) not in {int, float}:
        raise TypeError("no clocks")
    _moment(wall)
    return (_text(wall), float(monotonic), float(boottime), _text(boot_id))

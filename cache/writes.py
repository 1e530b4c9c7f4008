"""One journalled write, and how it stands in its table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from cache.problems import storable
from cache.process import Holder, is_alive, is_elsewhere
from console.domain.errors import Refused
from console.domain.links import JSON, VersionId
from console.domain.moments import Moment
from console.domain.outcomes import WriteState
from console.domain.sightings import Stale


@dataclass(frozen=True, slots=True)
class Write:
    """One write to the platform, from its intention to its end (hardening, section 4.3). Never a token.

    Attributes:
        key: the idempotency key, a uuid4; the same for every try.
        run: id of the plan or import it belongs to; `row_no` its row there.
        created_at: wall clock, ISO 8601, UTC; for people. `mono`, `boottime` and `boot_id` are the clocks
            that decide ages.
        holder: the process that performs it.
        attempts: how often it was sent.
        outcome: `Outcome` by its word, once known.
    """

    key: str
    run: str
    row_no: int
    target_key: str
    base_url: str
    handle: str
    operator: str
    slug: str
    link_id: str
    expected_version: VersionId | None
    expected_fingerprint: str
    target_version: VersionId | None
    target_fingerprint: str
    reason: str
    way: str
    created_at: str
    mono: float
    boottime: float
    boot_id: str
    holder: Holder
    state: WriteState = WriteState.PREPARED
    attempts: int = 0
    http_status: int | None = None
    request_id: str | None = None
    new_version: VersionId | None = None
    outcome: str | None = None
    detail: str = ""
    updated_at: str = ""

    @property
    def at(self) -> Moment:
        """When it was journalled, on all clocks."""
        return Moment(datetime.fromisoformat(self.created_at), self.mono, self.boottime, self.boot_id)


class LinkBusy(Refused):
    """The link has an open write. Nothing was kept of the new one, and nothing may be sent.

    Attributes:
        existing: the open write.
        alive: whether the process that holds it may still act.
    """

    code = "link_busy"

    def __init__(self, existing: Write, *, alive: bool) -> None:
        holder = existing.holder
        who = f"process {holder.pid} on {holder.host}" + ("" if alive else ", which is gone")
        super().__init__(
            f"{existing.slug} has a write that is not settled",
            reason=Stale.WRITE_OPEN.value,
            detail=f"It is {existing.state.value}, held by {who}. Nothing was sent.",
            hint=ways_on(holder) if alive else "Run `repoint reconcile`",
        )
        self.existing = existing
        self.alive = alive


def ways_on(holder: Holder) -> str:
    """What to do about what a process holds that may still act."""
    if not is_elsewhere(holder):
        return "Wait for it"
    return f"Wait for it. When repoint runs no more on {holder.host}: repoint reconcile --gone {holder.host}"


def busy(existing: Write) -> LinkBusy:
    """The refusal because of an open write."""
    return LinkBusy(existing, alive=is_alive(existing.holder))


_HOLDER: Final = ("holder_pid", "holder_started", "holder_boot_id", "holder_host")
_OWN: Final = tuple(field.name for field in fields(Write) if field.name != "holder")
COLUMNS: Final = ", ".join((*_OWN, *_HOLDER))
INSERT: Final = f"INSERT INTO writes ({COLUMNS}) VALUES ({', '.join('?' * (len(_OWN) + 4))})"  # noqa: S608 - own words only
_MOVING: Final = (
    "state",
    "attempts",
    "http_status",
    "request_id",
    "new_version",
    "outcome",
    "detail",
    "updated_at",
)
UPDATE: Final = (
    f"UPDATE writes SET ({', '.join((*_MOVING, *_HOLDER))}) = "  # noqa: S608 - own words only
    f"({', '.join('?' * (len(_MOVING) + 4))}) WHERE key = ?"
)
"""Only what moves: naming the indexed columns would write their indexes anew at every step."""


def to_row(write: Write) -> tuple[Any, ...]:
    """The write in the order of `COLUMNS`."""
    return _row(write, _OWN)


def to_moved_row(write: Write) -> tuple[Any, ...]:
    """The values of `UPDATE`."""
    return (*_row(write, _MOVING), write.key)


def _row(write: Write, names: tuple[str, ...]) -> tuple[Any, ...]:
    holder = write.holder
    own = (_plain(getattr(write, name)) for name in names)
    return (*own, holder.pid, holder.started, holder.boot_id, holder.host)


def from_row(row: tuple[Any, ...]) -> Write:
    """The write of a row in the order of `COLUMNS`."""
    values = dict(zip(_OWN, row, strict=False))
    values["state"] = WriteState(values["state"])
    return Write(**values, holder=Holder(*row[len(_OWN) :]))


def to_fields(write: Write) -> dict[str, JSON]:
    """The write as the chain keeps it, whole."""
    holder = write.holder
    body = {name: _plain(getattr(write, name)) for name in _OWN}
    return {**body, "holder": [holder.pid, holder.started, holder.boot_id, holder.host]}


def _plain(value: object) -> object:
    return storable(str(value)) if isinstance(value, str) else value

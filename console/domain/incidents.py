"""An incident: a name that notes, TODOs, writes and refusals hang on, found from the order of the journal.

An entry of the kind `incident` says that work on a target is, from then on, work on this incident, or on
none any more. Whatever the journal says of that target afterwards belongs to it, unless an entry names
another itself. Nothing else has to know of incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from console.domain.links import JSON

KIND: Final = "incident"
OPENED: Final = "opened"
RESUMED: Final = "resumed"
ENDED: Final = "ended"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Incident:
    """The incident that work on a target hangs on.

    Attributes:
        name: what people call it: `INC-204`.
        seq: number of the journal's entry that made it current.
        opened_at: when it was first named here, UTC.
        began: when the trouble began, where somebody said so, UTC.
    """

    name: str
    seq: int
    opened_at: datetime
    by: str = ""
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Todo:
    """Something left to do. `number` is that of its entry in the journal."""

    number: int
    text: str
    by: str
    at: datetime
    incident: str = ""
    done_by: str = ""
    done_at: datetime | None = None


class Told(Protocol):
    """An entry of the journal, as far as incidents are concerned."""

    @property
    def kind(self) -> str:
        """What sort of entry it is."""
        ...

    @property
    def fields(self) -> Mapping[str, JSON]:
        """What it says."""
        ...


T = TypeVar("T", bound=Told)


def is_name(text: str) -> bool:
    """Whether `text` can name an incident: 1 to 64 letters, digits, dots, dashes and underscores."""
    return _NAME.fullmatch(text) is not None


def target_of(fields: Mapping[str, JSON]) -> str:
    """The target that an entry is about; empty where it says none."""
    return str(fields.get("target") or fields.get("target_key") or "")


def assigned(entries: Iterable[T], target_key: str) -> Iterator[tuple[T, str]]:
    """The entries about a target, in their order, each with the incident it belongs to (empty: none).

    Args:
        entries: the journal's, from its start and in its order.
        target_key: `Target.key`.
    """
    return ((e, name) for e, name in assigned_all(entries) if target_of(e.fields) == target_key)


def assigned_all(entries: Iterable[T]) -> Iterator[tuple[T, str]]:
    """The same for all targets at once; what is about no target belongs to no incident."""
    current: dict[str, str] = {}
    for entry in entries:
        target = target_of(entry.fields)
        named = str(entry.fields.get("incident") or "")
        if entry.kind == KIND:
            current[target] = "" if entry.fields.get("event") == ENDED else named
        yield entry, named or (current.get(target, "") if target else "")

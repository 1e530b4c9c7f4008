"""A link as the columns that lists, filters and the index need, beside its whole record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from cache.codec import record_of
from cache.problems import storable
from cache.search import host_key, joined
from console.domain.links import Link
from console.domain.urls import host_of

FtsText = tuple[str, str, str, str, str]

_COLUMNS: Final = (
    "slug", "destination", "host", "host_key", "title", "title_key", "tags", "categories", "updated_by",
    "version", "updated_at", "starts_at", "ends_at", "enabled", "has_password", "rule_count",
)  # fmt: skip
_MOVING: Final = ("clicks", "fetched_at", "generation")

INSERT: Final = (
    f"INSERT INTO links (id, {', '.join((*_COLUMNS, *_MOVING))}) "  # noqa: S608 - own words only
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + len(_MOVING) + 1))})"
)
UPDATE: Final = (
    f"UPDATE links SET {', '.join(f'{name} = ?' for name in (*_COLUMNS, 'clicks', 'fetched_at'))}, "  # noqa: S608 - own words only
    "generation = max(generation, ?) WHERE id = ?"
)

_INTEGER_MAX: Final = 2**63 - 1


class Prepared(NamedTuple):
    """A link ready to be stored. `columns` is empty when the cache already holds it as it is.

    `clicks` stands apart: it moves all the time and is no change of the link.
    """

    slug: str
    rowid: int | None
    record: str
    columns: tuple[Any, ...]
    clicks: int | None
    text: FtsText


def prepared(link: Link, known: tuple[int, str] | None) -> Prepared:
    """Make the columns of a link; `known` is the row id and record that the cache holds of it."""
    record = record_of(link)
    slug, clicks = storable(link.slug), fitting(link.clicks)
    if known is not None and known[1] == record:
        return Prepared(slug, known[0], record, (), clicks, ("", "", "", "", ""))
    text = text_of(link)
    return Prepared(slug, known and known[0], record, _columns(link, text), clicks, text)


def text_of(link: Link) -> FtsText:
    """What a bare word of the filter is looked up in: slug, title, destination, tags, description."""
    return (
        storable(link.slug),
        storable(link.title),
        storable(link.destination_url),
        storable(" \n".join(link.tags)),
        storable(link.description),
    )


def _columns(link: Link, text: FtsText) -> tuple[Any, ...]:
    slug, title, destination, _, _ = text
    host = host_of(destination)
    ends = [t for t in (link.scheduled_end_at, link.expires_at) if t]
    return (
        slug,
        destination,
        host,
        host_key(host)[0],
        title,
        # SQLite folds ASCII only; what needs more is folded here.
        None if title.isascii() else title.lower(),
        joined(link.tags),
        joined(link.categories),
        storable(link.updated_by.lower()),
        storable(link.version) if isinstance(link.version, str) else fitting(link.version),
        _unix(link.updated_at),
        _unix(link.scheduled_start_at),
        _unix(min(ends)) if ends else None,
        link.enabled,
        link.has_password,
        len(link.rules),
    )


def _unix(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()


def fitting(value: int | None) -> int | None:
    """A number that SQLite can keep; larger ones are cut to its largest."""
    return None if value is None else max(-_INTEGER_MAX, min(value, _INTEGER_MAX))

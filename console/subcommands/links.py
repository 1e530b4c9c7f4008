"""`repoint links [QUERY]`: the link list."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.errors import UsageProblem
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Part, Styled, Tone
from console.subcommands.common import add_query, age_words, in_session, sync_first
from console.subcommands.numbers import count

if TYPE_CHECKING:
    from cache.links import Row
    from console.ops.session import Session

EXAMPLE = 'repoint links "status:down host:shop.example" --limit 20'
SORTS = ("health", "slug", "destination", "version", "changed", "checked", "clicks")
"""The values of `Sort`, which the parser must not import."""
_DEFAULT = ("slug", "destination", "health", "version", "changed")
_COLUMNS = (*_DEFAULT, "title", "host", "checked", "clicks", "enabled", "held")
_TONES = {"down": Tone.BAD, "slow": Tone.WARN, "ok": Tone.GOOD}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_query(parser)
    parser.add_argument("--limit", type=count, metavar="N", help="at most N links")
    parser.add_argument(
        "--sort",
        choices=SORTS,
        default=SORTS[0],
        help="worst health first unless given",
    )
    parser.add_argument("--columns", metavar="A,B", help=f"of {', '.join(_COLUMNS)}")


def run(args: argparse.Namespace) -> int:
    """Print the links that match."""
    return in_session(args, _links)


async def _links(session: Session, out: Output, args: argparse.Namespace) -> int:
    from cache.links import Sort
    from console import documents
    from console.domain.query import parse

    query = parse(" ".join(args.query))
    columns = _columns(args.columns)
    if not session.offline:
        await sync_first(session, out)
    inventory = session.store.inventory
    now = session.clock.now().wall.timestamp()
    ids = inventory.select(query, Sort(args.sort), now, args.limit)
    rows = (row for start in range(0, len(ids), 500) for row in inventory.rows(ids[start : start + 500]))
    if out.json:
        for row in rows:
            out.record(documents.link(row))
        return ExitCode.DONE
    out.table([c.upper() for c in columns], ([_cell(row, c, now) for c in columns] for row in rows))
    out.note(f"{len(ids):,} of {inventory.count():,} links")
    return ExitCode.DONE


def _columns(text: str | None) -> tuple[str, ...]:
    if text is None:
        return _DEFAULT
    wanted = tuple(c.strip().lower() for c in text.split(",") if c.strip())
    unknown = [c for c in wanted if c not in _COLUMNS]
    if unknown or not wanted:
        raise UsageProblem(
            f"There is no column {unknown[0] if unknown else text!r}", hint=f"One of {', '.join(_COLUMNS)}"
        )
    return wanted


def _cell(row: Row, column: str, now: float) -> Part:
    from console import documents
    from console.domain.health import verdict_word
    from console.domain.links import label
    from console.domain.urls import without_scheme

    if column == "destination":
        return without_scheme(row.destination_url)
    if column == "health":
        word = verdict_word(row.verdict, row.status_code, row.latency_ms)
        if row.checked_at is not None:
            word = f"{word}, {age_words(now - row.checked_at)} ago"
        return Styled(word, _TONES.get(row.band.value, Tone.DIM))
    if column == "version":
        return label(row.version)
    if column in {"changed", "checked"}:
        return documents.when(row.updated_at if column == "changed" else row.checked_at) or "-"
    if column in {"enabled", "held"}:
        return "yes" if getattr(row, column) else "no"
    return getattr(row, column)  # type: ignore[no-any-return]  # slug, title, host, clicks

"""Every parser of what comes from outside: how it is called, and what it may raise."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cache.codec import fields_from_json, link_from_json, timeline_from_json
from cache.mounts import network_file_system
from console.api import wire, wire_account, wire_errors, wire_export, wire_health, wire_history, wire_import
from console.api.auth import claims_of, clean_token
from console.api.throttle import Pace, retry_after_of
from console.api.wire_json import loads
from console.domain import journal_filter, query, rows, urls
from console.domain.errors import RepointError
from console.domain.peaks import PeakWindow
from console.domain.redaction import redact_all
from console.domain.rewrites import Rewrite
from console.domain.target import Secret
from console.ops.access.signatures import signature_of
from console.ops.batches.when import at_time
from console.ops.importing.fields import given_mapping, map_columns
from console.ops.importing.reader import inspect, open_sheet
from console.ops.incident import evidence_check, handoff
from console.ops.lists import slugs_in
from console.ops.planning.file import load
from console.ops.planning.slug_file import read_slugs
from console.ops.probe.course import pause_asked
from console.ops.profiles.file import parse_config
from console.ops.resume import _read as whereabouts
from console.ops.times import time_of
from console.subcommands.numbers import seconds, whole
from screens.keymap import keymap_of
from screens.present.link_columns import read_columns
from tests.support.builders import link
from tests.support.clock import START

NOW: Final = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser.

    Attributes:
        takes: `text`, `bytes` or `json`.
        call: parses; what it returns does not matter.
        raises: what it may raise beside a problem of ours, by its docstring.
    """

    takes: str
    call: Callable[[Any], object]
    raises: tuple[type[Exception], ...] = ()

    def tried(self, given: object) -> None:
        """Parse; anything but a value or what may be raised comes out."""
        try:
            self.call(given)
        except (RepointError, *self.raises):
            return


def in_file(read: Callable[[Path], object], name: str = "given") -> Callable[[bytes], object]:
    """A parser of files as one of bytes."""

    def reads(raw: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(raw)
            return read(path)

    return reads


def sheet(raw: bytes) -> object:
    return in_file(lambda path: list(open_sheet(inspect(path)).rows()))(raw)


def slugs(raw: bytes) -> object:
    def read(path: Path) -> object:
        with Path(os.devnull).open("rb") as nothing:
            return read_slugs(str(path), nothing, path.parent)

    return in_file(read)(raw)


def export(raw: bytes) -> object:
    """The first byte says what kind it is said to be."""
    kind = ("application/json", "application/x-ndjson", "text/csv", "")[raw[0] % 4 if raw else 0]
    reader = wire_export.reader_for(kind, raw[1:])
    return None if reader is None else (reader.feed(raw[1:]), reader.end())


def answers(raw: object) -> object:
    """Every reader of the platform's answers, one after the other."""
    tries: tuple[Callable[[], object], ...] = (
        lambda: wire.link_answer(raw, "docs"),
        lambda: wire.links_page(raw),
        lambda: wire.history_page(raw, "docs"),
        lambda: wire_history.version_from(raw, "docs"),
        lambda: wire_account.meter_from(raw, NOW),
        lambda: wire_account.identity_from(raw, "acme"),
        lambda: wire_account.role_from(raw, "dana"),
        lambda: wire_account.token_from(raw),
        lambda: wire_health.health_from(raw, NOW),
        lambda: wire_health.preview_from(raw),
        lambda: wire_import.import_from(raw, [link("docs")]),
    )
    for call in tries:
        try:
            call()
        except RepointError:
            continue
    return None


def wire_bytes(raw: bytes) -> object:
    """A body as it comes: as an answer, as an error, as an export."""
    wire_errors.error_from(400 + len(raw) % 200, {}, raw)
    with suppress(RepointError):
        export(b"\0" + raw)
    return answers(loads(raw, "x"))


def jwt(text: str) -> object:
    return claims_of(Secret(text))


def key_set(raw: bytes) -> object:
    token = Secret("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJkYW5hIn0.c2ln")
    return in_file(lambda path: signature_of(token, None, path))(raw)


def rewrites(text: str) -> object:
    old, _, new = text.partition(" ")
    for make in (Rewrite.of_host, Rewrite.of_prefix):
        try:
            make(old, new)
        except urls.UrlProblem:
            continue
    return None


def shown(text: str) -> object:
    for show in (
        urls.shown_destination,
        urls.host_of,
        urls.foreign_host,
        urls.spelt_host,
        urls.without_scheme,
    ):
        show(text)
    return urls.check_destination(text)


def cells(value: object) -> object:
    for read in (
        rows.read_slug, rows.read_destination, rows.read_text, rows.read_flag, rows.read_list, rows.read_time,
        rows.read_max_clicks, rows.read_redirect, rows.read_object,
    ):  # fmt: skip
        try:
            read(value)
        except rows.BadCell:
            continue
    return None


def pace(text: str) -> object:
    kept = Pace()
    return kept.note({"x-ratelimit-remaining": text, "x-ratelimit-reset": text, "ratelimit": text}, START)


PARSERS: Final[Mapping[str, Parser]] = {
    "filter language": Parser("text", query.parse),
    "journal filter": Parser("text", journal_filter.journal_filter),
    "CSV, NDJSON and JSON sheets": Parser("bytes", sheet),
    "cells of sheets": Parser("json", cells),
    "column mapping": Parser("text", given_mapping),
    "columns by name": Parser("text", lambda text: map_columns(text.split(","), {})),
    "slugs file": Parser("bytes", slugs),
    "slugs file of marks": Parser("bytes", in_file(slugs_in)),
    "plan file": Parser("bytes", in_file(load)),
    "hand-off": Parser("bytes", in_file(handoff._read)),
    "evidence bundle": Parser("bytes", in_file(evidence_check.check)),
    "config.toml": Parser("bytes", lambda raw: parse_config(raw, Path("config.toml"))),
    "keys of the operator's own": Parser(
        "json", lambda raw: keymap_of(raw if isinstance(raw, dict) else {"r": raw})
    ),
    "columns of the list": Parser("json", read_columns),
    "peak windows": Parser("text", PeakWindow.parse, (ValueError,)),
    "JSON of the platform": Parser("bytes", lambda raw: loads(raw, "x")),
    "answers of the platform": Parser("json", answers),
    "bodies of the platform": Parser("bytes", wire_bytes),
    "errors of the platform": Parser("bytes", lambda raw: wire_errors.error_from(503, {}, raw, write=True)),
    "exports of the platform": Parser("bytes", export),
    "Retry-After": Parser("text", lambda text: retry_after_of({"retry-after": text})),
    "Retry-After of a page": Parser("text", lambda text: pause_asked(text, NOW)),
    "token": Parser("text", clean_token),
    "claims of a token": Parser("text", jwt),
    "key set": Parser("bytes", key_set),
    "destination": Parser("text", shown, (urls.UrlProblem,)),
    "rewrite": Parser("text", rewrites),
    "age or time": Parser("text", lambda text: time_of(text, "--since")),
    "time of a run": Parser("text", lambda text: at_time(text, NOW)),
    "seconds and counts": Parser(
        "text", lambda text: (whole(text), seconds(0.1)(text)), (argparse.ArgumentTypeError,)
    ),
    "link of the cache": Parser("text", link_from_json),
    "timeline of the cache": Parser("text", timeline_from_json),
    "body of the journal": Parser("text", fields_from_json),
    "where one stood": Parser("json", lambda raw: whereabouts(raw if isinstance(raw, dict) else {"at": raw})),
    "words of the journal without tokens": Parser("json", redact_all),
    "table of mounts": Parser("bytes", in_file(lambda path: network_file_system(Path("/tmp"), path))),
}

"""Every parser gives a value or a problem of ours, whatever it is given (hardening, P11)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.api.wire_json import loads
from console.domain.redaction import holds_token
from tests.support.fuzz import fuzz
from tests.support.parsers import PARSERS, Parser

WORDS = st.sampled_from((
    "slug", "destinationUrl", "docs", "version", "https://a.example/", "2026-11-24T14:00", "23:30", "2h",
    "status:down",
    "-host:", "changed:<", "mon-fri 09:00-17:00 UTC", "[profiles.a]", "base_url = ",
    "Wed, 25 Nov 2026 14:02:09 GMT",
    "1e400", "nan", "-1", "9" * 30, "\x1b[2J", "[/bold]", "\u202e", "\x00", "\ufeff", '"', "'", ",", ";",
    "\t", "\n", "\r",
    "{", "}", "[", "]", ":", "=", "#", "\\", "%", "..", "\u0661", "\xe9", "e\u0301", "nfs4", "/", " ",
))  # fmt: skip
TEXT = st.lists(WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8).map(
    "".join
)
NAMES = st.sampled_from((
    "slug", "destinationUrl", "version", "links", "versions", "results", "rows", "kind", "schema",
    "items", "at", "files",
    "path", "sort", "marks", "plan", "slugs", "rollback", "keys", "kty", "kid", "alg", "body", "said",
    "holds", "usage",
    "limits", "snapshot", "createdAt", "user", "handles", "rule", "routingRules", "conditions",
    "countryIn", "id", "tags",
    "plan", "writesPerDay", "writesToday", "expiresAt", "enabled", "status", "statusCode",
    "currentVersion", "link",
))  # fmt: skip
JSONS: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)
AS_TEXT = JSONS.map(json.dumps)
STRATEGIES: dict[str, Any] = {
    "text": TEXT | AS_TEXT,
    "json": JSONS,
    "bytes": st.binary(max_size=60)
    | TEXT.map(str.encode)
    | AS_TEXT.map(str.encode)
    | st.lists(AS_TEXT, max_size=4).map(lambda lines: "\n".join(lines).encode())
    | TEXT.map(lambda text: text.encode("utf-16")),
}


@pytest.mark.parametrize("name", PARSERS)
def test_anything_is_a_value_or_a_problem_of_ours(name: str) -> None:
    parser = PARSERS[name]

    @settings(max_examples=60)
    @given(STRATEGIES[parser.takes])
    def tried(raw: object) -> None:
        parser.tried(raw)

    tried()


def test_what_a_parser_must_not_raise_comes_out() -> None:
    def raises(_: object) -> None:
        raise RecursionError

    with pytest.raises(RecursionError):
        Parser("text", raises).tried("x")


@pytest.mark.parametrize("name", ["bodies of the platform", "CSV, NDJSON and JSON sheets"])
def test_fuzzing_by_coverage_finds_nothing_in_a_short_run(name: str) -> None:
    """As long as wanted: `python -m tests.support.fuzz`."""
    tried, reached = fuzz(PARSERS[name], inputs=400)
    assert tried == 400
    assert reached > 150


def test_fuzzing_by_coverage_finds_what_is_hidden_behind_a_branch() -> None:
    def hides(raw: bytes) -> None:
        if holds_token(raw.decode("latin-1")):
            raise RecursionError
        if loads(raw, "x") == [True]:
            raise KeyError

    with pytest.raises(KeyError) as found:
        fuzz(Parser("bytes", hides), inputs=20_000)
    assert "input b" in found.value.__notes__[0]

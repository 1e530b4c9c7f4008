"""The rules of a row, and the columns that they are read from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain import rows
from console.domain.errors import InputRejected, UsageProblem
from console.domain.links import Rule
from console.ops.importing.fields import FIELDS, given_mapping, map_columns


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("slug", "abc", "invalid_slug"),
        ("slug", "docs ", "invalid_slug"),
        ("slug", "dócs", "invalid_slug"),
        ("slug", "export", "invalid_slug"),
        ("slug", 1234, "invalid_slug"),
        ("destinationUrl", "", "invalid_destination_url"),
        ("destinationUrl", "javascript:alert(1)", "invalid_destination_url"),
        ("destinationUrl", "http://evil.test\\@good.test/", "invalid_destination_url"),
        ("destinationUrl", "https://user:pw@docs.example/", "invalid_destination_url"),
        ("enabled", "maybe", "invalid_enabled"),
        ("enabled", [], "invalid_enabled"),
        ("redirectType", "301", "invalid_redirect_type"),
        ("redirectType", True, "invalid_redirect_type"),
        ("maxClicks", "0", "invalid_max_clicks"),
        ("maxClicks", "1.5", "invalid_max_clicks"),
        ("expiresAt", "2026-03-01", "invalid_time"),
        ("expiresAt", "2026-03-01T09:00:00", "invalid_time"),
        ("expiresAt", "2026-13-01T09:00:00Z", "invalid_time"),
        ("tags", '["a", 1]', "invalid_list"),
        ("tracking", "[]", "invalid_object"),
        ("tracking", '{"a":1,"a":2}', "invalid_json"),
        ("routingRules", '[{"priority":1}]', "invalid_routing_rules"),
        ("routingRules", "{}", "invalid_routing_rules"),
    ],
)
def test_a_bad_cell_has_its_code(field, cell, code) -> None:
    with pytest.raises(rows.BadCell) as bad:
        FIELDS[field].read(cell)
    assert bad.value.code == code


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("enabled", "No", False),
        ("redirectType", "307", 307),
        ("maxClicks", "", None),
        ("expiresAt", "2026-03-01T10:00:00+01:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("tags", "a | b", ("a", "b")),
        ("tags", '["a|b"]', ("a|b",)),
        ("tracking", "", {}),
        ("routingRules", '[{"destinationUrl":"https://a.example/"}]', (Rule("https://a.example/"),)),
    ],
)
def test_a_good_cell_has_its_value(field, cell, value) -> None:
    assert FIELDS[field].read(cell) == value


def test_rules_and_schedules_are_looked_into() -> None:
    start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    assert [fault.column for fault in rows.schedule_faults(start, end, None)] == ["scheduledEndAt"]
    assert [fault.column for fault in rows.schedule_faults(start, start, end)] == ["scheduledEndAt"]
    assert [fault.column for fault in rows.schedule_faults(start, None, start)] == ["expiresAt"]
    assert rows.schedule_faults(end, start, start) == rows.schedule_faults(None, end, end) == []
    assert [fault.code for fault in rows.rule_faults((Rule("ftp://a.example/"),))] == [
        "invalid_routing_rules"
    ]


def test_columns_are_told_guessed_and_ignored() -> None:
    mapped = map_columns(["Destination URL", "Alias", "Owner", "url"], {})
    assert mapped.columns == {"Destination URL": "destinationUrl", "Alias": "slug"}
    assert mapped.guessed == ("Alias",)
    assert mapped.ignored == ("Owner", "url")
    out = map_columns(["slug", "url", "title"], given_mapping("title=-, url=-"))
    assert (dict(out.columns), out.ignored) == ({"slug": "slug"}, ("url", "title"))
    with pytest.raises(InputRejected, match="Two columns are the slug"):
        map_columns(["a", "b"], given_mapping("a=slug,b=slug"))
    told = map_columns(["a", "b", "slug"], given_mapping("a=slug,b=destination url"))
    assert told.columns == {"a": "slug", "b": "destinationUrl"}


def test_a_column_that_cannot_be_found_is_told() -> None:
    with pytest.raises(InputRejected, match="No column holds the slug"):
        map_columns(["x", "destinationUrl"], {})
    with pytest.raises(UsageProblem, match="There is no field slag"):
        given_mapping("a=slag")
    with pytest.raises(UsageProblem, match="has no column b"):
        map_columns(["slug"], {"b": "title"})
    with pytest.raises(InputRejected, match="Two columns"):
        map_columns(["slug", "Slug "], {})


def test_near_twins_have_one_folded_form() -> None:
    assert len({rows.folded(s) for s in ("Docs", "docs ", "DOCS", "\uff44ocs")}) == 1
    assert rows.folded("cafe\u0301") == rows.folded("caf\u00e9")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=12) | st.from_regex(r"\A'*[=+@\t\r\0-]?\\?u?(00)?1b?\Z"))
def test_neutralised_cells_come_back_whole(text) -> None:
    cell = rows.neutralised(text)
    assert rows.restored(cell) == text
    assert not cell.startswith(tuple("=+-@\t\r\0"))
    assert "\x1b" not in cell
    cell.encode()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=4).map(tuple))
def test_lists_come_back_whole(items) -> None:
    assert rows.read_list(rows.show_list(items)) == items

"""The filter language: whatever is typed is a query or a problem with a place, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.domain.health import Band, Verdict
from console.domain.query import FIELDS, FLAGS, STATUSES, QueryProblem, completions, parse

PIECES = st.sampled_from(
    ["host:", "status:", "is:", "changed:", "version:", "down", "<", ">=", "2h", "9", "v3", '"', "-", ":",
     " ", "\t", "\u3000", "\x1f", "http://", "//", "x", "٣", "é", "\ud800", "HELD", "\n"]
)  # fmt: skip
TYPED = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=10).map("".join))


@settings(max_examples=300)
@given(TYPED)
@example("changed:<" + "9" * 5000 + "d")
@example("clicks:" + "9" * 5000)
@example('"')
@example('host:"')
@example("-")
@example('a""b')
def test_anything_typed_is_a_query_or_a_problem_with_a_place(text: str) -> None:
    try:
        query = parse(text)
    except QueryProblem as caught:
        problem = caught
    else:
        problem = None
    if problem is not None:
        assert 0 <= problem.start < problem.end <= len(text)
        assert problem.title
        return
    assert query.text == text
    end = 0
    for term in query.terms:
        assert end <= term.start < term.end <= len(text)
        assert not text[term.start].isspace()
        assert term.field in (*FIELDS, "text")
        assert term.value
        if term.field in {"changed", "checked", "version", "clicks"}:
            assert 0 <= term.number < 2**63
        end = term.end


@settings(max_examples=200)
@given(TYPED, st.integers(0, 40))
def test_what_is_offered_can_be_read(text: str, cursor: int) -> None:
    for word in completions(text, cursor):
        if word.endswith(":"):
            assert word.removeprefix("-")[:-1] in FIELDS
        else:
            (term,) = parse(word).terms
            assert term.negated is word.startswith("-")


@settings(max_examples=100)
@given(st.sampled_from(FIELDS), st.sampled_from(["", "-"]))
def test_every_field_is_offered_by_its_beginning(field: str, minus: str) -> None:
    for length in range(1, len(field) + 1):
        typed = f"x {minus}{field[:length].upper()}"
        assert f"{minus}{field}:" in completions(typed, len(typed))


def test_values_are_offered_where_they_are_few() -> None:
    assert completions("status:", 7) == tuple(f"status:{b.value}" for b in Band)
    assert completions("is:s", 4) == ("is:scheduled", "is:seen")
    assert completions("is:seen", 7) == ()
    assert completions("status:down is:h", 9) == ("status:down",)
    assert completions("", 0) == completions("host:", 5) == completions("a ", 2) == ()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("   \t ", []),
        ("-", []),
        ('""', []),
        ("spring", [("text", "spring", "=", False)]),
        ("-spring", [("text", "spring", "=", True)]),
        ('"two words"', [("text", "two words", "=", False)]),
        ("host:Shop.Example", [("host", "shop.example", "=", False)]),
        ("HOST:x", [("host", "x", "=", False)]),
        ('-title:"Big Sale"', [("title", "big sale", "=", True)]),
        ("url:/Path", [("url", "/Path", "=", False)]),
        ("status:Down", [("status", "down", "=", False)]),
        ("status:server_error", [("status", "server_error", "=", False)]),
        ("is:HELD", [("is", "held", "=", False)]),
        ("changed:2h", [("changed", "7200", "<=", False)]),
        ("changed:<2h", [("changed", "7200", "<", False)]),
        ("-checked:>=10m", [("checked", "600", ">=", True)]),
        ("changed:1w", [("changed", "604800", "<=", False)]),
        ("version:v3", [("version", "3", "=", False)]),
        ("version:>03", [("version", "3", ">", False)]),
        ("clicks:<=1000", [("clicks", "1000", "<=", False)]),
        ("http://shop.example/x", [("text", "http://shop.example/x", "=", False)]),
        ("a b", [("text", "a", "=", False), ("text", "b", "=", False)]),
    ],
)
def test_how_it_reads(text: str, terms: list[tuple[str, str, str, bool]]) -> None:
    query = parse(text)
    assert [(t.field, t.value, t.op, t.negated) for t in query.terms] == terms
    assert query.empty is (not terms)


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ("x hots:y", "hots:y", "host:"),
        ("status:dwon x", "status:dwon", "down"),
        ("-is:hold", "-is:hold", "held"),
        ("host:", "host:", "host:word"),
        ("changed:yesterday", "changed:yesterday", "changed:<2h"),
        ("changed:<2y", "changed:<2y", "changed:<2h"),
        ("changed:<9999999999s", "changed:<9999999999s", "changed:<2h"),
        ("version:x", "version:x", "version:>3"),
        ("clicks:=5", "clicks:=5", "clicks:>1000"),
        ('a host:"open end', 'host:"open end', ""),
    ],
)
def test_a_fault_marks_its_word_and_says_what_would_do(text: str, word: str, hint: str) -> None:
    with pytest.raises(QueryProblem) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == word
    assert hint in caught.value.hint


def test_every_status_and_flag_can_be_asked_for() -> None:
    for status in STATUSES:
        assert parse(f"status:{status}").terms[0].value == status
    for flag in FLAGS:
        assert parse(f"is:{flag}").terms[0].value == flag
    assert set(STATUSES) == {b.value for b in Band} | {v.value.lower() for v in Verdict}

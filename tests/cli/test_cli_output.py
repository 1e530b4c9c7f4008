"""What is printed: data and the rest apart, aligned, harmless, quiet when asked."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hostile import HOSTILE, foreign

from console.domain.errors import StorageProblem
from console.domain.redaction import holds_token, redact
from console.domain.target import Secret
from console.output import Output
from console.output_parts import Styled, Tone
from console.output_progress import Progress
from console.output_table import cells, cut, laid_out

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkYW5hIn0.c2VjcmV0LXNpZ25hdHVyZQ"


class Streams:
    """An output with both streams in memory."""

    def __init__(self, **settings: bool) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.output = Output(stdout=self.out, stderr=self.err, **settings)


def test_data_and_the_rest_go_apart() -> None:
    s = Streams()
    s.output.text("row ", Styled("bad", Tone.BAD), None, 3)
    s.output.note("note")
    s.output.detail("detail")
    s.output.warning("careful")
    assert s.out.getvalue() == "row bad3\n"
    assert s.err.getvalue() == "note\nwarning: careful\n"


def test_quiet_and_verbose() -> None:
    quiet, verbose = Streams(quiet=True), Streams(verbose=True)
    for s in (quiet, verbose):
        s.output.note("note")
        s.output.detail("detail")
        s.output.warning("careful")
    assert quiet.err.getvalue() == "warning: careful\n"
    assert verbose.err.getvalue() == "note\ndetail\nwarning: careful\n"


def test_an_error_for_people_and_for_programs() -> None:
    problem = StorageProblem(f"Lost {JWT}", detail="a\nb", hint="do\nthen", request_id="req-1")
    people, programs = Streams(), Streams(json=True)
    people.output.error(problem)
    programs.output.error(problem)
    assert people.err.getvalue() == (
        "error: Lost ***\n  a\n  b\n  hint: do\n        then\n  request id: req-1\n"
    )
    assert json.loads(programs.err.getvalue()) == {
        "error": {
            "code": "storage",
            "title": "Lost ***",
            "detail": "a\nb",
            "hint": "do\nthen",
            "request_id": "req-1",
        }
    }


def test_json_is_ascii_and_refuses_what_must_not_be_printed() -> None:
    s = Streams(json=True)
    s.output.result({"title": "é\u202e\x1b", "at": datetime(2024, 5, 6, tzinfo=UTC), "tags": {"b", "a"}}, [])
    assert s.out.getvalue() == (
        '{"title": "\\u00e9\\u202e\\u001b", "at": "2024-05-06T00:00:00+00:00", "tags": ["a", "b"]}\n'
    )
    for value in (Secret(JWT), float("nan")):
        with pytest.raises((TypeError, ValueError)) as caught:
            s.output.document({"token": value})
        assert JWT not in str(caught.value)


def test_a_result_is_lines_for_people() -> None:
    s = Streams()
    s.output.result({"a": 1}, ["one", ("two ", Styled("parts", Tone.DIM)), ["three"]])
    assert s.out.getvalue() == "one\ntwo parts\nthree\n"


def test_nothing_hostile_passes_any_door() -> None:
    s = Streams(verbose=True, color=True)
    for text in HOSTILE:
        s.output.text(text, Styled(text, Tone.BAD))
        s.output.table(("a", text), [[text, Styled(text, Tone.WARN)]])
        s.output.error(StorageProblem(text, detail=text, hint=text, request_id=text))
    plain = s.out.getvalue() + s.err.getvalue()
    for tone in Tone:
        plain = plain.replace(f"\x1b[{tone.value}m", "")
    assert foreign(plain.replace("\x1b[0m", "")) == []


def shown(columns: list[str], rows: list[list[object]], width: int | None = None) -> list[str]:
    return ["".join(str(getattr(p, "text", p)) for p in line) for line in laid_out(columns, rows, width)]


def test_a_table_is_aligned_by_what_characters_take() -> None:
    rows = [["日本", 5, "x"], ["e\u0301a", 12345, None], [Styled("docs", Tone.BAD), None, "y"]]
    assert shown(["slug", "clicks", "z"], rows) == [
        "SLUG  CLICKS  Z",
        "日本       5  x",
        "e\u0301a     12345  -",
        "docs       -  y",
    ]


def test_a_table_is_cut_to_the_terminal_at_its_widest_column() -> None:
    lines = shown(["slug", "destination"], [["summer-sale", "shop.example/" + "a" * 200]], 40)
    assert [cells(line) for line in lines] == [len("SLUG         DESTINATION"), 40]
    assert lines[1].endswith("…")
    assert "summer-sale" in lines[1]
    assert shown(["a"], []) == ["A"]


@settings(max_examples=100)
@given(st.text(max_size=40), st.integers(1, 30))
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert cells(cut(text, width)) <= max(width, 1)


class Broken(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _: str) -> int:
        raise self.error


def test_a_stream_of_records_stops_when_nobody_reads_and_a_document_does_not_fail() -> None:
    output = Output(stdout=Broken(BrokenPipeError()), stderr=io.StringIO())
    output.document({})
    output.text("x")
    with pytest.raises(BrokenPipeError):
        output.record({})
    assert output.failed is None


def test_a_full_disk_is_told() -> None:
    output = Output(stdout=Broken(OSError(28, "No space left on device")), stderr=io.StringIO())
    output.text("x")
    assert output.failed is not None
    with pytest.raises(StorageProblem, match="No space left"):
        output.record({})


def test_progress_counts_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    terminal = io.StringIO()
    with Progress("links", 200, terminal, 80) as progress:
        for _ in range(100):
            now[0] += 0.25
            progress.advance(note="shop\x1b[2J")
    lines = terminal.getvalue().split("\r\x1b[K")
    assert lines[-2] == "links  100/200  50 %  4.0/s  25 s left  shop⟨001B⟩[2J"
    assert lines[-1] == ""
    assert max(map(len, lines)) < 80
    silent = Streams()
    with silent.output.progress("links", 3) as progress:
        progress.advance(3)
    assert silent.err.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"token {JWT} here", "token *** here"),
        ("patv1_abc.def-ghi", "***"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: *** ***"),
        ("https://u:p@host/x", "https://***@host/x"),
        ("a?token=abc&b=1", "a?token=***&b=1"),
        ("the token has expired; sign in", "the token has expired; sign in"),
        ("REPOINT_TOKEN is not set", "REPOINT_TOKEN is not set"),
        ("spring-launch v9", "spring-launch v9"),
    ],
)
def test_redaction(text: str, left: str) -> None:
    assert redact(text) == left
    assert holds_token(text) == (JWT in text or "patv1_" in text)

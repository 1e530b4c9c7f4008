"""Reading the rows of a file: every common form is read alike, and nothing ambiguous is guessed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.errors import InputRejected
from console.ops.importing.reader import Row, inspect, open_sheet
from console.ops.importing.reader_file import LINE_CAP

HEADER = ["slug", "destinationUrl", "title"]
ROWS = [["docs-new", "https://docs.example/", 'Müller, "x"\nzwei'], ["guide", "https://a.example/?a=1;b", ""]]


def sheet_text(delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([HEADER, *ROWS])
    return out.getvalue()


def read(folder: Path, content: bytes, name: str = "rows.csv") -> list[Row]:
    path = folder / name
    path.write_bytes(content)
    return list(open_sheet(inspect(path), name).rows())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_common_encoding_and_delimiter_is_read_alike(tmp_path, encoding, delimiter) -> None:
    rows = read(tmp_path, sheet_text(delimiter).encode(encoding))
    assert [list(row.cells) for row in rows] == ROWS
    assert [(row.number, row.line) for row in rows] == [(1, 2), (2, 4)]


def test_what_only_windows_has_is_read_as_windows_wrote_it(tmp_path) -> None:
    (row,) = read(tmp_path, "slug,title\ndocs,„x“ – é\n".encode("cp1252"))
    assert row.cells[1] == "„x“ – é"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path, end) -> None:
    rows = read(tmp_path, f"slug,title{end}docs,a{end}{end}guide,b{end}".encode())
    assert [(row.line, list(row.cells)) for row in rows] == [(2, ["docs", "a"]), (4, ["guide", "b"])]


def test_a_spreadsheets_word_about_its_delimiter_is_taken(tmp_path) -> None:
    (row,) = read(tmp_path, b"sep=;\nslug;title,x\ndocs;a,b\n")
    assert (row.line, list(row.cells)) == (3, ["docs", "a,b"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'slug,title\ndocs,a\nguide,"never closed\nmore,rows\n', "Line 3: a quote is opened"),
        (b'slug,title\ndocs,"a"b\n', "Line 2: something stands after a closing quote"),
        (b"slug,title\ndocs,a\nguide\n", "Line 3: 1 cells where the header has 2"),
        (b"slug,title\ndocs,a,b\n", "Line 2: 3 cells where the header has 2"),
        (b"slug,title,SLUG\ndocs,a,b\n", "Line 1: the column SLUG comes twice"),
        (b"slug\n" + b'"' + b"x" * 200_000 + b'"\n', "Line 2: a cell is longer"),
        (b"", "The file is empty"),
        (b"\n \n", "The file is empty"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_line(tmp_path, content, words) -> None:
    with pytest.raises(InputRejected) as refused:
        read(tmp_path, content)
    assert refused.value.title.startswith(words)


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory(tmp_path) -> None:
    with pytest.raises(InputRejected, match="A line is longer"):
        read(tmp_path, b"slug\n" + b"x" * (LINE_CAP + 2_000_000))


@pytest.mark.parametrize("name", ["rows.ndjson", "rows.json", "rows"])
def test_json_and_ndjson_give_fields_with_their_lines(tmp_path, name) -> None:
    records = [{"slug": "docs", "tags": ["a"]}, {"slug": "guide"}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    text = json.dumps(records, indent=1) if name == "rows.json" else lines
    rows = read(tmp_path, text.encode(), name)
    assert [row.fields for row in rows] == records
    assert [row.line for row in rows] == ([2, 8] if name == "rows.json" else [1, 2])


@pytest.mark.parametrize("wrap", ['{"handle":"acme","links":[%s],"next":null}', " [%s] ", '{"items":[%s]}'])
def test_a_json_list_may_stand_under_its_names(tmp_path, wrap) -> None:
    body = ",".join(json.dumps({"slug": f"link-{n}", "title": "x" * 900}) for n in range(300))
    rows = read(tmp_path, (wrap % body).encode(), "rows.json")
    assert [row.fields["slug"] for row in rows] == [f"link-{n}" for n in range(300)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"slug":"docs"},]', "Line 1: a comma"),
        ('[{"slug":"docs"}\n{"slug":"b"}]', "Line 2: a comma is missing"),
        ('[{"slug":"docs"}', "Line 1: the file ends"),
        ('[{"slug":"docs","slug":"b"}]', "Line 1: a field comes twice"),
        ('[{"slug":NaN}]', "Line 1: NaN"),
        ("[1]", "Line 1: a row is an object"),
        ('[{"slug":"docs"}] x', "Line 1: something follows"),
    ],
)
def test_broken_json_is_refused_with_its_line(tmp_path, content, words) -> None:
    with pytest.raises(InputRejected) as refused:
        read(tmp_path, content.encode(), "rows.json")
    assert refused.value.title.startswith(words)


def test_broken_ndjson_is_refused_with_its_line(tmp_path) -> None:
    with pytest.raises(InputRejected) as refused:
        read(tmp_path, b'{"slug":"docs"}\n{"slug":\n', "rows.ndjson")
    assert refused.value.title.startswith("Line 2: it is not JSON")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_the_csv_module_writes_is_read_back(tmp_path_factory, rows, delimiter, encoding) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([HEADER, *rows])
    found = read(tmp_path_factory.mktemp("rows"), out.getvalue().encode(encoding))
    assert [list(row.cells) for row in found] == rows


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfslug,title\ndocs,\xff\n",
        b"\xff\xfes\0l\0u\0g\0\n\0\0\xd8\n\0",
        b"s\0l\0u\0g\0,\0t\0\n\0x\0y",
    ],
)
def test_bytes_that_the_files_own_encoding_has_not_are_refused(tmp_path, raw) -> None:
    with pytest.raises(InputRejected, match=r"is not the UTF-\d+\S* text that it begins as"):
        read(tmp_path, raw)

"""Reading and writing of tables: no row is lost, no row raises an error, no file is left incomplete."""

import codecs
import gzip
import io
import itertools
import json
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.data.tabular.reader import Row, read_rows
from emograin.data.tabular.writer import open_writer

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(st.fixed_dictionaries({"text": TEXT, "note": TEXT}), min_size=1, max_size=6)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TABLES = ["csv", "tsv", "jsonl", "parquet"]


def read(data: bytes, format: str, column: str = "text") -> list[Row]:
    return list(read_rows(io.BytesIO(data), format, column))


def written(rows, format: str) -> bytes:
    stream = io.BytesIO()
    with open_writer(stream, format) as writer:
        for row in rows:
            writer.write([row])
    return stream.getvalue()


@pytest.mark.parametrize("format", TABLES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_rows_survive_every_format(format, rows):
    assert read(written(rows, format), format) == [Row(row, row["text"]) for row in rows]


@pytest.mark.parametrize("format", TABLES)
@settings(max_examples=20, deadline=None)
@given(labels=st.lists(st.lists(TEXT, max_size=3), min_size=1, max_size=4), score=st.floats(0, 1))
def test_nested_values_survive_or_are_json(format, labels, score):
    rows = [{"text": "t", "labels": each, "score": score} for each in labels]
    for row, found in zip(rows, read(written(rows, format), format), strict=True):
        as_text = format in ("csv", "tsv")
        assert (json.loads(found.fields["labels"]) if as_text else found.fields["labels"]) == row["labels"]
        assert float(found.fields["score"]) == score


@given(st.binary(max_size=200))
@example(b"\xef")  # the first byte of a byte order mark
def test_any_bytes_give_one_row_per_line(data):
    assume(not data.startswith(UTF_16))
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    rows = read(data, "txt")
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        try:
            assert (row.text, row.problem) == (line.decode().removesuffix("\r"), None)
        except UnicodeDecodeError:
            assert row.problem == "not valid UTF-8"
            assert row.text is not None
            assert "\ufffd" in row.text


@given(st.binary(max_size=200))
@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl"])
def test_no_bytes_make_reading_raise(format, data):
    for row in read(b"text,other\ttext\n".replace(b"\t" if format == "csv" else b",", b"_") + data, format, "text"):
        assert row.problem is not None or row.text is not None
        (row.text or "").encode()


def test_empty_lines_of_a_text_file_are_rows():
    assert [row.text for row in read("\ufeffone\r\n\r\n\ntwo".encode(), "txt")] == ["one", "", "", "two"]


def test_csv_with_bom_carriage_returns_quoted_newlines_and_nul():
    rows = read('\ufeffid,text\r\n1,"a\r\nb, ""c"""\r\n2,d\0e\r\n'.encode(), "csv")
    assert [(row.text, row.problem) for row in rows] == [('a\r\nb, "c"', None), ("d\0e", None)]


def test_a_very_long_field_is_read():
    assert len(read(b"text\n" + b"x" * 1_000_000, "csv")[0].text or "") == 1_000_000


@pytest.mark.parametrize(
    ("format", "data", "texts", "problem"),
    [
        ("csv", b"text,id\ngood,1\nb\xffd,2\nfine,3\n", ["good", "b\ufffdd", "fine"], "not valid UTF-8"),
        ("csv", b"text,id\ngood,1\nbad\nfine,3\n", ["good", None, "fine"], "1 cells, expected 2"),
        ("csv", b"text,id\ngood,1\nbad,2,3\nfine,3\n", ["good", None, "fine"], "3 cells, expected 2"),
        ("csv", b"text,id\ngood,1\n\nfine,3\n", ["good", None, "fine"], "0 cells, expected 2"),
        (
            "csv",
            b'text,id\ngood,1\n"bad" quote,2\nfine,3\n',
            ["good", None, "fine"],
            "malformed record on lines 3 to 3",
        ),
        ("csv", b'text,id\ngood,1\n"never\nclosed,3\n', ["good", None], "malformed record on lines 3 to 4"),
        ("jsonl", b'{"text": "good"}\n{"text": \n{"text": "fine"}', ["good", None, "fine"], "not a JSON object"),
        ("jsonl", b'{"text": "good"}\n\n{"text": "fine"}', ["good", None, "fine"], "an empty line"),
        ("jsonl", b'{"text": "good"}\n["bad"]\n{"text": "fine"}', ["good", None, "fine"], "expected an object, got"),
        ("jsonl", b'{"text": "good"}\n{"text": 3}\n{"text": "fine"}', ["good", None, "fine"], "a string, got int"),
        ("jsonl", b'{"text": "good"}\n{"txt": "x"}\n{"text": "fine"}', ["good", None, "fine"], "did you mean 'txt'"),
        ("jsonl", b'{"text": "good"}\n{"text": "\\ud800"}', ["good", "\ufffd"], "not valid UTF-8"),
        ("jsonl", b'{"text": "good"}\n{"text": "a", "text": "b"}', ["good", "b"], "of ['text'] the last"),
        ("jsonl", b'{"text": "good"}\n{"text": "a", "x": {"d": 1, "d": 2}}', ["good", "a"], "of ['d'] the last"),
        ("jsonl", b'{"text": "good"}\n{"text": "a", "x": [1e400, 0.1]}', ["good", "a"], "or null: 1e400"),
        ("jsonl", b'{"text": "good"}\n{"text": "a", "x": -Infinity}', ["good", "a"], "or null: -Infinity"),
        (
            "jsonl",
            b'{"text": "good"}\n{"text": "a", "x": 12345678901234567.25}',
            ["good", "a"],
            "floats, or null: 12345",
        ),
        ("jsonl", b'{"text": "good"}\n{"text": "bad", "x": ["\xff"]}', ["good", "bad"], "not valid UTF-8"),
        ("jsonl", b'{"text": "good"}\n{"x": ' + b"[" * 9999 + b"]" * 9999 + b"}", ["good", None], "recursion"),
        ("jsonl", b'{"text": "good"}\n{"text": "a", "n": ' + b"9" * 5000 + b"}", ["good", None], "digits"),
    ],
)
def test_a_bad_row_is_marked_and_the_others_are_not(format, data, texts, problem):
    rows = read(data, format)
    assert [row.text for row in rows] == texts
    assert [row.problem is None for row in rows] == [True, False, True][: len(rows)]
    assert problem in str(rows[1].problem)


def test_unnamed_columns_of_a_spreadsheet_get_names():
    (row,) = read(b"text,,\na,b,c\n", "csv")
    assert row.fields == {"text": "a", "column_2": "b", "column_3": "c"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.csv", None, "No such file"),
        ("some.xlsx", b"", "unknown kind of file"),
        ("some.csv", b"Text,id\n", "unknown column 'text', did you mean 'Text'"),
        ("some.csv", b"", "the file is empty"),
        ("some.csv", b"text,id,id\n", r"must differ, got \['id'\]"),
        ("some.csv", b"text,a\xff,a\xfe\n", "must differ, got .* more than once"),
        ("some.csv", b"text;id\n", "separates its columns by semicolons, expected commas"),
        ("some.csv", b'"text\n', "unexpected end of data"),
        ("some.parquet", b"not parquet", "not readable as Parquet"),
        ("some.csv.gz", b"not gzip", "cannot read"),
        ("some.jsonl.gz", gzip.compress(b'{"text": "x"}\n' * 999, mtime=0)[:-9], "cannot read"),
    ],
)
def test_errors_of_a_whole_file_name_the_file(tmp_path, name, data, message):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(EmograinError, match=message) as caught:
        list(read_rows(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("mark", UTF_16)
@pytest.mark.parametrize("name", ["some.txt", "some.csv", "some.tsv", "some.jsonl", "some.csv.gz"])
def test_utf_16_is_refused(tmp_path, name, mark):
    path = tmp_path / name
    data = mark + "text\nso glad\n".encode("utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be")
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with pytest.raises(EmograinError, match=f"{name}: the file is UTF-16, expected UTF-8 .iconv"):
        list(read_rows(path))


def test_a_folder_is_not_a_file(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(EmograinError, match="Is a directory"):
        list(read_rows(tmp_path / "folder.csv"))


def test_an_unknown_format_gives_the_closest_one():
    with pytest.raises(EmograinError, match="did you mean 'jsonl'"):
        list(read_rows(io.StringIO(), "json"))
    with pytest.raises(EmograinError, match="did you mean 'jsonl'"), open_writer(io.StringIO(), "json"):
        pass


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("format", ["txt", *TABLES])
def test_a_stream_stays_open_and_can_be_left_early(format):
    stream = io.BytesIO(written([{"text": f"{number}"} for number in range(9)], "csv" if format == "txt" else format))
    assert len(list(itertools.islice(read_rows(stream, format), 2))) == 2
    assert not stream.closed
    out = io.BytesIO()
    with open_writer(out, "csv" if format == "txt" else format) as writer:
        writer.write([{"text": "x"}])
    assert not out.closed


def test_text_streams_are_read_and_written_as_bytes():
    stdin = io.TextIOWrapper(io.BytesIO(b"fine\nb\xffd\n"), "ascii")
    assert [row.problem for row in read_rows(stdin)] == [None, "not valid UTF-8"]
    stdout = io.TextIOWrapper(io.BytesIO(), "ascii", write_through=False)
    stdout.write("before\n")
    with open_writer(stdout, "jsonl") as writer:
        writer.write([{"text": "é"}])
    assert stdout.buffer.getvalue().decode() == 'before\n{"text": "é"}\n'


def write_and_fail(path):
    with open_writer(path) as writer:
        writer.write([{"text": "two"}])
        raise ZeroDivisionError


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv.gz", "rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
def test_a_file_appears_when_it_is_complete(tmp_path, name):
    path = tmp_path / name
    with open_writer(path) as writer:
        writer.write([{"text": "one"}])
        assert not path.exists()
    assert [row.text for row in read_rows(path)] == ["one"]
    with pytest.raises(ZeroDivisionError):
        write_and_fail(path)
    assert [row.text for row in read_rows(path)] == ["one"]
    assert list(tmp_path.iterdir()) == [path]


def test_links_and_devices_are_written_through(tmp_path):
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    with open_writer(tmp_path / "link.jsonl") as writer:
        writer.write([{"text": "one"}])
    assert (tmp_path / "link.jsonl").is_symlink()
    assert [row.text for row in read_rows(tmp_path / "real.jsonl")] == ["one"]
    with open_writer(os.devnull, "csv") as writer:
        writer.write([{"text": "one"}])
    assert list(read_rows(os.devnull, "txt")) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(EmograinError, match=r"cannot write .*No such file"), open_writer(tmp_path / "no" / "rows.csv"):
        pass


@pytest.mark.parametrize("format", TABLES)
def test_no_rows_give_an_empty_file(format):
    stream = io.BytesIO()
    with open_writer(stream, format) as writer:
        writer.write([])
    if format == "parquet":
        with pytest.raises(EmograinError, match="unknown column"):
            read(stream.getvalue(), format)
    else:
        assert stream.getvalue() == b""


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_the_first_block_fixes_the_columns(format):
    rows = [{"text": "a", "labels": [], "note": None}, {"text": "b", "labels": ["joy"], "note": "n"}, {"text": "c"}]
    found = read(written(rows, format), format)
    assert [row.fields["note"] or None for row in found] == [None, "n", None]
    with pytest.raises(EmograinError, match=r"\['new'\].*JSONL"):
        written([{"text": "a"}, {"text": "b", "new": 1}], format)


MISFITS = [
    {"text": "a", "stars": 5, "by": {"name": "x"}, "mixed": 1, "note": None},
    {"text": "b", "stars": 4, "by": None, "mixed": "one", "note": None},
    {"text": "c", "stars": "five", "by": {"name": "x", "age": 5}, "mixed": [1], "note": None},
    {"text": "d", "stars": 2**80, "new": {"x": None}, "note": "cut"},
]


def test_values_that_do_not_fit_the_first_block_are_kept_in_a_column():
    described = "does not fit the columns of the first rows: "
    found = {}
    for format in ("csv", "parquet"):
        stream = io.BytesIO()
        with open_writer(stream, format, misfits="note") as writer:
            assert writer.write(MISFITS[:2]) == 0
            assert [writer.write([row]) for row in MISFITS[2:]] == [int(format == "parquet"), 0]
        found[format] = [row.fields for row in read(stream.getvalue(), format)]
    assert found["csv"][2]["stars"] == "five"
    assert found["csv"][3]["note"] == "cut; " + described + '{"new": {"x": null}}'
    assert [row["mixed"] for row in found["parquet"]] == ["1", "one", "[1]", None]
    assert [row["stars"] for row in found["parquet"]] == [5, 4, None, None]
    assert found["parquet"][2]["note"] == described + '{"stars": "five", "by": {"name": "x", "age": 5}}'
    assert found["parquet"][3]["note"] == f"cut; {described}" + json.dumps({"new": {"x": None}, "stars": 2**80})


def test_numpy_values_are_written_as_numbers():
    row = {"text": "a", "score": np.float32(0.5), "scores": np.array([1, 2])}
    assert written([row], "jsonl") == b'{"text": "a", "score": 0.5, "scores": [1, 2]}\n'
    assert written([row], "csv") == b'text,score,scores\na,0.5,"[1, 2]"\n'
    assert read(written([row], "parquet"), "parquet")[0].fields == {"text": "a", "score": 0.5, "scores": [1, 2]}


@pytest.mark.parametrize("format", TABLES)
def test_a_long_file_is_read_and_written_in_little_memory(tmp_path, format):
    path, blocks, block = tmp_path / f"rows.{format}", 30, [{"text": "x" * 1000}] * 1000
    with open_writer(path) as writer:
        writer.write(block)  # loads modules and caches before measuring
        tracemalloc.start()
        for _ in range(blocks - 1):
            writer.write(block)
    rows = sum(1 for _ in read_rows(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == blocks * 1000
    assert peak < 8_000_000  # of 30 MB

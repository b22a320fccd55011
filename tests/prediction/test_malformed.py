"""Malformed rows: predictions go on, and the output keeps the whole row."""

import io
import json

import pytest
from helpers.counting_scorer import CountingScorer

import emograin
from emograin.common.errors import EmograinError
from emograin.common.files import part_description_path, partial_path
from emograin.data.tabular.reader import read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.stream import describe, write_predictions

OUTPUTS = ["o.jsonl", "o.csv", "o.tsv", "o.parquet", "o.jsonl.gz"]

PLAIN = dict.fromkeys(("all_scores", "explain", "at_least_one", "segments"), False) | {"windows": True}


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Taxonomy("three", ("joy", "anger", "neutral")), [0.5] * 3, CountingScorer())


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize(
    ("format", "good", "bad", "said"),
    [
        ("csv", "1,so glad", "2", "1 cells, expected 2"),
        ("csv", "1,so glad", "2,a,b", "3 cells, expected 2, too many: ['b']"),
        ("csv", "1,so glad", "", "0 cells, expected 2"),
        ("csv", "1,so glad", '2,"a" b', "malformed record on lines 3 to 3 (1 in all)"),
        (
            "csv",
            "1,so glad",
            '2,"never\n3,closed\n4,so sad\n5,"all" gone',
            "malformed record on lines 3 to 6 (4 in all)",
        ),
        ("csv", "1,so glad", '2,"one\n3,two",three', "3 cells, expected 2, too many: ['three'], on lines 3 to 4 (2 in"),
        ("csv", "1,so glad", "2,caf\u00e9,\u4f60", "3 cells, expected 2"),
        ("jsonl", '{"id": "1", "text": "so glad"}', '{"id": "2", "text":', "not a JSON object: Expecting value"),
        ("jsonl", '{"id": "1", "text": "so glad"}', "so glad", "not a JSON object: Expecting value"),
        ("jsonl", '{"id": "1", "text": "so glad"}', '["so glad"]', "not a JSON object: expected an object"),
        ("jsonl", '{"id": "1", "text": "so glad"}', "[" * 5000, "not a JSON object: maximum recursion"),
    ],
)
@pytest.mark.parametrize("bad_first", [False, True])
def test_the_text_column_of_a_malformed_row_holds_all_of_it(
    predictor, tmp_path, format, good, bad, said, name, bad_first
):
    lines = [bad, good, good] if bad_first else [good, bad, good]
    head = "id,text\r\n" if format == "csv" else ""
    source = head + "".join(f"{line}\r\n" for line in lines)
    write_predictions(predictor, read_rows(io.BytesIO(source.encode()), format), tmp_path / name)
    rows = [row.fields for row in read_rows(tmp_path / name)]
    row = rows.pop(0 if bad_first else 1)
    assert row["text"] == bad
    assert said.split(" on lines")[0] in row["error"]
    if not bad_first:
        assert said in row["error"]
    assert [(each["id"], each["text"]) for each in rows] == [("1", "so glad")] * 2


@pytest.mark.parametrize("all_scores", [False, True])
@pytest.mark.parametrize("bad", ["1", "1,2,3", '1,"a" b'])
@pytest.mark.parametrize("name", OUTPUTS)
def test_prediction_does_not_stop_at_many_malformed_rows(predictor, tmp_path, bad, name, all_scores):
    source = "id,text\n" + f"{bad}\n" * 1100 + "7,so glad\n"
    write_predictions(predictor, read_rows(io.StringIO(source), "csv"), tmp_path / name, all_scores=all_scores)
    rows = [row.fields for row in read_rows(tmp_path / name)]
    assert len(rows) == 1101
    assert list(rows[0])[:3] == ["id", "text", "labels"]
    assert (rows[-1]["id"], rows[-1]["text"], rows[-1]["error"] or None) == ("7", "so glad", None)
    assert {row["text"] for row in rows[:-1]} == {bad}


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
@pytest.mark.parametrize(
    ("format", "source"),
    [
        ("csv", "id,text\n" + '1\n2,a,b\n3,"a" b\n4,fine\n' * 5),
        ("jsonl", '{"text": "fine"}\n{\n\n{"text": NaN}\n' * 5),
    ],
)
def test_an_output_with_malformed_rows_is_resumed_anywhere(predictor, tmp_path, name, format, source):
    write_predictions(predictor, read_rows(io.StringIO(source), format), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    output = tmp_path / f"again-{name}"
    described = json.dumps(describe(predictor, output.suffix[1:], column="text", **PLAIN))
    for size in range(0, len(whole), 7):
        partial_path(output).write_bytes(whole[:size])
        part_description_path(output).write_text(described)
        write_predictions(predictor, read_rows(io.StringIO(source), format), output, resume=True)
        assert output.read_bytes() == whole, size
        output.unlink()


def test_people_see_the_malformed_row_too(predictor, tmp_path):
    write_predictions(predictor, read_rows(io.StringIO("id,text\n1,a,b\n"), "csv"), tmp_path / "o.txt")
    assert (tmp_path / "o.txt").read_text() == "1,a,b\n  error: 3 cells, expected 2, too many: ['b']\n\n"


class Frame:
    """A table that iterates over the names of its columns, as those of pandas and Polars do."""

    columns = ("id", "text")

    def __iter__(self):
        return iter(self.columns)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("one", "got one string"),
        (b"one", "got one string"),
        (Frame(), r"got a Frame with the columns id, text \(pass one of them, such as model.predict\(data\['id'\]\)\)"),
        ({"text": ["one"]}, "got a dict with the columns text"),
        ({}, "got a dict with the columns"),
        ({"a" * 50 + str(at): [] for at in range(100)}, "got a dict with the columns aaa"),
        (None, "got NoneType"),
        (5, "got int"),
        (5.0, "got float"),
        (object(), "got object"),
    ],
)
def test_what_is_no_list_of_texts_is_said(predictor, texts, said):
    for method in (predictor.predict, predictor.explain):
        with pytest.raises(EmograinError, match=said) as caught:
            method(texts)
        assert len(str(caught.value)) < 500


def test_columns_of_tables_are_lists_of_texts(predictor):
    pandas = pytest.importorskip("pandas")
    arrow = pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"text": ["so glad", "so very mad"]})
    with pytest.raises(EmograinError, match="got a DataFrame with the columns text"):
        predictor.predict(frame)
    with pytest.raises(EmograinError, match="got a Table with the columns text"):
        predictor.predict(arrow.table({"text": ["so glad"]}))
    for texts in (frame["text"], frame["text"].to_numpy(), iter(frame["text"]), tuple(frame["text"])):
        assert [row.error for row in predictor.predict(texts)] == [None, None]


@pytest.mark.parametrize("path", [5, b"folder", 1.5, ["folder"]])
def test_what_is_no_path_of_a_model_is_said(path):
    with pytest.raises(EmograinError, match=f"must be the path of a folder, got {type(path).__name__}"):
        emograin.load(path)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("got 'a\x1b[2J\x07b'", r"got 'a\x1b[2J\x07b'"),
        ("two\nlines\r\nof text", "two lines of text"),
        (f"got {'x' * 1000!r}", "got 'xxxxx"),
        (f"no such file {'x' * 1000}", f"no such file {'x' * 148}"),
        (f"got {['x' * 20] * 100}", "got ['xxxx"),
        ("word " * 1000, "word word"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\ud800", r"\ud800"),
    ],
)
def test_messages_are_one_short_line_without_control_characters(message, expected):
    said = str(EmograinError(message))
    assert said.startswith(expected)
    assert said.isprintable()
    assert len(said) <= 600
    assert max(map(len, said.split("'")[1::2] or [""])) <= 200
    assert json.dumps(said)

"""Texts to predictions: one row per text, in order, with an error or a note if something was wrong with it."""

import csv
import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer
from hypothesis import given
from hypothesis import strategies as st

import emograin
from emograin.common.errors import EmograinError
from emograin.data.tabular.reader import Row, read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.records import format_prediction
from emograin.prediction.stream import write_predictions

LABELS = ("joy", "anger", "neutral")


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Taxonomy("three", LABELS), [0.5, 0.5, 0.5], CountingScorer())


def test_labels_are_those_that_reach_their_threshold_highest_first(predictor):
    prediction = predictor.predict(["one two three four five"])[0]
    assert prediction.labels == ("joy", "anger")
    assert prediction.scores == pytest.approx({"joy": 1.0, "anger": 2 / 3, "neutral": 0.4})


def test_scores_are_an_array_of_texts_by_labels_with_nan_where_nothing_could_be_read(predictor):
    predictions = predictor.predict(["a b", "", "c"])
    assert predictions.scores.shape == (3, 3)
    assert np.isnan(predictions.scores).all(axis=1).tolist() == [False, True, False]
    assert [row.error for row in predictions] == [None, "the text is empty", None]


@pytest.mark.parametrize("bad", [None, 3, 2.5, ["joy"], b"joy"])
def test_a_value_that_is_not_a_string_gives_a_row_with_an_error(predictor, bad):
    good, wrong = predictor.predict(["fine", bad])
    assert good.error is None
    assert "must be a string" in wrong.error
    assert wrong.labels == ()


def test_one_string_instead_of_a_list_is_an_error(predictor):
    with pytest.raises(EmograinError, match="expected a list of texts, got one string"):
        predictor.predict("so happy")


def test_a_truncated_text_is_predicted_with_a_note(predictor):
    prediction = predictor.predict(["a b c d e f g"], windows=False)[0]
    assert prediction.note == "only the first 5 word pieces were read"
    assert prediction.labels == ("joy", "anger")


def test_predictions_are_equal_if_their_rows_are(predictor):
    assert predictor.predict(["a", "b"]) == predictor.predict(["a", "b"])
    assert predictor.predict(["a", "b"]) != predictor.predict(["a", "a longer text"])


@pytest.mark.parametrize("threads", [-1, 1.5, True, "2", None])
def test_threads_are_a_number(threads):
    with pytest.raises(EmograinError, match="threads must"):
        emograin.load(threads=threads)


def test_options_are_given_by_name(predictor):
    with pytest.raises(TypeError, match="positional"):
        predictor.predict(["a"], True)


def test_no_texts_give_no_predictions(predictor):
    assert len(predictor.predict([])) == 0
    assert predictor.predict([]).scores.shape == (0, 3)


@given(st.lists(st.text(max_size=12) | st.none(), max_size=30), st.integers(1, 7))
def test_rows_come_out_as_they_went_in_whatever_the_block_size(texts, block_size):
    predictor = Predictor(Taxonomy("three", LABELS), [0.5] * 3, CountingScorer())
    rows = [Row({"text": text, "at": at}, text) for at, text in enumerate(texts)]
    out = list(predictor.predict_rows(iter(rows), block_size=block_size))
    assert [row for row, _ in out] == rows
    assert [prediction for _, prediction in out] == list(predictor.predict(texts))


def test_a_stream_is_read_a_block_at_a_time(predictor):
    read = []

    def rows():
        for at in range(100):
            read.append(at)
            yield Row({}, f"text {at}")

    stream = predictor.predict_rows(rows(), block_size=10)
    next(stream)
    assert len(read) == 10


def output(predictor: Predictor, source: bytes, format: str, to: str, tmp_path, **options) -> str:
    path = tmp_path / f"out.{to}"
    write_predictions(predictor, read_rows(io.BytesIO(source), format), path, None, **options)
    return path.read_text(encoding="utf-8")


def test_every_bad_row_of_a_file_is_kept_marked_and_counted(predictor, tmp_path, capsys):
    source = b'{"text": "a b c", "id": 1}\n{"text": 5}\nnot json\n{"text": ""}\n{"text": "caf\xe9"}\n'
    source += b'{"text": "a b c d e f"}\n'
    rows = [json.loads(line) for line in output(predictor, source, "jsonl", "jsonl", tmp_path).splitlines()]
    assert [row["id"] for row in rows if "id" in row] == [1]
    assert [bool(row["error"]) for row in rows] == [False, True, True, True, False, False]
    assert rows[4]["note"] == "not valid UTF-8"
    assert rows[5]["note"] is None
    assert "6 rows: 3 with an error, 1 with a note" in capsys.readouterr().err
    cut = [
        json.loads(line) for line in output(predictor, source, "jsonl", "jsonl", tmp_path, windows=False).splitlines()
    ]
    assert "first 5 word pieces" in cut[5]["note"]
    assert "6 rows: 3 with an error, 2 with a note" in capsys.readouterr().err


def test_other_columns_are_kept_and_ours_never_replace_them(predictor, tmp_path):
    text = output(predictor, b"id,text,labels,note\n7,a b c,gold,mine\n", "csv", "csv", tmp_path)
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["id"], row["input_labels"], row["input_note"]) == ("7", "gold", "mine")
    assert json.loads(row["labels"]) == ["joy"]


def test_all_scores_are_one_column_per_label_even_for_a_row_with_an_error(predictor, tmp_path):
    text = output(predictor, b"text\n\n", "csv", "csv", tmp_path, all_scores=True)
    assert text.splitlines()[0] == "text,labels,score_joy,score_anger,score_neutral,error,note"


def test_parquet_has_lists_of_labels_and_scores(predictor, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_predictions(predictor, read_rows(io.BytesIO(b"a b c\n\nd e\n"), "txt"), tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["labels"] for row in table] == [["joy"], [], ["anger"]]
    assert table[0]["scores"] == [1.0]


def test_text_for_people_shows_the_nearest_label_if_none_reaches_its_threshold(predictor):
    assert "nearest: neutral 0.40" in format_prediction("a b c d", predictor.predict(["a b c d"])[0])
    assert "error: the text is empty" in format_prediction("", predictor.predict([""])[0])


def test_memory_does_not_grow_with_the_file(predictor, tmp_path):
    def peak(lines: int) -> int:
        tracemalloc.start()
        rows = (Row({"text": "some text"}, f"some text {at}") for at in range(lines))
        write_predictions(predictor, rows, tmp_path / "out.jsonl")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(100)  # loads what is loaded only once
    assert peak(24_000) < 1.5 * peak(8_000)


def test_a_missing_model_is_an_error(tmp_path):
    with pytest.raises(EmograinError, match=r"is neither an exported model \(model.json\) nor a run \(run.json\)"):
        emograin.load(tmp_path)
    with pytest.raises(EmograinError, match="there is no folder .*nosuch"):
        emograin.load(tmp_path / "nosuch")


@pytest.mark.parametrize("name", ["out.txt", "out.dat"])
def test_text_output_appears_once_complete(predictor, tmp_path, name):
    output = tmp_path / name

    def rows(texts):
        for text in texts:
            if text is None:
                raise RuntimeError("broken input")
            yield Row({"text": text}, text)

    output.write_text("earlier")
    with pytest.raises(RuntimeError, match="broken input"):
        write_predictions(predictor, rows(["a b c", None]), output, "text")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "earlier"}
    write_predictions(predictor, rows(["a b c", "\ud800"]), output, "text")
    first, second = output.read_text(encoding="utf-8").strip().split("\n\n")
    assert first == format_prediction("a b c", predictor.predict(["a b c"])[0])
    assert "half of a surrogate pair" in second


def test_text_is_written_to_devices_and_links(predictor, tmp_path, capsys):
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "out.txt")
    write_predictions(predictor, iter([Row({}, "a b c")]), link)
    assert link.is_symlink()
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").startswith("a b c\n")
    write_predictions(predictor, iter([Row({}, "a b c")]), Path("/dev/null"), "text")
    write_predictions(predictor, iter([Row({}, "\ud800")]))
    assert "half of a surrogate pair" in capsys.readouterr().out


def test_an_unknown_output_format_is_an_error(predictor):
    with pytest.raises(EmograinError, match="unknown format to write 'xml' .valid: text, csv, tsv, jsonl, parquet"):
        write_predictions(predictor, iter([]), None, "xml")

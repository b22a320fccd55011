"""Columns of pandas, Polars, Arrow and NumPy in, tables of them out, and a label for texts that reach no threshold."""

import io
import json
import sys

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer

from emograin.common.errors import EmograinError
from emograin.data.tabular.reader import read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.resumable_output import part_description_path
from emograin.prediction.stream import describe, write_predictions

LABELS = ("joy", "anger", "neutral")
TEXTS = ["a", "a b c", "a b c d e f", None, ""]
MISSING = "the text is missing: it must be a string, got"


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Taxonomy("three", LABELS), [0.5, 0.5, 0.5], CountingScorer())


def columns(library: str) -> dict[str, object]:
    """The same column in each form that a library has, by a name of the form."""
    module = pytest.importorskip(library)
    if library == "pandas":
        forms = {kind: module.Series(TEXTS, dtype=kind) for kind in ("object", "str", "string", "category")}
        return forms | {"other index": module.Series(TEXTS, index=[9, 9, 3, 1, 0])}
    if library == "polars":
        return {"String": module.Series(TEXTS), "Categorical": module.Series(TEXTS, dtype=module.Categorical)}
    if library == "pyarrow":
        array = module.array(TEXTS)
        chunked = module.chunked_array([array[:2], array[2:]])
        large = array.cast(module.large_string())
        return {"Array": array, "ChunkedArray": chunked, "dictionary": array.dictionary_encode(), "large": large}
    return {"object": np.array(TEXTS, dtype=object)}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "numpy"])
def test_a_column_is_predicted_as_a_list_and_missing_values_are_marked(predictor, library):
    expected = predictor.predict(TEXTS)
    for form, column in columns(library).items():
        found = predictor.predict(column)
        assert [row.labels for row in found] == [row.labels for row in expected], form
        assert np.array_equal(found.scores, expected.scores, equal_nan=True), form
        assert found[3].error.startswith(MISSING), form
        assert found[4].error == "the text is empty", form


def test_numpy_strings_are_predicted_and_arrays_of_several_columns_refused(predictor):
    assert [row.labels for row in predictor.predict(np.array(["a", "a b"]))] == [("joy",), ("anger",)]
    for array in (np.array([["a", "b"]]), np.array("a")):
        with pytest.raises(EmograinError, match="expected one column of texts, got an array of shape"):
            predictor.predict(array)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan])
def test_missing_values_say_so(predictor, missing):
    assert predictor.predict([missing])[0].error == f"{MISSING} {missing}"


def test_missing_values_of_pandas_say_so(predictor):
    pandas = pytest.importorskip("pandas")
    assert [row.error for row in predictor.predict([pandas.NA, pandas.NaT])] == [f"{MISSING} <NA>", f"{MISSING} NaT"]


def test_arrow_strings_that_are_not_utf_8_give_a_row_with_an_error(predictor):
    arrow = pytest.importorskip("pyarrow")
    raw = arrow.array([b"a b", b"caf\xe9", None]).view(arrow.string())
    good, bad, none = predictor.predict(raw)
    assert good.labels == ("anger",)
    assert "not valid Unicode" in bad.error
    assert none.error.startswith(MISSING)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_table_is_refused_and_its_columns_named(predictor, library):
    module = pytest.importorskip(library)
    table = module.table({"body": ["a"]}) if library == "pyarrow" else module.DataFrame({"body": ["a"]})
    with pytest.raises(EmograinError, match=r"with the columns body .*model.predict\(data\['body'\]\)"):
        predictor.predict(table)


def to_rows(table) -> list[dict[str, object]]:
    """The rows of a table of any library."""
    if hasattr(table, "to_pylist"):
        return table.to_pylist()
    return table.to_dicts() if hasattr(table, "to_dicts") else table.to_dict("records")


@pytest.mark.parametrize("all_scores", [False, True])
@pytest.mark.parametrize("library", ["arrow", "pandas", "polars"])
def test_tables_have_the_columns_and_values_of_the_files(predictor, library, all_scores, tmp_path):
    pytest.importorskip({"arrow": "pyarrow"}.get(library, library))
    parquet = pytest.importorskip("pyarrow.parquet")
    source = "".join(json.dumps({"text": text}) + "\n" for text in ("a", "a b c d e f", "")).encode()
    path = tmp_path / "out.parquet"
    write_predictions(predictor, read_rows(io.BytesIO(source), "jsonl"), path, None, all_scores)
    expected = [
        {name: value for name, value in row.items() if name != "text"} for row in parquet.read_table(path).to_pylist()
    ]
    table = getattr(predictor.predict(["a", "a b c d e f", ""]), f"to_{library}")(all_scores)
    found = to_rows(table)
    for row in found if library == "pandas" else ():
        row |= {name: None for name in row if isinstance(row[name], float) and np.isnan(row[name])}
    assert found == expected
    assert list(found[0]) == list(expected[0])


@pytest.mark.parametrize("library", ["arrow", "pandas", "polars"])
def test_tables_of_no_texts_have_their_columns(predictor, library):
    pytest.importorskip({"arrow": "pyarrow"}.get(library, library))
    table = getattr(predictor.predict([]), f"to_{library}")(all_scores=True)
    names = table.column_names if library == "arrow" else list(table.columns)
    assert names == ["labels", "score_joy", "score_anger", "score_neutral", "error", "note"]


@pytest.mark.parametrize("index", [[5, 6, 7], ["x", "y", "z"], [9, 9, 3]])
def test_a_table_of_pandas_has_the_index_of_the_texts(predictor, index):
    pandas = pytest.importorskip("pandas")
    reviews = pandas.DataFrame({"text": ["a", None, "a b"]}, index=index)
    table = predictor.predict(reviews["text"]).to_pandas()
    assert table.index.equals(reviews.index)
    assert table["labels"].tolist() == [["joy"], [], ["anger"]]
    chosen = reviews[reviews["text"].notna()]
    joined = chosen.join(predictor.predict(chosen["text"]).to_pandas())
    assert joined["labels"].tolist()[:: len(joined) - 1] == [["joy"], ["anger"]]
    assert list(predictor.predict(list(reviews["text"])).to_pandas().index) == [0, 1, 2]


@pytest.mark.parametrize(("library", "package"), [("arrow", "pyarrow"), ("pandas", "pandas"), ("polars", "polars")])
def test_a_missing_package_is_one_line_with_its_command(predictor, monkeypatch, library, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EmograinError, match=rf"needs {package}, which is not installed .pip install {package}"):
        getattr(predictor.predict(["a"]), f"to_{library}")()


def test_at_least_one_gives_the_label_with_the_highest_score(predictor):
    texts = ["a b c d", "a", ""]
    assert [row.labels for row in predictor.predict(texts, windows=False)] == [(), ("joy",), ()]
    forced = predictor.predict(texts, at_least_one=True, windows=False)
    assert [row.labels for row in forced] == [("neutral",), ("joy",), ()]
    assert forced[2].error == "the text is empty"
    assert np.array_equal(forced.scores, predictor.predict(texts, windows=False).scores, equal_nan=True)


def test_at_least_one_holds_in_files_and_when_resumed(predictor, tmp_path):
    source = b"text\na b c d\na\na b c d\n"

    def predict(resume, at_least_one=True):
        rows = read_rows(io.BytesIO(source), "csv")
        options = {"resume": resume, "at_least_one": at_least_one, "windows": False}
        write_predictions(predictor, rows, tmp_path / "out.csv", None, **options)
        return (tmp_path / "out.csv").read_text()

    whole = predict(resume=False)
    assert whole.splitlines()[1].startswith('a b c d,"[""neutral""]"')
    (tmp_path / "out.csv").unlink()
    partial = tmp_path / "out.csv.part"
    options = {"all_scores": False, "explain": False, "at_least_one": True, "segments": False, "windows": False}
    description = json.dumps(describe(predictor, "csv", column="text", **options))
    partial.write_text("".join(whole.splitlines(keepends=True)[:2]))
    part_description_path(tmp_path / "out.csv").write_text(description)
    assert predict(resume=True) == whole
    (tmp_path / "out.csv").rename(partial)
    part_description_path(tmp_path / "out.csv").write_text(description)
    with pytest.raises(EmograinError, match="at_least_one|options"):
        predict(resume=True, at_least_one=False)

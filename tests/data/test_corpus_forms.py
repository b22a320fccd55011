"""The forms in which corpora come: texts without labels, columns of 0 and 1, datasets, and taxonomies made of them."""

import json

import numpy as np
import pytest

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.corpus_taxonomy import make_taxonomy
from emograin.data.hub_datasets import corpus_from_dataset
from emograin.data.sources import load
from emograin.data.statistics import corpus_statistics, statistics_table
from emograin.data.tabular.writer import open_writer
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy

TONE = Taxonomy("tone", ("good", "bad", "odd"))


def write(path, rows):
    with open_writer(path) as writer:
        writer.write(rows)
    return path


def rows_of(*labels):
    return [{"text": f"text {at}", "labels": each, "split": "train"} for at, each in enumerate(labels)]


@pytest.mark.parametrize("name", ["own.csv", "own.jsonl", "own.parquet"])
def test_a_text_without_labels_is_a_row_of_zeros(tmp_path, name):
    corpus = load(write(tmp_path / name, rows_of(["good"], [], ["bad", "odd"])), TONE)
    assert corpus.split("train").labels.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
    assert corpus_statistics(corpus)["splits"]["train"]["labels_per_text"] == {"0": 1, "1": 1, "2": 1}
    assert "with 0 labels" in statistics_table(corpus_statistics(corpus))


def test_a_corpus_or_a_split_without_any_label_is_refused(tmp_path):
    rows = [*rows_of("good", ""), {"text": "dev text", "labels": "", "split": "dev"}]
    corpus = load(write(tmp_path / "own.csv", rows), TONE)
    assert len(corpus.split("all")) == 3
    assert corpus_statistics(corpus)["splits"]["dev"]["labels_per_text"] == {"0": 1}
    with pytest.raises(EmograinError, match=r"no text of split 'dev' of corpus 'own.csv' has a label"):
        corpus.split("dev")
    nothing = load(write(tmp_path / "nothing.csv", rows_of("", "")), TONE)
    with pytest.raises(EmograinError, match=r"no text of corpus 'nothing.csv' has a label.*--label-column"):
        nothing.split("all")


@pytest.mark.parametrize("name", ["own.csv", "own.jsonl", "own.parquet"])
@pytest.mark.parametrize(("no", "yes"), [(0, 1), (0.0, 1.0), (False, True), ("0", "1"), ("False", "True")])
def test_labels_may_be_one_column_each(tmp_path, name, no, yes):
    rows = [
        {"id": 1, "text": "a", "bad": no, "good": yes, "odd": yes},
        {"id": 2, "text": "b", "bad": yes, "good": no, "odd": no},
    ]
    rows += [{"id": 3, "text": "c", "bad": no, "good": no, "odd": no}]
    found = load(write(tmp_path / name, [row | {"split": "train"} for row in rows]), TONE).split("train")
    assert found.labels.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    named = load(tmp_path / name, TONE, label_column="bad, odd").split("train")
    assert named.labels.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("row", "label_column", "message"),
    [
        ({"text": "a", "good": 1, "bad": 0, "odd": 2}, "labels", "row 1: column 'odd' must be 0 or 1, got '2'"),
        ({"text": "a", "good": 1, "bad": "", "odd": 0}, "labels", "row 1: column 'bad' must be 0 or 1, got ''"),
        (
            {"text": "a", "good": 1, "bad": 0},
            "labels",
            "no column 'labels', and as one column per label 'odd' is missing .*the file has text, good, bad",
        ),
        ({"text": "a", "good": 1, "bad": 0}, "good,odd", "unknown column 'odd'"),
        ({"text": "a", "good": 1, "id": 0}, "good,id", "unknown label 'id'.*--write-taxonomy"),
        ({"text": "a", "goood": 1}, "labels", "unknown column 'labels'"),
    ],
)
def test_columns_of_labels_that_do_not_fit_are_named(tmp_path, row, label_column, message):
    with pytest.raises(EmograinError, match=message):
        load(write(tmp_path / "own.csv", [row]), TONE, label_column=label_column).split("all")


@pytest.mark.parametrize("row", [{"text": "a", "good": 1, "bad": 0}, {"text": "a", "label": "good"}])
def test_a_missing_column_is_no_reason_to_train_on_other_labels(tmp_path, row):
    with pytest.raises(EmograinError, match="read with the taxonomy") as caught:
        load(write(tmp_path / "own.csv", [row]), TONE).split("all")
    assert "--write-taxonomy" not in str(caught.value)


def test_a_file_of_google_may_begin_with_texts_without_labels(tmp_path):
    (tmp_path / "train.tsv").write_text("nothing\t\ta\nso glad\t17,18\tb\n")
    train = load(tmp_path).split("train")
    assert (train.ids, train.labels.sum(axis=1).tolist()) == (["a", "b"], [0, 2])


@pytest.mark.parametrize("name", ["own.csv", "own.jsonl"])
def test_a_taxonomy_is_made_of_the_names_in_the_label_column(tmp_path, name):
    rows = [
        {"text": f"[PERSON] and [RARE]{at}"[: 8 if at else 30], "labels": each}
        for at, each in enumerate([["odd"], [], ["good", "bad"]] * 4)
    ]
    assert make_taxonomy(write(tmp_path / name, rows)) == Taxonomy(
        "own", ("bad", "good", "odd"), placeholders=("[PERSON]",)
    )


def test_a_taxonomy_is_made_of_columns_of_0_and_1(tmp_path):
    rows = [
        {"id": 1, "text": "a", "author": "x", "odd": 0, "bad": 1, "likes": 0},
        {"id": 0, "text": "b", "author": "y", "odd": 1, "bad": 0, "likes": 7},
    ]
    path = write(tmp_path / "own.csv", [row | {"split": "train"} for row in rows])
    assert make_taxonomy(path).labels == ("odd", "bad")
    assert make_taxonomy(path, label_column="bad,odd").labels == ("bad", "odd")
    assert load(path, make_taxonomy(path)).split("all").labels.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["1, 4", "7"], "the labels are numbers, 1, 4, 7, without names .write taxonomy.toml"),
        (["joy", "joy"], "expected at least 2 labels in the column 'labels' .* got only 'joy'"),
        (["", ""], "got none"),
        (["[joy", "love"], "row 1: labels must be names"),
    ],
)
def test_a_taxonomy_that_cannot_be_made_is_an_error(tmp_path, labels, message):
    with pytest.raises(EmograinError, match=message):
        make_taxonomy(write(tmp_path / "own.csv", [{"text": "a", "labels": each} for each in labels]))


def test_the_command_writes_a_taxonomy_that_is_then_found(tmp_path, capsys):
    path = write(tmp_path / "own.csv", rows_of(["good"], ["bad"], []))
    assert main(["data", str(path), "--write-taxonomy", str(tmp_path / "taxonomy.json"), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["splits"]["train"]["labels"] == {"bad": 1, "good": 1}
    assert "2 labels: bad, good" in captured.err
    assert load(path).taxonomy == Taxonomy("own", ("bad", "good"))
    assert main(["data", str(path), "--write-taxonomy", str(tmp_path / "taxonomy.json")]) == 2
    assert "exists" in capsys.readouterr().err
    other = str(tmp_path / "other.json")
    assert main(["data", str(path), "--write-taxonomy", other, "--taxonomy", str(tmp_path / "taxonomy.json")]) == 2
    assert "--taxonomy" in capsys.readouterr().err


def test_no_taxonomy_is_written_for_a_corpus_that_cannot_be_read(tmp_path, capsys):
    rows = [row | {"split": split} for row, split in zip(rows_of(["good"], ["bad"]), ("train", "tset"), strict=True)]
    path = write(tmp_path / "own.csv", rows)
    assert main(["data", str(path), "--write-taxonomy", str(tmp_path / "taxonomy.json")]) == 2
    assert "unknown split 'tset'" in capsys.readouterr().err
    assert not (tmp_path / "taxonomy.json").exists()


@pytest.fixture
def datasets():
    return pytest.importorskip("datasets")


def class_features(datasets, labels):
    sequence = datasets.Sequence(datasets.ClassLabel(names=labels))
    return datasets.Features({"text": datasets.Value("string"), "labels": sequence})


def test_a_saved_dataset_has_its_classes_as_taxonomy(tmp_path, datasets):
    features = class_features(datasets, ["sad", "glad"])
    made = {"text": ["a", "b", "c"], "labels": [[1], [], [0, 1]]}
    parts = {name: datasets.Dataset.from_dict(made, features) for name in ("train", "validation")}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "own")
    corpus = load(tmp_path / "own")
    assert (corpus.name, corpus.split_names, corpus.taxonomy) == (
        "own",
        ("train", "dev"),
        Taxonomy("own", ("sad", "glad")),
    )
    assert corpus.split("dev").labels.tolist() == [[0, 1], [0, 0], [1, 1]]
    assert corpus.split("dev").ids[0] == "validation-1"
    # The names decide, not their order.
    assert load(tmp_path / "own", Taxonomy("x", ("glad", "sad"))).split("dev").labels.tolist() == [
        [1, 0],
        [0, 0],
        [1, 1],
    ]
    with pytest.raises(EmograinError, match="own, train, row 1: unknown label 'glad'"):
        load(tmp_path / "own", Taxonomy("x", ("good", "sad"))).split("train")
    assert make_taxonomy(tmp_path / "own").labels == ("sad", "glad")


def test_one_part_of_a_dataset_is_divided_as_a_file_is(tmp_path, datasets):
    texts = [f"text {number}" for number in range(40)]
    made = datasets.Dataset.from_dict(
        {"text": texts, "labels": [[17]] * 40}, class_features(datasets, list(GOEMOTIONS.labels))
    )
    made.save_to_disk(tmp_path / "own")
    corpus = load(tmp_path / "own")
    assert corpus.taxonomy is GOEMOTIONS
    assert corpus.split_names == ("train", "dev", "test")
    of_file = load(write(tmp_path / "own.csv", [{"text": text, "labels": "joy"} for text in texts]))
    assert all(corpus.split(name).texts == of_file.split(name).texts for name in corpus.split_names)


def test_a_dataset_may_have_one_class_or_columns_of_booleans(datasets, monkeypatch):
    one = datasets.Dataset.from_dict(
        {"text": ["a", "b"], "emotion": [1, 0]},
        datasets.Features({"text": datasets.Value("string"), "emotion": datasets.ClassLabel(names=["sad", "glad"])}),
    )
    several = datasets.Dataset.from_dict({"Tweet": ["a", "b"], "glad": [True, False], "sad": [True, True]})
    asked = []

    def load_dataset(*names):
        asked.append(names)
        return datasets.DatasetDict({"train": {"owner/one": one, "owner/several": several}[names[0]], "test": one})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert load("owner/one").split("train").labels.tolist() == [[0, 1], [1, 0]]
    corpus = load("owner/several:english", text_column="Tweet")
    assert (corpus.taxonomy.labels, corpus.split("train").labels.tolist()) == (("glad", "sad"), [[1, 1], [0, 1]])
    assert asked == [("owner/one", None), ("owner/several", "english")]


def test_a_dataset_of_names_needs_a_taxonomy_which_can_be_made(tmp_path, datasets):
    names = datasets.Dataset.from_dict({"text": ["a", "b"], "labels": [["glad", "sad"], []]})
    names.save_to_disk(tmp_path / "own")
    with pytest.raises(EmograinError, match="unknown label 'glad'.*--write-taxonomy"):
        load(tmp_path / "own").split("all")
    taxonomy = make_taxonomy(tmp_path / "own")
    assert load(tmp_path / "own", taxonomy).split("all").labels.sum() == 2


@pytest.mark.usefixtures("datasets")
def test_a_dataset_that_cannot_be_loaded_is_a_one_line_error(tmp_path):
    with pytest.raises(
        EmograinError, match="'owner/none' is no file or folder, and could not be loaded from the Hugging Face hub"
    ):
        load("owner/none")
    (tmp_path / "dataset_info.json").write_text("{")
    with pytest.raises(EmograinError, match="cannot be read"):
        load(tmp_path)


def test_a_parquet_file_that_datasets_wrote_has_the_names_of_its_classes(tmp_path, datasets):
    made = datasets.Dataset.from_dict(
        {"text": ["a", "b"], "labels": [[1], [0, 1]]}, class_features(datasets, ["sad", "glad"])
    )
    made.to_parquet(tmp_path / "train.parquet")
    for source in (tmp_path, tmp_path / "train.parquet"):
        corpus = load(source)
        assert corpus.taxonomy.labels == ("sad", "glad")
        assert corpus.split("all").labels.sum(axis=0).tolist() == [1, 2]
    assert load(tmp_path, Taxonomy("x", ("glad", "sad"))).split("train").labels.tolist() == [[1, 0], [1, 1]]
    assert make_taxonomy(tmp_path).labels == ("sad", "glad")
    assert np.array_equal(
        load(tmp_path, make_taxonomy(tmp_path)).split("train").labels, load(tmp_path).split("train").labels
    )


def test_parts_of_a_dataset_that_are_one_split_are_refused_and_others_left_out(datasets):
    made = {"text": [f"text {number}" for number in range(40)], "labels": [[1]] * 40}
    part = datasets.Dataset.from_dict(made, class_features(datasets, ["sad", "glad"]))
    with pytest.raises(EmograinError, match="expected one dev split, got dev and validation"):
        corpus_from_dataset("own", datasets.DatasetDict(dict.fromkeys(("train", "dev", "validation"), part)), None)
    found = corpus_from_dataset("own", datasets.DatasetDict({"train": part, "unsupervised": part}), None)
    assert found.split_names == ("train", "dev", "test")

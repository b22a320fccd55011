"""Mappings of labels: files, errors, and scores and gold labels of unions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy
from emograin.evaluation.calibration.held_out_scores import HeldOutScores
from emograin.evaluation.calibration_quality import expected_calibration_error
from emograin.evaluation.mapping.calibrated_unions import calibrate_unions
from emograin.evaluation.mapping.label_mapping import LabelMapping, unite_labels, unite_scores
from emograin.evaluation.mapping.mapped_corpus import load_mapped

GOOD = '[labels]\nanger = ["anger", "annoyance"]\nfun = "amusement"\n'


def write(tmp_path, text: str):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_a_file_is_read_in_order(tmp_path):
    found = LabelMapping.from_toml(write(tmp_path, GOOD))
    assert (found.name, found.labels) == ("mine", ("anger", "fun"))
    assert found.unions["fun"] == ("amusement",)
    assert found.members(GOEMOTIONS.labels) == ((2, 3), (1,))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labels = 3", "expected a mapping of labels, got int"),
        ("", "has no table .labels."),
        ("[lables]\na = 'joy'", "unknown key 'lables', did you mean 'labels'"),
        ("[labels]", "needs at least 1 label, got 0"),
        ("[labels]\na = []\nb = 'joy'", "'a' unites no label"),
        ("[labels]\na = ['joy', 'joy']\nb = 'joy'", "names a label of the model twice"),
        ("[labels]\na = 3\nb = 'joy'", "labels.a must be a label of the model or a list of them, got 3"),
        ("[labels\n", "is not TOML"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, text, said):
    with pytest.raises(EmograinError, match=said) as caught:
        LabelMapping.from_toml(write(tmp_path, text))
    assert "mine.toml" in str(caught.value)


def test_a_missing_file_and_an_unknown_label_are_said(tmp_path):
    with pytest.raises(EmograinError, match="cannot read mapping"):
        LabelMapping.from_toml(tmp_path / "none.toml")
    mapping = LabelMapping("x", {"a": ("joi",), "b": ("love",)})
    with pytest.raises(EmograinError, match="mapping of 'a': unknown label of the model 'joi', did you mean 'joy'"):
        mapping.members(GOEMOTIONS.labels)


def test_groupings_are_mappings():
    found = LabelMapping.of_grouping(GOEMOTIONS, "sentiment")
    assert found.labels == ("positive", "negative", "ambiguous", "neutral")
    with pytest.raises(EmograinError, match="unknown grouping 'sentimant', did you mean 'sentiment'"):
        LabelMapping.of_grouping(GOEMOTIONS, "sentimant")


@given(st.integers(1, 20), st.integers(0, 1000))
def test_a_union_is_at_least_its_largest_member_and_at_most_their_sum(texts, seed):
    scores = np.random.default_rng(seed).random((texts, 4))
    scores[0, 0] = 1.0
    united = unite_scores(scores, [[0, 1, 2], [3]])
    assert (united[:, 0] >= scores[:, :3].max(axis=1) - 1e-6).all()
    assert (united[:, 0] <= np.minimum(1, scores[:, :3].sum(axis=1)) + 1e-6).all()
    assert np.array_equal(united[:, 1], scores[:, 3])


def test_unreadable_texts_stay_unreadable():
    assert np.isnan(unite_scores(np.full((1, 3), np.nan), [[0, 1], [2]])).all()


def test_gold_labels_are_those_of_the_taxonomy():
    labels = (np.random.default_rng(0).random((50, 28)) < 0.1).astype(np.uint8)
    mapping = LabelMapping.of_grouping(GOEMOTIONS, "ekman")
    expected = GOEMOTIONS.to_groups(labels, "ekman")
    assert np.array_equal(unite_labels(labels, mapping.members(GOEMOTIONS.labels)), expected)


def dependent(texts: int = 4000) -> HeldOutScores:
    """Two labels that occur together: noisy-or of their calibrated scores is too high."""
    random = np.random.default_rng(0)
    score = random.random(texts)
    label = random.random(texts) < score
    other = random.random(texts)
    return HeldOutScores(
        np.stack([score, score, other], axis=1), np.stack([label, label, random.random(texts) < other], 1)
    )


def test_unions_are_calibrated_and_single_labels_stay():
    held_out = dependent()
    mapping = LabelMapping("x", {"both": ("a", "b"), "other": ("c",)})
    stage, thresholds = calibrate_unions(mapping, ("a", "b", "c"), {"fixed": [0.3] * 3}, held_out)
    raw = unite_scores(held_out.scores, stage.members)
    found, gold = stage.calibration(raw), unite_labels(held_out.labels, stage.members)
    assert expected_calibration_error(raw[:, :1], gold[:, :1]) > 0.1
    assert expected_calibration_error(found[:, :1], gold[:, :1]) < 0.04
    assert np.array_equal(found[:, 1], raw[:, 1])
    assert set(thresholds) == {"fixed", "global", "per-label"}


def test_without_held_out_scores_labels_can_be_renamed_but_not_united():
    renamed = LabelMapping("x", {"mine": ("b",), "yours": ("a",)})
    _, thresholds = calibrate_unions(renamed, ("a", "b"), {"fixed": [0.1, 0.2]}, None)
    assert thresholds == {"fixed": [0.2, 0.1]}
    united = LabelMapping("x", {"mine": ("a", "b"), "yours": ("a",)})
    with pytest.raises(EmograinError, match="no held-out scores.*export it again"):
        calibrate_unions(united, ("a", "b"), {"fixed": [0.1, 0.2]}, None)


@pytest.mark.parametrize("name", ["taxonomy.toml", "taxonomy.json", "emotions.txt"])
def test_label_indices_of_a_corpus_are_those_of_its_own_taxonomy(tmp_path, name):
    labels = ("joy", "anger", "fear")
    if name == "emotions.txt":
        (tmp_path / name).write_text("\n".join(labels) + "\n")
    else:
        Taxonomy("own", labels).write(tmp_path / name)
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": [0]}\n{"text": "b", "labels": [2]}\n')
    mapping = LabelMapping("mine", {"bad": ("anger", "fear"), "good": ("joy",), "any": labels})
    original = Taxonomy("own", labels)
    corpus = load_mapped(str(tmp_path), Taxonomy("mine", mapping.labels), original, mapping, splits=["train"])
    assert corpus.split("train").labels.tolist() == [[0, 1, 1], [1, 0, 1]]


def test_a_corpus_in_neither_labels_says_why_of_both(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["jolly"]}\n')
    mapping = LabelMapping("mine", {"bad": ("anger", "fear"), "good": ("joy",)})
    taxonomies = (Taxonomy("mine", mapping.labels), Taxonomy("own", ("joy", "anger", "fear")))
    with pytest.raises(EmograinError, match="taxonomy 'mine'.*with the labels of the model.*taxonomy 'own'"):
        load_mapped(str(tmp_path), *taxonomies, mapping, splits=["train"])


def load_labelled(folder, cells):
    """Load a file of these labels, of three labels of a mapping or six of a model, and return the labels read."""
    lines = (f'{{"text": "text {at}", "labels": {cell}, "split": "train"}}\n' for at, cell in enumerate(cells))
    (folder / "mine.jsonl").write_text("".join(lines))
    labels = ("joy", "anger", "fear", "awe", "grief", "pride")
    mapping = LabelMapping("mine", {"bad": ("anger", "fear", "grief"), "good": ("joy", "pride"), "any": labels})
    taxonomies = (Taxonomy("mine", mapping.labels), Taxonomy("own", labels))
    corpus = load_mapped(str(folder / "mine.jsonl"), *taxonomies, mapping, splits=["train"])
    assert corpus.taxonomy == taxonomies[0]
    return corpus.split("train").labels.tolist()


@pytest.mark.parametrize("cells", [["[0]", "[2]"], ['"1"', '""']])
def test_indices_that_both_the_mapping_and_the_model_have_are_refused(tmp_path, cells):
    with pytest.raises(EmograinError, match="indices, which could be of the mapping's labels or of the model's"):
        load_labelled(tmp_path, cells)
    (tmp_path / "emotions.txt").write_text("joy\nanger\nfear\nawe\ngrief\npride\n")
    assert load_labelled(tmp_path, cells)


def test_other_indices_and_names_are_of_the_labels_that_have_them(tmp_path):
    assert load_labelled(tmp_path, ["[1]", "[5]"]) == [[1, 0, 1], [0, 1, 1]]
    assert load_labelled(tmp_path, ['"bad"', "[1]"]) == [[1, 0, 0], [0, 1, 0]]
    assert load_labelled(tmp_path, ['"bad, any"', '"good"']) == [[1, 0, 1], [0, 1, 0]]
    assert load_labelled(tmp_path, ['"fear"', '"joy"']) == [[1, 0, 1], [0, 1, 1]]


EKMAN = LabelMapping("few", {"joy": ("joy", "love"), "anger": ("anger", "annoyance")})
MODEL = Taxonomy("own", ("joy", "love", "anger", "annoyance"))
COLUMNS = "text,split,joy,love,anger,annoyance\na,train,0,1,0,0\nb,train,0,0,0,1\nc,train,1,0,0,0\n"


def load_few(source, splits=("train",)):
    return load_mapped(str(source), Taxonomy("few", EKMAN.labels), MODEL, EKMAN, splits=splits)


def test_columns_of_the_models_labels_are_united_although_some_have_the_mappings_names(tmp_path):
    (tmp_path / "columns.csv").write_text(COLUMNS)
    (tmp_path / "cells.csv").write_text("text,split,labels\na,train,love\nb,train,annoyance\nc,train,joy\n")
    expected = [[1, 0], [0, 1], [1, 0]]
    assert load_few(tmp_path / "columns.csv").split("train").labels.tolist() == expected
    assert load_few(tmp_path / "cells.csv").split("train").labels.tolist() == expected
    (tmp_path / "own.csv").write_text("text,split,joy,anger\na,train,1,0\nb,train,0,1\n")
    assert load_few(tmp_path / "own.csv").split("train").labels.tolist() == [[1, 0], [0, 1]]


def test_a_split_without_labels_is_read_with_the_others(tmp_path):
    (tmp_path / "mine.csv").write_text(COLUMNS + "d,test,0,0,0,0\n")
    corpus = load_few(tmp_path / "mine.csv", ["all"])
    assert corpus.split("all").labels.tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]
    with pytest.raises(EmograinError, match="no text of split 'test'"):
        corpus.split("test")


@pytest.mark.parametrize(
    "labels", [("anger", "joy"), ("annoyance", "anger", "love", "joy"), ("love", "annoyance", "joy")]
)
def test_a_taxonomy_beside_the_data_may_have_another_order_or_only_some_labels(tmp_path, labels):
    Taxonomy("beside", labels).write(tmp_path / "taxonomy.json")
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["joy"]}\n{"text": "b", "labels": [0]}\n')
    first = {"joy": [1, 0], "love": [1, 0], "anger": [0, 1], "annoyance": [0, 1]}[labels[0]]
    assert load_few(tmp_path).split("train").labels.tolist() == [[1, 0], first]

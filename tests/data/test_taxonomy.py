"""Taxonomies: GoEmotions as published, labels of a user, and errors in taxonomy files."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy

GOOGLE = Path(__file__).parents[2].parent / "shared" / "goemotions"
needs_google = pytest.mark.skipif(not GOOGLE.is_dir(), reason="Google's GoEmotions files are not beside the project")
MOODS = Taxonomy("moods", ("joy", "awe", "fear"), {"tone": {"good": ("joy", "awe"), "bad": ("fear", "awe")}})


@needs_google
def test_goemotions_has_the_published_labels_in_order():
    assert list(GOEMOTIONS.labels) == (GOOGLE / "emotions.txt").read_text().split()


@needs_google
@pytest.mark.parametrize("grouping", ["sentiment", "ekman"])
def test_goemotions_has_the_published_groups_and_neutral(grouping):
    published = json.loads((GOOGLE / f"{grouping}_mapping.json").read_text()) | {"neutral": ["neutral"]}
    ours = GOEMOTIONS.groupings[grouping]
    assert {group: set(labels) for group, labels in ours.items()} == {k: set(v) for k, v in published.items()}


def test_goemotions_groups_are_disjoint():
    assert GOEMOTIONS.groups("sentiment") == ("positive", "negative", "ambiguous", "neutral")
    for grouping, groups in {"sentiment": 4, "ekman": 7}.items():
        matrix = GOEMOTIONS.group_matrix(grouping)
        assert matrix.shape == (28, groups)
        assert matrix.dtype == np.uint8
        assert (matrix.sum(axis=1) == 1).all()


@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 5), st.just(28)), elements=st.integers(0, 1)))
def test_a_text_is_in_each_group_of_which_it_has_a_label(labels):
    groups = GOEMOTIONS.to_groups(labels, "ekman")
    expected = [
        [any(row[GOEMOTIONS.index(label)] for label in members) for members in GOEMOTIONS.groupings["ekman"].values()]
        for row in labels
    ]
    assert groups.dtype == np.uint8
    assert groups.tolist() == np.array(expected, dtype=int).reshape(-1, 7).tolist()


def test_many_labels_of_one_group_do_not_overflow():
    names = tuple(f"label {number}" for number in range(512))
    taxonomy = Taxonomy("wide", names, {"all": {"one": names}})
    assert taxonomy.to_groups(np.ones((1, 512), dtype=np.uint8), "all").tolist() == [[1]]


def test_labels_of_another_shape_are_an_error():
    with pytest.raises(EmograinError, match=r"shape \(n, 3\), got \(2, 28\)"):
        MOODS.to_groups(np.zeros((2, 28)), "tone")


@pytest.mark.parametrize(
    ("given", "indices"),
    [
        ("joy", [0]),
        ("joy, fear", [0, 2]),
        ("joy|fear", [0, 2]),
        ("joy;fear;", [0, 2]),
        ("0,2", [0, 2]),
        ('["joy", "fear"]', [0, 2]),
        (["joy", 2], [0, 2]),
        (1, [1]),
        (1.0, [1]),
        ("0.0;2.0", [0, 2]),
        ("['joy', 'fear']", [0, 2]),
        ("['joy' 'fear']", [0, 2]),
        ("('joy',)", [0]),
        ("{'fear'}", [2]),
        ("[0, 2]", [0, 2]),
        (np.array([0, 2]), [0, 2]),
        ("", []),
        (" ", []),
        ([], []),
        ("[]", []),
        (None, []),
        (float("nan"), []),
    ],
)
def test_labels_are_names_or_indices_in_a_list_or_a_string(given, indices):
    assert MOODS.indices(given) == indices
    assert np.flatnonzero(MOODS.multi_hot([indices])[0]).tolist() == indices


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("joyy", "unknown label 'joyy', did you mean 'joy'"),
        ("3", "0 to 2, got 3"),
        (-1, "0 to 2, got -1"),
        (True, "a name or an index, got True"),
        (1.5, "a name or an index, got 1.5"),
        ([["joy"]], "a name or an index"),
        ("[joy", "JSON list"),
        ("[01, 2]", "JSON list"),
        ("['jo\ny']", "JSON list"),
        ("['\\x']", "JSON list"),
        ("[\u0663]", "JSON list"),
        (f"[{'9' * 5000}]", "JSON list"),
        ("9" * 5000, "unknown label"),
        ("['joy''fear']", "JSON list"),
        ("['joy', None]", "JSON list"),
    ],
)
def test_invalid_labels_are_errors_that_name_them(given, message):
    with pytest.raises(EmograinError, match=message):
        MOODS.indices(given)


def test_a_label_whose_name_holds_a_separator_or_digits_is_read_as_a_name():
    taxonomy = Taxonomy("odd", ("calm, happy", "1", "sad"))
    assert taxonomy.indices("calm, happy") == [0]
    assert taxonomy.indices("1") == [1]


def test_words_default_to_the_label():
    taxonomy = Taxonomy("moods", ("joy", "awe"), words={"awe": "wonder mixed with respect"})
    assert taxonomy.label_words() == ["joy", "wonder mixed with respect"]


@pytest.mark.parametrize("taxonomy", [GOEMOTIONS, MOODS, Taxonomy("bare", ("a", "b"), words={"a": "A"})])
def test_a_taxonomy_survives_json(taxonomy):
    assert Taxonomy.from_dict(json.loads(json.dumps(taxonomy.to_dict()))) == taxonomy


@pytest.mark.parametrize("name", ["own.json", "own.toml"])
@pytest.mark.parametrize(
    "taxonomy", [GOEMOTIONS, MOODS, Taxonomy('quo"te', ("a \\ b", "😂"), words={"😂": "tears\x7f of joy"})]
)
def test_a_taxonomy_is_written_and_read_as_json_and_toml(tmp_path, name, taxonomy):
    taxonomy.write(tmp_path / name)
    assert Taxonomy.from_file(tmp_path / name) == taxonomy
    with pytest.raises(EmograinError, match=r"\.json or \.toml"):
        taxonomy.write(tmp_path / "own.yaml")


def test_an_unknown_grouping_gives_the_closest_one():
    with pytest.raises(EmograinError, match="unknown grouping 'sentimant', did you mean 'sentiment'"):
        GOEMOTIONS.groups("sentimant")


def test_labels_without_groupings_are_named():
    with pytest.raises(EmograinError, match=r"no grouping 'ekman': these labels have none \(the labels are yes, no\)"):
        Taxonomy("given", ("yes", "no")).groups("ekman")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('name = "m"', "'labels' is missing"),
        ('labels = ["a", "b"]', "'name' is missing"),
        ('name = "m"\nlabels = []', "at least 1 label, got 0"),
        ('name = "m"\nlabels = "joy"', "labels must be a list, got 'joy'"),
        ('name = "m"\nlabels = ["a", "b", "a"]', "got 'a' twice"),
        ('name = "m"\nlabels = ["a", " "]', "must not be empty"),
        ('name = "m"\nlabels = ["a", 1]', r"labels\[1\] must be str, got 1"),
        ('name = "m"\nlabel = ["a", "b"]', "unknown key 'label', did you mean 'labels'"),
        ('name = "m"\nlabels = ["joy", "b"]\n[words]\njoi = "x"', "unknown label 'joi', did you mean 'joy'"),
        ('name = "m"\nlabels = ["joy", "b"]\n[groupings.g]\nx = ["joi", "b"]', "unknown label 'joi'"),
        ('name = "m"\nlabels = ["joy", "b"]\n[groupings.g]\nx = ["joy"]', r"no group for \['b'\]"),
        ('name = "m"\nlabels = ["joy", "b"]\n[groupings.g]\nx = ["joy", "b"]\ny = []', "'y' of grouping 'g' is empty"),
        ('name = "m"\nlabels = ["joy", "b"]\n[groupings]\ng = ["joy"]', "must be a table"),
        ('name = "m\nlabels = []', "is not TOML"),
    ],
)
def test_errors_in_a_taxonomy_file_name_the_file(tmp_path, toml, message):
    path = tmp_path / "own.toml"
    path.write_text(toml)
    with pytest.raises(EmograinError, match=message) as caught:
        Taxonomy.from_toml(path)
    assert str(path) in str(caught.value)


def test_an_unreadable_taxonomy_file_is_an_error(tmp_path):
    with pytest.raises(EmograinError, match="No such file"):
        Taxonomy.from_toml(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(EmograinError, match="not UTF-8"):
        Taxonomy.from_toml(tmp_path / "latin.toml")

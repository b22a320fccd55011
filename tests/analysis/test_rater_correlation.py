"""Raters' labels, their correlations, and the paper's Figure 9."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.drawn_figures import figure_text
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import leaves_list, linkage

from emograin.analysis.rater_correlation import RaterLabels, correlate_labels, pearson, read_rater_labels
from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy
from emograin.reproduction import figures

RATERS = Path(__file__).parents[3] / "shared" / "goemotions" / "rater_rows_sample.csv.gz"
MOODS = Taxonomy("moods", ("joy", "glee", "fear", "awe"), {"tone": {"good": ("joy", "glee"), "bad": ("fear", "awe")}})


@given(arrays(np.int8, st.tuples(st.integers(2, 12), st.integers(1, 4)), elements=st.integers(0, 3)))
def test_pearson_is_the_definition_and_undefined_for_constant_columns(values):
    found = pearson(values / 3)
    centred = values - values.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(all="ignore"):
        expected = centred.T @ centred / np.outer(norms, norms)
    constant = (values == values[0]).all(axis=0)
    assert np.isnan(found[constant]).all()
    assert np.isnan(found[:, constant]).all()
    varying = np.ix_(~constant, ~constant)
    assert found[varying] == pytest.approx(expected[varying], abs=1e-9)


def write_rows(path, rows, header=("id", "rater_id", *MOODS.labels)):
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        csv.writer(file).writerows([header, *rows])
    return path


ROWS = [
    ("x", 1, 1, 1, 0, 0),
    ("x", 2, 1, 0, 0, 0),
    ("y", 1, 0, 0, 1, 0),
    ("y", "", 0, 0, 0, 0),  # unclear
    ("z", 2, 0, 1, 0, 1),
    ("w", 3, 0, 0, 1, 1),
]


def test_labels_are_averaged_over_the_raters_of_a_comment(tmp_path):
    found = correlate_labels(read_rater_labels(write_rows(tmp_path / "rows.csv.gz", ROWS), MOODS))
    averaged = np.array([[1, 0.5, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]])
    assert np.array(found["correlation"]) == pytest.approx(np.corrcoef(averaged, rowvar=False))
    assert (found["rows"], found["rows_without_labels"], found["comments"], found["total_rows"]) == (5, 1, 4, None)
    assert found["labels"] == list(MOODS.labels)
    json.dumps(found, allow_nan=False)


def test_the_hubs_raw_rows_are_read(monkeypatch):
    datasets = pytest.importorskip("datasets")
    rows = [{"id": f"c{at}", "rater_id": at} | dict.fromkeys(GOEMOTIONS.labels, at % 2) for at in range(4)]

    def load_dataset(*asked, split):
        assert (asked, split) == (("google-research-datasets/go_emotions", "raw"), "train")
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    found = read_rater_labels()
    assert (found.comments, found.labels[:, 5].tolist(), found.total_rows) == (
        ["c0", "c1", "c2", "c3"],
        [0, 1, 0, 1],
        211225,
    )

    def no_network(*_, **__):
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", no_network)
    with pytest.raises(EmograinError, match="ConnectionError: no route .*give a file of raters' rows"):
        read_rater_labels("goemotions")


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([], None, "no rows"),
        (ROWS, ("id", "rater_id", "joy", "glee", "fear", "aw"), "unknown label column 'awe', did you mean 'aw'"),
        ([("x", 1, 2, 0, 0, 0)], None, "row 1: a rater's label must be 0 or 1, got '2'"),
        ([("x", 1, "", 0, 0, 0)], None, "row 1: a rater's label must be 0 or 1, got ''"),
        ([("x", 1, 1)], None, "row 1: 3 cells, expected 6"),
        (ROWS, ("comment", "rater_id", *MOODS.labels), "unknown column 'id'"),
        ([("x", 1, 1, 0, 0, 0), ("x", 2, 0, 1, 0, 0)], None, "needs 2 comments with labels, got 1"),
    ],
)
def test_rows_without_labels_of_raters_are_errors(tmp_path, rows, header, message):
    path = write_rows(tmp_path / "rows.csv", rows, header or ("id", "rater_id", *MOODS.labels))
    with pytest.raises(EmograinError, match=message):
        correlate_labels(read_rater_labels(path, MOODS))


def random_rater_labels(constant=()):
    """Raters who often say joy with glee, and fear with awe."""
    random = np.random.default_rng(0)
    pairs = random.random((300, 2)) < 0.3
    labels = (pairs[:, [0, 0, 1, 1]] ^ (random.random((300, 4)) < 0.1)).astype(np.uint8)
    labels[:, list(constant)] = 1
    return RaterLabels("made up", MOODS, [f"c{at // 2}" for at in range(300)], labels, total_rows=1000)


def test_figure_9_clusters_and_colours_by_group(drawn):
    found = correlate_labels(random_rater_labels())
    figure = drawn("rater_correlation", found, grouping="tone")
    above, strip, heat = figure.axes[:3]
    order = [tick.get_text() for tick in heat.get_yticklabels()]
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({"joy", "glee"}), frozenset({"fear", "awe"})}
    matrix = np.array(found["correlation"])
    tree = linkage(1 - matrix[np.triu_indices(4, 1)], "ward", optimal_ordering=True)
    assert order == [MOODS.labels[at] for at in leaves_list(tree)]
    assert sorted(max(line.get_ydata()) for line in above.get_lines()) == pytest.approx(tree[:, 2])
    at = [MOODS.index(label) for label in order]
    shown = heat.images[0].get_array().filled(np.nan)
    expected = matrix[np.ix_(at, at)]
    expected[np.diag_indices(4)] = np.nan
    assert np.array_equal(shown, expected, equal_nan=True)
    cells = [each for each in heat.texts if each.get_position() == (1, 0)]
    assert [each.get_text() for each in cells] == [f"{100 * expected[0, 1]:.0f}"]
    # A branch within a group is thick and in the colour of the group's marks; the root, of both groups, is neither.
    colours = {line.get_label(): line.get_color() for line in strip.get_lines()}
    thick = [line.get_color() for line in above.get_lines() if line.get_linewidth() > 2]
    assert sorted(thick) == sorted(colours.values())
    assert len(above.get_lines()) == 3
    text = figure_text(figure)
    assert f"{found['rows']}, one per comment and rater, a sample of {found['rows'] / 1000:.0%} of 1,000" in text
    assert f"{found['comments']} comments" in text
    assert "Blank rows" not in text


def test_figure_9_leaves_undefined_correlations_blank(drawn):
    found = json.loads(json.dumps(correlate_labels(random_rater_labels(constant=[1]))))
    assert found["correlation"][1] == [None] * 4
    figure = drawn("rater_correlation", found, grouping="tone")
    above, _, heat = figure.axes[:3]
    assert heat.get_yticklabels()[3].get_text() == "glee"
    assert heat.images[0].get_array().mask[3].all()
    assert len(above.get_lines()) == 2  # branches of three labels
    assert "Blank rows" in figure_text(figure)
    with pytest.raises(EmograinError, match="needs 3 labels that vary, got 2"):
        drawn("rater_correlation", correlate_labels(random_rater_labels(constant=[0, 1])), grouping="tone")
    with pytest.raises(EmograinError, match="did you mean 'tone'"):
        drawn("rater_correlation", found, grouping="ton")


@pytest.mark.skipif(not RATERS.exists(), reason="raters' rows of GoEmotions are not part of the repository")
def test_real_raters_confuse_emotions_that_differ_in_intensity(tmp_path):
    found = correlate_labels(read_rater_labels(RATERS))
    matrix = np.array(found["correlation"])
    matrix[np.diag_indices(28)] = 0
    for label, nearest in [("anger", "annoyance"), ("excitement", "joy"), ("fear", "nervousness")]:
        assert GOEMOTIONS.labels[matrix[GOEMOTIONS.index(label)].argmax()] == nearest
    text = figures.draw_rater_correlation(tmp_path / "f.png", found)[1].read_text()
    assert "59,309, one" in text
    assert "28% of 211,225" in text
    assert ">neutral<" not in text

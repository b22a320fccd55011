"""Average precision is scikit-learn's; differences to the reference are paired by seed, their intervals over both."""

import json
from argparse import Namespace
from functools import partial

import auxiliary_alpha
import label_embedding_ablation
import numpy as np
import pytest
import short_training
from short_training import (
    Cell,
    average_precisions,
    compare,
    fingerprints,
    origin_of,
    save_scores,
    score_file,
    write_results,
)
from sklearn.metrics import average_precision_score

from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import GOEMOTIONS

RANDOM = np.random.default_rng(0)
LABELS = (RANDOM.random((200, 28)) < 0.3).astype(np.uint8)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(short_training, "RESAMPLES", 50)


IDS = [str(at) for at in range(len(LABELS))]
SPLITS = {name: Split(name, IDS, IDS, LABELS) for name in ("train", "dev")}
CORPUS = Corpus("made up", GOEMOTIONS, {name: partial(SPLITS.__getitem__, name) for name in ("train", "dev")})


def write_scores(folder, name, seed, shift=0.0, cell=None):
    """Write random scores; `shift` moves those of gold labels up."""
    scores = np.random.default_rng([seed, len(name)]).random(LABELS.shape) + shift * LABELS
    origin = origin_of(cell or Cell("plain"), options_for(folder, [seed]), fingerprints(CORPUS))
    save_scores(scores.astype(np.float32), score_file(folder, name, seed), origin)


def options_for(folder, seeds):
    return Namespace(
        scores=folder, seeds=seeds, every=4, learning_rate=2e-4, encoder="minilm", output=folder / "found.json"
    )


def rows_of(cells, folder, seeds):
    options = options_for(folder, seeds)
    write_results(cells, options, CORPUS)
    return {row["cell"]: row for row in json.loads(options.output.read_text())["rows"]}


def test_average_precision_on_resamples_is_scikit_learns():
    scores, labels = RANDOM.random((50, 3)).round(1), (RANDOM.random((50, 3)) < 0.3).astype(int)  # with ties
    weights = np.stack([np.ones(50), np.bincount(RANDOM.integers(0, 50, 50), minlength=50)])
    found = average_precisions(scores, labels, weights)
    expected = [
        [average_precision_score(labels[:, at], scores[:, at], sample_weight=row) for at in range(3)] for row in weights
    ]
    np.testing.assert_allclose(found, expected)


def test_a_cell_is_compared_with_its_own_reference(tmp_path):
    cells = {"plain": Cell("plain"), "other": Cell("other"), "first": Cell("plain"), "second": Cell("other")}
    for name, shift in {"plain": 0, "other": 0.6, "first": 0.3, "second": 0.3}.items():
        write_scores(tmp_path, name, 0, shift)
    rows = rows_of(cells, tmp_path, [0])
    assert "f1_all_difference" not in rows["plain"]
    assert rows["first"]["reference"] == "plain"
    for metric in ("average_precision", "f1"):
        own = rows["second"][f"{metric}_all"]
        difference = rows["second"][f"{metric}_all_difference"][0]
        assert difference < 0 < rows["first"][f"{metric}_all_difference"][0]
        assert difference == pytest.approx(own - rows["other"][f"{metric}_all"], abs=2e-4)


def test_the_spread_of_seeds_widens_the_interval(tmp_path):
    cells = {"plain": Cell("plain"), "steady": Cell("plain"), "varying": Cell("plain")}
    for seed in range(3):
        write_scores(tmp_path, "plain", seed)
        write_scores(tmp_path, "steady", seed, 0.5)
        write_scores(tmp_path, "varying", seed, 0.25 * (seed + 1))
    rows = rows_of(cells, tmp_path, [0, 1, 2])
    width = {name: np.ptp(rows[name]["average_precision_all_difference"][1:]) for name in ("steady", "varying")}
    assert width["varying"] > 3 * width["steady"]
    assert rows["varying"]["seeds"] == [0, 1, 2]


def test_only_seeds_of_both_cells_are_compared():
    def measured(value):
        return {metric: np.full((1 + 50, 2), value) for metric in ("average_precision", "f1")}

    found = compare(
        {"plain": Cell("plain"), "other": Cell("plain")},
        {"plain": {0: measured(0.1), 1: measured(0.3)}, "other": {0: measured(0.5)}},
        np.array([True, False]),
    )[1]
    assert found["seeds"] == [0]
    assert found["f1_all_difference"][0] == pytest.approx(0.4)


def test_a_cell_is_compared_with_further_cells(tmp_path):
    cells = {"plain": Cell("plain"), "rival": Cell("plain"), "both": Cell("plain", also=("rival",))}
    for name, shift in {"plain": 0, "rival": 0.2, "both": 0.6}.items():
        for seed in range(2):
            write_scores(tmp_path, name, seed, shift)
    rows = rows_of(cells, tmp_path, [0, 1])
    assert "also" not in rows["rival"]
    for kind in ("average_precision_all", "f1_frequent"):
        difference, low, high = rows["both"]["also"]["rival"][kind]
        assert low <= difference <= high
        assert difference == pytest.approx(rows["both"][kind] - rows["rival"][kind], abs=2e-4)


@pytest.mark.parametrize("cells", [label_embedding_ablation.CELLS, auxiliary_alpha.CELLS], ids=["ablation", "alpha"])
def test_every_cell_with_scores_is_in_the_results(tmp_path, cells):
    for name, cell in cells.items():
        write_scores(tmp_path, name, 0, cell=cell)
    assert list(rows_of(cells, tmp_path, [0])) == list(cells)
    assert all(cells[cell.reference].reference == cell.reference for cell in cells.values())
    assert {other for cell in cells.values() for other in cell.also} <= set(cells)
    written = (tmp_path / "found.json").read_bytes()
    score_file(tmp_path, list(cells)[-1], 0).unlink()
    write_results(cells, options_for(tmp_path, [0]), CORPUS)
    assert (tmp_path / "found.json").read_bytes() == written


def test_scores_of_other_settings_are_an_error_and_seeds_are_not_lost(tmp_path, monkeypatch, capsys):
    cells = {"plain": Cell("plain"), "other": Cell("plain")}
    for name in cells:
        for seed in (0, 1):
            write_scores(tmp_path, name, seed)
    assert rows_of(cells, tmp_path, [0, 1])["other"]["seeds"] == [0, 1]
    written = (tmp_path / "found.json").read_bytes()
    write_results(cells, options_for(tmp_path, [0]), CORPUS)
    assert "stays as it is, without scores of: other, seed 1; plain, seed 1" in capsys.readouterr().out
    assert (tmp_path / "found.json").read_bytes() == written
    monkeypatch.setattr(short_training.emograin, "load_corpus", lambda _: CORPUS)
    for change in ({"every": 2}, {"learning_rate": 1e-3}, {"encoder": "bert"}):
        options = options_for(tmp_path, [0])
        vars(options).update(change, cells=list(cells), data="made up")
        with pytest.raises(EmograinError, match="has scores of"):
            short_training.train_cells(cells, options)
    with pytest.raises(EmograinError, match="has scores of"):
        write_results({"plain": Cell("plain", {"loss": "focal"})}, options_for(tmp_path, [0]), CORPUS)


def test_training_a_cell_scores_dev(encoders, corpus):
    options = Namespace(encoder=str(encoders["bert"]), every=2, learning_rate=1e-3)
    cell = Cell("baseline", {"method": "baseline", "auxiliary": "tone", "alpha": 0.5})
    found = short_training.train_cell(cell, corpus, options, seed=0)
    dev = corpus.split("dev")
    assert found.shape == dev.labels.shape

"""Figures 3, 4 and 5, and the results that they are drawn from."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.drawn_figures import figure_text

from emograin.common.errors import EmograinError
from emograin.data.sources import load
from emograin.data.statistics import count_labels
from emograin.data.taxonomy import GOEMOTIONS
from emograin.evaluation.results import read_curve, read_evaluated, read_result, read_scores
from emograin.reproduction import figures

ROOT = Path(__file__).parents[2]
BASELINE, EMBEDDING = ROOT / "results" / "baseline-seed0", ROOT / "results" / "label-embedding-seed0"


def make_result(**changes):
    """Return an evaluation of a run on 3 labels."""
    f1 = changes.pop("f1", (0.5, 0.25, 0.0))
    labels = {name: {"f1": value, "support": at} for at, (name, value) in enumerate(zip("abc", f1, strict=True), 1)}
    run = {"method": "baseline", "auxiliary": None, "encoder": "tiny", "epochs": 2, "batch_size": 4, "seed": 0}
    run |= {"learning_rate": 1e-3, "ema_decay": 0.0, "corpus": "moods", "split": "test", "texts": 20}
    policies = {"fixed": {"macro_f1": 0.25, "labels": labels}, "global": {"macro_f1": 0.25, "labels": labels}}
    return run | {"fingerprint": "f", "policies": policies} | changes


def counts(**labels):
    return {"corpus": "moods", "split": "train", "texts": 1234, "labels": labels}


def curve(*macro, step=10):
    return [
        {"step": step * at, "epoch": at / 2, "macro_f1": value, "macro_f1_fixed": value / 2}
        for at, value in enumerate(macro, start=1)
    ]


def test_a_run_folder_and_its_archived_results_read_alike(tmp_path):
    run = tmp_path / "run"
    for archived, name in [
        ("test.json", "results/test.json"),
        ("test.npz", "scores/test.npz"),
        ("curve.csv", "curve.csv"),
    ]:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BASELINE / archived, run / name)
    (run / "run.json").write_text('{"format": 1}')
    assert read_result(run) == read_result(BASELINE) == read_result(f"{run}:test")
    assert read_curve(run) == read_curve(BASELINE)
    for one, other in zip(read_scores(run), read_scores(BASELINE), strict=True):
        assert np.array_equal(one, other)
    assert (read_evaluated(str(run), "test", "fixed").predictions.sum(axis=0) > 0).sum() > 20
    rows = read_curve(BASELINE)
    assert rows[0]["auxiliary_loss"] is None
    chosen = read_result(BASELINE, "dev")["policies"]["global"]
    assert max(row["macro_f1"] for row in rows) == pytest.approx(chosen["macro_f1"], abs=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "has no curve.csv"),
        ("step,macro_f1\n", "has no rows"),
        ("step,macro_f1\n1,much\n", "cannot read .*could not convert"),
        ("step,macro_f1\n1,0.5,3\n", "cannot read"),
        ("step,macro_f1\n1\n", None),
    ],
)
def test_an_unreadable_curve_is_an_error(tmp_path, text, message):
    if text is not None:
        (tmp_path / "curve.csv").write_text(text)
    if message is None:  # a short row has an empty cell
        assert read_curve(tmp_path) == [{"step": 1.0, "macro_f1": None}]
        return
    with pytest.raises(EmograinError, match=message):
        read_curve(tmp_path)


def test_a_file_that_is_no_result_is_an_error(tmp_path):
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(EmograinError, match="there is no folder"):
        read_result(tmp_path / "none")
    with pytest.raises(EmograinError, match=r"has no other.json"):
        read_result(f"{tmp_path}:other")
    with pytest.raises(EmograinError, match="is no evaluation"):
        read_result(tmp_path, "list")


# Figure 3


def test_figure_3_shows_each_label_of_each_run(drawn):
    runs = [make_result(), make_result(epochs=3, f1=(0.75, 0.125, 1.0))]
    figure = drawn("label_f1", runs, counts=counts(a=1000, b=2000, c=12))
    (axes,) = figure.axes
    one, other = [line for line in axes.get_lines() if len(line.get_xdata()) == 3]
    assert list(one.get_xdata()) == [0.5, 0.25, 0.0]
    assert list(other.get_xdata()) == [0.75, 0.125, 1.0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b", "c"]
    shaded = [patch for patch in axes.patches if patch.get_height() == 1]
    assert [patch.get_y() for patch in shaded] == [1.5]  # the third label, of 12 training texts
    text = figure_text(figure)
    shown = [
        "baseline, 2 epochs",
        "baseline, 3 epochs",
        "2,000",
        "moods, 20 test texts",
        "chosen on dev",
        "tiny, 2 epochs",
    ]
    for part in [*shown, "tiny, 2 epochs", "1,234 training texts"]:
        assert part in text


def test_figure_3_takes_a_policy(drawn):
    run = make_result(f1=(0.5, 0.25, 0.125))
    run["policies"]["fixed"] = {"macro_f1": 0.1, "labels": {k: {"f1": 1.0, "support": 1} for k in "abc"}}
    figure = drawn("label_f1", [run], policy="fixed", counts=counts(a=1000, b=5, c=2000))
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]
    assert list(figure.axes[0].get_lines()[0].get_xdata()) == [1.0, 1.0, 1.0]
    assert "threshold 0.3." in figure_text(figure)
    assert "chosen on dev" not in figure_text(figure)
    figure = drawn("label_f1", [run], counts=counts(a=1000, b=5, c=2000))
    assert list(figure.axes[0].get_lines()[0].get_xdata()) == [0.5, 0.25, 0.125]


def test_figure_3_has_one_mark_per_system_and_whiskers_over_its_seeds(drawn):
    values = [(0.5, 0.25, 0.0), (0.75, 0.125, 0.5), (0.25, 0.0, 0.25)]
    runs = [make_result(seed=seed, f1=f1) for seed, f1 in enumerate(values)]
    runs.insert(1, make_result(method="label-embedding", f1=(1.0, 0.5, 0.5)))
    runs[3]["policies"]["global"]["macro_f1"] = 0.4
    (axes,) = (figure := drawn("label_f1", runs)).axes
    marks = {line.get_label(): line for line in axes.get_lines()}
    assert list(marks) == ["baseline", "label-embedding"]
    assert list(marks["baseline"].get_xdata()) == [0.5, 0.125, 0.25]
    (whiskers,) = axes.collections  # none for the system with a single seed, and no line between the systems
    ends = [(start[0], end[0], end[1]) for start, end in whiskers.get_segments()]
    assert [each[:2] for each in ends] == [(0.25, 0.75), (0.0, 0.25), (0.0, 0.5)]
    assert [each[2] for each in ends] == pytest.approx(marks["baseline"].get_ydata())
    assert abs(marks["baseline"].get_ydata()[0] - marks["label-embedding"].get_ydata()[0]) > 0.2
    assert "mean and range of seeds 0, 1, 2; macro F1 0.300" in figure_text(figure)


def test_marks_of_many_systems_do_not_overlap(drawn):
    same = [make_result(epochs=epochs) for epochs in range(4)]
    heights = [line.get_ydata()[0] for line in drawn("label_f1", same).axes[0].get_lines()]
    assert len(set(heights)) == 4
    assert max(np.abs(heights)) < 0.5  # within their row


@pytest.mark.parametrize(
    ("results", "options", "message"),
    [
        ([], {}, "shows 1 to 8 .*got 0"),
        ([make_result(epochs=epochs) for epochs in range(9)], {}, "got 9"),
        ([make_result()], {"policy": "fixd"}, "did you mean 'fixed'"),
        ([make_result(), make_result(fingerprint="g", texts=21)], {}, "same texts, got .*20 test texts.*21 test texts"),
        ([make_result()], {"counts": counts(a=1, b=2)}, "lack the labels c"),
        ([{"method": "baseline"}], {}, "does not name its run's auxiliary, encoder"),
    ],
)
def test_figure_3_names_mistakes(tmp_path, results, options, message):
    with pytest.raises(EmograinError, match=message):
        figures.draw_label_f1(tmp_path / "f.png", results, **options)
    assert not list(tmp_path.iterdir())


def test_archived_results_draw_the_same_bytes_every_time(tmp_path):
    results = [read_result(BASELINE), read_result(EMBEDDING)]
    (one, svg), (_, again) = (figures.draw_label_f1(tmp_path / f"{name}.png", results) for name in "ab")
    assert (one.name, svg.name) == ("a.png", "a.svg")
    assert one.read_bytes().startswith(b"\x89PNG")
    assert svg.read_bytes() == again.read_bytes()
    text = svg.read_text()
    assert all(f">{label}<" in text for label in GOEMOTIONS.labels)
    assert "goemotions, 5,427 test texts" in text
    assert str(tmp_path) not in text


# Figure 4


def test_figure_4_has_one_bar_per_label(drawn, corpus_folder):
    found = count_labels(load(corpus_folder))
    sums = load(corpus_folder).split("train").labels.sum(axis=0)
    assert found["labels"] == dict(zip(("joy", "anger", "nervousness", "neutral"), sums.tolist(), strict=True))
    (axes,) = drawn("label_counts", found).axes
    assert [bar.get_width() for bar in axes.patches] == list(found["labels"].values())
    figure = drawn("label_counts", counts(a=1000, b=5, c=2000))
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [1000, 5, 2000]
    assert [name.get_text() for name in axes.get_yticklabels() if name.get_fontweight() == "bold"] == ["b"]
    assert "moods, 1,234 train texts with 3,005 labels" in figure_text(figure)
    with pytest.raises(EmograinError, match="have no labels"):
        drawn("label_counts", counts())


# Figure 5


def test_figure_5_has_one_line_per_system_and_a_band_of_its_seeds(drawn):
    first = (make_result(split="dev"), curve(0.1, 0.4, 0.3))
    second = (make_result(split="dev", seed=1), curve(0.3, 0.2, 0.5))
    other = (make_result(split="dev", method="label-embedding"), curve(0.5, 0.6, step=7))
    figure = drawn("training_curves", [first, other, second])
    chosen, fixed = figure.axes
    lines = {line.get_label(): line for line in chosen.get_lines()}
    assert list(lines["baseline"].get_ydata()) == pytest.approx([0.2, 0.3, 0.4])  # the mean of two seeds
    assert list(lines["label-embedding"].get_xdata()) == [7, 14]
    (band,) = chosen.collections
    edge = band.get_paths()[0].vertices
    assert {round(y, 6) for x, y in edge if x == 10} == {0.1, 0.3}
    halves = next(line for line in fixed.get_lines() if line.get_label() == "label-embedding")
    assert list(halves.get_ydata()) == [0.25, 0.3]
    rings = [(line.get_xdata()[0], line.get_ydata()[0]) for line in chosen.get_lines() if len(line.get_xdata()) == 1]
    assert rings == [(30, pytest.approx(0.4)), (14, 0.6)]
    text = figure_text(figure)
    shown = ["seeds 0, 1", "highest 0.400 at step 30", "seed 0; highest 0.600 at step 14"]
    for part in [*shown, "Fig. 5 is of test"]:
        assert part in text
    across = drawn("training_curves", [first]).axes[0].get_lines()[0].get_xdata()
    assert list(across) == [10, 20, 30]


def test_runs_evaluated_at_different_steps_are_separate_lines(drawn):
    runs = [(make_result(seed=seed), curve(0.1, 0.2, step=10 + seed)) for seed in range(2)]
    figure = drawn("training_curves", runs)
    assert figure.axes[0].get_legend_handles_labels()[1] == ["baseline, seed 0", "baseline, seed 1"]
    assert not figure.axes[0].collections


def test_a_long_curve_has_few_marks_but_every_point(drawn):
    lines = [
        drawn("training_curves", [(make_result(), curve(*np.linspace(0, 1, count)))]).axes[0].get_lines()[0]
        for count in (16, 40)
    ]
    assert [line.get_markevery() for line in lines] == [1, 3]
    assert [len(line.get_xdata()) for line in lines] == [16, 40]


def test_figure_5_names_mistakes(drawn):
    with pytest.raises(EmograinError, match="must have a macro_f1 in every row"):
        drawn("training_curves", [(make_result(), [{"step": 1, "epoch": 1, "macro_f1_fixed": 0.1}])])
    with pytest.raises(EmograinError, match="same texts"):
        drawn("training_curves", [(make_result(), curve(0.1)), (make_result(fingerprint="g"), curve(0.1))])
    with pytest.raises(EmograinError, match="got 0"):
        drawn("training_curves", [])

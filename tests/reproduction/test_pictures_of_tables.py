"""The pictures beside tables: Table 2, and attention over many texts."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.drawn_figures import figure_text

from emograin.reproduction.report import render
from emograin.reproduction.results_archive import ResultsArchive
from emograin.reproduction.table_2_intervals import measure_rows

ROOT = Path(__file__).parents[2]


# Table 2 as a picture


def make_row(name, group, ours, paper, seeds=(), title=None):
    values = {"row": name, "title": title or name, "baseline": group, "paper_epochs": 4, "epochs": 2}
    return values | {"paper": paper, "macro_f1": ours, "low": ours - 0.02, "high": ours + 0.03, "seeds": [*seeds, ours]}


def test_the_picture_of_table_2_has_the_papers_points_beside_ours(drawn):
    rows = [
        make_row("other", "base", 0.55, 0.53, seeds=[0.54, 0.56], title="Label Embeds"),
        make_row("base", "base", 0.5, 0.47),
        make_row("extra", "more", 0.4, None),
        make_row("more", "more", 0.42, None),
    ]
    figure = drawn("table_2", rows, ["A caption."])
    first, second = figure.axes
    assert [each.get_text() for each in first.get_yticklabels()] == ["base", "Label Embeds"]  # the baseline first
    assert [each.get_text() for each in second.get_yticklabels()] == ["more", "extra"]
    lines = {line.get_label(): line for line in first.get_lines()}
    assert list(lines["the paper"].get_xdata()) == [0.47, 0.53]
    assert sorted(lines["ours, single seeds"].get_xdata()) == [0.5, 0.54, 0.55, 0.56]
    (bars,) = first.collections
    assert [(start[0], end[0]) for start, end in bars.get_segments()] == [(0.48, 0.53), (0.53, pytest.approx(0.58))]
    band = first.patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == (0.48, pytest.approx(0.53))
    low, high = first.get_xlim()
    assert low < 0.38
    assert high > 0.58
    heights = {round(float(height) % 1, 2) for line in lines.values() for height in line.get_ydata()[:1]}
    assert len(heights) > 2  # the paper, ours and the seeds do not hide each other
    text = figure_text(figure)
    for part in ["A caption.", "4 epochs in the paper, 2 in ours", "2 epochs, not in the paper", "+0.050", "-0.020"]:
        assert part in text
    assert "is not in the paper" not in text  # a whole group says so in its heading
    single = drawn("table_2", [*rows, make_row("ours alone", "base", 0.51, None)])
    assert "A row without the paper's mark is not in the paper." in figure_text(single)


def test_rows_of_table_2_have_intervals_over_texts_and_seeds():
    archive = ResultsArchive(ROOT / "results" / "table-2")
    pair = {name: archive.systems[name] for name in ("baseline-4", "label-embeds-4")}
    one, other = measure_rows(pair, resamples=400)
    for row, system in ((one, pair["baseline-4"]), (other, pair["label-embeds-4"])):
        assert row["seeds"] == pytest.approx([each["policies"]["fixed"]["macro_f1"] for each in system.results])
        assert row["macro_f1"] == pytest.approx(np.mean(row["seeds"]))
        assert row["low"] < row["macro_f1"] < row["high"]
        assert 0.02 < row["high"] - row["low"] < 0.07
    runs = [run for system in pair.values() for run in system.runs]
    both = replace(pair["baseline-4"], runs=runs, results=[*pair["baseline-4"].results] * 2)
    (mixed,) = measure_rows({"both": both}, resamples=400)
    assert mixed["macro_f1"] == pytest.approx((one["macro_f1"] + other["macro_f1"]) / 2)
    assert mixed["high"] - mixed["low"] > other["high"] - other["low"]  # the runs differ by more than the texts' error


# Attention over many texts


def make_flow(slots, layers=6):
    def by_layer(*means):
        entries = [{"mean": value, "low": value - 0.01, "high": value + 0.01} for value in means]
        return {"layers": entries, "first": entries[0], "last": entries[-1], "last_minus_first": entries[0]}

    names = ("gold", "other_labels", "same_labels", "gold_minus_other_labels", "gold_minus_same_labels")
    if slots == 1:
        names = ("slot", "even", "slot_minus_even")
    values = {name: by_layer(*np.linspace(0.1 * at, 0.5, layers).tolist()) for at, name in enumerate(names, start=1)}
    counts = {"texts": 1234, "left_out": 2, "slots": slots, "layers": layers, "compared_layers": 3, "seed_of_run": 7}
    return counts | {
        "as_key": {"from_all_tokens": values, "from_document": values},
        "as_query": {"to_document": values},
    }


def test_attention_over_many_texts_has_a_line_per_kind_of_slot_and_its_interval(drawn):
    figure = drawn("attention_flow", {"labels": make_flow(4), "base": make_flow(1, layers=12)}, ["A caption."])
    received, paid, of_slot, _ = figure.axes
    for axes in (received, paid):
        assert [line.get_ydata()[0] for line in axes.get_lines()] == pytest.approx([0.1, 0.2, 0.3])
        assert len(axes.collections) == 3
    assert list(of_slot.get_lines()[0].get_xdata()) == list(range(12))
    assert {round(y, 6) for x, y in of_slot.collections[0].get_paths()[0].vertices if x == 0} == {0.09, 0.11}
    text = figure_text(figure)
    for part in ["gold labels", "[CLS]", "even attention", "labels: attention received", "A caption."]:
        assert part in text


def test_a_report_has_attention_only_if_it_was_archived(tmp_path):
    shutil.copyfile(ROOT / "results" / "table-2" / "experiment.json", tmp_path / "experiment.json")
    (section,) = render(tmp_path, tmp_path / "out", ["attention-flow"])
    assert section.text == "Not made: the results hold no attention_flow of label-embeds-4."
    (tmp_path / "attention_flow").mkdir()
    (tmp_path / "attention_flow/baseline-2-epochs-seed0.json").write_text(json.dumps(make_flow(1)))
    (section,) = render(tmp_path, tmp_path / "out", ["attention-flow"])
    assert [row[1] for row in section.table] == ["layer", *"012345", "first 3", "last 3", "last - first"]
    assert section.table[1][2:4] == ["0.1000", "+0.3000 [+0.2900, +0.3100]"]
    assert "1,234 texts, 2 left out" in section.text
    assert [path.name for path in section.pictures] == ["attention-flow.svg"]

"""`emograin reproduce` with and without an archive: from nothing to every row, with tiny models."""

import json
import re
import shutil

import numpy as np
import pytest

from emograin import data
from emograin.cli.app import main
from emograin.data.taxonomy import GOEMOTIONS
from emograin.evaluation.significance import paired_bootstrap
from emograin.evaluation.thresholds import FREQUENT
from emograin.models.run_folder import RunFolder
from emograin.reproduction.evidence import SWEEP
from emograin.reproduction.experiment import TABLE_2, Experiment
from emograin.reproduction.report import render
from emograin.reproduction.results_archive import ResultsArchive, archive_raters
from emograin.reproduction.table_2 import remark_on_frequent_labels

ROWS = [row.name for row in TABLE_2]


def table(output):
    return {row["row"]: row for row in json.loads((output / "table-2.json").read_text())["rows"]}


def test_every_row_has_the_metrics_of_its_run(made):
    rows = table(made)
    assert list(rows) == ROWS
    kept = {each["row"]: each for each in json.loads((made / "results/experiment.json").read_text())["rows"]}
    for row in TABLE_2:
        run, evaluation = (kept[row.name][name] for name in ("run", "evaluation"))
        result = json.loads((made / "runs" / run / "results" / f"{evaluation}.json").read_text())
        assert rows[row.name]["paper"] == row.paper
        assert rows[row.name]["policies"]["fixed"]["macro_f1"] == result["policies"]["fixed"]["macro_f1"]
        assert (result["method"], result["auxiliary"]) == (row.method, row.auxiliary)
        assert ("mixing" in result) == (row.candidates is not None)
        assert rows[row.name]["texts_per_second"] > 0
    assert len(list((made / "runs").iterdir())) == 7  # mixing rows trained nothing


def test_differences_are_to_the_baseline_of_as_many_epochs(made):
    from emograin.evaluation.results import read_evaluated

    rows = table(made)
    assert rows["baseline-4"]["difference"] is None
    assert rows["aux-ekman"]["difference"]["to"] == "baseline-10"
    kept = {each["row"]: each for each in json.loads((made / "results/experiment.json").read_text())["rows"]}
    one, other = (
        read_evaluated(str(made / "results" / kept[name]["run"]), "test", "fixed")
        for name in ("aux-ekman", "baseline-10")
    )
    expected = paired_bootstrap(one.predictions, other.predictions, one.gold)
    found = rows["aux-ekman"]["difference"]
    assert found["difference"] == pytest.approx(expected.difference)
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=0.002)
    assert found["combined_holm_p_value"] >= found["combined_p_value"] >= found["p_value"]


def test_a_second_call_trains_and_scores_nothing(made, capsys):
    before = {path: path.stat().st_mtime_ns for path in (made / "runs").rglob("*") if path.is_file()}
    assert main(["reproduce", "table-2", "--tiny", "--output", str(made)]) == 0
    assert not re.search("training|measuring", capsys.readouterr().err)
    assert {path: path.stat().st_mtime_ns for path in (made / "runs").rglob("*") if path.is_file()} == before


def test_figures_show_the_named_document(made, tmp_path):
    from emograin.analysis.attention_record import read_attention

    copied = shutil.copytree(made, tmp_path / "made")
    rows = json.loads((made / "results/experiment.json").read_text())["rows"]
    name = data.load("quickstart").split("test").ids[7]
    rows_of_figures = ["--only", "baseline-4", "--only", "label-embeds-4"]
    arguments = ["--tiny", *rows_of_figures, "--document", name, "--output", str(copied)]
    assert main(["reproduce", "figures", *arguments]) == 0
    kept = sorted((copied / "results/attention").iterdir())
    assert len(kept) == 2
    assert {each.stem for each in kept} <= {row["run"] for row in rows}
    assert {read_attention(each).text_id for each in kept} == {name}


@pytest.mark.parametrize("number", [0, 1])
def test_attention_that_a_killed_call_left_incomplete_is_completed(made, tmp_path, number):
    copied = shutil.copytree(made, tmp_path / "made")
    arguments = ["reproduce", "figures", "--tiny", "--only", "label-embeds-4", "--output", str(copied)]
    name = data.load("quickstart").split("test").ids[7]
    assert main([*arguments, "--document", name]) == 0
    both = sorted((copied / "results/attention").iterdir())
    both[number].unlink()
    assert main(arguments) == 0
    assert sorted((copied / "results/attention").iterdir()) == both


def test_the_archive_gives_the_same_files_without_runs(made, tmp_path):
    kept = shutil.copytree(made / "results", tmp_path / "results")
    assert main(["reproduce", "--from", str(kept), "--output", str(tmp_path / "again")]) == 0
    for name in (
        "table-2.md",
        "table-2.csv",
        "table-2.json",
        "table-2.svg",
        "attention-flow.md",
        "claims.md",
        "table-3.csv",
        "figure-3.svg",
        "figure-5.png",
    ):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes(), name


def test_the_report_is_one_page_that_loads_nothing(made):
    page = (made / "report.html").read_text(encoding="utf-8")
    for name in ("table-2", "claims", "table-3", "figure-3", "figure-4", "figure-5", "mixing-weights"):
        assert f'<section id="{name}">' in page
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert sources
    assert all(source.startswith(("data:image/svg+xml;base64,", "#")) for source in sources)


def test_sweeps_are_archived_with_their_pictures(made):
    archived = list((made / "results").glob("*/mixing/*"))
    sweeps = {path.with_suffix("") for path in archived if path.suffix == ".json"}
    assert len(sweeps) == 6
    for suffix in (".png", ".npz"):
        assert {path.with_suffix("") for path in archived if path.suffix == suffix} == sweeps


def test_claims_about_mixing_weights_are_judged_from_the_predictions_at_every_weight(made, tmp_path):
    claims = [row for row in json.loads((made / "claims.json").read_text()) if row["command"] == SWEEP]
    assert [row["section"] for row in claims] == ["4.4"] * 8 + ["5.3"] * 4 + ["5.4"] * 2
    assert all(row["interval"] for row in claims)
    archive = ResultsArchive(made / "results")
    weights, swept = archive.compare_weights("mix-t5-4"), archive.sweep("mix-t5-4")
    for row in swept["weights"]:
        assert weights.macro_f1(row["weight"]) == pytest.approx(row["policies"]["fixed"]["macro_f1"])
    bare = shutil.copytree(made / "results", tmp_path / "results")
    for path in bare.glob("*/mixing/*.npz"):
        path.unlink()
    assert ResultsArchive(bare).compare_weights("mix-t5-4") is None
    (section,) = render(bare, tmp_path / "bare", ["claims"])
    assert len(section.table) > 1
    assert not [row for row in section.table if SWEEP in row]


def test_the_table_says_what_remains_over_frequent_labels_and_what_a_linear_head_means(made):
    text = (made / "table-2.md").read_text(encoding="utf-8")
    assert "equals averaging its logits" in text
    assert re.search(
        r"\n\nCommand: emograin reproduce table-2 .* with --only ROW for each row: baseline-4, .* --seeds 0\.\n", text
    )
    assert (made / "report.html").read_text(encoding="utf-8").count("<p>Command: ") == 1
    rows = table(made)
    assert ("labels with at least 30 test texts" in text) == (rows["label-embeds-4"]["frequent_difference"] is not None)


def test_the_gain_of_label_embeddings_has_each_rare_label(made):
    found = json.loads((made / "table-2.json").read_text(encoding="utf-8"))
    row, baseline = (
        ResultsArchive(made / "results").results(name)[0]["policies"]["fixed"]["labels"]
        for name in ("label-embeds-4", "baseline-4")
    )
    gains = table(made)["label-embeds-4"]["rare_differences"]
    assert gains.keys() == found["rare_labels"].keys() == {each for each in row if row[each]["support"] < FREQUENT}
    for label, gain in gains.items():
        assert gain["difference"] == pytest.approx(row[label]["f1"] - baseline[label]["f1"])
        assert found["rare_labels"][label] == row[label]["support"]
    some = table(made)["label-embeds-4"] | {"frequent_difference": gains["grief"]}
    text = remark_on_frequent_labels(found | {"rows": [some]})
    assert f"; F1 of the others: {next(iter(gains))} ({found['rare_labels'][next(iter(gains))]} texts) " in text


def test_raters_can_be_added_to_an_archive(made, tmp_path):
    archive = shutil.copytree(made / "results", tmp_path / "results")
    assert "rater_correlation.json" in render(archive, tmp_path / "before", ["figure-9"])[0].text
    judgements = np.random.default_rng(0).integers(0, 2, (40, len(GOEMOTIONS.labels)))
    rows = [["id", *GOEMOTIONS.labels], *([f"c{at // 2}", *row] for at, row in enumerate(judgements.tolist()))]
    (tmp_path / "raters.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    archive_raters(str(tmp_path / "raters.csv"), archive)
    (section,) = render(archive, tmp_path / "after", ["figure-9"])
    assert [path.name for path in section.pictures] == ["figure-9.svg"]


def test_attention_over_all_test_texts_is_archived(made, tmp_path):
    from emograin.analysis.attention_flow import measure_attention_flow
    from emograin.models.classifier import load

    archive = ResultsArchive(made / "results")
    flows = archive.attention_flows()
    assert list(flows) == ["label-embeds-4", "baseline-4"]
    split = data.load("quickstart").split("test")
    for row, (flow,) in flows.items():
        assert made / "results" / flow["run"] == archive.run(row)
        method = load(RunFolder(made / "runs" / flow["run"])).method
        described = {"row": row, "run": flow["run"], "seed_of_run": 0, "corpus": "quickstart", "split": "test"}
        assert flow == described | measure_attention_flow(method, split.texts, split.labels)
    (section,) = render(made / "results", tmp_path, ["attention-flow"])
    assert {row[0] for row in section.table[1:]} == set(flows)


def test_the_picture_of_table_2_comes_before_the_table(made):
    page, text = ((made / name).read_text(encoding="utf-8") for name in ("report.html", "reproduction.md"))
    assert page.index("<img") < page.index("<table>")
    assert text.index("![Table 2") < text.index("| method |")


def test_a_section_without_results_says_so(made, tmp_path, capsys):
    kept = shutil.copytree(made / "results", tmp_path / "results")
    (kept / "label_counts.json").unlink()
    assert main(["reproduce", "figures", "--from", str(kept), "--output", str(tmp_path)]) == 0
    assert "Not made: the results hold no label_counts.json" in capsys.readouterr().out


@pytest.mark.parametrize("row", ROWS)
def test_a_report_of_one_row_says_which_sections_it_lacks(made, tmp_path, row):
    results = shutil.copytree(made / "results", tmp_path / "results")
    experiment = json.loads((results / "experiment.json").read_text())
    kept = {each.name for each in Experiment(rows=(row,)).selected_rows()}
    experiment["rows"] = [each for each in experiment["rows"] if each["row"] in kept]
    (results / "experiment.json").write_text(json.dumps(experiment))
    made_or_not = {section.name: section.text for section in render(results, tmp_path / "out")}
    in_figure_5 = kept & {"baseline-10", "aux-ekman", "aux-senti", "label-embeds-10", "label-embeds-aux"}
    assert ("no row of baseline-10, aux-ekman" in made_or_not["figure-5"]) == (not in_figure_5)
    assert ("no row with mixing" in made_or_not["mixing-weights"]) == ("mix" not in row)


def test_results_of_another_experiment_are_not_mixed_in(made, tmp_path, capsys):
    shutil.copytree(made / "results", tmp_path / "results")
    arguments = ["reproduce", "table-2", "--tiny", "--only", "baseline-4", "--learning-rate", "0.01"]
    assert main([*arguments, "--output", str(tmp_path)]) == 2
    assert "another experiment: learning_rate 0.001" in capsys.readouterr().err


def test_table_3_trains_nothing(tmp_path, capsys):
    assert main(["reproduce", "table-3", "--data", "quickstart", "--output", str(tmp_path)]) == 0
    assert "NMI_joint" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "{folder}"], "experiment.json"),
        (["--from", "{folder}", "--seeds", "0", "--tiny"], "--from trains nothing"),
        (["--tiny", "--only", "baseline"], "baseline-4"),
        (["--tiny", "--seeds", "0;1"], "seeds must be numbers"),
        (["--tiny", "--document", "none-such"], "has no document 'none-such'"),
    ],
)
def test_mistakes_are_errors_of_one_line(arguments, message, tmp_path, capsys):
    given = [each.format(folder=tmp_path) for each in arguments]
    assert main(["reproduce", "table-2", *given, "--output", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err

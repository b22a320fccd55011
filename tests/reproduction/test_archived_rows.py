"""Rows of the archive: their names, their auxiliary tasks, and those of other encoders."""

import importlib.util
import json
import re
import shutil
from pathlib import Path

from emograin.cli.app import main
from emograin.evaluation.results import read_result
from emograin.models.run_folder import RunFolder
from emograin.reproduction.report import render
from emograin.reproduction.results_archive import ResultsArchive


def written(output, names):
    return "".join((output / f"{name}.{kind}").read_text() for name in names for kind in ("md", "json"))


def mix_with_file(results, metadata):
    """Change the archived rows with paraphrases to rows with a candidate file; return the names of the rows."""
    entries = [each for each in json.loads((results / "experiment.json").read_text())["rows"] if "-t5-" in each["row"]]
    for each in entries:
        name = each["evaluation"]
        sweep = results / each["run"] / "mixing" / f"{name.removeprefix('test-').rpartition('-')[0]}.json"
        for path in (results / each["run"] / f"{name}.json", sweep):
            result = json.loads(path.read_text())
            file = {"candidates": "file", "file": "back.{split}.tsv", "model": None, "metadata": metadata}
            path.write_text(json.dumps(result | {"mixing": result["mixing"] | file}))
    return [each["row"] for each in entries]


def test_rows_are_named_by_what_the_archive_records_of_their_candidates(made, tmp_path):
    names = ["table-2", "claims"]
    texts = [written(made, names)]
    results = shutil.copytree(made / "results", tmp_path / "results")
    changed = mix_with_file(results, {"rows": 5, "unchanged": 1})
    assert len(changed) == 4
    record = {"file": "back.{split}.tsv", "source": "back-translation", "model": "de", "splits": {}}
    counts = {"rows": 5, "unchanged": 1, "sha256": "ab"}
    for splits in ({"test": {**counts, "unchanged": 2}}, {"test": counts, "dev": counts}):
        (results / "back_translation.json").write_text(json.dumps(record | {"splits": splits}))
        sections = render(results, tmp_path / "out", names)
        texts.append(written(tmp_path / "out", names))
        methods = {row[0] for row in sections[0].table}
    t5, unknown, translated = texts
    assert "Embed Mix (T5) + Aux Tasks" in t5
    assert "mixing with paraphrases helps, 4 epochs " in t5
    assert "Embed Mix (back.{split}.tsv) + Aux Tasks" in unknown
    assert "mixing with candidates helps, 4 epochs (back.{split}.tsv; the paper: T5's paraphrases)" in unknown
    assert {"Embed Mix (back-translation)", "Embed Mix (back-translation) + Label Embeds"} <= methods
    assert "mixing with back-translations helps, 4 epochs (de; the paper: T5's paraphrases)" in translated
    assert "(Embed Mix (back-translation), 4 epochs, dev)" in translated
    assert "The paper's T5 rows are ours with candidates from back-translation, de." in translated
    assert not [text for text in (unknown, translated) if "(T5)" in text]


def test_another_encoder_has_a_table_of_its_own_and_changes_no_other(made, encoders, corpus_folder, tmp_path, capsys):
    output = shutil.copytree(made, tmp_path / "made")
    kept = ["table-2.json", "claims.json", "auxiliary-tasks.json", "table-2.svg", "results/experiment.json"]
    before = {name: (output / name).read_bytes() for name in kept}
    encoder = encoders["bert"]
    arguments = ["reproduce", "table-2", "--tiny", "--encoder", str(encoder), "--output", str(output)]
    arguments += ["--only", "aux-ekman"]
    assert main(arguments) == 0
    assert f"Table 2: macro F1 on test, {encoder.name}" in capsys.readouterr().out
    found = json.loads((output / f"table-2-{encoder.name}.json").read_text())
    assert found["settings"]["encoder"] == encoder.name
    assert [row["row"] for row in found["rows"]] == ["baseline-10", "aux-ekman"]
    assert found["rows"][1]["difference"]["to"] == "baseline-10"
    assert "mixing" in (made / "table-2.md").read_text().partition("Command")[0]
    assert "mixing" not in (output / f"table-2-{encoder.name}.md").read_text().partition("Command")[0]
    own = read_result(output / "results" / "encoders" / encoder.name / "baseline-2-epochs-seed0")
    assert own["encoder"] == encoder.name
    assert found["rows"][0]["policies"]["fixed"]["macro_f1"] == own["policies"]["fixed"]["macro_f1"]
    assert {name: (output / name).read_bytes() for name in kept} == before
    assert len(list((output / "runs" / "encoders" / encoder.name).glob("*/run.json"))) == 2
    assert main([*arguments, "--dry-run", "--json"]) == 0
    assert {each["state"] for each in json.loads(capsys.readouterr().out)["trainings"]} == {"finished"}
    sections = render(output / "results", tmp_path / "again")
    again = tmp_path / "again" / f"table-2-{encoder.name}.md"
    assert again.read_bytes() == (output / again.name).read_bytes()
    assert [section.name for section in sections][:3] == ["table-2", f"table-2-{encoder.name}", "claims"]
    assert main([*arguments, "--data", str(corpus_folder)]) == 2
    assert "holds results on 'quickstart'" in capsys.readouterr().err


def archive_script():
    """Import scripts/archive_runs.py."""
    path = Path(__file__).parents[2] / "scripts" / "archive_runs.py"
    spec = importlib.util.spec_from_file_location("archive_runs", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_a_run_of_another_encoder_is_archived_apart(made):
    script = archive_script()
    run = RunFolder(next((made / "runs").iterdir()))
    assert script.folder_of(run, made / "results", made / "results") == made / "results" / run.path.name
    first = json.loads((made / "results/experiment.json").read_text())
    first["settings"]["encoder"] = "another"
    apart = RunFolder(made / "other-results")
    apart.write_json("experiment.json", first)
    assert script.folder_of(run, apart.path, apart.path) == apart.path / "encoders" / "encoder" / run.path.name


def test_auxiliary_tasks_are_beside_the_main_task_and_older_results_have_no_value(made, tmp_path):
    rows = {row["row"]: row for row in json.loads((made / "auxiliary-tasks.json").read_text())}
    assert list(rows) == ["aux-ekman", "aux-senti", "label-embeds-aux"]
    archive = ResultsArchive(made / "results")
    for name, row in rows.items():
        (dev,) = archive.dev_results(name)
        fixed = dev["auxiliary_task"]["policies"]["fixed"]
        assert row["task"] == dev["auxiliary_task"]["grouping"] == dev["auxiliary"]
        assert row["main"]["macro_f1"] == dev["policies"]["fixed"]["macro_f1"]
        for way in ("own_head", "from_labels"):
            assert row[way]["macro_f1"] == fixed[way]["macro_f1"]
            assert row[way]["groups"] == {group: each["f1"] for group, each in fixed[way]["groups"].items()}
    older = shutil.copytree(made / "results", tmp_path / "results")
    for path in older.glob("*/dev.json"):
        result = json.loads(path.read_text())
        result.pop("auxiliary_task", None)
        path.write_text(json.dumps(result))
    (section,) = render(older, tmp_path / "out", ["auxiliary-tasks"])
    assert len(section.table) == 4
    assert all(row.count("no value") == 3 and re.match(r"0\.\d{3} / 0\.\d{3}", row[4]) for row in section.table[1:])


def test_runs_of_an_earlier_version_get_the_metrics_of_their_auxiliary_task(made, tmp_path):
    output = shutil.copytree(made, tmp_path / "made")
    wanted = (made / "auxiliary-tasks.json").read_bytes()
    run = "baseline-sentiment-2-epochs-seed0"
    for path in (output / "runs" / run / "results" / "dev.json", output / "results" / run / "dev.json"):
        result = json.loads(path.read_text())
        result.pop("auxiliary_task", None)
        path.write_text(json.dumps(result))
    (section,) = render(output / "results", tmp_path, ["auxiliary-tasks"])
    assert [row.count("no value") for row in section.table[1:]] == [0, 3, 0]
    assert main(["reproduce", "table-2", "--tiny", "--only", "aux-senti", "--output", str(output)]) == 0
    assert (output / "auxiliary-tasks.json").read_bytes() == wanted


def test_an_archive_of_another_corpus_stays_as_it_is(made, corpus_folder, tmp_path, capsys):
    output = shutil.copytree(made, tmp_path / "made")
    before = {path: path.read_bytes() for path in (output / "results").glob("*.json")}
    for what in ("table-3", "table-2"):
        arguments = ["reproduce", what, "--tiny", "--data", str(corpus_folder), "--output", str(output)]
        assert main(arguments) == 2
        assert "holds results on 'quickstart'" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (output / "results").glob("*.json")} == before


def test_an_archive_grows_without_the_weights_of_its_rows(tmp_path, capsys):
    arguments = ["reproduce", "table-2", "--tiny", "--output", str(tmp_path)]
    assert main([*arguments, "--only", "aux-ekman"]) == 0
    first = json.loads((tmp_path / "results/experiment.json").read_text())
    shutil.rmtree(tmp_path / "runs")
    capsys.readouterr()
    assert main([*arguments, "--only", "aux-senti"]) == 0
    shown = capsys.readouterr().err
    assert "archived, without weights: baseline-2-epochs-seed0" in shown
    assert "the throughput of new rows is not measured" in shown
    assert [run.name for run in (tmp_path / "runs").iterdir()] == ["baseline-sentiment-2-epochs-seed0"]
    grown = json.loads((tmp_path / "results/experiment.json").read_text())
    assert [row["row"] for row in grown["rows"]] == ["aux-ekman", "aux-senti", "baseline-10"]
    assert grown["cost"] == first["cost"]
    rows = {row["row"]: row for row in json.loads((tmp_path / "table-2.json").read_text())["rows"]}
    assert rows["aux-senti"]["difference"]["to"] == "baseline-10"


def states(arguments, capsys):
    """Return the state of each training that a dry run of `emograin reproduce --tiny` shows."""
    capsys.readouterr()
    assert main(["reproduce", "--tiny", "--dry-run", "--json", *arguments]) == 0
    return {each["run"]: each["state"] for each in json.loads(capsys.readouterr().out)["trainings"]}


def test_an_archived_training_is_repeated_for_new_rows_seeds_and_texts(made, tmp_path, capsys):
    for name in ("results", "tiny"):
        shutil.copytree(made / name, tmp_path / name)
    baseline, output = "baseline-1-epochs-seed0", ["--output", str(tmp_path)]
    assert states(["--only", "mix-t5-4", *output], capsys) == {baseline: "archived"}
    assert states(["--only", "mix-t5-4", "--seeds", "1", *output], capsys) == {"baseline-1-epochs-seed1": "absent"}
    settings = tmp_path / "results" / "experiment.json"
    archived = json.loads(settings.read_text())
    without = {**archived, "rows": [each for each in archived["rows"] if each["row"] != "mix-t5-4"]}
    settings.write_text(json.dumps(without))
    assert states(["--only", "baseline-4", *output], capsys) == {baseline: "archived"}
    assert states(["--only", "mix-t5-4", *output], capsys) == {baseline: "absent"}
    result = tmp_path / "results" / baseline / "test.json"
    result.write_text(json.dumps({**json.loads(result.read_text()), "fingerprint": "of other texts"}))
    assert states(["--only", "baseline-4", *output], capsys) == {baseline: "absent"}


def test_a_dry_run_refuses_an_archive_of_other_settings(made, capsys):
    arguments = ["reproduce", "--tiny", "--dry-run", "--learning-rate", "0.5", "--output", str(made)]
    assert main(arguments) == 2
    assert "holds results of another experiment: learning_rate 0.001" in capsys.readouterr().err


def test_evaluations_without_mixing_are_archived_as_such(made, tmp_path):
    run = RunFolder(shutil.copytree(made / "runs" / "baseline-2-epochs-seed0", tmp_path / "run"))
    shutil.rmtree(run.path / "mixing", ignore_errors=True)
    for path in run.path.glob("results/test-*.json"):
        path.unlink()
    assert main(["evaluate", str(run.path), "--at-least-one"]) == 0
    archive_script().archive(run, tmp_path / "archived")
    assert (tmp_path / "archived" / "test-at-least-one.json").is_file()
    assert not (tmp_path / "archived" / "mixing.json").exists()

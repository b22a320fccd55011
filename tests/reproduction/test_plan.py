"""The rows of Table 2 need seven trainings, and a plan finds those that are there."""

import json
import re
import shlex
import shutil
from dataclasses import replace

import pytest

from emograin import data
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.corpus import fingerprint, training_fingerprint
from emograin.models.run_folder import RunFolder
from emograin.reproduction.experiment import TABLE_2, Experiment

ROWS = [row.name for row in TABLE_2]


def test_the_rows_are_the_papers(shared):
    text = next((shared / "paper").glob("delving*.txt")).read_text(encoding="utf-8")
    printed = re.findall(r"^([A-Z][^\t\n]*)\t(4|10)\t(0\.\d{3})$", text, flags=re.MULTILINE)
    assert [(row.title, str(row.epochs), f"{row.paper:.3f}") for row in TABLE_2] == printed
    assert len(printed) == 13


def test_thirteen_rows_need_seven_trainings():
    trainings = Experiment().trainings()
    assert {(each.method, each.auxiliary, each.epochs) for each in trainings} == {
        ("baseline", None, 4),
        ("baseline", None, 10),
        ("baseline", "ekman", 10),
        ("baseline", "sentiment", 10),
        ("label-embedding", None, 4),
        ("label-embedding", None, 10),
        ("label-embedding", "sentiment", 10),
    }
    assert len(trainings) == 7
    assert len(Experiment(seeds=(0, 1, 2)).trainings()) == 21
    assert {each.epochs for each in Experiment(epochs_scale=0.4).trainings()} == {2, 4}
    assert {each.epochs for each in Experiment(epochs_scale=0.01).trainings()} == {1}


def test_a_selected_row_includes_its_baseline():
    assert [row.name for row in Experiment(rows=("mix-t5-4",)).selected_rows()] == ["baseline-4", "mix-t5-4"]
    assert [row.name for row in Experiment().selected_rows()] == ROWS
    beyond = Experiment(rows=("mix-t5-pooled-4",))
    assert [row.name for row in beyond.selected_rows()] == ["pooled-baseline-4", "mix-t5-pooled-4"]
    assert [each.method for each in beyond.trainings()] == ["pooled-baseline"]
    assert {row.baseline for row in beyond.selected_rows()} == {"pooled-baseline-4"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows": ("label-embeds",)}, "label-embeds-4"),
        ({"seeds": (1, 1)}, "seeds must be different"),
        ({"seeds": ()}, "seeds must be different"),
        ({"epochs_scale": 0.0}, "epochs_scale must lie in"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(EmograinError, match=re.escape(message)):
        Experiment(**settings)


@pytest.fixture
def experiment(settings):
    return Experiment(
        data=settings.data, encoder=settings.encoder, epochs_scale=0.1, batch_size=16, rows=("aux-ekman",)
    )


def write_run(folder, settings, corpus, **changes):
    """Write a run folder with the files that a plan reads."""
    splits = [fingerprint(corpus.split(name)) for name in ("train", "dev")]
    values = replace(settings, **changes).to_dict()
    mark = training_fingerprint(values, splits)
    run = RunFolder(folder)
    described = {"settings": values, "parameters": 1, "data": {}, "fingerprint": mark, "versions": {}}
    run.write_json("run.json", {"format": 1, **described})
    return run


def finish(run):
    run.write_json("thresholds.json", {})
    run.weights.write_bytes(b"")


def planned(experiment, corpus, folder):
    from emograin.reproduction.plan import plan

    return {each.settings.auxiliary: each for each in plan(experiment, corpus, folder, folder / "results")}


def test_a_run_is_recognised_by_what_decides_its_weights(experiment, corpus, tmp_path):
    wanted = experiment.trainings()[0]
    assert planned(experiment, corpus, tmp_path)[None].state == "absent"
    run = write_run(tmp_path / "under another name", wanted, corpus, evaluate_every=7, data="moved/elsewhere")
    assert planned(experiment, corpus, tmp_path)[None].state == "begun"
    finish(run)
    found = planned(experiment, corpus, tmp_path)[None]
    assert (found.state, found.run.path) == ("finished", run.path)
    assert found.settings.evaluate_every == 7  # it is resumed with its own settings
    equally = replace(experiment, evaluate_every=8)  # where the experiment fixes the evaluations, they count
    assert planned(equally, corpus, tmp_path)[None].state == "absent"


def test_every_training_is_evaluated_every_eighth_of_an_epoch(experiment, corpus):
    batches_of_one = replace(experiment, batch_size=1)
    found = batches_of_one.for_corpus(corpus)
    assert {each.evaluate_every for each in found.trainings()} == {len(corpus.split("train").texts) // 8}
    assert experiment.for_corpus(corpus).evaluate_every == 1  # fewer than 8 steps per epoch
    given = replace(batches_of_one, evaluate_every=3)
    assert given.for_corpus(corpus) == given


def test_encoders_of_several_owners_are_different_and_folders_may_move(experiment, corpus, tmp_path):
    here = replace(experiment, encoder="one/model")
    finish(write_run(tmp_path / "run", here.trainings()[0], corpus))
    assert planned(here, corpus, tmp_path)[None].state == "finished"
    other = replace(experiment, encoder="two/model")
    assert planned(other, corpus, tmp_path)[None].state == "absent"
    assert (here.to_dict()["encoder"], other.to_dict()["encoder"]) == ("one--model", "two--model")
    moved = replace(experiment, encoder=str(tmp_path / "model"))
    assert planned(moved, corpus, tmp_path)[None].state == "finished"
    assert moved.to_dict()["encoder"] == "model"


@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 1e-4}, {"epochs": 2}, {"auxiliary": "tone"}])
def test_a_run_of_other_settings_does_not_match(experiment, corpus, tmp_path, change):
    finish(write_run(tmp_path / "other", experiment.trainings()[0], corpus, **change))
    assert planned(experiment, corpus, tmp_path)[None].state == "absent"


def test_a_run_on_other_texts_does_not_match(experiment, corpus, tmp_path):
    changed = data.Corpus(
        "changed", corpus.taxonomy, {name: lambda name=name: part(name) for name in corpus.split_names}
    )

    def part(name):
        split = corpus.split(name)
        return replace(split, texts=[*split.texts[:-1], "another text"]) if name == "train" else split

    finish(write_run(tmp_path / "other", experiment.trainings()[0], changed))
    assert planned(experiment, corpus, tmp_path)[None].state == "absent"


def test_a_dry_run_estimates_the_time_left_from_measured_rates(made, capsys, tmp_path):
    shutil.copytree(made / "tiny", tmp_path / "tiny")
    for run in (made / "runs").glob("baseline-1-*"):
        shutil.copytree(run, tmp_path / "runs" / run.name)
    arguments = ["reproduce", "--tiny", "--only", "baseline-4", "--seeds", "0,1", "--dry-run", "--json"]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    first, second = found["trainings"]
    assert (first["state"], first["minutes_left"]) == ("finished", 0)
    assert (second["state"], second["texts_left"]) == ("absent", 757)
    assert found["minutes_left"] == pytest.approx(757 / second["texts_per_second"] / 60)
    assert "--seed 1" in second["command"]
    assert main([*arguments[:-1], "--output", str(tmp_path)]) == 0
    assert "Trainings to run: 1 of 2." in capsys.readouterr().out
    assert main(shlex.split(second["command"])[1:]) == 0
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert [each["state"] for each in json.loads(shown[shown.rindex('{\n "rows"') :])["trainings"]] == ["finished"] * 2

"""Labelled samples as people have them, in calibrate and evaluate: columns, parts without labels, repeated texts."""

import csv
import json
import shutil

import pytest
from helpers.emotional_texts import MAPPING, ROWS

from emograin.cli.app import main
from emograin.data.taxonomy import GOEMOTIONS


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Return a file of texts with labels."""
    path = tmp_path_factory.mktemp("mine") / "sample.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def write_columns(path, labels):
    """Write the texts with one column of 0 and 1 for each of some labels."""
    rows = [[row["text"], *(str(int(label in row["labels"])) for label in labels)] for row in ROWS]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text", *labels], *rows])


def test_columns_of_the_models_labels_and_cells_give_the_same_groups(sample, tmp_path, capsys):
    write_columns(tmp_path / "columns.csv", GOEMOTIONS.labels)
    reports = []
    for data in (tmp_path / "columns.csv", sample):
        arguments = ["--data", str(data), "--split", "all", "--group", "ekman", "--json"]
        assert main(["evaluate", *arguments]) == 0
        reports.append(json.loads(capsys.readouterr().out)["policies"])
    assert reports[0] == reports[1]


@pytest.mark.parametrize("command", ["calibrate", "evaluate"])
def test_columns_of_only_some_labels_need_a_mapping(tmp_path, capsys, command):
    data, output = tmp_path / "some.csv", tmp_path / "model"
    write_columns(data, ["anger", "joy", "fear"])
    arguments = [command, "--data", str(data), "--label-column", "anger,joy,fear"]
    arguments += ["--output", str(output)] if command == "calibrate" else ["--split", "all"]
    assert main(arguments) == 2
    assert "names 3 of the 28 labels" in (told := capsys.readouterr().err)
    assert "--mapping FILE" in told
    mapping = tmp_path / "same.toml"
    mapping.write_text("[labels]\n" + "".join(f'{label} = "{label}"\n' for label in ("anger", "joy", "fear")))
    assert main([*arguments, "--mapping", str(mapping)]) == 0
    assert main([*arguments[:3], "--label-column", "anger,joy", *arguments[5:], "--mapping", str(mapping)]) == 2
    assert "names 2 of the 3 labels" in capsys.readouterr().err


def test_a_part_without_labels_is_read_with_the_others(tmp_path, capsys):
    rows = [{"text": text, "labels": [], "split": "dev"} for text in ("the shop opens at nine", "it is a table")]
    lines = [{**row, "split": "train"} for row in ROWS] + rows
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    (tmp_path / "mine.toml").write_text(MAPPING)
    for more in ([], ["--mapping", str(tmp_path / "mine.toml")]):
        arguments = ["--data", str(tmp_path / "mine.jsonl"), *more]
        assert main(["calibrate", *arguments, "--output", str(tmp_path / f"model{len(more)}")]) == 0
        assert main(["evaluate", *arguments, "--split", "all"]) == 0
        assert "train+dev: 17 texts" in capsys.readouterr().out


def test_metrics_on_the_sample_of_a_calibration_are_said_to_be_too_high(sample, tmp_path, capsys):
    calibrated = tmp_path / "model"
    assert main(["calibrate", "--data", str(sample), "--output", str(calibrated)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(calibrated), "--data", str(sample), "--split", "all"]) == 0
    assert "calibrated on sample.jsonl, split all" in capsys.readouterr().err
    other = shutil.copyfile(sample, tmp_path / "other.jsonl")
    assert main(["evaluate", str(calibrated), "--data", str(other), "--split", "all"]) == 0
    assert "calibrated on" not in capsys.readouterr().err


def test_repeated_texts_are_counted(sample, tmp_path, capsys):
    (tmp_path / "raters.jsonl").write_text(sample.read_text() * 3)
    assert main(["calibrate", "--data", str(tmp_path / "raters.jsonl"), "--output", str(tmp_path / "model")]) == 0
    shown = capsys.readouterr().out
    assert "45 texts. 30 repeat others: equal texts are in one fold." in shown

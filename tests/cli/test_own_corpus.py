"""A corpus with labels of its own, some texts without one, from its statistics to predictions of an exported model."""

import csv
import json

import numpy as np
import pytest
from conftest import MOODS

from emograin.cli.app import main
from emograin.models.run_folder import RunFolder

PLAIN = ["the train leaves at nine", "page {} of the form", "it is on the table", "see chapter {}"]
SIZES = {"train": 72, "dev": 16, "test": 16}


def rows(form: str) -> list[dict[str, object]]:
    """Texts of three moods and as many without a label, with one column of labels, or one column for each."""
    phrases = [(mood, phrase) for mood in ("joy", "anger", "nervousness") for phrase in MOODS[mood]]
    made = []
    for split, size in SIZES.items():
        for at in range(size):
            mood, text = phrases[at % len(phrases)] if at % 2 else (None, PLAIN[at % len(PLAIN)].format(at))
            labels = (
                {"labels": mood or ""}
                if form == "cells"
                else {each: int(each == mood) for each in MOODS if each != "neutral"}
            )
            made.append({"text": f"{text} {at}", "split": split, **labels})
    return made


@pytest.fixture(scope="module", params=["cells", "columns"])
def corpus_file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.csv"
    with path.open("w", newline="") as file:
        made = rows(request.param)
        writer = csv.DictWriter(file, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
    return path


def test_a_corpus_with_texts_without_labels_goes_all_the_way(corpus_file, settings, tmp_path, capsys):
    run, model, taxonomy = tmp_path / "run", tmp_path / "model", tmp_path / "own.json"
    assert main(["data", str(corpus_file), "--write-taxonomy", str(taxonomy)]) == 0
    assert "joy" in capsys.readouterr().out

    config = tmp_path / "settings.toml"
    config.write_text(
        f'encoder = "{settings.encoder}"\nmax_document_tokens = 20\nlearning_rate = 5e-3\nepochs = 16\nbatch_size = 8\n'
        "evaluate_every = 72\nemoji = false\n"
    )
    given = ["--data", str(corpus_file), "--taxonomy", str(taxonomy), "--config", str(config), "--output", str(run)]
    assert main(["train", "label-embedding", *given]) == 0
    assert sorted(RunFolder(run).taxonomy.labels) == ["anger", "joy", "nervousness"]
    capsys.readouterr()

    assert main(["evaluate", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["texts"] == SIZES["test"]
    assert found["policies"]["global"]["macro_f1"] > 0.4
    _, labels, _ = RunFolder(run).read_scores("test")
    assert (labels.sum(axis=1) == 0).sum() == SIZES["test"] // 2

    mixed = ["--candidates", "nearest-training-sentence", "--mixing-weight", "0.9"]
    assert main(["evaluate", str(run), *mixed, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == SIZES["test"]

    pytest.importorskip("onnx")
    assert main(["export", str(run), str(model)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(model), "--data", str(corpus_file), "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["policies"]["per-label"]["macro_f1"] == pytest.approx(
        found["policies"]["per-label"]["macro_f1"], abs=0.1
    )
    assert main(["predict", "so happy today", "page 7 of the form", "--model", str(model), "--format", "jsonl"]) == 0
    happy, plain = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert "joy" in happy["labels"]
    assert np.max([0, *plain["scores"].values()]) < happy["scores"]["joy"]


@pytest.mark.parametrize(
    "command",
    [
        ["data", "quickstart"],
        ["data", "quickstart", "--write-taxonomy", "new.toml"],
        ["train", "baseline", "--data", "quickstart", "--output", "new"],
        ["evaluate", "--data", "quickstart"],
        ["calibrate", "--data", "quickstart", "--output", "new"],
    ],
)
@pytest.mark.parametrize("flag", ["--text-column", "--column", "--label-column"])
def test_columns_of_a_corpus_given_by_name_are_refused(command, flag, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*command, flag, "body"]) != 0
    shown = " ".join(capsys.readouterr().err.split())
    flag = "--text-column" if flag == "--column" else flag
    assert f"{flag} is for your own files, got 'body' for the corpus 'quickstart'" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["--text-column", "--column"])
def test_predict_reads_the_named_column(flag, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("said,text\nso happy today,x\n")
    assert main(["predict", "--input", str(tmp_path / "in.csv"), flag, "said", "--format", "jsonl"]) == 0
    assert "joy" in json.loads(capsys.readouterr().out)["labels"]

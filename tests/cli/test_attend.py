"""`emograin attend`."""

import json

import numpy as np
import pytest

from emograin.analysis.attention_flow import measure_attention_flow
from emograin.analysis.attention_record import read_attention
from emograin.analysis.word_deletion import run_deletion_test
from emograin.cli.app import main
from emograin.evaluation.results import read_evaluated
from emograin.models.classifier import load
from emograin.models.run_folder import RunFolder


@pytest.fixture(scope="module")
def runs(settings, corpus_folder, tmp_path_factory):
    """One evaluated run per method."""
    folder = tmp_path_factory.mktemp("runs")
    config = folder / "tiny.toml"
    config.write_text(f'encoder = "{settings.encoder}"\nmax_document_tokens = 20\nlearning_rate = 5e-3\n')
    for name, epochs in (("label-embedding", "8"), ("baseline", "1")):
        arguments = ["--data", str(corpus_folder), "--config", str(config), "--epochs", epochs]
        assert main(["train", name, *arguments, "--output", str(folder / name)]) == 0
        assert main(["evaluate", str(folder / name)]) == 0
    return folder


def attended(capsys, *arguments):
    capsys.readouterr()
    assert main(["attend", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_predicted_label_is_reported(runs, tmp_path, capsys):
    found = attended(capsys, runs / "label-embedding", "so happy today", "--output", tmp_path, "--thresholds", "fixed")
    predicted = [row["label"] for row in found["emotions"]]
    assert predicted == (found["predicted"] or predicted[:1])
    for row in found["emotions"]:
        assert {word["word"] for word in row["words"]} == {"so", "happy", "today"}
        assert sum(word["share"] for word in row["words"]) == pytest.approx(1)
        assert row["deletion"]["words"] == [row["words"][0]["word"]]
        assert (row["deletion"]["random_choices"], row["deletion"]["exhaustive"]) == (3, True)
    names = {"attention.npz"} | {f"{n}.{end}" for n in ("document_and_labels", "all_heads") for end in ("png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {str(tmp_path / name) for name in names} == set(found["files"])


def test_notes_name_truncated_and_one_word_texts(runs, tmp_path, capsys):
    found = attended(capsys, runs / "baseline", "exam " * 30, "--output", tmp_path, "--words", "2", "--layer", "0")
    assert "only the first 20 word pieces were read" in found["notes"]
    assert len(found["emotions"][0]["deletion"]["words"]) == 2
    assert found["attention"].startswith("layer 0, mean over heads")
    assert (tmp_path / "into_slot.png").is_file()
    assert (
        "the text has one word only" in attended(capsys, runs / "baseline", "exam", "--output", tmp_path)["notes"][-1]
    )


def test_without_a_predicted_label_the_highest_score_is_reported(runs, tmp_path, capsys):
    thresholds = runs / "baseline" / "thresholds.json"
    kept = thresholds.read_text()
    thresholds.write_text(json.dumps(dict.fromkeys(("fixed", "global", "per-label"), [1.0] * 4)))
    try:
        found = attended(capsys, runs / "baseline", "so happy", "--output", tmp_path)
    finally:
        thresholds.write_text(kept)
    assert found["predicted"] == []
    assert len(found["emotions"]) == 1
    assert "no label reaches its threshold: the highest score is shown" in found["notes"]


def test_against_selects_the_text_that_contrasts_the_runs_most(runs, tmp_path, capsys, corpus):
    right = read_evaluated(str(runs / "label-embedding"), "test", "per-label")
    # Such a short training finds little, so let the one's predictions be gold, and the other wrong throughout.
    for name, scores in (("label-embedding", right.scores), ("baseline", 1.0 - right.predictions)):
        RunFolder(runs / name).write_scores("test", right.ids, right.predictions, scores)
    found = attended(capsys, runs / "label-embedding", "--against", runs / "baseline", "--output", tmp_path)
    split = corpus.split("test")
    assert found["text"] == split.texts[split.ids.index(found["id"])]
    gold = {right.labels[at] for at in np.flatnonzero(right.predictions[right.ids.index(found["id"])])}
    assert gold == set(found["gold"]) == set(found["predicted"])
    assert (tmp_path / "against_into_slot.png").is_file()
    other = read_attention(tmp_path / "against.npz")
    assert (other.text_id, other.slots) == (found["id"], 1)
    assert main(["attend", str(runs / "label-embedding"), "so happy", "--output", str(tmp_path)]) == 0
    assert "on average (all 2)" in capsys.readouterr().out


def test_a_split_is_tested_for_deletion(runs, tmp_path, capsys, corpus):
    run = RunFolder(runs / "label-embedding")
    method = load(run).method
    arguments = ["--split", "dev", "--random-choices", "2", "--seed", "3", "--thresholds", "fixed"]
    found = attended(capsys, run.path, *arguments)
    texts = corpus.split("dev").texts
    expected = run_deletion_test(method, texts, run.thresholds["fixed"], random_choices=2, seed=3)
    named = {"run": "label-embedding", "corpus": found["corpus"], "split": "dev", "policy": "fixed"}
    assert found == {**named, **expected}
    assert found["texts"] + found["left_out"] == len(texts)
    assert not (run.path / "attention").exists()
    one = tmp_path / "test.jsonl"
    one.write_text('{"text": "so happy today", "labels": ["joy"]}\n')
    found = attended(capsys, run.path, "--split", "test", "--data", tmp_path, "--layer", "0", "--words", "2")
    assert (found["texts"], found["layer"], found["words"], found["random_choices"]) == (1, 0, 2, 20)
    assert main(["attend", str(run.path), *arguments]) == 0
    titles, row, *_ = capsys.readouterr().out.splitlines()
    assert titles.split()[:4] == ["run", "layer", "words", "texts"]
    assert row.split()[:3] == ["label-embedding", "last", "1"]
    assert f"{expected['attended_drop']:.3f}" in row


@pytest.mark.parametrize("name", ["label-embedding", "baseline"])
def test_attention_by_layer_over_a_split(runs, capsys, corpus, name):
    run = RunFolder(runs / name)
    split = corpus.split("test")
    found = attended(capsys, run.path, "--split", "test", "--flow", "--seed", "3")
    expected = measure_attention_flow(load(run).method, split.texts, split.labels, seed=3)
    assert found == {"run": name, "corpus": found["corpus"], "split": "test", **expected}
    assert main(["attend", str(run.path), "--split", "test", "--flow", "--seed", "3"]) == 0
    captured = capsys.readouterr()
    rows = [line.split()[:2] for line in captured.out.splitlines()[:3]]
    assert rows == [["system", "layer"], [name, "0"], [name, "1"]]
    assert "20 texts in" in captured.err
    assert not (run.path / "attention").exists()


def test_attention_by_layer_takes_no_layer(runs, capsys):
    capsys.readouterr()
    assert main(["attend", str(runs / "baseline"), "--split", "test", "--flow", "--layer", "1"]) == 2
    assert "takes no --layer or --head" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["so happy", "--flow"], "--flow needs --split NAME"),
        ([""], "expected a text, got an empty one"),
        ([], "expected a text, --against RUN or --split NAME, got none"),
        (["so", "--against", "x"], "got a text and --against"),
        (["--split", "test", "--against", "x"], "got --against and --split"),
        (["--split", "test"], "--split writes no plots, so it takes no --output"),
        (["so happy", "--random-choices", "0"], "random_choices must be at least 1, got 0"),
        (["so happy", "--layer", "2"], "layer must lie in 0 to 1, got 2"),
        (["so happy", "--head", "5"], "head must lie in 0 to 1, got 5"),
        (["so happy", "--words", "0"], "words must be at least 1, got 0"),
        (["\u200b"], "expected a text with words"),
        (["--against", "nowhere"], "there is no folder 'nowhere'"),
    ],
)
def test_a_mistake_is_one_line(runs, tmp_path, capsys, arguments, said):
    capsys.readouterr()
    assert main(["attend", str(runs / "baseline"), *arguments, "--output", str(tmp_path / "x")]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.out == ""
    assert not (tmp_path / "x").exists()

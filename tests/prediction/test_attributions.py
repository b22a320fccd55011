"""Attributions to words: spans in texts, and what users see."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.exported_runs import exported_run, trained_run
from helpers.hard_texts import NASTY, SEEN
from hypothesis import given
from hypothesis import strategies as st

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.words import align_words
from emograin.prediction.attributions import Word, top_words
from emograin.prediction.onnx.model import ExportedModel
from emograin.service.options import Options
from emograin.service.served_model import open_model

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

ROOT = Path(__file__).parents[2]
WEIGHTS = (0.5, 0.02, -0.03, 1.0, 0.0, 0.01)


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """A finished run."""
    return trained_run(settings, corpus, tmp_path_factory.mktemp("run") / "tiny")


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    """The run, exported."""
    return exported_run(run, tmp_path_factory.mktemp("exported"))


def test_words_are_the_texts_own_for_the_labels_of_the_policy(model, corpus):
    texts = [*corpus.split("dev").texts, *NASTY]
    for policy in ("fixed", "global", "per-label"):
        predictor = emograin.load(model, policy)
        found, predictions = predictor.explain(texts), predictor.predict(texts)
        assert [list(words) for words in found] == [list(row.labels) for row in predictions]
        for text, words, prediction in zip(texts, found, predictions, strict=True):
            for each in words.values():
                spelled = [text[word["start"] : word["end"]] for word in each]
                whole = [*"日本語", "is"] if "日" in text else text.split()
                assert spelled == whole[: len(spelled)]
                assert len(spelled) == len(whole) or prediction.note
                assert all(type(word["weight"]) is float for word in each)
        assert any(len(words) > 1 for words in found)
    assert found[len(texts) - len(NASTY) + 1] == {}


def test_words_are_only_there_where_they_are_asked_for(model, corpus):
    predictor, texts = emograin.load(model), corpus.split("dev").texts
    plain, asked_for = predictor.predict(texts), predictor.predict(texts, explain=True)
    assert {row.words for row in plain} == {None}
    assert [row.words for row in asked_for] == predictor.explain(texts)
    np.testing.assert_allclose(plain.scores, asked_for.scores, atol=1e-6)
    alone = [predictor.explain([text])[0] for text in texts]
    for one, other in zip(alone, predictor.explain(texts), strict=True):
        for label, words in one.items():
            assert [word["weight"] for word in words] == pytest.approx(
                [word["weight"] for word in other[label]], abs=1e-5
            )


def test_a_run_folder_says_how_to_get_explanations(run, capsys):
    predictor = emograin.load(run.path)
    assert not predictor.explains
    with pytest.raises(EmograinError, match="emograin export RUN FOLDER"):
        predictor.explain(["so happy"])
    assert main(["predict", "so happy", "--model", str(run.path), "--explain"]) == 2
    assert "cannot explain its predictions" in capsys.readouterr().err


CARRIED = {
    ("I love you", "love"): "love",
    ("Thank you so much, I really appreciate it!", "gratitude"): "Thank",
    ("I am so happy to see them again", "joy"): "happy",
    ("They make me so angry every time", "anger"): "angry",
    ("I am so sorry, please forgive me", "remorse"): "sorry,",
    ("\U0001f642\U0001f642 wow, what a surprise", "surprise"): "surprise",
    ("I'm terrified of flying", "fear"): "terrified",
}


def test_the_shipped_model_names_the_word_that_a_reader_would():
    """Among the two heaviest, in all texts but one: occlusion names the same first word for about half of them."""
    explained = emograin.load().explain([text for text, _ in CARRIED])
    found = [dict(top_words(text, words[label])[:2]) for (text, label), words in zip(CARRIED, explained, strict=True)]
    named = [each.get(word, 0) > 0 for each, word in zip(found, CARRIED.values(), strict=True)]
    assert sum(named) >= len(CARRIED) - 1, found


def test_short_texts_show_all_words_and_long_ones_those_of_weight(capsys):
    assert main(["predict", "I am so happy", "--explain"]) == 0
    assert "happy" in capsys.readouterr().out.splitlines()[2]
    text = "a b c d e f"
    words = [Word(start=at, end=at + 1, weight=weight) for at, weight in zip(range(0, 11, 2), WEIGHTS, strict=True)]
    assert [word for word, _ in top_words(text, words)] == ["d", "a"]
    assert [word for word, _ in top_words(text[:9], words[:5])] == ["d", "a", "c", "b", "e"]


def test_the_command_shows_words_in_every_format(tmp_path, capsys):
    arrow = pytest.importorskip("pyarrow.parquet")
    texts = ["They make me so angry", "", "Thank you so much"]
    source = tmp_path / "in.csv"
    source.write_text("text,words\n" + "".join(f'"{text}",mine\n' for text in texts))
    assert main(["predict", texts[0], "--explain"]) == 0
    _, scored, carried = capsys.readouterr().out.splitlines()[:3]
    assert scored.split()[0] == "anger"
    assert carried.split()[0] == "angry"
    rows = {}
    for format in ("jsonl", "csv", "parquet"):
        output = tmp_path / f"out.{format}"
        assert main(["predict", "--input", str(source), "--output", str(output), "--explain"]) == 0
        if format == "jsonl":
            rows[format] = [json.loads(line) for line in output.read_text().splitlines()]
        elif format == "csv":
            rows[format] = list(csv.DictReader(output.open(newline="")))
        else:
            rows[format] = arrow.read_table(output).to_pylist()
    words = [row["words"] for row in rows["jsonl"]]
    assert words[1] is None
    assert words[0]["anger"][1]["start"] == len("They ")
    assert max(words[2]["gratitude"], key=lambda word: word["weight"])["end"] == len("Thank")
    for format in ("csv", "parquet"):
        assert [json.loads(row["words"]) if row["words"] else None for row in rows[format]] == words
        assert [row["input_words"] for row in rows[format]] == ["mine"] * 3
    assert main(["predict", "--input", str(tmp_path / "in.csv"), "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["words"] == "mine"  # not asked for: the file's own


def test_the_service_explains_every_label_that_a_request_may_choose():
    model = open_model()
    assert model.explains
    texts = ["I love you", "It's sickening how they joke about those poor animals", "The shop opens at nine."]
    for row in model.score(texts, [Options(explain=True)] * 3):
        reached = [row.scores >= np.float32(values) for values in model.thresholds.values()]
        chosen = {label for each in reached for label, is_reached in zip(model.labels, each, strict=True) if is_reached}
        assert set(row.words) == chosen | {model.labels[row.scores.argmax()]}
        assert all(words for words in row.words.values())
    assert model.score(texts, [Options()] * 3)[0].words is None


def test_an_export_without_explanations_predicts_and_does_not_explain(model, tmp_path):
    import onnx

    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    network = onnx.load(tmp_path / "model.onnx")
    del network.graph.node[-1], network.graph.output[-1]
    onnx.save(network, tmp_path / "model.onnx")
    described = json.loads((tmp_path / "model.json").read_text())
    from emograin.common.files import sha256_file, sha256_json

    described["files"]["model.onnx"] = sha256_file(tmp_path / "model.onnx")
    del described["sha256"]
    described["sha256"] = sha256_json(described)
    (tmp_path / "model.json").write_text(json.dumps(described))
    without, explaining = emograin.load(tmp_path), emograin.load(model)
    assert np.array_equal(without.predict(SEEN).scores, explaining.predict(SEEN).scores)
    assert (without.explains, explaining.explains) == (False, True)
    assert not ExportedModel(tmp_path).scorer().explains


@given(st.text(alphabet="ab, \t日", max_size=30), st.data())
def test_every_piece_is_of_the_word_that_it_lies_in(text, data):
    """Pieces that end where a word ends, as tokenizers make them, with and without the space in front."""
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=12))})
    pieces = list(pairwise(cuts))
    words, word_of = align_words(text, pieces)
    shares = [[max(0, min(end, stop) - max(start, first)) for first, stop in words] for start, end in pieces]
    for share, word in zip(shares, word_of, strict=True):
        assert word == (int(np.argmax(share)) if any(share) else -1)
    assert not any(character.isspace() for start, end in words for character in text[start:end])

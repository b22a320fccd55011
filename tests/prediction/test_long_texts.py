"""Texts that fit have today's scores bit for bit; longer ones are read whole, with segments and explanations."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer
from helpers.exported_runs import exported_run, trained_run

import emograin
from emograin import data
from emograin.cli.app import main
from emograin.common.files import part_description_path
from emograin.data.taxonomy import Taxonomy
from emograin.data.words import WORD
from emograin.prediction.aggregation import aggregate
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.predictor import Predictor
from emograin.prediction.shipped_model import SHIPPED
from emograin.prediction.stream import describe

REVIEW = (
    "I was so delighted when it arrived, the colours are gorgeous and it works like a charm! My kids love it. "
    "I bought it in May at the local store 😀.\nThen, after two weeks, the screen went black. I called support three "
    "times, and nobody answered. I am furious, this is the worst company I have ever dealt with!"
)
ENDS = ["a charm!", "love it.", "store 😀.", "went black.", "nobody answered.", "dealt with!"]


@pytest.fixture(scope="module")
def model() -> Predictor:
    return emograin.load(threads=1)


@pytest.fixture
def counting() -> Predictor:
    return Predictor(Taxonomy("three", ("joy", "anger", "neutral")), [0.5, 0.5, 0.5], CountingScorer())


def test_texts_that_fit_have_the_scores_of_the_scorer_bit_for_bit(model):
    texts = data.load("quickstart").split("all").texts[:300]
    scorer = ExportedModel(SHIPPED).scorer(1)
    documents, truncated = scorer.tokenize(texts)
    scores = scorer.score(documents)
    mixed = model.predict([*texts, REVIEW])
    assert truncated.sum() == 0
    assert np.array_equal(model.predict(texts).scores, scores)
    assert np.array_equal(mixed.scores[:-1], scores)
    assert np.array_equal(model.predict([*texts, REVIEW], segments=True).scores, mixed.scores)
    assert np.array_equal(
        model.predict([*texts, REVIEW], windows=False).scores, scorer.score(scorer.tokenize([*texts, REVIEW])[0])
    )


def test_a_text_that_fits_is_tokenized_once(counting):
    seen = []
    tokenize = counting.scorer.tokenize
    counting.scorer.tokenize = lambda texts: (seen.extend(texts), tokenize(texts))[1]
    counting.predict(["a b c", "d. e f?"])
    assert seen == ["a b c", "d. e f?"]
    assert counting.scorer.calls == [2]


def test_a_review_that_turns_has_the_emotions_of_both_halves(model):
    whole, first = model.predict([REVIEW])[0], model.predict([REVIEW], windows=False)[0]
    assert {"admiration", "love", "anger"} <= set(whole.labels)
    assert "anger" not in first.labels
    assert (whole.note, first.note) == (None, "only the first 50 word pieces were read")


def test_segments_are_the_sentences_with_the_scores_of_the_sentences_alone(model):
    row = model.predict(["", REVIEW], segments=True)[1]
    sentences = [REVIEW[each.start : each.end] for each in row.segments]
    assert [sentence.endswith(end) for sentence, end in zip(sentences, ENDS, strict=True)] == [True] * 6
    alone = model.predict(sentences)
    assert [each.labels for each in row.segments] == [each.labels for each in alone]
    assert np.array_equal(row.segments.scores, alone.scores)
    lengths = [len(ids) for ids in model.scorer.tokenize(sentences)[0]]
    assert np.array_equal(list(row.scores.values()), aggregate(alone.scores, np.array(lengths), model.labels))


def test_segments_of_texts_that_fit_and_of_unreadable_ones(model):
    two, one, none = model.predict(["Thank you! I hate this.", " thank you ", None], segments=True)
    assert [(each.start, each.end, each.labels[0]) for each in two.segments] == [
        (0, 10, "gratitude"),
        (11, 23, "anger"),
    ]
    assert [(each.start, each.end) for each in one.segments] == [(1, 10)]
    assert one.segments[0].scores == one.scores
    assert none.segments is None
    assert model.predict(["thank you"])[0].segments is None
    assert two.segments[1:] == model.predict(["Thank you! I hate this."], segments=True)[0].segments[1:]


def test_segments_cover_what_windows_off_does_not_read(model):
    row = model.predict([REVIEW], segments=True, windows=False)[0]
    assert row.segments == model.predict([REVIEW], segments=True)[0].segments
    assert row.note is not None


def test_words_of_a_long_text_have_their_places_in_the_whole_text(model):
    row = model.predict([REVIEW], explain=True)[0]
    plain = model.predict([REVIEW])[0]
    assert row.scores == pytest.approx(plain.scores)
    for label, words in row.words.items():
        assert label in row.labels
        assert [REVIEW[word["start"] : word["end"]] for word in words] == WORD.findall(REVIEW)
    best = max(row.words["anger"], key=lambda word: word["weight"])
    assert REVIEW[best["start"] : best["end"]].strip(",") in ("furious", "worst")


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 3000 + "thank you",
        "x" * 3000,
        "word " * 800,
        "a\n" * 1500,
        "日本" * 700,
        ". " * 1000,
        "thank you" + " " * 3000,
    ],
)
def test_extreme_texts_are_read(model, text):
    row = model.predict([text], segments=True)[0]
    assert row.error is None
    assert row.note is None
    assert all(0 <= each.start < each.end <= len(text) for each in row.segments)
    if "thank you" in text:  # few word pieces, however many characters
        assert row.scores == model.predict(["thank you"])[0].scores


def test_progress_counts_every_text_once(model):
    done = []
    texts = ["thank you", REVIEW, "", "x" * 3000, "so glad. so sad."]
    for options in ({"segments": True}, {"explain": True}, {"explain": True, "windows": False}):
        done.clear()
        model.predict(texts, on_progress=done.append, **options)
        assert sum(done) == 5


@pytest.mark.parametrize("format", ["jsonl", "csv", "tsv", "parquet"])
def test_segments_in_files(tmp_path, format):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    source, out = tmp_path / "in.jsonl", tmp_path / f"out.{format}"
    rows = [{"text": REVIEW, "segments": "mine"}, {"text": "", "segments": None}, {"text": "ok", "segments": "1"}]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["predict", "--input", str(source), "--segments", "--output", str(out)]) == 0
    if format == "parquet":
        import pyarrow.parquet

        found = pyarrow.parquet.read_table(out).to_pylist()
    elif format == "jsonl":
        found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    else:
        found = list(
            csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")), delimiter="\t" if format == "tsv" else ",")
        )
    assert [str(row["input_segments"] or "") for row in found] == ["mine", "", "1"]
    segments = [
        row["segments"] if format == "jsonl" or not row["segments"] else json.loads(row["segments"]) for row in found
    ]
    assert [len(each or ()) for each in segments] == [6, 0, 1]
    assert REVIEW[segments[0][1]["start"] : segments[0][1]["end"]] == "My kids love it."
    assert segments[0][1]["labels"] == list(segments[0][1]["scores"]) == ["love"]


def test_segments_and_windows_of_the_command(capsys):
    assert main(["predict", "--segments", REVIEW]) == 0
    assert "> My kids love it.\n      love" in capsys.readouterr().out
    assert main(["predict", "--windows", "off", REVIEW]) == 0
    assert "only the first 50 word pieces were read" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--segments", "--explain"])
def test_an_interrupted_output_with_json_in_cells_is_resumed(tmp_path, flag):
    source, out = tmp_path / "in.txt", tmp_path / "out.csv"
    source.write_text("Thank you! I hate this.\nso glad\n", encoding="utf-8")
    assert main(["predict", "--input", str(source), flag, "--output", str(out)]) == 0
    whole = out.read_text(encoding="utf-8")
    options = {"column": "text", "all_scores": False, "explain": flag == "--explain", "at_least_one": False}
    described = describe(emograin.load(), "csv", **options, segments=flag == "--segments", windows=True)
    part_description_path(out).write_text(json.dumps(described))
    out.rename(tmp_path / "out.csv.part").write_text("".join(whole.splitlines(keepends=True)[:2]), encoding="utf-8")
    assert main(["predict", "--input", str(source), flag, "--output", str(out), "--resume"]) == 0
    assert out.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_an_explained_text_has_the_scores_of_a_plain_one(family, encoders, settings, corpus, tmp_path):
    run = trained_run(replace(settings, encoder=str(encoders[family]), epochs=1), corpus, tmp_path / "run")
    predictor = emograin.load(exported_run(run, tmp_path / "exported"))
    texts = ["so happy today. I am furious! the train leaves at nine, and I am worried. " * 3, REVIEW]
    explained = predictor.predict(texts, explain=True)
    np.testing.assert_allclose(explained.scores, predictor.predict(texts).scores, atol=1e-5)
    for text, row in zip(texts, explained, strict=True):
        for words in row.words.values():
            assert [text[word["start"] : word["end"]] for word in words] == WORD.findall(text)

"""Attention of one document, for every method on every family of encoders: weights, words, deletions, pictures."""

import dataclasses
import json
import re
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emograin.analysis.attention import attend, attentions, words_of
from emograin.analysis.attention_record import Attention, read_attention, word_shares, write_attention
from emograin.analysis.contrasting_documents import contrasting_documents, most_contrasting
from emograin.analysis.word_deletion import Deletion, deletion_check, falls, most, without
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.evaluation.results import EvaluatedRun, read_evaluated
from emograin.models import encoder
from emograin.models.methods import METHODS, FeedForward, Method
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.reproduction.figures.attention_maps import all_heads, document_and_labels, into_slot

TEXT = "I am so Happy for [NAME] about the exam!"
DOCUMENT_TOKENS = 40


class MeanPooling(Method):
    """A method that attention.py has never heard of: scored from all tokens alike."""

    slots = 1

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.feed_forward = FeedForward(self.hidden, len(self.taxonomy.labels))

    def embed(self, inputs):
        mask = inputs["attention_mask"].unsqueeze(-1)
        return (self.hidden_states(inputs) * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)

    def score(self, embeddings):
        return self.feed_forward(embeddings[:, 0])


def build(kind, folder, taxonomy):
    torch.manual_seed(0)
    return kind(encoder.load(str(folder), taxonomy.placeholders), taxonomy, DOCUMENT_TOKENS).eval()


@pytest.fixture(scope="module", params=[*METHODS.values(), MeanPooling], ids=lambda kind: kind.__name__)
def method(request, any_encoder, taxonomy):
    """Every method, and one that is not registered, on every encoder in turn."""
    return build(request.param, any_encoder, taxonomy)


@pytest.fixture(scope="module")
def bert(encoders, taxonomy):
    return build(METHODS["label-embedding"], encoders["bert"], taxonomy)


@pytest.fixture(scope="module")
def seen(bert):
    """The attention of a document, with two labels predicted."""
    return attend(bert, TEXT, [0, 0, 1, 1], "a model", "t1", ["joy"])


def test_weights_are_the_encoders_and_the_encoder_is_as_before(method):
    kind = method.encoder.config._attn_implementation
    found = attend(method, TEXT, [0] * 4)
    assert method.encoder.config._attn_implementation == kind
    scores = score_documents(method, method.tokenize([TEXT]))[0]
    np.testing.assert_allclose(found.scores, scores, atol=1e-5)
    method.encoder.set_attn_implementation("eager")
    with torch.no_grad():
        own = method.encoder(**method.inputs([TEXT]), output_attentions=True).attentions
    method.encoder.set_attn_implementation(kind)
    np.testing.assert_allclose(found.weights, torch.cat(own), atol=1e-6)
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-5)
    assert method.encoder(**method.inputs([TEXT])).attentions is None
    assert all(parameter.grad is None for parameter in method.parameters())


def test_parts_are_prefix_document_and_special_tokens(method):
    (document,) = method.tokenize([TEXT])
    ids, parts = method.assemble([document])["input_ids"][0].tolist(), method.parts(document)
    by_part = {part: [each for each, at in zip(ids, parts, strict=True) if at == part] for part in set(parts)}
    assert by_part["document"] == document
    assert by_part.get("prefix", []) == method.prefix
    assert set(by_part["special"]) <= set(method.tokenizer.all_special_ids)
    assert attend(method, TEXT, [0] * 4).parts == parts


def test_labels_are_read_from_where_the_method_reads_them(method, taxonomy):
    # Moving one token's output by hand must move exactly the labels that are read from it.
    found = attend(method, TEXT, [0] * 4)
    np.testing.assert_allclose(found.reading.sum(axis=1), 1, atol=1e-5)
    states = method.encoder(**method.inputs([TEXT])).last_hidden_state.detach()
    random = torch.randn(states.shape[-1], generator=torch.Generator().manual_seed(1))

    def logits(at=None):
        moved = states.clone()
        if at is not None:
            moved[0, at] += random
        method.hidden_states = lambda _: moved
        try:
            with torch.no_grad():
                return method.score(method.embed(method.inputs([TEXT])))[0]
        finally:
            del method.hidden_states

    for at in range(states.shape[1]):
        assert ((logits(at) - logits()).abs() > 1e-7).tolist() == (found.reading[:, at] > 1e-7).tolist()
    assert found.reading.shape == (len(taxonomy.labels), len(found.tokens))


def test_a_label_is_read_from_its_word_pieces_alike(bert, seen):
    np.testing.assert_allclose(seen.reading[:, 1 : 1 + len(bert.prefix)], bert.averaging, atol=1e-6)
    first = seen.reading[0].argmax()
    assert seen.tokens[first] == "j"


def test_documents_of_a_batch_are_read_as_alone(method):
    documents = method.tokenize([TEXT, "so", "the train leaves at nine"])
    together = dict(attentions(method, documents))
    for at, document in enumerate(documents):
        ((_, alone),) = attentions(method, [document])
        for one, other in zip(together[at], alone, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "text", [TEXT, "so-so, can't!  [NAME]", "happy", " caf\u00e9 \U0001f602 $5 $6 ", "so\u5e78\u798fso"]
)
def test_words_are_those_of_the_text_whatever_the_pieces(method, text):
    document, words, word_of, cut = words_of(method, text)
    assert document == method.tokenize([text])[0]
    assert not cut
    expected = ["so", "\u5e78", "\u798f", "so"] if "\u5e78" in text else text.split()
    assert words == expected
    assert len(word_of) == len(document)
    kept = word_of[word_of >= 0].tolist()
    assert kept == sorted(kept)
    assert set(kept) == set(range(len(words)))


def test_of_a_long_text_only_what_is_read_has_words(method):
    document, words, word_of, cut = words_of(method, "exam day " * 30)
    assert cut
    assert len(document) == len(word_of) == DOCUMENT_TOKENS
    assert 0 < len(words) <= DOCUMENT_TOKENS
    assert set(words[:-1]) <= {"exam", "day"}
    assert attend(method, "exam day " * 30, [0] * 4).cut


def test_predicted_labels_are_those_at_their_thresholds(seen):
    assert sorted(seen.predicted) == ["anger", "joy"]
    scores = dict(zip(seen.labels, seen.scores, strict=True))
    assert scores[seen.predicted[0]] >= scores[seen.predicted[1]]


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 99))
def test_shares_add_up_the_pieces_of_words(words, more, seed):
    random = np.random.default_rng(seed)
    word_of = random.permutation([*range(words), *random.integers(-1, words, more)])
    read = random.random((3, len(word_of)))
    found = word_shares(read, word_of, words)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for label, word in np.ndindex(*found.shape):
        inside = read[label, word_of >= 0].sum()
        assert found[label, word] == pytest.approx(read[label, word_of == word].sum() / inside)


def test_layer_and_head_are_asked_for_from_0(seen):
    assert not np.allclose(seen.word_shares(0, 0), seen.word_shares(0, 1))
    np.testing.assert_allclose(seen.word_shares(), seen.word_shares(1))
    read = (seen.read_by_labels(1, 0) + seen.read_by_labels(1, 1)) / 2
    np.testing.assert_allclose(seen.read_by_labels(), read, atol=1e-6)
    for layer, head, said in [
        (2, None, "layer must lie in 0 to 1, got 2"),
        (None, -1, "head must lie in 0 to 1, got -1"),
    ]:
        with pytest.raises(EmograinError, match=said):
            seen.word_shares(layer, head)


def test_what_is_kept_is_read_again(seen, tmp_path):
    path = write_attention(tmp_path / "a.npz", dataclasses.replace(seen, predicted=[]))
    again = read_attention(path)
    for field in dataclasses.fields(Attention):
        one, other = getattr(again, field.name), getattr(seen, field.name)
        if field.type is np.ndarray:
            np.testing.assert_allclose(one, other, atol=1e-3)
        else:
            assert type(one) is field.type or isinstance(one, list)
            assert one == ([] if field.name == "predicted" else other)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(EmograinError, match="cannot read"):
        read_attention(path)
    with pytest.raises(EmograinError, match="there is no"):
        read_attention(tmp_path / "b.npz")


def test_words_are_masked_piece_by_piece_or_removed(method, monkeypatch):
    document, words, word_of, _ = words_of(method, TEXT)
    at = words.index("exam!")
    masked = without(method, document, word_of, [at])
    assert len(masked) == len(document)
    mask = method.tokenizer.mask_token_id
    assert [each == mask for each in masked] == (word_of == at).tolist()
    monkeypatch.setattr(
        method.tokenizer, "_special_tokens_map", method.tokenizer._special_tokens_map | {"mask_token": None}
    )
    assert method.tokenizer.mask_token_id is None
    assert without(method, document, word_of, [at]) == [
        each for each, of in zip(document, word_of, strict=True) if of != at
    ]


def test_falls_are_those_of_scores_without_the_words(bert):
    document, words, word_of, _ = words_of(bert, "so happy today friends")

    def score(chosen):
        return score_documents(bert, [without(bert, document, word_of, chosen)])[0, 2]

    (fall,) = falls(bert, [Deletion(document, word_of, 2, (1, 3))], draws=6)
    assert fall.score == pytest.approx(score([]), abs=1e-6)
    assert fall.attended == pytest.approx(score([]) - score([1, 3]), abs=1e-6)
    each = [score([]) - score(pair) for pair in combinations(range(len(words)), 2)]
    assert fall.random == pytest.approx(np.mean(each), abs=1e-6)
    assert (fall.choices, fall.every_choice) == (6, True)
    (drawn,) = falls(bert, [Deletion(document, word_of, 2, (1, 3))], draws=5)
    assert (drawn.choices, drawn.every_choice) == (5, False)
    assert falls(bert, [Deletion(document, word_of, 2, (1, 3))], draws=5) == [drawn]


def test_many_texts_are_checked_as_each_alone(bert):
    texts = ["so happy today", "so", "I hate it, I am furious", TEXT]
    thresholds = [0.0] * 4
    found = deletion_check(bert, texts, thresholds, words=1)
    alone = []
    for text in texts:
        seen = attend(bert, text, thresholds)
        if len(seen.words) > 1:
            row = seen.labels.index(seen.predicted[0])
            document, _, word_of, _ = words_of(bert, text)
            alone += falls(bert, [Deletion(document, word_of, row, most(seen.word_shares()[row], 1))])
    assert (found["texts"], found["left_out"]) == (3, 1)
    assert found["attended_drop"] == pytest.approx(np.mean([fall.attended for fall in alone]), abs=1e-6)
    assert found["random_drop"] == pytest.approx(np.mean([fall.random for fall in alone]), abs=1e-6)
    assert found["difference"] == pytest.approx(found["attended_drop"] - found["random_drop"])
    assert found["low"] <= found["difference"] <= found["high"]
    assert found["attended_drops_more"] == np.mean([fall.attended > fall.random for fall in alone])
    assert sum(row["texts"] for row in found["labels"].values()) == 3
    assert found["by"] == "masked with [MASK]"
    with pytest.raises(EmograinError, match="expected texts with a predicted label and two words, got none in 4"):
        deletion_check(bert, texts, [1.1] * 4)


def outcome(name, scores, thresholds=0.5, labels=("a", "b", "c")):
    scores = np.array(scores)
    gold = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    return EvaluatedRun(name, [f"t{at}" for at in range(5)], gold, scores >= thresholds, list(labels), scores)


def test_documents_are_those_that_one_run_gets_right_and_the_other_wrong():
    good = outcome("good", [[0.9, 0.1, 0], [0.8, 0.9, 0.2], [0.9, 0.1, 0], [0.1, 0.9, 0.1], [0, 0.1, 0.7]])
    bad = outcome("bad", [[0.1, 0.8, 0], [0.9, 0.1, 0.1], [0.6, 0, 0], [0.6, 0.6, 0], [0.1, 0, 0.4]])
    found = contrasting_documents(good, bad)
    # t2 is right in both; c is rarer than the median label, of the rest those that the bad run misses come first.
    assert [each.text_id for each in found] == ["t4", "t0", "t3", "t1"]
    assert found[0].rare
    assert [each.others for each in found] == [[], ["b"], ["a", "b"], ["a"]]
    assert found[1].confidence == pytest.approx((0.9 - 0.1) - (0.1 - 0.8))
    assert found[3].confidence == pytest.approx((0.8 - 0.2) - (0.1 - 0.1))
    assert most_contrasting(good, bad, "b").text_id == "t3"
    with pytest.raises(EmograinError, match="unknown label 'd'"):
        contrasting_documents(good, bad, "d")
    with pytest.raises(EmograinError, match="there is no text that 'good' gets right and 'good' wrong"):
        most_contrasting(good, good)


def texts_in(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text())


def test_lines_between_document_and_labels(seen, tmp_path):
    png, svg = document_and_labels(tmp_path / "a.png", seen)
    assert png.read_bytes().startswith(b"\x89PNG")
    shown = texts_in(svg)
    assert all(shown.count(label) == 2 for label in seen.labels)
    assert all(seen.tokens[at] in shown for at in seen.document)
    _, svg = document_and_labels(tmp_path / "b.png", seen, layer=0, head=1)
    titles = [text for text in texts_in(svg) if "attend to" in text]
    assert [title.startswith("layer 0, head 1") for title in titles] == [True, True]
    # A line for every weight that is wide enough: tokens to labels, labels to tokens, the shown label's in blue.
    weights, share = seen.weights[0, 1], seen.reading > 0
    to_labels, to_tokens = weights[seen.document] @ share.T, (seen.reading @ weights)[:, seen.document].T
    row = seen.labels.index(seen.predicted[0])
    wide = sum(int((table[:, row] >= 0.02).sum()) for table in (to_labels, to_tokens))
    assert len(re.findall(r'<path d="M[^"]*" clip-path[^>]*stroke: #0072b2', svg.read_text())) == wide > 0


def test_heads_of_the_first_and_last_three_layers(seen, tmp_path):
    deep = dataclasses.replace(seen, weights=np.concatenate([seen.weights] * 4))
    _, svg = all_heads(tmp_path / "a.png", deep)
    assert svg.read_text().count("<image ") == 6 * 2
    assert [text for text in texts_in(svg) if text.startswith("layer")] == [f"layer {at}" for at in (0, 1, 2, 5, 6, 7)]
    _, svg = all_heads(tmp_path / "b.png", seen)
    assert svg.read_text().count("<image ") == 2 * 2


def test_lines_into_the_slot(encoders, taxonomy, tmp_path):
    seen = attend(build(METHODS["baseline"], encoders["bert"], taxonomy), "$5 for a $6 \U0001f9ff", [1] * 4)
    _, svg = into_slot(tmp_path / "a.png", seen)
    shown = " ".join(texts_in(svg))
    assert "$5 for a $6 U+1F9FF" in shown
    assert "none, highest score" in shown
    assert f"mean over heads to the slot: {seen.weights[-1].mean(axis=0)[:, 0].mean():.3f}" in shown
    with pytest.raises(EmograinError, match="expected attention of a method with several slots, got one"):
        document_and_labels(tmp_path / "b.png", seen)
    with pytest.raises(EmograinError, match="head must lie in 0 to 1, got 7"):
        into_slot(tmp_path / "b.png", seen, [7])


@pytest.fixture(scope="module")
def runs(settings, corpus_folder, tmp_path_factory):
    """A run of each method, evaluated on test."""
    folder = tmp_path_factory.mktemp("runs")
    config = folder / "tiny.toml"
    config.write_text(f'encoder = "{settings.encoder}"\ndocument_tokens = 20\nlearning_rate = 5e-3\n')
    for name, epochs in (("label-embedding", "8"), ("baseline", "1")):
        arguments = ["--data", str(corpus_folder), "--config", str(config), "--epochs", epochs]
        assert main(["train", name, *arguments, "--output", str(folder / name)]) == 0
        assert main(["evaluate", str(folder / name)]) == 0
    return folder


def attended(capsys, *arguments):
    capsys.readouterr()
    assert main(["attend", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_attend_explains_each_predicted_label(runs, tmp_path, capsys):
    found = attended(capsys, runs / "label-embedding", "so happy today", "--output", tmp_path, "--thresholds", "fixed")
    predicted = [row["label"] for row in found["emotions"]]
    assert predicted == (found["predicted"] or predicted[:1])
    for row in found["emotions"]:
        assert {word["word"] for word in row["words"]} == {"so", "happy", "today"}
        assert sum(word["share"] for word in row["words"]) == pytest.approx(1)
        assert row["deletion"]["words"] == [row["words"][0]["word"]]
        assert (row["deletion"]["choices"], row["deletion"]["every_choice"]) == (3, True)
    names = {"attention.npz"} | {f"{n}.{end}" for n in ("document_and_labels", "all_heads") for end in ("png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {str(tmp_path / name) for name in names} == set(found["files"])


def test_attend_says_what_to_know(runs, tmp_path, capsys):
    found = attended(capsys, runs / "baseline", "exam " * 30, "--output", tmp_path, "--words", "2", "--layer", "0")
    assert "only the first 20 word pieces were read" in found["notes"]
    assert len(found["emotions"][0]["deletion"]["words"]) == 2
    assert found["attention"].startswith("layer 0, mean over heads")
    assert (tmp_path / "into_slot.png").is_file()
    assert (
        "of one word there is no other"
        in attended(capsys, runs / "baseline", "exam", "--output", tmp_path)["notes"][-1]
    )


def test_attend_shows_the_highest_score_where_no_label_is_predicted(runs, tmp_path, capsys):
    thresholds = runs / "baseline" / "thresholds.json"
    kept = thresholds.read_text()
    thresholds.write_text(json.dumps({"per-label": [1.1] * 4}))
    try:
        found = attended(capsys, runs / "baseline", "so happy", "--output", tmp_path)
    finally:
        thresholds.write_text(kept)
    assert found["predicted"] == []
    assert len(found["emotions"]) == 1
    assert "no label reaches its threshold: the highest score is shown" in found["notes"]


def test_attend_picks_the_text_of_the_greatest_contrast(runs, tmp_path, capsys, corpus):
    good = read_evaluated(str(runs / "label-embedding"), "test", "per-label")
    # So short a training finds little: what the one predicts is gold, and the other is wrong throughout.
    for name, scores in (("label-embedding", good.scores), ("baseline", 1.0 - good.predictions)):
        RunFolder(runs / name).write_scores("test", good.ids, good.predictions, scores)
    found = attended(capsys, runs / "label-embedding", "--against", runs / "baseline", "--output", tmp_path)
    split = corpus.split("test")
    assert found["text"] == split.texts[split.ids.index(found["id"])]
    gold = {good.labels[at] for at in np.flatnonzero(good.predictions[good.ids.index(found["id"])])}
    assert gold == set(found["gold"]) == set(found["predicted"])
    assert (tmp_path / "against_into_slot.png").is_file()
    other = read_attention(tmp_path / "against.npz")
    assert (other.text_id, other.slots) == (found["id"], 1)
    assert main(["attend", str(runs / "label-embedding"), "so happy", "--output", str(tmp_path)]) == 0
    assert "on average (all 2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "expected a text, got an empty one"),
        ([], "expected a text or --against RUN, got neither"),
        (["so", "--against", "x"], "got both"),
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

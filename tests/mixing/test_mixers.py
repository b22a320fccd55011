"""Mixing of embeddings, scores and labels (§3.4), for every method, with and without an auxiliary task."""

import dataclasses
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from emograin.common.errors import EmograinError
from emograin.data.corpus import Split
from emograin.mixing.candidates import CANDIDATES, CandidateRequest, Candidates
from emograin.mixing.config import Mixing
from emograin.mixing.embedding_mixing import mix, score_mixed
from emograin.mixing.mixers import MIXERS, MixingInputs
from emograin.mixing.score_mixing import mean_scores, mix_scores, neighbour_scores
from emograin.models import encoder
from emograin.models.classifier import Classifier
from emograin.models.methods import METHODS
from emograin.models.scoring import score_documents

WEIGHTS = [0.0, 0.3, 0.5, 0.92, 1.0]
OUTSIDE = [1.5, -0.01, float("nan"), float("inf")]
WORDS = ["so happy today", "the train", "I hate it, I am furious", "scared of the results and of the exam", "", "x"]
TEXTS = [f"{one}, {other}" for one in WORDS for other in WORDS[:4]]  # 24, of many lengths


def other_texts(texts):
    """1 to 3 other texts per text, of different lengths."""
    return [[texts[(at * 7 + 1 + more) % len(texts)] for more in range(1 + at % 3)] for at in range(len(texts))]


SOURCES = {
    "the document": lambda texts: [[text] for text in texts],
    "the next text": lambda texts: [[text] for text in [*texts[1:], texts[0]]],
    "several others": other_texts,
}


@pytest.fixture(scope="module", params=[(name, group) for name in METHODS for group in (None, "tone")], ids=str)
def method(request, encoders, taxonomy, settings):
    """Every method, with and without an auxiliary task."""
    name, group = request.param
    torch.manual_seed(0)
    chosen = dataclasses.replace(settings, method=name, auxiliary=group)
    classifier = Classifier(encoder.load(str(encoders["bert"]), taxonomy.placeholders), chosen, taxonomy)
    with torch.no_grad():  # fresh weights are so small that all texts score alike
        for parameter in classifier.parameters():
            parameter.mul_(10 if parameter.ndim > 1 else 1)
    return classifier.eval().method


@pytest.fixture(params=SOURCES)
def candidates(request):
    """Candidates of TEXTS, from every source."""
    return SOURCES[request.param](TEXTS)


def embeddings(method, texts):
    with torch.inference_mode():
        return method.embed(method.inputs(texts))


def probabilities(method, embedded):
    with torch.inference_mode():
        return method.score(embedded).sigmoid().numpy()


def mixed(method, candidates, weights, **options):
    ids = [method.tokenize(some) for some in candidates]
    return score_mixed(method, method.tokenize(TEXTS), ids, weights, **options)


def test_weight_1_gives_the_plain_scores_bit_for_bit(method, candidates):
    for batch_size in (64, 5):
        plain = score_documents(method, method.tokenize(TEXTS), batch_size)
        scores = mixed(method, candidates, [0.5, 1.0], batch_size=batch_size)
        assert scores.dtype == np.float32
        assert scores[1].tobytes() == plain.tobytes()


def test_mixing_computes_the_last_layer_of_the_tokens_that_are_read_as_scoring_does(method, monkeypatch):
    """Products of other shapes differ in the last bit, if the encoder is wider than this one."""
    read = []

    def noted(of):
        read.append(of)
        return nullcontext()

    monkeypatch.setattr("emograin.mixing.embedding_mixing.leading_tokens_only", noted)
    mixed(method, SOURCES["the document"](TEXTS), [0.5], batch_size=64)
    assert read == [method]


def test_a_candidate_that_is_the_document_changes_nothing(method):
    plain = score_documents(method, method.tokenize(TEXTS), 5)
    scores = mixed(method, SOURCES["the document"](TEXTS), WEIGHTS, batch_size=5)
    assert np.abs(scores - plain).max() < 1e-5
    several = mixed(method, [[text] * 3 for text in TEXTS], [0.5], batch_size=5)
    assert np.abs(several[0] - plain).max() < 1e-5


def test_scores_are_those_of_the_papers_formula_text_by_text(method, candidates):
    scores = mixed(method, candidates, WEIGHTS, batch_size=5)
    assert scores.shape == (len(WEIGHTS), len(TEXTS), 4)
    for at, (text, some) in enumerate(zip(TEXTS, candidates, strict=True)):
        candidate = sum(embeddings(method, [each]) for each in some) / len(some)
        for row, weight in enumerate(WEIGHTS):
            expected = probabilities(method, weight * embeddings(method, [text]) + (1 - weight) * candidate)[0]
            assert scores[row, at] == pytest.approx(expected, abs=1e-5)


def test_several_candidates_are_averaged_as_embeddings_not_as_scores(method):
    some = [["so happy today", "the train leaves at nine from the table"]] * len(TEXTS)
    parts = [mixed(method, [[each[at]] for each in some], [0.5])[0] for at in (0, 1)]
    apart = np.abs(parts[0] - parts[1])
    together = mixed(method, some, [0.5])[0]
    assert apart.max() > 1e-2
    assert 1e-5 < np.abs(together - np.mean(parts, axis=0)).max() < apart.max()


@pytest.mark.parametrize("source", ["the next text", "several others"])
def test_mixing_with_others_moves_scores(method, source):
    scores = mixed(method, SOURCES[source](TEXTS), [0.5, 1.0])
    assert np.abs(scores[0] - scores[1]).max() > 1e-2


def test_texts_are_embedded_once_for_all_weights_in_batches_of_bounded_size(method, monkeypatch):
    seen = []
    assemble = method.assemble
    monkeypatch.setattr(method, "assemble", lambda documents: seen.append(len(documents)) or assemble(documents))
    done = []
    candidates = [[text] * 4 for text in TEXTS]
    mixed(method, candidates, [0.5 + 0.02 * step for step in range(26)], batch_size=5, on_progress=done.append)
    assert sum(seen) == len(TEXTS) * 5
    assert max(seen) == 5
    assert sum(done) == len(TEXTS)


def test_a_candidate_that_is_not_finite_leaves_other_documents_and_weight_1_alone(method, monkeypatch):
    marker = method.tokenize(["x x x x x x x"])[0]
    embed = method.embed

    def broken(inputs):
        hit = (inputs["input_ids"] == marker[0]).sum(dim=1) >= 7
        return embed(inputs).masked_fill(hit[:, None, None], float("nan"))

    candidates = SOURCES["the next text"](TEXTS)
    candidates[3] = ["so mad", "x x x x x x x"]
    expected = mixed(method, candidates, [1.0, 0.5])
    monkeypatch.setattr(method, "embed", broken)
    scores = mixed(method, candidates, [1.0, 0.5])
    assert scores[0].tobytes() == expected[0].tobytes()
    assert np.isnan(scores[1, 3]).all()
    others = np.arange(len(TEXTS)) != 3
    assert np.array_equal(scores[1, others], expected[1, others])


def test_no_document_gives_no_score(method):
    assert score_mixed(method, [], [], [0.5]).shape == (1, 0, 4)


@pytest.mark.parametrize("weight", OUTSIDE)
def test_a_weight_outside_0_and_1_is_an_error(method, weight):
    said = rf"mixing_weight must lie in \[0, 1\], got {weight}"
    with pytest.raises(EmograinError, match=said):
        mixed(method, SOURCES["the document"](TEXTS), [0.5, weight])
    with pytest.raises(EmograinError, match=said):
        mix_scores(np.zeros((2, 2)), np.zeros((2, 2)), [weight])
    with pytest.raises(EmograinError, match=said):
        mix(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2), weight)


def test_missing_candidates_are_an_error(method):
    documents = method.tokenize(TEXTS[:3])
    with pytest.raises(EmograinError, match="expected candidates of 3 documents, got 2"):
        score_mixed(method, documents, [[[5]], [[5]]], [0.5])
    with pytest.raises(EmograinError, match="document 2 has no candidate"):
        score_mixed(method, documents, [[[5]], [], [[5]]], [0.5])


def test_shapes_that_differ_are_not_broadcast():
    with pytest.raises(EmograinError, match=r"got \[2, 1, 3\] and \[1, 1, 3\]"):
        mix(torch.zeros(2, 1, 3), torch.zeros(1, 1, 3), 0.5)
    with pytest.raises(EmograinError, match=r"got \[2, 3\] and \[1, 3\]"):
        mix_scores(np.zeros((2, 3)), np.zeros((1, 3)), [0.5])


def tensors(seed, shape=(3, 2, 4)):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=random, dtype=torch.float64)


@given(seed=st.integers(0, 1000), weight=st.floats(0, 1))
def test_mix_is_the_papers_formula_and_lies_between_its_parts(seed, weight):
    document, candidate = tensors(seed), tensors(seed + 1)
    result = mix(document, candidate, weight)
    torch.testing.assert_close(result, weight * document + (1 - weight) * candidate)
    low, high = torch.minimum(document, candidate), torch.maximum(document, candidate)
    assert ((result >= low - 1e-12) & (result <= high + 1e-12)).all()
    torch.testing.assert_close(mix(candidate, document, 1 - weight), result)
    torch.testing.assert_close(mix(document, document, weight), document)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_at_weights_1_and_0_the_other_part_does_not_matter(bad):
    fine, broken = torch.ones(1, 1, 2), torch.full((1, 1, 2), bad)
    assert mix(fine, broken, 1).equal(fine)
    assert mix(broken, fine, 0).equal(fine)
    own, other = np.array([[0.25, 0.5]]), np.full((1, 2), bad)
    assert mix_scores(own, other, [1]).tolist() == [own.tolist()]
    assert mix_scores(other, own, [0]).tolist() == [own.tolist()]


@given(seed=st.integers(0, 1000), weights=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_mixed_scores_are_the_formula_and_stay_probabilities(seed, weights):
    random = np.random.default_rng(seed)
    own, other = random.random((2, 5, 3)).astype(np.float32)
    result = mix_scores(own, other, weights)
    assert result.dtype == np.float32
    assert result == pytest.approx(np.array([w * own + (1 - w) * other for w in weights]), abs=1e-6)
    assert (result >= 0).all()
    assert (result <= 1).all()


@given(seed=st.integers(0, 1000), counts=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_mean_scores_are_each_documents_own(seed, counts):
    scores = np.random.default_rng(seed).random((sum(counts), 3))
    expected = [part.mean(axis=0) for part in np.split(scores, np.cumsum(counts)[:-1])]
    assert mean_scores(scores, counts) == pytest.approx(np.array(expected), abs=1e-6)


@given(seed=st.integers(0, 1000), temperature=st.floats(1e-3, 1e3), count=st.integers(1, 5))
def test_neighbour_scores_are_the_softmax_weighted_mean_of_labels(seed, temperature, count):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, (6, count, 3)).astype(np.uint8)
    similarities = random.random((6, count)).astype(np.float32)
    shares = softmax(similarities.astype(float) / temperature, axis=1)
    result = neighbour_scores(labels, similarities, temperature)
    assert result == pytest.approx((shares[:, :, None] * labels).sum(axis=1), abs=1e-6)
    assert (result >= 0).all()
    assert (result <= 1).all()


def test_a_low_temperature_counts_the_nearest_only_and_a_high_one_all_alike():
    labels, similarities = np.array([[[1, 0], [0, 1], [0, 1]]]), np.array([[0.9, 0.8, 0.7]])
    assert neighbour_scores(labels, similarities, 1e-3) == pytest.approx(np.array([[1, 0]]), abs=1e-6)
    assert neighbour_scores(labels, similarities, 1e6) == pytest.approx(np.array([[1 / 3, 2 / 3]]), abs=1e-5)


@pytest.fixture
def inputs(method, corpus):
    """TEXTS with two training sentences per text."""
    rows = np.array([[at % 60, (at * 13 + 5) % 60] for at in range(len(TEXTS))])
    similarities = np.linspace(0.6, 0.9, rows.size, dtype=np.float32).reshape(rows.shape)
    train = corpus.split("train")
    texts = [[train.texts[row] for row in some] for some in rows]
    return MixingInputs(method, TEXTS, Candidates(texts, rows, similarities), lambda: train, Mixing(top=2))


@pytest.mark.parametrize("name", MIXERS)
def test_every_mixer_leaves_the_plain_scores_at_weight_1(inputs, name):
    done = []
    scores = MIXERS[name](inputs, [0.5, 1.0], done.append)
    plain = score_documents(inputs.method, inputs.method.tokenize(TEXTS))
    assert scores.dtype == np.float32
    assert scores[1].tobytes() == plain.tobytes()
    assert np.abs(scores[0] - plain).max() > 1e-2
    assert sum(done) == len(TEXTS)


def test_each_mixer_mixes_what_its_name_says(inputs):
    method, candidates = inputs.method, inputs.candidates
    plain = probabilities(method, embeddings(method, TEXTS))
    own = [[probabilities(method, embeddings(method, [text]))[0] for text in some] for some in candidates.texts]
    gold = inputs.training().labels[candidates.rows]
    shares = softmax(candidates.similarities.astype(float) / 0.1, axis=1)
    other = {"scores": np.mean(own, axis=1), "labels": (shares[:, :, None] * gold).sum(axis=1)}
    for name, expected in other.items():
        assert MIXERS[name](inputs, [0.7], lambda _: None)[0] == pytest.approx(0.7 * plain + 0.3 * expected, abs=1e-5)
    document, first, second = (
        embeddings(method, list(texts)) for texts in (TEXTS, *zip(*candidates.texts, strict=True))
    )
    expected = probabilities(method, 0.7 * document + 0.3 * (first + second) / 2)
    assert MIXERS["embeddings"](inputs, [0.7], lambda _: None)[0] == pytest.approx(expected, abs=1e-5)


def test_labels_need_training_sentences_and_without_similarities_all_have_one_weight(inputs):
    unknown = dataclasses.replace(inputs.candidates, similarities=None)
    gold = inputs.training().labels[unknown.rows]
    scores = MIXERS["labels"](dataclasses.replace(inputs, candidates=unknown), [0.0], lambda _: None)
    assert scores[0] == pytest.approx(gold.mean(axis=1))
    unlabelled = dataclasses.replace(inputs, candidates=Candidates(inputs.candidates.texts))
    with pytest.raises(EmograinError, match="are no training sentences, so they have no labels to mix"):
        MIXERS["labels"](unlabelled, [0.5], lambda _: None)


def test_the_registries_own_document_source_reproduces_the_plain_scores(method):
    documents = Split("test", [str(at) for at in range(len(TEXTS))], TEXTS, np.zeros((len(TEXTS), 0)))
    found = CANDIDATES["self"](CandidateRequest(documents, lambda: documents, "", Mixing("self", top=2), None))
    plain = score_documents(method, method.tokenize(TEXTS))
    scores = MIXERS["embeddings"](
        MixingInputs(method, TEXTS, found, lambda: documents, Mixing()), [0.5], lambda _: None
    )
    assert np.abs(scores[0] - plain).max() < 1e-5


def test_settings_name_their_files_without_folders():
    assert Mixing("file", file="/some/where/back translated.{split}.tsv").name == "file-back-translated-embeddings"
    assert Mixing("paraphrase", model="google/t5-v1.1").name == "paraphrase-model-t5-v1.1-embeddings"
    different = [Mixing(), Mixing(top=2), Mixing(mix="scores"), Mixing(mix="labels"), Mixing(similarity="rouge-l")]
    different += [
        Mixing(mix="labels", temperature=0.2),
        Mixing(without_duplicates=True),
        Mixing("self"),
        Mixing(seed=1),
    ]
    assert len({each.name for each in different}) == len(different)
    assert Mixing(mix="scores").source == Mixing(mix="labels", temperature=1.0).source == Mixing().source


@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan")])
def test_a_temperature_that_is_not_positive_is_an_error(value):
    with pytest.raises(EmograinError, match="temperature must be positive"):
        Mixing(temperature=value)

"""Contributions of tokens to labels, compared with torch's own tensors."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.hard_texts import SEEN

from emograin.analysis.attention import attend_documents
from emograin.models import encoder
from emograin.models.methods import METHODS
from emograin.models.scoring import score_documents
from emograin.prediction.onnx.contributions import add_contributions
from emograin.prediction.onnx.label_directions import TEXTS_PER_LABEL, compute_directions
from emograin.prediction.onnx.scorer import OnnxScorer

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
from emograin.prediction.onnx.export import input_template, serialize_tokenizer, to_onnx
from emograin.prediction.onnx.quantization import quantize

ROOT = Path(__file__).parents[3]
ATTENTION, PRODUCT = torch.nn.functional.scaled_dot_product_attention, torch.matmul


def mean_pooling():
    """The method of examples/new_method.py, which scores labels from all tokens."""
    before, names = dict(METHODS), {"__name__": "example"}
    exec((ROOT / "examples" / "new_method.py").read_text(encoding="utf-8"), names)
    METHODS.clear()
    METHODS.update(before)
    return names["MeanPooling"]


KINDS = [(name, family) for name in METHODS for family in ("bert", "roberta", "mpnet", "modernbert")]


@pytest.fixture(scope="module", params=[*KINDS, ("mean-pooling", "bert"), ("mean-pooling", "modernbert")], ids="-".join)
def method(request, encoders, taxonomy):
    """Every method on every encoder, and one that reads all tokens."""
    name, family = request.param
    torch.manual_seed(0)
    made = (METHODS | {"mean-pooling": mean_pooling()})[name](encoder.load(str(encoders[family])), taxonomy, 20).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim == 2:
                parameter.mul_(10)  # as they are drawn, scores hardly depend on the text
    return made


@pytest.fixture(scope="module")
def directions(method):
    """The method's directions, from a few texts."""
    documents = method.tokenize(SEEN)
    return compute_directions(method, documents, score_documents(method, documents))


@pytest.fixture(scope="module")
def network(method):
    """The method's network without explanations."""
    return to_onnx(method, input_template(method))


def scorer_of(method, network, directions=None):
    """A scorer on a copy of the network, with explanations where there are directions."""
    copy = type(network)()
    copy.CopyFrom(network)
    if directions is not None:
        assert add_contributions(copy, directions)
    return OnnxScorer(serialize_tokenizer(method), input_template(method), copy.SerializeToString())


def slots_of(method, label, width):
    """Return the tokens that a label is scored from, by the contract of its method."""
    if not method.prefix:
        return [0] if method.tokens_read else list(range(width))
    before = sum(len(ids) for ids in method._label_pieces()[:label])
    return [1 + before + at for at in range(len(method._label_pieces()[label]))]


@contextmanager
def attention_through(look):
    """Attention's sums are what `look` makes of them and of the values; encoders compute them in one of two ways."""

    def attention(query, key, value, *arguments, **named):
        return look(ATTENTION(query, key, value, *arguments, **named), value)

    def product(left, right):
        found = PRODUCT(left, right)
        weights = left.ndim == 4 and bool(((left.sum(dim=-1) - 1).abs() < 1e-4).all() and (left >= 0).all())
        return look(found, right) if weights else found

    with pytest.MonkeyPatch.context() as patched, torch.no_grad():
        patched.setattr(torch.nn.functional, "scaled_dot_product_attention", attention)
        patched.setattr(torch, "matmul", product)
        yield


def values_of(method, document):
    """Return the values that each layer's attention sums: (layers, heads, tokens, width)."""
    found = []
    with attention_through(lambda output, values: found.append(values[0].numpy()) or output):
        method.embed(method.assemble([document]))
    return np.stack(found)


def contributions_by_torch(method, directions, text):
    """(labels, tokens), from the encoder's own attention weights and values, label by label."""
    document = method.tokenize([text])[0]
    weights = next(attend_documents(method, [document]))[1].weights
    values = values_of(method, document)
    found = []
    for label in range(len(method.taxonomy.labels)):
        total = np.zeros(weights.shape[-1])
        slots = slots_of(method, label, weights.shape[-1])
        reads = [weights[:, :, row] for row in slots]  # each (layers, heads, tokens)
        if directions.tokens is None:
            reads = [np.mean(reads, axis=0)]
        for at, read in enumerate(reads):
            own = np.flatnonzero(directions.labels == label)[at]
            worth = np.einsum("lhtw,lhw->lht", values, directions.gradients[:, :, own])
            mean = (read * worth).sum(axis=-1, keepdims=True)
            total += (read * (worth - mean)).sum(axis=(0, 1))
        found.append(total)
    return np.stack(found)


def asked(scorer, texts):
    """Contributions (texts, labels, tokens) of one batch."""
    inputs = scorer.template.assemble(scorer.tokenize(texts)[0])
    return next(scorer.explaining_session.run(["contributions"], dict, [inputs]))[0]


def test_contributions_are_those_of_torchs_own_attention_and_values(method, network, directions):
    texts = ["so happy today and furious", "the train", "anxious about the long letter of last week"]
    found = asked(scorer_of(method, network, directions), texts)  # of different lengths: there is padding
    for text, contributions in zip(texts, found, strict=True):
        expected = contributions_by_torch(method, directions, text)
        size = np.abs(expected).max()
        assert size > 0
        np.testing.assert_allclose(contributions[:, : expected.shape[1]] / size, expected / size, atol=1e-3)
        assert not np.abs(contributions[:, expected.shape[1] :]).any()  # padding carries nothing


def test_directions_are_slopes_of_the_logits(method, directions):
    """By the logits themselves, when attention brings the slots a little more of a random vector."""
    documents = method.tokenize(SEEN)
    scores = score_documents(method, documents)
    label, step, random = 1, 1e-2, np.random.default_rng(0)
    best = [documents[at] for at in np.argsort(-scores[:, label], kind="stable")[:TEXTS_PER_LABEL]]
    for layer in range(len(directions.gradients)):
        own = np.flatnonzero(directions.labels == label)
        push = random.normal(size=directions.gradients[layer, :, 0].shape).astype(np.float32)  # (heads, width)

        def logits(by, layer=layer, push=push):
            calls = []

            def moved(output, _):
                calls.append(1)
                if len(calls) - 1 != layer:
                    return output
                output = output.clone()
                output[:, :, slots_of(method, label, output.shape[2])] += by * torch.from_numpy(push)[:, None]
                return output

            with attention_through(moved):
                return method.score(method.embed(method.assemble(best)))[:, label].double().mean().item()

        slope = (logits(step) - logits(-step)) / (2 * step)
        expected = float((directions.gradients[layer][:, own] * push[:, None]).sum())
        assert slope == pytest.approx(expected, rel=0.05, abs=0.02 * float(np.abs(directions.gradients[layer]).max()))


def test_plain_prediction_is_unchanged_and_computes_no_contributions(method, network, directions):
    plain, explaining = scorer_of(method, network), scorer_of(method, network, directions)
    assert explaining.explains
    assert not plain.explains
    documents = plain.tokenize(SEEN)[0]
    assert np.array_equal(plain.score(documents), explaining.score(documents))
    np.testing.assert_allclose(explaining.explain(SEEN)[0], plain.score(documents), atol=1e-6)
    assert next(explaining.session.run(["contributions"], explaining.template.assemble, [documents]))[0].size == 0


def test_int8_explains_nearly_as_float32_does(method, network, directions):
    small = type(network)()
    small.CopyFrom(network)
    template, tokenized = input_template(method), method.tokenize(SEEN[:5])
    quantize(small, [template.assemble([document]) for document in tokenized])
    found = asked(scorer_of(method, small, directions), SEEN[:5])
    expected = asked(scorer_of(method, network, directions), SEEN[:5])
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


def test_an_encoder_with_attention_of_its_own_is_not_explained(network, directions):
    short = type(directions)(directions.gradients[:1], directions.tokens, directions.labels)
    before = network.SerializeToString()
    copy = type(network).FromString(before)
    assert not add_contributions(copy, short)
    assert copy.SerializeToString() == before

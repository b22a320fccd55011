"""The attention of documents, for every method on every family of encoders."""

import numpy as np
import pytest
import torch
from helpers.attention import DOCUMENT_TOKENS, TEXT, MeanPooling, build

from emograin.analysis.attention import attend, attend_documents, split_words
from emograin.models.methods import METHODS
from emograin.models.scoring import score_documents


@pytest.fixture(scope="module", params=[*METHODS.values(), MeanPooling], ids=lambda kind: kind.__name__)
def method(request, any_encoder, taxonomy):
    """Every method, and one that is not registered, on every encoder."""
    return build(request.param, any_encoder, taxonomy)


@pytest.fixture(scope="module")
def bert(encoders, taxonomy):
    return build(METHODS["label-embedding"], encoders["bert"], taxonomy)


@pytest.fixture(scope="module")
def seen(bert):
    """Attention on a document with two predicted labels."""
    return attend(bert, TEXT, [0, 0, 1, 1], "a model", "t1", ["joy"])


def test_weights_are_the_encoders_and_the_encoder_is_unchanged(method):
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


def test_regions_are_prefix_document_and_special_tokens(method):
    (document,) = method.tokenize([TEXT])
    ids, regions = method.assemble([document])["input_ids"][0].tolist(), method.regions(document)
    by_region = {each: [id for id, at in zip(ids, regions, strict=True) if at == each] for each in set(regions)}
    assert by_region["document"] == document
    assert by_region.get("prefix", []) == method.prefix
    assert set(by_region["special"]) <= set(method.tokenizer.all_special_ids)
    assert attend(method, TEXT, [0] * 4).regions == regions


def test_the_readout_is_where_the_method_scores_labels_from(method, taxonomy):
    # Moving one token's output must move exactly the labels that are scored from it.
    found = attend(method, TEXT, [0] * 4)
    np.testing.assert_allclose(found.readout.sum(axis=1), 1, atol=1e-5)
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
        assert ((logits(at) - logits()).abs() > 1e-7).tolist() == (found.readout[:, at] > 1e-7).tolist()
    assert found.readout.shape == (len(taxonomy.labels), len(found.tokens))


def test_a_label_is_scored_from_all_its_word_pieces_equally(bert, seen):
    np.testing.assert_allclose(seen.readout[:, 1 : 1 + len(bert.prefix)], bert.averaging, atol=1e-6)
    first = seen.readout[0].argmax()
    assert seen.tokens[first] == "j"


def test_batches_do_not_change_the_attention(method):
    documents = method.tokenize([TEXT, "so", "the train leaves at nine"])
    together = dict(attend_documents(method, documents))
    for at, document in enumerate(documents):
        ((_, alone),) = attend_documents(method, [document])
        for one, other in zip(together[at], alone, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "text", [TEXT, "so-so, can't!  [NAME]", "happy", " caf\u00e9 \U0001f602 $5 $6 ", "so\u5e78\u798fso"]
)
def test_words_are_those_of_the_text_for_every_tokenizer(method, text):
    document, words, word_ids, truncated = split_words(method, text)
    assert document == method.tokenize([text])[0]
    assert not truncated
    expected = ["so", "\u5e78", "\u798f", "so"] if "\u5e78" in text else text.split()
    assert words == expected
    assert len(word_ids) == len(document)
    kept = word_ids[word_ids >= 0].tolist()
    assert kept == sorted(kept)
    assert set(kept) == set(range(len(words)))


def test_a_long_text_is_truncated_with_its_words(method):
    document, words, word_ids, truncated = split_words(method, "exam day " * 30)
    assert truncated
    assert len(document) == len(word_ids) == DOCUMENT_TOKENS
    assert 0 < len(words) <= DOCUMENT_TOKENS
    assert set(words[:-1]) <= {"exam", "day"}
    assert attend(method, "exam day " * 30, [0] * 4).truncated


def test_predicted_labels_reach_their_thresholds(seen):
    assert sorted(seen.predicted) == ["anger", "joy"]
    scores = dict(zip(seen.labels, seen.scores, strict=True))
    assert scores[seen.predicted[0]] >= scores[seen.predicted[1]]

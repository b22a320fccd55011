"""The deletion test: masked words, score drops, and many texts."""

from itertools import combinations

import numpy as np
import pytest
from helpers.attention import TEXT, MeanPooling, build

from emograin.analysis.attention import attend, split_words
from emograin.analysis.word_deletion import Deletion, delete_words, run_deletion_test, score_drops, top_words
from emograin.common.errors import EmograinError
from emograin.models.methods import METHODS
from emograin.models.scoring import score_documents


@pytest.fixture(scope="module", params=[*METHODS.values(), MeanPooling], ids=lambda kind: kind.__name__)
def method(request, any_encoder, taxonomy):
    """Every method, and one that is not registered, on every encoder."""
    return build(request.param, any_encoder, taxonomy)


@pytest.fixture(scope="module")
def bert(encoders, taxonomy):
    return build(METHODS["label-embedding"], encoders["bert"], taxonomy)


def test_words_are_masked_piece_by_piece_or_removed(method, monkeypatch):
    document, words, word_ids, _ = split_words(method, TEXT)
    at = words.index("exam!")
    masked = delete_words(method, document, word_ids, [at])
    assert len(masked) == len(document)
    mask = method.tokenizer.mask_token_id
    assert [each == mask for each in masked] == (word_ids == at).tolist()
    monkeypatch.setattr(
        method.tokenizer, "_special_tokens_map", method.tokenizer._special_tokens_map | {"mask_token": None}
    )
    assert method.tokenizer.mask_token_id is None
    assert delete_words(method, document, word_ids, [at]) == [
        each for each, of in zip(document, word_ids, strict=True) if of != at
    ]


def test_score_drops_are_those_of_scores_without_the_words(bert):
    document, words, word_ids, _ = split_words(bert, "so happy today friends")

    def score(chosen):
        return score_documents(bert, [delete_words(bert, document, word_ids, chosen)])[0, 2]

    (drop,) = score_drops(bert, [Deletion(document, word_ids, 2, (1, 3))], random_choices=6)
    assert drop.score == pytest.approx(score([]), abs=1e-6)
    assert drop.attended == pytest.approx(score([]) - score([1, 3]), abs=1e-6)
    each = [score([]) - score(pair) for pair in combinations(range(len(words)), 2)]
    assert drop.random == pytest.approx(np.mean(each), abs=1e-6)
    assert (drop.random_choices, drop.exhaustive) == (6, True)
    (drawn,) = score_drops(bert, [Deletion(document, word_ids, 2, (1, 3))], random_choices=5)
    assert (drawn.random_choices, drawn.exhaustive) == (5, False)
    assert score_drops(bert, [Deletion(document, word_ids, 2, (1, 3))], random_choices=5) == [drawn]


def test_the_deletion_test_is_that_of_each_text_alone(bert):
    texts = ["so happy today", "so", "I hate it, I am furious", TEXT]
    thresholds = [0.0] * 4
    done = []
    found = run_deletion_test(bert, texts, thresholds, words=1, on_progress=done.append)
    alone = []
    for text in texts:
        seen = attend(bert, text, thresholds)
        if len(seen.words) > 1:
            row = seen.labels.index(seen.predicted[0])
            document, _, word_ids, _ = split_words(bert, text)
            alone += score_drops(bert, [Deletion(document, word_ids, row, top_words(seen.word_attention()[row], 1))])
    assert (found["texts"], found["left_out"]) == (3, 1)
    assert found["attended_drop"] == pytest.approx(np.mean([drop.attended for drop in alone]), abs=1e-6)
    assert found["random_drop"] == pytest.approx(np.mean([drop.random for drop in alone]), abs=1e-6)
    assert found["difference"] == pytest.approx(found["attended_drop"] - found["random_drop"])
    assert found["low"] <= found["difference"] <= found["high"]
    assert found["attended_drops_more"] == np.mean([drop.attended > drop.random for drop in alone])
    assert sum(row["texts"] for row in found["labels"].values()) == 3
    assert found["by"] == "masked with [MASK]"
    variants = sum(2 + min(len(split_words(bert, text).words), 20) for text in texts if text != "so")
    assert sum(done) == len(texts) + variants
    with pytest.raises(EmograinError, match="expected texts with a predicted label and two words, got none in 4"):
        run_deletion_test(bert, texts, [1.1] * 4)
    for options, expected in [({"layer": 2}, "layer must lie in 0 to 1, got 2"), ({"head": -1}, "head must lie in 0")]:
        with pytest.raises(EmograinError, match=expected):
            run_deletion_test(bert, texts, thresholds, **options)

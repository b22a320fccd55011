"""The scores of a text by the bundled model, bit for bit, do not depend on other texts, padding or threads."""

import numpy as np
import pytest

from emograin import data
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.shipped_model import SHIPPED


@pytest.mark.parametrize("threads", [1, 2])
def test_a_text_has_the_same_scores_alone_in_a_chunk_and_in_the_whole(threads):
    texts = data.load("quickstart").split("all").texts[:400]
    texts += [" ".join(texts[:count])[: 30 * count] for count in range(1, 12)]  # long ones, for wide padding
    scorer = ExportedModel(SHIPPED).scorer(threads)
    documents, _ = scorer.tokenize(texts)
    order = np.random.default_rng(0).permutation(len(documents))
    shuffled = [documents[at] for at in order]
    whole = scorer.score(documents)
    alone = np.concatenate([scorer.score([document]) for document in documents])
    chunks = np.concatenate([scorer.score(shuffled[at : at + 8]) for at in range(0, len(shuffled), 8)])
    assert np.array_equal(alone, whole)
    assert np.array_equal(chunks, whole[order])

"""Records of a document's attention: by layer, head and word, and as files."""

import dataclasses

import numpy as np
import pytest
from helpers.attention import TEXT, build
from hypothesis import given
from hypothesis import strategies as st

from emograin.analysis.attention import attend
from emograin.analysis.attention_record import Attention, read_attention, word_attention, write_attention
from emograin.common.errors import EmograinError
from emograin.models.methods import METHODS


@pytest.fixture(scope="module")
def seen(encoders, taxonomy):
    """Attention on a document with two predicted labels."""
    bert = build(METHODS["label-embedding"], encoders["bert"], taxonomy)
    return attend(bert, TEXT, [0, 0, 1, 1], "a model", "t1", ["joy"])


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 99))
def test_word_attention_sums_over_the_pieces_of_words(words, more, seed):
    random = np.random.default_rng(seed)
    word_ids = random.permutation([*range(words), *random.integers(-1, words, more)])
    read = random.random((3, len(word_ids)))
    found = word_attention(read, word_ids, words)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for label, word in np.ndindex(*found.shape):
        inside = read[label, word_ids >= 0].sum()
        assert found[label, word] == pytest.approx(read[label, word_ids == word].sum() / inside)


def test_layers_and_heads_count_from_0(seen):
    assert not np.allclose(seen.word_attention(0, 0), seen.word_attention(0, 1))
    np.testing.assert_allclose(seen.word_attention(), seen.word_attention(1))
    read = (seen.label_attention(1, 0) + seen.label_attention(1, 1)) / 2
    np.testing.assert_allclose(seen.label_attention(), read, atol=1e-6)
    for layer, head, said in [
        (2, None, "layer must lie in 0 to 1, got 2"),
        (None, -1, "head must lie in 0 to 1, got -1"),
    ]:
        with pytest.raises(EmograinError, match=said):
            seen.word_attention(layer, head)


def test_a_record_is_read_as_written(seen, tmp_path):
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


@pytest.mark.parametrize(
    ("scores", "predicted", "top"), [([0.1, 0.9], [], "b"), ([0.1, 0.9], ["b"], "b"), ([0.6, 0.9], ["a"], "a")]
)
def test_the_top_label_is_predicted_if_any_is(seen, scores, predicted, top):
    record = dataclasses.replace(seen, labels=["a", "b"], scores=np.array(scores), predicted=predicted)
    assert record.top_label == top

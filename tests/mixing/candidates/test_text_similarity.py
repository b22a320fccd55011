"""ROUGE-L and cosine against plain definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.mixing.candidates.text_similarity import nearest_by_cosine, nearest_by_rouge_l

words = st.lists(st.sampled_from("so glad and sad we are not".split()), max_size=7).map(" ".join)


def longest_common_subsequence(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    return table[-1, -1]


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=3, max_size=9))
def test_rouge_l_is_the_longest_common_subsequence(queries, corpus):
    found = nearest_by_rouge_l(queries, corpus, top=3)
    for query, rows, scores in zip(queries, found.rows, found.scores, strict=True):
        a = query.split()
        every = np.array(
            [2 * longest_common_subsequence(a, b) / max(len(a) + len(b), 1) for b in map(str.split, corpus)]
        )
        best = np.lexsort((np.arange(len(every)), -every.round(6)))[:3]
        assert rows.tolist() == best.tolist()
        assert scores == pytest.approx(every[best], abs=1e-6)


def test_words_of_rouge_l_are_case_folded_and_without_punctuation():
    found = nearest_by_rouge_l(["So GLAD!", "?!"], ["so, glad", "so sad", ""], top=2)
    assert found.rows.tolist() == [[0, 1], [0, 1]]
    assert found.scores.tolist() == [[1, 0.5], [0, 0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_cosine_finds_the_highest_rows_that_are_not_excluded(seed, top):
    random = np.random.default_rng(seed)
    queries, corpus = (random.normal(size=(count, 4)).astype(np.float32) for count in (3, 9))
    excluded = [[], [0, 8], [4]]
    found = nearest_by_cosine(queries, corpus, top, excluded)
    for at in range(3):
        included = [row for row in range(9) if row not in excluded[at]]
        assert found.rows[at].tolist() == sorted(included, key=lambda row: -float(queries[at] @ corpus[row]))[:top]


def test_too_few_sentences_beside_the_copies_are_an_error():
    queries, corpus = np.eye(2, dtype=np.float32)[:1], np.eye(2, dtype=np.float32)
    with pytest.raises(EmograinError, match="at least 2 sentences to search, got 1 besides a query's copies"):
        nearest_by_cosine(queries, corpus, 2, excluded=[[0]])

"""experiments/aggregations.py: values, and properties of every aggregation."""

import numpy as np
import pytest
from aggregations import AGGREGATIONS, PRODUCT
from hypothesis import given
from hypothesis import strategies as st

from emograin.prediction.aggregation import power_mean


@pytest.mark.parametrize(
    ("name", "scores", "expected"),
    [
        ("maximum", [[0.5, 0.25], [0.25, 0.75]], [0.5, 0.75]),
        ("noisy-or", [[0.5], [0.5]], [0.75]),
        ("noisy-or of the top 2", [[0.5], [0.5], [0.25]], [0.75]),
        ("mean", [[0.5], [1.0]], [0.75]),
        ("length-weighted mean", [[0.5], [1.0]], [0.5 / 3 + 2 / 3]),
        ("mean of the top 2", [[0.5], [1.0], [0.0]], [0.75]),
        ("power mean, 2", [[0.6], [0.8]], [0.5**0.5]),
    ],
)
def test_values(name, scores, expected):
    lengths = np.arange(len(scores)) + 1
    assert AGGREGATIONS[name](np.array(scores), lengths) == pytest.approx(expected)


@given(st.lists(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3), min_size=1, max_size=9))
def test_every_aggregation_of_equal_windows_is_their_score_and_none_leaves_0_to_1(rows):
    scores = np.array(rows, dtype=np.float32)
    for name, each in AGGREGATIONS.items():
        found = each(scores, np.arange(len(scores)) + 1)
        assert ((found >= -1e-6) & (found <= 1 + 1e-6)).all(), name
        if not name.startswith("noisy-or"):
            same = each(np.repeat(scores[:1], 4, axis=0), np.arange(4) + 1)
            assert same == pytest.approx(scores[0], abs=1e-5), name


def test_one_of_them_is_the_aggregation_of_the_product():
    scores = np.array([[0.2, 0.9], [0.7, 0.1]])
    assert AGGREGATIONS[PRODUCT](scores, np.ones(2)).tolist() == power_mean(scores).tolist()

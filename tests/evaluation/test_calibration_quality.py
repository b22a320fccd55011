"""Average precision, log loss and Brier score, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

from emograin.evaluation.calibration_quality import average_precision, brier_score, log_losses


@settings(max_examples=50)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 9]), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_they_are_scikit_learns(texts, seed, digits, share):
    random = np.random.default_rng(seed)
    scores = random.random((texts, 2)).round(digits)
    labels = (random.random((texts, 2)) < share).astype(np.uint8)
    found = average_precision(scores, labels)
    for label in range(2):
        if labels[:, label].any():
            assert found[label] == pytest.approx(average_precision_score(labels[:, label], scores[:, label]))
        else:
            assert np.isnan(found[label])
    assert brier_score(scores, labels) == pytest.approx(brier_score_loss(labels.ravel(), scores.ravel()))
    inside = np.clip(scores, 1e-7, 1 - 1e-7)
    expected = log_loss(labels.ravel(), inside.ravel(), labels=[0, 1])
    assert log_losses(scores, labels).mean() == pytest.approx(expected, abs=1e-6)

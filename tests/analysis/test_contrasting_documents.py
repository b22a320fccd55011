"""Documents that one run labels correctly and another does not."""

import numpy as np
import pytest

from emograin.analysis.contrasting_documents import find_best_contrast, find_contrasts
from emograin.common.errors import EmograinError
from emograin.evaluation.results import EvaluatedRun


def evaluated(name, scores, thresholds=0.5, labels=("a", "b", "c")):
    scores = np.array(scores)
    gold = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    return EvaluatedRun(name, [f"t{at}" for at in range(5)], gold, scores >= thresholds, list(labels), scores)


def test_contrasts_are_documents_that_one_run_labels_correctly_and_the_other_does_not():
    right = evaluated("right", [[0.9, 0.1, 0], [0.8, 0.9, 0.2], [0.9, 0.1, 0], [0.1, 0.9, 0.1], [0, 0.1, 0.7]])
    wrong = evaluated("wrong", [[0.1, 0.8, 0], [0.9, 0.1, 0.1], [0.6, 0, 0], [0.6, 0.6, 0], [0.1, 0, 0.4]])
    found = find_contrasts(right, wrong)
    # t2 is right in both; c is rarer than the median label; of the rest, those the wrong run misses come first.
    assert [each.text_id for each in found] == ["t4", "t0", "t3", "t1"]
    assert found[0].rare
    assert [each.wrong_labels for each in found] == [[], ["b"], ["a", "b"], ["a"]]
    assert found[1].confidence == pytest.approx((0.9 - 0.1) - (0.1 - 0.8))
    assert found[3].confidence == pytest.approx((0.8 - 0.2) - (0.1 - 0.1))
    assert find_best_contrast(right, wrong, "b").text_id == "t3"
    with pytest.raises(EmograinError, match="unknown label 'd'"):
        find_contrasts(right, wrong, "d")
    with pytest.raises(EmograinError, match="no text is labelled correctly by 'right' and wrongly by 'right'"):
        find_best_contrast(right, right)

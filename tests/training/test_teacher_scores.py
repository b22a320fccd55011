"""Files of teachers' scores belong to texts and labels, and say so when they are read for others."""

from dataclasses import replace

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.data.corpus import Split
from emograin.data.taxonomy import Taxonomy
from emograin.training.teacher_scores import read_teacher_scores, write_teacher_scores

MOODS = Taxonomy("moods", ("awe", "fear", "joy"))
SCORES = np.array([[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]])


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "new" / "scores.npz"
    write_teacher_scores(made, Split("train", ["t0", "t1"], ["yes", "no"], np.eye(2, 3)), MOODS, SCORES)
    return made


@pytest.fixture
def more():
    return Split("train", ["t1", "t2"], ["no", "maybe"], np.eye(2, 3))


def test_scores_are_read_by_id(path, more):
    found = read_teacher_scores(path, more, MOODS)
    np.testing.assert_allclose(found, [SCORES[1], [np.nan] * 3], atol=5e-4)


def test_other_texts_under_the_same_ids_are_refused(path, more):
    with pytest.raises(EmograinError, match="scored other texts under 1 of the 1 ids that it shares with train.*'t1'"):
        read_teacher_scores(path, replace(more, texts=["No", "maybe"]), MOODS)


def test_labels_in_another_order_are_refused(path, more):
    with pytest.raises(EmograinError, match="has the labels awe, fear, joy; the student has fear, awe, joy"):
        read_teacher_scores(path, more, replace(MOODS, labels=("fear", "awe", "joy")))

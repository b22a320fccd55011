"""EmotionClassifier in scikit-learn: its own checks, pipelines, cross-validation, pickles."""

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_array, get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

import emograin
from emograin.common.errors import EmograinError
from emograin.sklearn import EmotionClassifier
from emograin.sklearn.targets import read_targets

# Checks that scikit-learn itself skips here, and why. None is expected to fail.
SKIPPED_CHECKS = {
    "check_array_api_input": "SCIPY_ARRAY_API is not set",
    "check_classifiers_multilabel_output_format_decision_function": "there is no decision_function",
}


class NumbersAsTexts(EmotionClassifier):
    """The classifier with numbers as input, as scikit-learn's checks need it: each row is written as a text."""

    def fit(self, X, y):
        """Fit on rows of numbers."""
        X = validate_data(self, X)
        return super().fit(self._texts(X), y)

    def _scores(self, X):
        if not hasattr(self, "classes_"):
            return super()._scores(["unfitted"])
        return super()._scores(self._texts(validate_data(self, X, reset=False)))

    def _texts(self, X):
        return [" ".join(f"page {value:.0f}" for value in row) for row in check_array(X)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = tags.input_tags.string = False
        tags.input_tags.two_d_array = True
        return tags


@pytest.fixture(scope="module")
def options(encoders):
    """Parameters of a short training."""
    return {
        "encoder": str(encoders["bert"]),
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 5e-3,
        "emoji": False,
        "max_document_tokens": 20,
        "random_state": 0,
    }


@pytest.fixture(scope="module")
def texts(corpus):
    return corpus.split("train").texts


@pytest.fixture(scope="module")
def labels(corpus):
    return corpus.split("train").labels.astype(int)


@pytest.fixture(scope="module")
def fitted(options, texts, labels):
    """A classifier of texts with several labels."""
    return EmotionClassifier(**options | {"epochs": 16}).fit(texts, labels)


def test_scikit_learns_checks_pass(options):
    """All that apply; of check_classifiers_train, the accuracy is left out by the tag poor_score."""
    results = check_estimator(NumbersAsTexts(**options | {"epochs": 1}), on_skip=None, on_fail=None)
    by_status = {
        status: {each["check_name"] for each in results if each["status"] == status}
        for status in ("passed", "failed", "skipped")
    }
    assert by_status["failed"] == set(), [each for each in results if each["status"] == "failed"]
    assert by_status["skipped"] <= set(SKIPPED_CHECKS)
    assert {"check_fit_idempotent", "check_estimators_pickle", "check_methods_subset_invariance"} < by_status["passed"]


def test_the_tags_say_that_it_reads_texts():
    tags = get_tags(EmotionClassifier())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.classifier_tags.multi_label


def test_labels_are_predicted_with_thresholds_chosen_on_held_out_texts(fitted, texts, labels):
    probabilities = fitted.predict_proba(texts)
    assert probabilities.shape == labels.shape
    assert fitted.thresholds_.shape == (labels.shape[1],)
    assert np.array_equal(fitted.predict(texts), probabilities >= fitted.thresholds_)
    assert f1_score(labels, fitted.predict(texts), average="micro") > 0.6
    assert fitted.classes_.tolist() == list(range(labels.shape[1]))


def test_columns_of_a_table_name_the_classes(options, texts, labels, taxonomy):
    table = pandas.DataFrame(labels, columns=list(taxonomy.labels))
    made = EmotionClassifier(**options).fit(pandas.DataFrame({"text": texts}), table)
    assert made.classes_.tolist() == list(taxonomy.labels)
    assert np.array_equal(made.predict(pandas.Series(texts[:5])), made.predict(texts[:5]))


def test_one_class_per_text(options, texts, labels):
    moods = np.array(["sad", "glad"])[labels[:, 0]]
    made = EmotionClassifier(**options | {"epochs": 12}).fit(texts, moods)
    np.testing.assert_allclose(made.predict_proba(texts).sum(axis=1), 1)
    assert made.score(texts, moods) > 0.7
    everything = FixedThresholdClassifier(FrozenEstimator(made), threshold=0.0).fit(texts, moods)
    assert set(everything.predict(texts)) == {made.classes_[1]}


def test_it_works_in_pipelines_and_searches(options, texts, labels):
    lower = FunctionTransformer(lambda some: [text.lower() for text in some])
    pipeline = Pipeline([("lower", lower), ("emotions", EmotionClassifier(**options))])
    assert pipeline.fit(texts, labels).predict(texts[:3]).shape == (3, labels.shape[1])
    scores = cross_val_score(EmotionClassifier(**options), texts, labels, cv=2, scoring="f1_micro")
    assert scores.shape == (2,)
    assert (scores > 0).all()
    search = GridSearchCV(
        EmotionClassifier(**options), {"policy": ["fixed", "global"], "epochs": [1]}, cv=2, scoring="f1_micro"
    )
    search.fit(texts, labels)
    assert search.best_params_["policy"] in ("fixed", "global")
    assert len(search.cv_results_["mean_test_score"]) == 2


def test_ctrl_c_ends_a_cross_validation(options, texts, labels, monkeypatch):
    from emograin.training import loop

    train_step, steps = loop.train_step, []

    def press_ctrl_c(*arguments):
        steps.append(len(steps))
        signal.raise_signal(signal.SIGINT)
        return train_step(*arguments)

    monkeypatch.setattr(loop, "train_step", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(EmotionClassifier(**options), texts, labels, cv=2)
    assert len(steps) <= 2  # of the first fit


def test_a_pickle_carries_the_model_to_another_process(fitted, texts, tmp_path):
    expected = fitted.predict_proba(texts[:4])
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(texts[:4]), expected)
    joblib.dump(fitted, tmp_path / "model.joblib")
    joblib.dump(texts[:4], tmp_path / "texts.joblib")
    code = (
        "import joblib, sys; model, texts = (joblib.load(each) for each in sys.argv[1:]);"
        "print(model.predict_proba(texts).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model.joblib", tmp_path / "texts.joblib"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(emograin.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(eval(done.stdout), expected, atol=1e-6)


def test_the_temporary_folder_goes_with_the_estimator_and_a_named_one_stays(options, texts, labels, tmp_path):
    made = EmotionClassifier(**options | {"epochs": 1}).fit(texts, labels)
    folder = made._model.path
    assert (folder / "weights.safetensors").is_file()
    del made
    assert not folder.exists()
    EmotionClassifier(**options | {"epochs": 1}, run=tmp_path / "run").fit(texts, labels)
    assert emograin.load(tmp_path / "run").labels == tuple("0123")


def test_the_bundled_model_is_fitted_already():
    model, texts = EmotionClassifier.from_pretrained(), ["I love you", "so annoying", ""]
    assert model.classes_.tolist() == list(emograin.load().labels)
    found = model.predict(texts)
    assert [set(model.classes_[row == 1]) for row in found[:2]] == [{"love"}, {"annoyance"}]
    np.testing.assert_array_equal(model.predict_proba(texts[:2]), emograin.load().predict(texts[:2]).scores)
    assert len(pickle.dumps(model)) < 10_000  # the package has the model
    named = pickle.loads(pickle.dumps(EmotionClassifier.from_pretrained("bundled")))
    assert np.array_equal(named.predict(texts), model.predict(texts))
    assert FrozenEstimator(model).fit(texts, found).predict(texts).shape == (3, 28)


def test_clone_and_parameters(options):
    made = clone(EmotionClassifier(**options))
    assert made.get_params()["learning_rate"] == 5e-3
    assert made.set_params(policy="fixed").policy == "fixed"


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["so happy", None], "the text is missing: it must be a string, got None, at position 1"),
        (["so happy", 7], "the text must be a string, got int, at position 1"),
        ("so happy", "expected a list of texts, got one string"),
        (np.array([["a", "b"]], dtype=object), "expected one column of texts"),
    ],
)
def test_texts_that_are_none_are_named(fitted, X, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict(X)


def test_wrong_parameters_and_targets_are_named(options, texts, labels):
    with pytest.raises(EmograinError, match="unknown threshold policy 'best'"):
        EmotionClassifier.from_pretrained(policy="best")
    with pytest.raises(EmograinError, match=r"validation_fraction must lie in \[0, 1\), got 2"):
        EmotionClassifier(**options, validation_fraction=2).fit(texts, labels)
    with pytest.raises(ValueError, match="needs at least 2 classes, got 1 class"):
        EmotionClassifier(**options).fit(texts, ["glad"] * len(texts))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EmotionClassifier(**options).fit(texts, labels[:-1])


def test_a_wrong_policy_is_an_error_before_the_training(monkeypatch):
    monkeypatch.setattr("emograin.training.loop.train", lambda *_, **__: pytest.fail("it trained"))
    with pytest.raises(EmograinError, match="unknown threshold policy 'per_label', did you mean 'per-label'"):
        EmotionClassifier(policy="per_label").fit(["a", "b"], ["x", "y"])


@pytest.mark.parametrize("change", [lambda labels: np.where(labels > 0, 1, -1), lambda labels: 2 * labels])
def test_an_indicator_matrix_holds_0_and_1(change):
    labels = np.array([[1, 0], [0, 1], [1, 1]])
    with pytest.raises(ValueError, match="an indicator matrix must hold 0 and 1, got "):
        read_targets(change(labels), ["a", "b", "c"])
    for same in (labels.astype(bool), labels.astype(float), csr_array(labels)):
        assert read_targets(same, ["a", "b", "c"])[1].tolist() == labels.tolist()

"""`EmotionClassifier`: the methods of this package with scikit-learn's interface."""

from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..common.errors import EmograinError, Interrupted, unknown_name
from ..common.optional import import_optional
from ..data.corpus import Corpus, Split
from ..data.taxonomy import Taxonomy
from ..evaluation.policies import DEFAULT_POLICY
from ..models.config import Training
from ..models.run_folder import RunFolder
from ..models.thresholds_file import POLICIES
from ..prediction.model_source import open_source
from .model_files import ModelFiles
from .targets import read_targets, read_texts, split_off


class EmotionClassifier(ClassifierMixin, BaseEstimator):
    """A text classifier on a pretrained encoder. `from_pretrained` gives one that is fitted already.

    X is a list or column of texts (texts,), or a table with one column. y is an indicator matrix (texts, labels), for
    texts with several labels, or one class per text (texts,).

    Parameters
    ----------
    method : {"baseline", "label-embedding", "label-initialized", "pooled-baseline"}, default="baseline"
        How labels are used.
    encoder : str, default="minilm"
        Pretrained encoder: minilm (from the extra of that name), bundled, a folder, a name on the hub, or a run folder.
    epochs : int, default=4
        Passes over the texts.
    batch_size : int, default=32
        Texts per optimizer step.
    learning_rate : float, default=1e-4
        Peak learning rate.
    max_document_tokens : int, default=50
        Word pieces read at once; longer texts are predicted sentence by sentence.
    emoji : bool, default=True
        Read each emoji as one token.
    policy : {"per-label", "global", "fixed"}, default="per-label"
        Decision thresholds of `predict` for texts with several labels, chosen on the texts held out by `fit`. With one
        class per text, `predict` returns the class with the highest score.
    validation_fraction : float, default=0.1
        Share of the texts that `fit` holds out, for thresholds and for the best checkpoint.
    run : str or path, default=None
        Folder in which the trained model is kept, a new one, so for a single fit, not for GridSearchCV; None: a
        temporary folder, removed with the estimator.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, the order of the texts, and the texts held out.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes; for an indicator matrix the names of its columns, or their numbers.
    thresholds_ : ndarray of shape (n_classes,)
        Decision threshold of each class, which `predict` uses for texts with several labels.
    multilabel_ : bool
        Whether a text may have several labels.
    """

    def __init__(
        self,
        method: str = "baseline",
        encoder: str = "minilm",
        epochs: int = 4,
        batch_size: int = 32,
        learning_rate: float = 1e-4,
        max_document_tokens: int = 50,
        emoji: bool = True,
        policy: str = DEFAULT_POLICY,
        validation_fraction: float = 0.1,
        run: str | Path | None = None,
        random_state: Any = None,
    ):
        self.method = method
        self.encoder = encoder
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_document_tokens = max_document_tokens
        self.emoji = emoji
        self.policy = policy
        self.validation_fraction = validation_fraction
        self.run = run
        self.random_state = random_state

    @classmethod
    def from_pretrained(cls, model: str | Path | None = None, policy: str = DEFAULT_POLICY) -> "EmotionClassifier":
        """Return a fitted classifier, without training.

        `clone`, and so cross-validation, makes an unfitted one of it: wrap it in `sklearn.frozen.FrozenEstimator`.

        Args:
            model: Run folder or exported model; None, or "bundled": the bundled model, which needs no torch.
            policy: Threshold policy: per-label, global or fixed.

        Raises:
            EmograinError: The folder holds no model.
        """
        source = open_source(model)
        made = cls(policy=policy)
        files = ModelFiles(source.path.absolute(), policy)
        made._set_model(files, np.array(source.taxonomy.labels, dtype=object), True)
        return made

    def fit(self, X: Any, y: Any) -> "EmotionClassifier":
        """Train on texts.

        Args:
            X: The texts.
            y: Indicator matrix (texts, labels), or one class per text (texts,).

        Raises:
            ValueError: Texts or targets are not of this form.
            EmograinError: A parameter has a wrong value, or the encoder cannot be loaded.
            KeyboardInterrupt: Ctrl-C.
        """
        import_optional("torch", "train")
        from ..training.loop import train

        texts = read_texts(X)
        classes, labels, several = read_targets(y, texts)
        if self.policy not in POLICIES:
            raise unknown_name("threshold policy", self.policy, POLICIES)
        if not 0 <= self.validation_fraction < 1:
            raise EmograinError(f"validation_fraction must lie in [0, 1), got {self.validation_fraction}")
        random = check_random_state(self.random_state)
        settings = Training(
            method=self.method,
            data="scikit-learn",
            encoder=str(self.encoder),
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            emoji=self.emoji,
            max_document_tokens=self.max_document_tokens,
            seed=int(random.randint(2**31)),
        )
        parts = dict(zip(("train", "dev"), split_off(labels, self.validation_fraction, random), strict=True))
        splits = {
            name: Split(name, [str(at) for at in places], [texts[at] for at in places], labels[places])
            for name, places in parts.items()
        }
        taxonomy = Taxonomy("scikit-learn", tuple(str(each) for each in classes))
        corpus = Corpus("scikit-learn", taxonomy, {name: partial(splits.__getitem__, name) for name in splits})
        path = Path(mkdtemp(prefix="emograin-")) if self.run is None else Path(self.run).absolute()
        files = ModelFiles(path, self.policy, temporary=self.run is None)
        try:
            train(settings, corpus, RunFolder(path), quiet=True)
        except Interrupted:  # an Exception is a failed fit to cross-validation, which goes on
            raise KeyboardInterrupt from None
        self._set_model(files, classes, several)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class (texts, classes).

        With several labels per text each probability stands for itself; with one class per text they sum to 1.

        Args:
            X: The texts.
        """
        scores = self._scores(X).astype(np.float64)
        return scores if self.multilabel_ else scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return an indicator matrix (texts, labels) or, after a fit with one class per text, classes (texts,).

        Args:
            X: The texts.
        """
        scores = self._scores(X)
        if self.multilabel_:
            return (scores >= self.thresholds_).astype(int)
        return self.classes_[scores.argmax(axis=1)]

    def _scores(self, X: Any) -> np.ndarray:
        """Return the scores of all classes (texts, classes), float32."""
        check_is_fitted(self)
        texts = read_texts(X)
        predictor = self._model.predictor
        found = predictor.predict(texts).scores
        empty = [at for at, text in enumerate(texts) if not text.strip()]
        if empty:  # which scikit-learn's text classifiers predict as well
            scores = predictor.scorer.score([[]])
            found[empty] = scores if predictor.score_map is None else predictor.score_map(scores)
        return found

    def _set_model(self, files: ModelFiles, classes: np.ndarray, several: bool) -> None:
        self._model = files
        self.classes_, self.multilabel_ = classes, several
        self.thresholds_ = files.predictor.thresholds

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.multi_output = tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = True  # on the few texts of scikit-learn's checks
        return tags

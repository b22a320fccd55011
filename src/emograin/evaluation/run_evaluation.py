"""Evaluate a run on a split of a corpus."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from ..common.devices import torch_device
from ..data.corpus import Corpus, Split, fingerprint
from ..models.classifier import load
from ..models.config import Training
from ..models.run_folder import RunFolder
from ..models.scoring import score_documents, score_tasks
from .auxiliary_evaluation import evaluate_auxiliary
from .evaluation_split import evaluation_split
from .metrics import evaluate


def evaluate_run(
    run: RunFolder,
    corpus: Corpus,
    split: str = "test",
    name: str | None = None,
    on_progress: Callable[[int], Any] = lambda _: None,
    at_least_one: bool = False,
    device: str = "cpu",
) -> dict[str, Any]:
    """Evaluate a run's best weights on a split, at the thresholds that were chosen on dev.

    Writes `results/NAME.json` and `scores/NAME.npz` in the run folder. On the run's own dev split the auxiliary task
    is evaluated as well, as at the end of the training.

    Args:
        run: A finished run.
        corpus: A corpus with the labels of the run.
        split: Name of the split.
        name: Name of the result files; None: the name of the split.
        on_progress: Called with the number of texts scored, after each batch.
        at_least_one: Predict the label with the highest score for a text that reaches no threshold.
        device: cpu or cuda.

    Returns:
        The content of the JSON file.

    Raises:
        EmograinError: The run is not finished, the corpus has other labels, the split is empty, or there is no such
            device.
    """
    thresholds = run.thresholds
    texts = evaluation_split(run.taxonomy, corpus, split)
    classifier = load(run).to(torch_device(device))
    documents = classifier.method.tokenize(texts.texts)
    more: dict[str, Any] = {"at_least_one": True} if at_least_one else {}
    if (name or split) == split == "dev":
        scores, group_scores = score_tasks(classifier, documents, on_progress=on_progress)
        more |= auxiliary_metrics(run, group_scores, scores, texts, thresholds)
    else:
        scores = score_documents(classifier.method, documents, on_progress=on_progress)
    return save_evaluation(run, corpus, texts, scores, thresholds, name or split, **more)


def save_evaluation(
    run: RunFolder,
    corpus: Corpus,
    texts: Split,
    scores: np.ndarray,
    thresholds: Mapping[str, Sequence[float]],
    name: str,
    **more: Any,
) -> dict[str, Any]:
    """Compute the metrics of one evaluation and write its files.

    Args:
        run: Run folder to write to.
        corpus: Corpus of the texts.
        texts: The split that was scored.
        scores: Probabilities, (texts, labels).
        thresholds: Threshold policy -> one threshold per label, chosen on dev.
        name: Name of the result files.
        more: Further values for the JSON file.

    Returns:
        The content of the JSON file.
    """
    metrics = evaluate(scores, texts.labels, thresholds, corpus.taxonomy.labels, more.get("at_least_one", False))
    result = {**run_metadata(run, corpus, texts), **more, **metrics}
    run.write_scores(name, texts.ids, texts.labels, scores)
    run.write_json(f"results/{name}.json", result)
    return result


def auxiliary_metrics(
    run: RunFolder,
    group_scores: np.ndarray | None,
    scores: np.ndarray,
    texts: Split,
    thresholds: Mapping[str, Sequence[float]],
) -> dict[str, Any]:
    """Return the metrics of a run's auxiliary task on dev, as `auxiliary_task`; nothing without such a task.

    Args:
        run: The run.
        group_scores: Probabilities of its second head, (texts, groups), or None.
        scores: Probabilities of the main task, (texts, labels).
        texts: The dev split.
        thresholds: Threshold policy -> one threshold per label.
    """
    if group_scores is None or run.settings.auxiliary is None:
        return {}
    found = evaluate_auxiliary(group_scores, scores, texts.labels, thresholds, run.taxonomy, run.settings.auxiliary)
    return {"auxiliary_task": found}


def run_metadata(run: RunFolder, corpus: Corpus, texts: Split) -> dict[str, Any]:
    """Describe how a run was trained and on which texts it is evaluated: the first keys of every result."""
    settings: Training = run.settings
    return {
        "method": settings.method,
        "auxiliary": settings.auxiliary,
        "encoder": PurePath(settings.encoder).name,
        "parameters": run.description["parameters"],
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "ema_decay": settings.ema_decay,
        "teachers": len(settings.teachers),
        "seed": settings.seed,
        "corpus": corpus.name,
        "split": texts.name,
        "fingerprint": fingerprint(texts),
    }

"""A run on a split: scores, figures under every threshold policy, and the files that keep them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import last_part
from ..data.corpus import Corpus, Split, fingerprint
from ..models.classifier import load
from ..models.run_folder import RunFolder, settings_of, taxonomy_of
from ..models.scoring import score_documents
from .metrics import evaluate


def evaluate_run(
    run: RunFolder,
    corpus: Corpus,
    split: str = "test",
    name: str | None = None,
    advance: Callable[[int], Any] = lambda _: None,
) -> dict[str, Any]:
    """Evaluate a run's best weights on a split, at the thresholds that were chosen on dev.

    Leaves `results/NAME.json` and `scores/NAME.npz` in the run folder.

    Args:
        run: A finished run.
        corpus: A corpus of the run's labels.
        split: Which split of it.
        name: Of the result files; by default the split's.
        advance: Called with a number of texts when they are done.

    Returns:
        What is in the JSON file.

    Raises:
        EmograinError: The run is not finished, the corpus has other labels, or the split is empty.
    """
    thresholds = run.open().read_json("thresholds.json")
    texts = texts_of(run, corpus, split)
    method = load(run).method
    scores = score_documents(method, method.tokenize(texts.texts), advance=advance)
    return keep(run, corpus, texts, scores, thresholds, name or split)


def texts_of(run: RunFolder, corpus: Corpus, split: str) -> Split:
    """A split that a run can be evaluated on.

    Raises:
        EmograinError: The corpus has other labels than the run, or the split is empty.
    """
    taxonomy = taxonomy_of(run)
    if corpus.taxonomy.labels != taxonomy.labels:
        raise EmograinError(
            f"the run's labels are {taxonomy.name!r}, the corpus {corpus.name!r} has {corpus.taxonomy.name!r}"
        )
    texts = corpus.split(split)
    if not len(texts):
        raise EmograinError(f"split {split!r} of {corpus.name!r} has no texts")
    return texts


def keep(
    run: RunFolder,
    corpus: Corpus,
    texts: Split,
    scores: np.ndarray,
    thresholds: Mapping[str, Sequence[float]],
    name: str,
    **more: Any,
) -> dict[str, Any]:
    """Write the files of one evaluation.

    Args:
        run: The run.
        corpus: Where the texts are from.
        texts: The split that was scored.
        scores: (texts, labels), probabilities.
        thresholds: Policy -> a threshold a label, chosen on dev.
        name: Of the result files.
        more: What else belongs into the JSON.

    Returns:
        What is in the JSON file.
    """
    figures = evaluate(scores, texts.labels, thresholds, taxonomy_of(run).labels)
    result = {**described(run, corpus, texts), **more, **figures}
    run.write_scores(name, texts.ids, texts.labels, scores)
    run.write_json(f"results/{name}.json", result)
    return result


def described(run: RunFolder, corpus: Corpus, texts: Split) -> dict[str, Any]:
    """How a run was trained and which texts it met: what every result begins with."""
    settings = settings_of(run)
    return {
        "method": settings.method,
        "auxiliary": settings.auxiliary,
        "encoder": last_part(settings.encoder),
        "parameters": run.read_json("run.json")["parameters"],
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "weight_averaging": settings.weight_averaging,
        "teachers": len(settings.teachers),
        "seed": settings.seed,
        "corpus": corpus.name,
        "split": texts.name,
        "fingerprint": fingerprint(texts),
    }

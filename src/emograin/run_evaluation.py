"""A run on a split: scores, figures under every threshold policy, and the files that keep them."""

from collections.abc import Callable
from typing import Any

from .classifier import load
from .config import Training
from .data import Corpus, fingerprint
from .errors import EmograinError
from .evaluation import evaluate
from .inference import score_documents
from .labels import Taxonomy
from .run_folder import RunFolder


def settings_of(run: RunFolder) -> Training:
    """The settings a run was trained with."""
    return Training.from_dict(run.open().read_json("run.json")["settings"])


def taxonomy_of(run: RunFolder) -> Taxonomy:
    """The labels a run was trained on."""
    return Taxonomy.from_dict(run.open().read_json("taxonomy.json"))


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
    taxonomy = taxonomy_of(run)
    if corpus.taxonomy.labels != taxonomy.labels:
        raise EmograinError(
            f"the run's labels are {taxonomy.name!r}, the corpus {corpus.name!r} has {corpus.taxonomy.name!r}"
        )
    texts = corpus.split(split)
    if not len(texts):
        raise EmograinError(f"split {split!r} of {corpus.name!r} has no texts")
    method = load(run).method
    scores = score_documents(method, method.tokenize(texts.texts), advance=advance)
    settings = settings_of(run)
    result = {
        "method": settings.method,
        "auxiliary": settings.auxiliary,
        "encoder": settings.encoder
        if "/" not in settings.encoder.strip("/")
        else settings.encoder.rstrip("/").split("/")[-1],
        "parameters": run.read_json("run.json")["parameters"],
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
        "corpus": corpus.name,
        "split": split,
        "fingerprint": fingerprint(texts),
        **evaluate(scores, texts.labels, thresholds, taxonomy.labels),
    }
    name = name or split
    run.write_scores(name, texts.ids, texts.labels, scores)
    run.write_json(f"results/{name}.json", result)
    return result

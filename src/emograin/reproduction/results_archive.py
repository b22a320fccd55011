"""Runs' figures, scores and curves without their weights, in a folder a run: what tables and figures are made from."""

import shutil
from pathlib import Path

from ..analysis.rater_correlation import correlations, read_judgements
from ..analysis.task_similarity_tables import remarks, similarity_of
from ..common.errors import EmograinError
from ..common.files import write_atomically
from ..data.corpus import Corpus
from ..data.statistics import count_labels
from ..models.run_folder import RunFolder

EVALUATION = (("results", ".json"), ("scores", ".npz"))


def keep_run(run: RunFolder, folder: Path) -> None:
    """Copy what a table, a figure or a later comparison needs from a run folder.

    Sweeps with their pictures and the evaluations with mixing on test are copied, too.

    Args:
        run: A finished run that was evaluated on test.
        folder: Where the files are put side by side, under the names that `results_reading` looks for.

    Raises:
        EmograinError: The run was not evaluated, or a file cannot be written.
    """
    names = ["dev", "test", *sorted(path.stem for path in run.path.glob("results/test-*.json"))]
    for name in names:
        for kind, end in EVALUATION:
            _copy(run.path / kind / f"{name}{end}", folder / f"{name}{end}")
    for name in ("thresholds.json", "curve.csv"):
        _copy(run.path / name, folder / name)
    for sweep in sorted(run.path.glob("mixing/*/sweep.json")):
        for end in (".json", ".png"):
            _copy(sweep.with_suffix(end), folder / "mixing" / f"{sweep.parent.name}{end}")


def keep_corpus(corpus: Corpus, folder: Path) -> None:
    """What tables and figures say of the corpus itself: label counts and Table 3.

    Raises:
        EmograinError: A file cannot be written, or the corpus has no groupings to compare its labels with.
    """
    kept = RunFolder(folder)
    kept.write_json("label_counts.json", count_labels(corpus))
    similarity = similarity_of(corpus)
    kept.write_json("task_similarity.json", {**similarity, "remarks": remarks(similarity)})


def keep_raters(source: str, corpus: Corpus, folder: Path) -> None:
    """The correlation of raters' judgements (Fig. 9).

    Raises:
        EmograinError: The rows cannot be read, or the file not be written.
    """
    RunFolder(folder).write_json("rater_correlation.json", correlations(read_judgements(source, corpus.taxonomy)))


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise EmograinError(f"there is no {str(source)!r} to keep", "evaluate the run on test: emograin evaluate RUN")
    write_atomically(target, lambda part: shutil.copyfile(source, part))

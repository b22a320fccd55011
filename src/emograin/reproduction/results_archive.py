"""The archive of results without weights: one folder per run. Tables and figures are made from it.

RESULTS/
  experiment.json         settings, and the run and evaluation of each row and seed
  label_counts.json       training texts per label
  task_similarity.json    Table 3
  rater_correlation.json  Figure 9
  back_translation.json   record of candidate files, by scripts/back_translate.py
  attention/              attention of two runs on one document
  attention_flow/RUN.json attention to and from slots over all test texts, of the runs of two rows
  encoders/NAME/          the archive of the rows with another encoder
  RUN/                    metrics, scores, thresholds and curve of a run; mixing/ has its sweeps
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..analysis.attention_record import Attention, read_attention
from ..analysis.rater_correlation import correlate_labels, read_rater_labels
from ..analysis.task_similarity_tables import measure_similarity, remarks
from ..common.errors import EmograinError
from ..common.files import write_atomically
from ..data.corpus import Corpus
from ..data.statistics import count_labels
from ..data.taxonomy import GOEMOTIONS, Taxonomy
from ..evaluation.comparison import Comparison
from ..evaluation.results import EvaluatedRun, read_curve, read_evaluated, read_result
from ..mixing.weight_sweep import SweptPredictions
from ..models.run_folder import RunFolder
from .candidate_names import name_row, resolve_file
from .experiment import ROWS, Row

WEIGHT_RESAMPLES = 2000  # 26 weights of several seeds are compared at once
ATTENTION_ROWS = ("label-embeds-4", "baseline-4")  # §5.2 compares them
ENCODERS = "encoders"
RECORD = "back_translation.json"
EVALUATION_FILES = (("results", ".json"), ("scores", ".npz"))


class MissingResult(Exception):
    """A result that a table or figure needs is not in the archive; the message names it."""


@dataclass(frozen=True)
class System:
    """The runs of a row of Table 2, one per seed.

    Attributes:
        row: Row of the table.
        runs: Predictions of each run at the thresholds of one policy, ordered by seed.
        results: Results of each run, in that order; their `mixing` names the source of a recorded candidate file.
    """

    row: Row
    runs: Sequence[EvaluatedRun]
    results: Sequence[Mapping[str, Any]]

    @property
    def mixing(self) -> Mapping[str, Any] | None:
        """Mixing of the first run, or None."""
        return self.results[0].get("mixing")

    @property
    def title(self) -> str:
        """Title of the row, with its own source of candidates where the paper's names T5."""
        return name_row(self.row.title, self.mixing)


class ResultsArchive:
    """Archived results, read lazily.

    Args:
        folder: Folder of the archive.
        policy: Threshold policy at which rows are compared.
        parent: Archive with the record of candidate files; None: this one.
    """

    def __init__(self, folder: Path, policy: str = "fixed", parent: "ResultsArchive | None" = None):
        self.folder, self.policy, self.parent = folder, policy, parent

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """Settings, rows and costs, as `run.run_experiment` wrote them.

        Raises:
            EmograinError: The folder is not an archive.
        """
        if not (self.folder / "experiment.json").is_file():
            raise EmograinError(
                f"{str(self.folder)!r} holds no experiment.json",
                "a folder of results: emograin reproduce makes OUTPUT/results",
            )
        return RunFolder(self.folder).read_json("experiment.json")

    @cached_property
    def systems(self) -> dict[str, System]:
        """The archived rows by name, in the order of the table.

        Raises:
            EmograinError: The archive has no rows, or files are missing or damaged.
        """
        systems = {}
        for row in ROWS:
            if found := self._runs(row.name):
                names = [f"{self.folder / each['run']}:{each['evaluation']}" for each in found]
                runs = [read_evaluated(name, "test", self.policy) for name in names]
                systems[row.name] = System(row, runs, [self._resolved(read_result(name)) for name in names])
        if not systems:
            raise EmograinError(f"{str(self.folder)!r} holds no row of Table 2", "emograin reproduce table-2")
        return systems

    @cached_property
    def comparison(self) -> Comparison[str]:
        """The archived rows on one set of resamples.

        Raises:
            EmograinError: The rows have different texts or labels.
        """
        return Comparison({name: system.runs for name, system in self.systems.items()})

    def other_encoders(self) -> dict[str, "ResultsArchive"]:
        """Return the archives of the rows with other encoders, by the name of the encoder."""
        found = sorted(self.folder.glob(f"{ENCODERS}/*/experiment.json"))
        return {path.parent.name: ResultsArchive(path.parent, self.policy, self) for path in found}

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the archive.

        Raises:
            MissingResult: The file is not in the archive.
            EmograinError: The file is damaged.
        """
        if not (self.folder / name).is_file():
            raise MissingResult(name)
        return RunFolder(self.folder).read_json(name)

    def attention(self) -> list[Attention]:
        """Read the archived attention to documents.

        Raises:
            EmograinError: A file is damaged.
        """
        return [read_attention(file) for file in sorted(self.folder.glob("attention/*.npz"))]

    def attention_flows(self) -> dict[str, list[dict[str, Any]]]:
        """Read the attention to and from slots over all test texts, of the runs of `ATTENTION_ROWS`.

        Returns:
            By row, ordered by seed, as far as archived: `row`, `run`, `seed_of_run`, `corpus`, `split`, and the values
            of `analysis.attention_flow.measure_attention_flow`, whose docstring names them.

        Raises:
            EmograinError: A file is damaged.
        """
        flows = {}
        for row in ATTENTION_ROWS:
            names = [attention_flow_file(each["run"]) for each in self._runs(row)]
            if found := [self.read_json(name) for name in names if (self.folder / name).is_file()]:
                flows[row] = found
        return flows

    def at(self, policy: str) -> "ResultsArchive":
        """Return the same archive at another threshold policy."""
        return self if policy == self.policy else ResultsArchive(self.folder, policy, self.parent)

    def seeds(self, row: str) -> list[int]:
        """Return the seeds of a row's runs, in ascending order; none if the row is not in the archive."""
        return [each["seed"] for each in self._runs(row)]

    def runs(self, row: str) -> list[Path]:
        """Return the folders of a row's runs, ordered by seed; none if the row is not in the archive."""
        return [self.folder / each["run"] for each in self._runs(row)]

    def run(self, row: str) -> Path:
        """Return the folder of a row's first seed.

        Raises:
            MissingResult: The row is not in the archive.
        """
        return self.folder / self._first(row)["run"]

    def results(self, row: str) -> Sequence[Mapping[str, Any]]:
        """Return the results of a row's runs on test, ordered by seed.

        Raises:
            MissingResult: The row is not in the archive.
            EmograinError: A file is missing or damaged.
        """
        if row not in self.systems:
            raise MissingResult(f"row {row} of Table 2")
        return self.systems[row].results

    def dev_results(self, row: str) -> list[dict[str, Any]]:
        """Read the results of a row's runs on dev, without mixing, ordered by seed; none if it is not in the archive.

        Raises:
            EmograinError: A file is missing or damaged.
        """
        return [read_result(run, "dev") for run in self.runs(row)]

    def sweep(self, row: str) -> dict[str, Any]:
        """Read the sweep over mixing weights on dev of a mixing row's first seed.

        Raises:
            MissingResult: The row is not in the archive.
            EmograinError: The file is missing or damaged.
        """
        return self._resolved(RunFolder(self.run(row) / "mixing").read_json(f"{_mixing_name(self._first(row))}.json"))

    def compare_weights(self, row: str) -> Comparison[float] | None:
        """Compare the mixing weights of a row on dev, under the fixed threshold, over its seeds.

        Returns:
            One system per weight; None if predictions at every weight are not in the archive.

        Raises:
            MissingResult: The row is not in the archive.
            EmograinError: A file is damaged, or the seeds have different texts.
        """
        self._first(row)
        swept = []
        for each in self._runs(row):
            path = self.folder / each["run"] / "mixing" / f"{_mixing_name(each)}.npz"
            if not path.is_file():
                return None
            swept.append((each["seed"], SweptPredictions.from_file(path)))
        labels = self.systems[row].runs[0].labels
        weights = [each for each in swept[0][1].weights if all(each in other.weights for _, other in swept)]
        systems = {weight: [found.at(weight, labels, seed) for seed, found in swept] for weight in weights}
        return Comparison(systems, WEIGHT_RESAMPLES)

    def _runs(self, row: str) -> list[dict[str, Any]]:
        """Return a row's entries of `experiment.json`, ordered by seed."""
        found = (each for each in self.experiment["rows"] if each["row"] == row)
        return sorted(found, key=lambda each: each["seed"])

    def curves(self, row: str) -> list[list[dict[str, float | None]]]:
        """Read `curve.csv` of each seed of a row.

        Raises:
            EmograinError: A file is missing or damaged.
        """
        return [read_curve(run) for run in self.runs(row)]

    def _resolved(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result whose `mixing` names the source of its candidate file, if the archive has a record of it."""
        if "mixing" not in result:
            return result
        return {**result, "mixing": resolve_file(result["mixing"], result["split"], self._record_of_files)}

    @cached_property
    def _record_of_files(self) -> dict[str, Any] | None:
        if self.parent is not None:
            return self.parent._record_of_files
        return self.read_json(RECORD) if (self.folder / RECORD).is_file() else None

    def _first(self, row: str) -> dict[str, Any]:
        if not (found := self._runs(row)):
            raise MissingResult(f"row {row} of Table 2")
        return found[0]


def _mixing_name(entry: Mapping[str, Any]) -> str:
    """Return the name of the mixing of an entry of `experiment.json`, whose evaluation is test-NAME-WEIGHT."""
    return str(entry["evaluation"]).removeprefix("test-").rpartition("-")[0]


def attention_flow_file(run: str) -> str:
    """Return the name of the file of the attention to and from a run's slots, in the archive."""
    return f"attention_flow/{run}.json"


def archive_run(run: RunFolder, folder: Path) -> None:
    """Copy the files of a run that tables, figures and comparisons need.

    Sweeps with their pictures and the evaluations with mixing on test are copied, too.

    Args:
        run: A finished run that was evaluated on test.
        folder: Folder to copy the files to, side by side, as `evaluation.results` reads them.

    Raises:
        EmograinError: The run was not evaluated, or a file cannot be written.
    """
    names = ["dev", "test", *sorted(path.stem for path in run.path.glob("results/test-*.json"))]
    for name in names:
        for kind, end in EVALUATION_FILES:
            _copy(run.path / kind / f"{name}{end}", folder / f"{name}{end}")
    for name in ("thresholds.json", "curve.csv"):
        _copy(run.path / name, folder / name)
    for sweep in sorted(run.path.glob("mixing/*/sweep.json")):
        _copy(sweep, folder / "mixing" / f"{sweep.parent.name}.json")
        if (predictions := sweep.with_name("predictions.npz")).is_file():  # older sweeps have none
            _copy(predictions, folder / "mixing" / f"{sweep.parent.name}.npz")
        if (picture := sweep.with_suffix(".png")).is_file():  # a sweep from Python draws none
            _copy(picture, folder / "mixing" / f"{sweep.parent.name}.png")


def archive_corpus(corpus: Corpus, folder: Path) -> None:
    """Archive label counts and Table 3 of a corpus.

    Args:
        corpus: The corpus.
        folder: Folder of the archive.

    Raises:
        EmograinError: A file cannot be written, or the taxonomy has no groupings.
    """
    archive = RunFolder(folder)
    archive.write_json("label_counts.json", count_labels(corpus))
    similarity = measure_similarity(corpus)
    archive.write_json("task_similarity.json", {**similarity, "remarks": remarks(similarity)})


def archive_raters(source: str, folder: Path, taxonomy: Taxonomy = GOEMOTIONS) -> None:
    """Archive the correlation of the emotions in the raters' labels (Fig. 9).

    Args:
        source: goemotions, or a file of raters' rows.
        folder: Folder of the archive.
        taxonomy: The labels.

    Raises:
        EmograinError: The rows cannot be read, or the file cannot be written.
    """
    RunFolder(folder).write_json("rater_correlation.json", correlate_labels(read_rater_labels(source, taxonomy)))


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise EmograinError(
            f"there is no {str(source)!r} to archive", "evaluate the run on test: emograin evaluate RUN"
        )
    write_atomically(target, lambda part: shutil.copyfile(source, part))

"""The run folder: names, reads and writes the files of a run. Each file is written atomically.

RUN/
  run.json                  settings, sizes and fingerprint of the data, versions
  taxonomy.json             labels, groupings, words
  encoder/                  configuration of the encoder, and its tokenizer
  weights.safetensors       weights with the highest macro F1 on dev
  checkpoint.safetensors    weights, optimizer state and curve at the last checkpoint; read by --resume
  curve.csv                 one row per evaluation on dev (Fig. 5)
  thresholds.json           chosen on dev
  results/SPLIT.json        metrics of one evaluation
  scores/SPLIT.npz          ids, labels and scores of the same evaluation
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..common.checks import Positive, from_values, naming, read_json
from ..common.errors import EmograinError
from ..common.files import read_arrays, sha256_file, sha256_json, write_atomically, write_text
from ..common.json_text import to_json
from ..data.taxonomy import Taxonomy
from .config import Training
from .thresholds_file import Thresholds, read_thresholds

FORMAT = 1
WEIGHTS = "weights.safetensors"
TRAIN = "train one: emograin train METHOD --output DIR"


@dataclass(frozen=True)
class RunDescription:
    """The content of run.json.

    Attributes:
        format: Version of the folder's format.
        settings: Settings of the training.
        parameters: Number of parameters, of the auxiliary head too.
        data: Number of texts of each split.
        fingerprint: SHA-256 of settings and data.
        versions: Versions of packages at the start of the training.
        files: SHA-256 of the files that the start of the training wrote; empty in runs from before there were any.
    """

    format: int
    settings: dict[str, Any]
    parameters: Positive
    data: dict[str, int]
    fingerprint: str
    versions: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)


class RunFolder:
    """The files of a run.

    `description`, `settings`, `taxonomy` and `thresholds` are parsed once, at their first use.

    Args:
        path: Path of the folder; it need not exist.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.weights = self.path / WEIGHTS
        self.checkpoint = self.path / "checkpoint.safetensors"
        self.encoder = self.path / "encoder"
        self.curve = self.path / "curve.csv"

    @property
    def exists(self) -> bool:
        """True if the folder holds a run, finished or not."""
        return (self.path / "run.json").is_file()

    @cached_property
    def description(self) -> dict[str, Any]:
        """The content of run.json.

        Raises:
            EmograinError: The folder does not exist, or holds no run, or one of another format version.
        """
        if not self.path.is_dir():
            raise EmograinError(f"there is no folder {str(self.path)!r}", TRAIN)
        if not self.exists:
            raise EmograinError(f"{str(self.path)!r} is not a run folder: it holds no run.json", TRAIN)
        description = self.read_json("run.json")
        found = description.get("format") if isinstance(description, dict) else None
        if found != FORMAT:
            raise EmograinError(f"{str(self.path)!r} is a run of format {found!r}, expected {FORMAT}")
        with naming(self.path / "run.json"):
            from_values(RunDescription, description)
        return description

    @cached_property
    def settings(self) -> Training:
        """The settings of the training.

        Raises:
            EmograinError: A setting is missing, unknown, or out of its range.
        """
        settings = self.description["settings"]
        with naming(self.path / "run.json"):
            return Training.from_run(settings)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The labels of the run."""
        self.require()
        values = self.read_json("taxonomy.json")
        with naming(self.path / "taxonomy.json"):
            return Taxonomy.from_dict(values)

    @cached_property
    def thresholds(self) -> Thresholds:
        """The thresholds chosen on dev: policy -> one threshold per label.

        Raises:
            EmograinError: The training has not finished, or the file is damaged.
        """
        labels = len(self.taxonomy.labels)
        try:
            return read_thresholds(self.path / "thresholds.json", labels)
        except FileNotFoundError:
            raise self._missing("thresholds.json") from None

    def require(self) -> "RunFolder":
        """Return the run folder itself.

        Raises:
            EmograinError: The folder holds no run, or one of another format version.
        """
        _ = self.description
        return self

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run.

        Args:
            name: Path of the file in the run folder.

        Raises:
            EmograinError: The file is missing or is not JSON.
        """
        try:
            return read_json(self.path / name)
        except FileNotFoundError:
            raise self._missing(name) from None

    def check_files(self) -> None:
        """Compare the files that the start of the training wrote with the digests in run.json.

        Raises:
            EmograinError: A file was changed or is missing.
        """
        for name, digest in self.description.get("files", {}).items():
            path = self.path / name
            try:
                found = sha256_file(path)
            except OSError as error:
                raise EmograinError(f"cannot read {str(path)!r}: {error.strerror}") from None
            if found != digest:
                raise EmograinError(f"{str(path)!r} is not the file that the training wrote: its sha256 differs")

    @property
    def digest(self) -> str:
        """SHA-256 of the files that predictions depend on; run.json holds those of the encoder's files.

        Raises:
            EmograinError: The training has not finished.
        """
        try:
            return sha256_json([sha256_file(self.path / name) for name in ("run.json", "taxonomy.json", WEIGHTS)])
        except FileNotFoundError as error:
            raise self._missing(Path(error.filename).name) from None

    def write_json(self, name: str, value: Any) -> Path:
        """Write a JSON file of the run; return its path."""
        return write_text(self.path / name, to_json(value, indent=1) + "\n")

    def write_curve(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `curve.csv`.

        Args:
            rows: All rows so far, one per evaluation on dev.
        """
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.curve, text.getvalue())

    def scores_path(self, name: str) -> Path:
        """Return the path of the scores of an evaluation; they need not exist."""
        return self.path / "scores" / f"{name}.npz"

    def write_scores(self, name: str, ids: Sequence[str], labels: np.ndarray, scores: np.ndarray) -> Path:
        """Write the scores of an evaluation, so that later comparisons need no model; return the path.

        Args:
            name: Name of the evaluation.
            ids: Ids of the texts.
            labels: Gold labels (texts, labels), 0 or 1.
            scores: Probabilities (texts, labels); stored as float32.
        """

        def save(path: Path) -> None:
            with path.open("wb") as file:
                np.savez_compressed(
                    file,
                    ids=np.asarray(ids, dtype=np.str_),
                    labels=labels.astype(np.uint8),
                    scores=scores.astype(np.float32),
                )

        return write_atomically(self.scores_path(name), save)

    def read_scores(self, name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Read ids, labels (texts, labels) and scores (texts, labels) of an evaluation.

        Raises:
            EmograinError: The run has no such evaluation, or its file is damaged.
        """
        path = self.scores_path(name)
        try:
            ids, labels, scores = read_arrays(path, ("ids", "labels", "scores"))
        except FileNotFoundError:
            raise EmograinError(
                f"the run {str(self.path)!r} has no scores of {name!r}", f"emograin evaluate {self.path}"
            ) from None
        return ids.tolist(), labels, scores

    def _missing(self, name: str) -> EmograinError:
        return EmograinError(
            f"the run {str(self.path)!r} has no {name}", "was its training finished? emograin train --resume"
        )

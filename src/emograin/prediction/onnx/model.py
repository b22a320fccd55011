"""The folder of an exported model.

DIR/
  model.onnx        token tensors of any batch and length -> probabilities (batch, labels); contributions on request
  tokenizer.json    for the tokenizers library
  taxonomy.json     labels, groupings, label words
  thresholds.json   threshold policy -> one threshold per label, chosen on dev
  score_map.json    optional: from the network's scores to those of the labels (unions of labels, calibration)
  dev_scores.npz    optional: scores and gold labels of held-out texts, for the calibration of unions
  model.json        format, input template, results of the checks at export, sha256 of the other files and of itself
"""

from pathlib import Path
from typing import Any

from ...common.checks import from_values, naming, read_json
from ...common.errors import EmograinError
from ...common.files import sha256_file
from ...data.taxonomy import Taxonomy
from ...evaluation.calibration import held_out_scores
from ...evaluation.calibration.held_out_scores import HeldOutScores
from ...evaluation.mapping.score_map import ScoreMap
from ...models.thresholds_file import read_thresholds
from .description import FORMAT, PRODUCER, ModelDescription, own_digest
from .scorer import OnnxScorer

EXPORT_AGAIN = "export it again: emograin export RUN DIR"
FILES = ("model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json")
SCORE_MAP = "score_map.json"
DEV_SCORES = held_out_scores.FILE
CALIBRATION_REPORT = "calibration.json"


class ExportedModel:
    """The folder of an exported model.

    Args:
        path: The folder.

    Attributes:
        description: The content of model.json.
        template: The layout of the inputs.
        taxonomy: The labels.
        thresholds: Threshold policy -> one threshold per label.
        digest: SHA-256 of model.json, which holds those of the other files.
        score_map: From the network's scores to those of the labels; None if they are the same.

    Raises:
        EmograinError: The folder is not an exported model or has another format, or a file is missing or was changed.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.description = self._read("model.json")
        found = self.description.get("format") if isinstance(self.description, dict) else None
        if not isinstance(self.description, dict) or self.description.get("producer") != PRODUCER:
            raise EmograinError(f"{str(self.path / 'model.json')!r} does not describe an exported model")
        if found != FORMAT:
            raise EmograinError(
                f"{str(self.path)!r} is an exported model of format {found!r}, expected {FORMAT}",
                EXPORT_AGAIN,
            )
        with naming(self.path / "model.json"):
            described: ModelDescription = from_values(ModelDescription, self.description)
            if described.sha256 != own_digest(self.description):
                raise EmograinError("the file was changed: its sha256 differs", EXPORT_AGAIN)
        optional = [name for name in (SCORE_MAP, DEV_SCORES) if name in described.files]
        for name in (*FILES, *optional):
            if described.files.get(name) != sha256_file(self._file(name)):
                raise EmograinError(
                    f"{str(self.path / name)!r} is not the file that was exported: its sha256 differs", EXPORT_AGAIN
                )
        self.template, self.digest = described.template, described.sha256
        values = self._read("taxonomy.json")
        with naming(self.path / "taxonomy.json"):
            self.taxonomy = Taxonomy.from_dict(values)
        self.thresholds = read_thresholds(self.path / "thresholds.json", len(self.taxonomy.labels))
        self.score_map = self._read_score_map() if SCORE_MAP in optional else None
        self._has_dev_scores = DEV_SCORES in optional

    @staticmethod
    def is_at(path: str | Path) -> bool:
        """Return whether a folder holds an exported model, complete or not."""
        return any((Path(path) / name).is_file() for name in ("model.json", "model.onnx"))

    def held_out_scores(self) -> HeldOutScores | None:
        """Read scores of the model's labels on held-out texts; None if the folder has none."""
        if not self._has_dev_scores:
            return None
        return HeldOutScores.from_file(self.path / DEV_SCORES, len(self.taxonomy.labels))

    def scorer(self, threads: int = 0, device: str = "cpu") -> OnnxScorer:
        """Load the network for scoring.

        Args:
            threads: Number of threads; 0 uses all cores.
            device: cpu or cuda.
        """
        tokenizer = (self.path / "tokenizer.json").read_text(encoding="utf-8")
        return OnnxScorer(tokenizer, self.template, self._file("model.onnx"), threads, device)

    def _read_score_map(self) -> ScoreMap:
        values = self._read(SCORE_MAP)
        with naming(self.path / SCORE_MAP):
            found = ScoreMap.from_dict(values)
            if found.labels != self.taxonomy.labels:
                raise EmograinError("its labels are not those of taxonomy.json")
        return found

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise EmograinError(f"the exported model {str(self.path)!r} has no {name}", "emograin export RUN DIR")
        return self.path / name

    def _read(self, name: str) -> Any:
        return read_json(self._file(name))

"""Open a model for prediction: an exported model or a run folder, with its labels, thresholds and scorer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..common.devices import check_device, torch_device
from ..common.errors import EmograinError
from ..common.files import sha256_json
from ..common.optional import import_optional
from ..data.taxonomy import Taxonomy
from ..evaluation.calibration.held_out_scores import HeldOutScores
from ..evaluation.calibration.label_calibration import Calibration
from ..evaluation.mapping.calibrated_unions import calibrate_unions
from ..evaluation.mapping.label_mapping import LabelMapping, unite_labels
from ..evaluation.mapping.score_map import ScoreMap, Stage
from ..models.run_folder import TRAIN, RunFolder
from .onnx.model import ExportedModel
from .scorers import Scorer
from .shipped_model import named_model, shipped_model


@dataclass(frozen=True)
class ModelSource:
    """A model that is not loaded yet.

    Attributes:
        path: Folder of the model.
        taxonomy: Labels that it predicts.
        thresholds: Threshold policy -> one threshold per label.
        scorer: Number of threads -> the network's scorer.
        held_out_scores: Reads scores of the labels on held-out texts, None if there are none.
        description: Content of model.json or run.json.
        digest: Computes a digest that identifies the network's files and its device.
        score_map: From the network's scores to those of the labels; None if they are the same.
        mapping: Mapping that made the labels, if one was named.
        original: Taxonomy before the mapping.
    """

    path: Path
    taxonomy: Taxonomy
    thresholds: Mapping[str, Sequence[float]]
    scorer: Callable[[int], Scorer]
    held_out_scores: Callable[[], HeldOutScores | None]
    description: Mapping[str, Any]
    digest: Callable[[], str]
    score_map: ScoreMap | None = None
    mapping: LabelMapping | None = None
    original: Taxonomy | None = None

    def predictions_digest(self) -> str:
        """Compute a digest that tells the labels' scores from those of other models."""
        digest = self.digest()
        return digest if self.score_map is None else sha256_json([digest, self.score_map.to_dict()])

    def held_out_labels(self) -> np.ndarray | None:
        """Return gold labels of held-out texts (texts, labels), in the labels that are predicted; None without any."""
        found = self.held_out_scores()
        if found is None or self.mapping is None or self.original is None:
            return None if found is None else found.labels
        return unite_labels(found.labels, self.mapping.members(self.original.labels))

    def calibrated(self, calibration: Calibration, thresholds: Mapping[str, Sequence[float]]) -> "ModelSource":
        """Return the model with calibrated scores and new thresholds."""
        labels = self.taxonomy.labels
        stage = Stage.calibrated(labels, calibration)
        chain = ScoreMap(labels, (stage,)) if self.score_map is None else self.score_map.then(stage)
        return replace(self, score_map=chain, thresholds=thresholds)

    def mapped(self, mapping: LabelMapping) -> "ModelSource":
        """Return the model with the labels of a mapping.

        Raises:
            EmograinError: The mapping names an unknown label, or the model has no held-out scores to calibrate unions.
        """
        labels = self.taxonomy.labels
        stage, thresholds = calibrate_unions(mapping, labels, self.thresholds, self.held_out_scores())
        chain = ScoreMap(labels, (stage,)) if self.score_map is None else self.score_map.then(stage)
        taxonomy = Taxonomy(mapping.name, mapping.labels)
        return replace(
            self,
            taxonomy=taxonomy,
            thresholds=thresholds,
            score_map=chain,
            mapping=mapping,
            original=self.taxonomy,
        )


def open_source(
    path: str | Path | None = None,
    mapping: str | Path | Mapping[str, Any] | LabelMapping | None = None,
    group: str | None = None,
    device: str = "cpu",
) -> ModelSource:
    """Read the description of a model; its network is not loaded.

    Args:
        path: Folder of an exported model, or a run folder; None, or "bundled": the bundled model.
        mapping: Mapping of labels, its values, or its TOML file.
        group: Grouping of the model's taxonomy.
        device: Device of the network: cpu or cuda.

    Raises:
        EmograinError: The folder holds no model, it is a run and torch is not installed, or the mapping does not fit.
    """
    if path is not None and not isinstance(path, str | PathLike):
        raise EmograinError(f"the model must be the path of a folder, got {type(path).__name__}", "load(FOLDER)")
    path = shipped_model() if path is None else named_model(path)
    check_device(device)
    source = _of_export(path, device) if ExportedModel.is_at(path) else _of_run(path, device)
    chosen = _chosen_mapping(source.taxonomy, mapping, group)
    return source if chosen is None else source.mapped(chosen)


def _chosen_mapping(
    taxonomy: Taxonomy, mapping: str | Path | Mapping[str, Any] | LabelMapping | None, group: str | None
) -> LabelMapping | None:
    if mapping is not None and group is not None:
        raise EmograinError(f"expected a mapping or a group, got both, {group!r}", "--mapping FILE, or --group NAME")
    if group is not None:
        return LabelMapping.of_grouping(taxonomy, group)
    if mapping is None or isinstance(mapping, LabelMapping):
        return mapping
    if isinstance(mapping, str | PathLike):
        return LabelMapping.from_toml(mapping)
    return LabelMapping.from_values(mapping, "mapping")


def _of_export(path: Path, device: str) -> ModelSource:
    model = ExportedModel(path)
    return ModelSource(
        path,
        model.taxonomy,
        model.thresholds,
        lambda threads: model.scorer(threads, device),
        model.held_out_scores,
        model.description,
        lambda: _digest(model.digest, device),
        model.score_map,
    )


def _of_run(path: Path, device: str) -> ModelSource:
    run = RunFolder(path)
    if path.is_dir() and not run.exists:
        raise EmograinError(f"{str(path)!r} is neither an exported model (model.json) nor a run (run.json)", TRAIN)
    thresholds = run.thresholds

    def open_scorer(threads: int) -> Scorer:  # noqa: ARG001 - torch has its own setting
        import_optional("torch", "train")
        import_optional("transformers", "train")
        from ..models.classifier import load as load_classifier
        from ..models.scoring import TorchScorer

        return TorchScorer(load_classifier(run).method.to(torch_device(device)))

    return ModelSource(
        path,
        run.taxonomy,
        thresholds,
        open_scorer,
        lambda: HeldOutScores.of_run(run),
        run.description,
        lambda: _digest(run.digest, device),
    )


def _digest(digest: str, device: str) -> str:
    """Return a digest that differs between devices, whose scores differ in their last digits."""
    return digest if device == "cpu" else f"{digest} on {device}"

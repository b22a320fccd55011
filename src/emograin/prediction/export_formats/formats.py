"""Open a run or an exported model, and write it in a format of another library."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...common.errors import EmograinError
from ...data.sources import load as load_corpus
from ...models.classifier import load
from ...models.methods import Method
from ...models.run_folder import RunFolder
from ..onnx.export import export, load_dev
from ..onnx.model import ExportedModel
from ..onnx.read_back import read_method
from ..onnx.verification import compare, score_texts
from ..shipped_model import named_model
from . import optimum_format, transformers_format
from .files import Thresholds
from .heads import classifier_config, linear_layer


@dataclass(frozen=True)
class Source:
    """A run folder, or an exported model in int8.

    Args:
        path: Its folder.
        exported: The exported model; None for a run.
    """

    path: Path
    exported: ExportedModel | None

    @classmethod
    def open(cls, name: str | Path) -> "Source":
        """Open a folder, or the bundled model, by its name `bundled`.

        Raises:
            EmograinError: The folder holds no model, or one with calibrated scores or united labels.
        """
        path = named_model(name)
        if not ExportedModel.is_at(path):
            return cls(RunFolder(path).require().path, None)
        model = ExportedModel(path)
        if model.score_map is not None:
            raise EmograinError(
                f"{str(path)!r} has calibrated scores or united labels, which other libraries do not compute",
                "name the model that it was made of",
            )
        return cls(path, model)

    @cached_property
    def method(self) -> Method:
        """The network in torch."""
        return load(RunFolder(self.path)).method if self.exported is None else read_method(self.exported)

    @property
    def thresholds(self) -> Thresholds:
        """Threshold policy -> one threshold per label."""
        return RunFolder(self.path).thresholds if self.exported is None else self.exported.thresholds


def write_transformers(source: Source, folder: Path, int8: bool | None, data: str | None) -> dict[str, Any]:
    """Write a folder for transformers; the weights are float32.

    Returns:
        What was measured: `transformers`, differences from our scores in torch; and of an exported model `int8`, the
        differences of the exported model from them.

    Raises:
        EmograinError: `int8` or `data` is given, or the model cannot be written in this format.
    """
    if int8 or data is not None:
        raise EmograinError("--format transformers has float32 weights, got --int8 or --data", "--format optimum")
    texts = load_corpus("quickstart").split("all").texts
    checked: dict[str, Any] = {"texts": len(texts)}
    checked["transformers"] = transformers_format.write(source.method, source.thresholds, folder, texts)
    if source.exported is not None:
        found = transformers_format.read_scores(folder, texts)
        checked["int8"] = compare(score_texts(source.exported.scorer(), texts), found)
    return checked


def write_optimum(source: Source, folder: Path, int8: bool | None, data: str | None) -> dict[str, Any]:
    """Write a folder for optimum and transformers.js; int8 by default.

    Returns:
        What was measured: that of the export to ONNX, and `optimum`, differences from it.

    Raises:
        EmograinError: The model cannot be written in this format.
    """
    texts = load_corpus("quickstart").split("all").texts
    linear_layer(source.method)
    config = classifier_config(source.method)
    if config.architectures is None:
        raise EmograinError(f"transformers has no classifier for {config.model_type!r}", "--format onnx")
    if source.exported is not None:
        if int8 is False or data is not None:
            raise EmograinError("an exported model stays as it is, got --no-int8 or --data", "name its run")
        return {"texts": len(texts), "optimum": optimum_format.write(source.exported, config, folder, texts)}
    run, quantized = RunFolder(source.path), int8 is not False
    with TemporaryDirectory() as scratch:
        description = export(run, Path(scratch) / "model", quantized, load_dev(run, data) if quantized else None)
        found = optimum_format.write(ExportedModel(Path(scratch) / "model"), config, folder, texts)
    return description["checked"] | {"optimum": found}


FORMATS: dict[str, Callable[[Source, Path, bool | None, str | None], dict[str, Any]]] = {
    "transformers": write_transformers,
    "optimum": write_optimum,
}

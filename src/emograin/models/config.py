"""Settings that check themselves: what a training run is told, from flags or a TOML file."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.checks import checked_type, require
from ..common.errors import EmograinError, unknown_name

PRECISIONS = ("auto", "bf16", "float32")


@dataclass(frozen=True)
class Training:
    """One training run. The defaults are the paper's (§4), where it gives them.

    Attributes:
        method: A key of `METHODS`: how labels are used.
        data: A corpus: a name, a folder or a file, as `emograin.data.sources.load` reads it.
        text_column: Its column of texts, where it has columns.
        label_column: Its column of labels.
        encoder: A pretrained encoder: `minilm`, a name on the Hugging Face hub, or a folder.
        auxiliary: A grouping of the taxonomy to train on as a second task (§3.2), or None.
        epochs: Passes over the training split.
        batch_size: Texts an optimizer step, over all processes.
        micro_batch_size: Texts that go through the encoder at once in one process; None takes the whole share.
            Smaller values need less memory and give the same gradient.
        learning_rate: Peak of AdamW's learning rate, reached after warm-up and then decaying linearly to 0.
        weight_decay: AdamW's, on matrices; biases and layer norms have none.
        ema_decay: Decay a step of an exponential moving average of the weights, which is then what is evaluated
            and kept; 0 keeps the trained weights themselves.
        warmup_ratio: Share of all steps over which the learning rate rises from 0.
        max_grad_norm: Gradients are scaled down to this norm.
        dropout: Replaces every dropout rate, the encoder's own and the new layers'; None keeps them.
        max_document_tokens: Word pieces of the document that are read (§4.3), labels and special tokens not counted.
        alpha: Temperature at the first step (eq. 1).
        temperature: A key of `SCHEDULES`: how T rises from alpha to 1.
        teacher: Models whose scores of the training texts are learned beside the gold labels: folders of runs or of
            exported models, with commas between them; None learns the gold labels alone.
        distillation_weight: Of the teacher's scores in the targets.
        seed: Fixes initial weights, order of batches and dropout.
        evaluate_every: Steps between evaluations on dev, each followed by a checkpoint; None is a quarter of an epoch.
        precision: bf16 (autocast; weights stay float32), float32, or auto: bf16 where the hardware computes in it.
    """

    method: str = "label-embedding"
    data: str = "goemotions"
    text_column: str = "text"
    label_column: str = "labels"
    encoder: str = "google-bert/bert-base-cased"
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
    max_document_tokens: int = 50
    alpha: float = 0.8
    temperature: str = "linear"
    teacher: str | None = None
    distillation_weight: float = 0.5
    seed: int = 0
    evaluate_every: int | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, checked_type(field, getattr(self, field.name)))
        for name in ("epochs", "batch_size", "micro_batch_size", "max_document_tokens", "evaluate_every"):
            require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        for name in ("learning_rate", "max_grad_norm"):
            require(name, getattr(self, name), lambda value: 0 < value < float("inf"), "be positive")
        require("weight_decay", self.weight_decay, lambda value: 0 <= value < float("inf"), "not be negative")
        for name in ("warmup_ratio", "alpha", "distillation_weight"):
            require(name, getattr(self, name), lambda value: 0 <= value <= 1, "lie in [0, 1]")
        require("ema_decay", self.ema_decay, lambda value: 0 <= value < 1, "lie in [0, 1)")
        require("dropout", self.dropout, lambda value: 0 <= value < 1, "lie in [0, 1)")
        require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)

    @property
    def teachers(self) -> list[str]:
        """The models that `teacher` names."""
        return [name.strip() for name in self.teacher.split(",")] if self.teacher else []

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a run's JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Training":
        """From plain values.

        Raises:
            EmograinError: A name that is not a setting, or a value out of its range.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in names:
                raise unknown_name("setting", name, names)
        return cls(**values)


def read_settings(path: str | Path) -> dict[str, Any]:
    """The settings in a TOML file, either at its top or in a table `[training]`.

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

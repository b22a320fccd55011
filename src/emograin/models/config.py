"""Settings that check themselves: what a training run is told, from flags or a TOML file."""

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from ..common.errors import EmograinError, unknown_name

PRECISIONS = ("auto", "bf16", "float32")


@dataclass(frozen=True)
class Training:
    """One training run. The defaults are the paper's (§4), where it gives them.

    Attributes:
        method: A key of `METHODS`: how labels are used.
        data: A corpus: a name, a folder or a file, as `emograin.data.corpus.load` reads it.
        text_column: Its column of texts, where it has columns.
        label_column: Its column of labels.
        encoder: A pretrained encoder: `minilm`, a name on the Hugging Face hub, or a folder.
        auxiliary: A grouping of the taxonomy to train on as a second task (§3.2), or None.
        epochs: Passes over the training split.
        batch_size: Texts an optimizer step, over all processes.
        micro_batch: Texts that go through the encoder at once in one process; None takes the whole share.
            Smaller values need less memory and give the same gradient.
        learning_rate: Peak of AdamW's learning rate, reached after warm-up and then decaying linearly to 0.
        weight_decay: AdamW's, on matrices; biases and layer norms have none.
        weight_averaging: Decay a step of an exponential moving average of the weights, which is then what is evaluated
            and kept; 0 keeps the trained weights themselves.
        warmup: Share of all steps over which the learning rate rises from 0.
        max_grad_norm: Gradients are scaled down to this norm.
        dropout: Replaces every dropout rate, the encoder's own and the new layers'; None keeps them.
        document_tokens: Word pieces of the document that are read (§4.3), labels and special tokens not counted.
        alpha: Temperature at the first step (eq. 1).
        temperature: A key of `SCHEDULES`: how T rises from alpha to 1.
        teacher: Models whose scores of the training texts are learned beside the gold labels: folders of runs or of
            exported models, with commas between them; None learns the gold labels alone.
        teacher_share: Of the teacher's scores in the targets.
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
    micro_batch: int | None = None
    learning_rate: float = 5e-5
    weight_decay: float = 0.01
    weight_averaging: float = 0.0
    warmup: float = 0.1
    max_grad_norm: float = 1.0
    dropout: float | None = None
    document_tokens: int = 50
    alpha: float = 0.8
    temperature: str = "linear"
    teacher: str | None = None
    teacher_share: float = 0.5
    seed: int = 0
    evaluate_every: int | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked_type(field, getattr(self, field.name)))
        for name in ("epochs", "batch_size", "micro_batch", "document_tokens", "evaluate_every"):
            _require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        for name in ("learning_rate", "max_grad_norm"):
            _require(name, getattr(self, name), lambda value: 0 < value < float("inf"), "be positive")
        _require("weight_decay", self.weight_decay, lambda value: 0 <= value < float("inf"), "not be negative")
        for name in ("warmup", "alpha", "teacher_share"):
            _require(name, getattr(self, name), lambda value: 0 <= value <= 1, "lie in [0, 1]")
        _require("weight_averaging", self.weight_averaging, lambda value: 0 <= value < 1, "lie in [0, 1)")
        _require("dropout", self.dropout, lambda value: 0 <= value < 1, "lie in [0, 1)")
        _require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")
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


@dataclass(frozen=True)
class Mixing:
    """What a document is mixed with at inference (§3.4).

    Attributes:
        candidates: A key of `CANDIDATES`: where candidate sentences come from.
        count: Candidates a document; the embeddings of several are averaged. The paper has 1.
        mix: A key of `MIXERS`: embeddings (the paper's), scores of the candidates, or their gold labels.
        similarity: Of `nearest-training-sentence`: bertscore-f1, bertscore-precision, bertscore-recall, rouge-l, or
            cosine of mean embeddings.
        without_duplicates: Leave out training sentences that are the document itself, case folded.
        encoder: That similarity is measured with; None is the run's own before fine-tuning.
        layer: Of that encoder, counted from 1; None is the last.
        file: Of the source `file`: id<TAB>text or JSONL with id and text.
        model: That generates, for `paraphrase` and `back-translation`; None is the source's default.
        beams: Of the beam search that generates; at least `count`.
        seed: Of what a source samples.
        temperature: Of the mix `labels`: a candidate counts as softmax(similarity / temperature).
    """

    candidates: str = "nearest-training-sentence"
    count: int = 1
    mix: str = "embeddings"
    similarity: str = "bertscore-f1"
    without_duplicates: bool = False
    encoder: str | None = None
    layer: int | None = None
    file: str | None = None
    model: str | None = None
    beams: int = 5
    seed: int = 0
    temperature: float = 0.1

    def __post_init__(self) -> None:
        for setting in dataclasses.fields(self):
            object.__setattr__(self, setting.name, _checked_type(setting, getattr(self, setting.name)))
        _require("temperature", self.temperature, lambda value: 0 < value < float("inf"), "be positive")
        for name in ("count", "layer", "beams"):
            _require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        _require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return dataclasses.asdict(self)

    @property
    def source(self) -> str:
        """The candidates' name for files: their source, and every setting of theirs that is not the default.

        >>> Mixing("file", file="made/back.{split}.tsv").source
        'file-back'
        >>> Mixing(count=3, without_duplicates=True).source
        'nearest-training-sentence-count-3-without-duplicates'
        """
        parts = [self.candidates]
        for setting in dataclasses.fields(self):
            value = getattr(self, setting.name)
            if setting.name in ("candidates", "mix", "temperature") or value == setting.default:
                continue
            if setting.name == "file":
                parts.append(Path(value).stem.replace("{split}", ""))
            else:
                parts += [setting.name.replace("_", "-"), *([] if value is True else [last_part(str(value))])]
        return "-".join(re.sub(r"[^\w.]+", "-", part).strip("-.") for part in parts)

    @property
    def name(self) -> str:
        """For files of what is mixed how.

        >>> Mixing().name, Mixing(mix="labels", temperature=0.05).name
        ('nearest-training-sentence-embeddings', 'nearest-training-sentence-labels-at-0.05')
        """
        own = self.mix == "labels" and self.temperature != type(self).temperature
        return f"{self.source}-{self.mix}" + (f"-at-{self.temperature:g}" if own else "")


def last_part(name: str) -> str:
    """The last part of a path or of a name on the hub: results name no folders.

    >>> last_part("models/t5/"), last_part("minilm")
    ('t5', 'minilm')
    """
    return name.rstrip("/").split("/")[-1]


def checked_weight(weight: float) -> float:
    """A mixing weight.

    Raises:
        EmograinError: It lies outside [0, 1].
    """
    _require("mixing_weight", weight, lambda value: 0 <= value <= 1, "lie in [0, 1]")
    return float(weight)


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


def _checked_type(field: dataclasses.Field, value: Any) -> Any:
    """`value`, an int made a float where a float is meant; an error where the type is another."""
    kinds = get_args(field.type) or (field.type,)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " | ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        raise EmograinError(f"{field.name} must be {expected}, got {value!r}")
    return value


def _require(name: str, value: Any, holds: Any, must: str) -> None:
    if value is not None and not holds(value):
        raise EmograinError(f"{name} must {must}, got {value}")

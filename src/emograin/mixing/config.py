"""Settings of mixing (§3.4)."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ..common.checks import checked_type, require


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
            object.__setattr__(self, setting.name, checked_type(setting, getattr(self, setting.name)))
        require("temperature", self.temperature, lambda value: 0 < value < float("inf"), "be positive")
        for name in ("count", "layer", "beams"):
            require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")

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
                parts += [setting.name.replace("_", "-"), *([] if value is True else [PurePath(str(value)).name])]
        return "-".join(re.sub(r"[^\w.]+", "-", part).strip("-.") for part in parts)

    @property
    def name(self) -> str:
        """For files of what is mixed how.

        >>> Mixing().name, Mixing(mix="labels", temperature=0.05).name
        ('nearest-training-sentence-embeddings', 'nearest-training-sentence-labels-at-0.05')
        """
        own = self.mix == "labels" and self.temperature != type(self).temperature
        return f"{self.source}-{self.mix}" + (f"-at-{self.temperature:g}" if own else "")


def checked_weight(weight: float) -> float:
    """A mixing weight.

    Raises:
        EmograinError: It lies outside [0, 1].
    """
    require("mixing_weight", weight, lambda value: 0 <= value <= 1, "lie in [0, 1]")
    return float(weight)

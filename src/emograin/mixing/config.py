"""Settings of mixing (§3.4)."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ..common.checks import checked_type, require

PAPER_MIXING_WEIGHT = 0.92  # §4.4: the paper's best weight of the document


@dataclass(frozen=True)
class Mixing:
    """Settings of mixing documents with candidate sentences at inference (§3.4).

    Attributes:
        candidates: Source of the candidate sentences: nearest-training-sentence, paraphrase, back-translation, file,
            or self (the document).
        top: Number of candidates per document; their embeddings or scores are averaged. The paper has 1.
        mix: Quantity to mix: embeddings (the paper's), scores (the candidates' own), or labels (their gold labels).
        similarity: Similarity that selects the nearest training sentences: bertscore-f1, bertscore-precision,
            bertscore-recall, rouge-l, or cosine (of mean embeddings).
        without_duplicates: Exclude training sentences that equal the document up to case.
        encoder: Encoder for the similarity. By default the run's own, before fine-tuning.
        layer: Layer of the similarity encoder, counted from 1. By default the last.
        file: Candidate file for the source file: id, tab, text; or JSONL with id and text. {split} in its name stands
            for dev, test, and so on. Required by that source only.
        model: Model that generates candidates, for paraphrase; pivot language or translator, for back-translation;
            By default the source's own.
        beams: Number of beams of the search that generates candidates, at least top.
        seed: Seed of sources that sample.
        temperature: Temperature T of the mix labels: a candidate's weight is softmax(similarity / T), so a small T
            counts the nearest candidate only.
    """

    candidates: str = "nearest-training-sentence"
    top: int = 1
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
        for name in ("top", "beams"):
            require(name, getattr(self, name), lambda value: value >= 1, "be at least 1")
        require("layer of the similarity encoder", self.layer, lambda value: value >= 1, "be at least 1", optional=True)
        require("seed", self.seed, lambda value: 0 <= value < 2**32, "lie in [0, 2**32)")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return dataclasses.asdict(self)

    @property
    def source(self) -> str:
        """Name of the candidates in file names: their source and all of its settings that are not the default.

        >>> Mixing("file", file="made/back.{split}.tsv").source
        'file-back'
        >>> Mixing(top=3, without_duplicates=True).source
        'nearest-training-sentence-top-3-without-duplicates'
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
        """Name of the mixing in file names: its candidates and what is mixed.

        >>> Mixing().name, Mixing(mix="labels", temperature=0.05).name
        ('nearest-training-sentence-embeddings', 'nearest-training-sentence-labels-at-0.05')
        """
        other = self.mix == "labels" and self.temperature != type(self).temperature
        return f"{self.source}-{self.mix}" + (f"-at-{self.temperature:g}" if other else "")


def checked_weight(weight: float) -> float:
    """Return a mixing weight as a float.

    Raises:
        EmograinError: The weight lies outside [0, 1].
    """
    require("mixing_weight", weight, lambda value: 0 <= value <= 1, "lie in [0, 1]")
    return float(weight)

"""Table 2 as data: 13 rows with the paper's figure. Mixing rows train nothing (§3.5.2)."""

from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from ..common.errors import EmograinError, unknown_name
from ..mixing.config import Mixing
from ..models.config import Training

PARAPHRASES = "paraphrases"  # of a row: whatever source of them the experiment names


@dataclass(frozen=True)
class Row:
    """A row of Table 2.

    Attributes:
        name: For the command line.
        title: The paper's.
        epochs: The paper's.
        paper: Its macro F1 on test.
        method: A key of `METHODS`.
        auxiliary: A grouping of the taxonomy, or None.
        candidates: What documents are mixed with: a key of `CANDIDATES`, `PARAPHRASES`, or None.
    """

    name: str
    title: str
    epochs: int
    paper: float
    method: str
    auxiliary: str | None = None
    candidates: str | None = None

    @property
    def baseline(self) -> str:
        """The name of the row that it is compared with: the baseline of as many epochs."""
        return f"baseline-{self.epochs}"


TRAIN = "nearest-training-sentence"
TABLE_2 = (
    Row("baseline-4", "Baseline", 4, 0.470, "baseline"),
    Row("baseline-10", "Baseline", 10, 0.506, "baseline"),
    Row("aux-ekman", "Aux Task (ekman)", 10, 0.510, "baseline", "ekman"),
    Row("aux-senti", "Aux Task (senti)", 10, 0.513, "baseline", "sentiment"),
    Row("label-embeds-4", "Label Embeds", 4, 0.537, "label-embedding"),
    Row("label-embeds-10", "Label Embeds", 10, 0.537, "label-embedding"),
    Row("label-embeds-aux", "Label Embeds + Aux Tasks (senti)", 10, 0.530, "label-embedding", "sentiment"),
    Row("mix-train-4", "Embed Mix (Train)", 4, 0.472, "baseline", None, TRAIN),
    Row("mix-train-10", "Embed Mix (Train)", 10, 0.472, "baseline", None, TRAIN),
    Row("mix-t5-4", "Embed Mix (T5)", 4, 0.489, "baseline", None, PARAPHRASES),
    Row("mix-t5-10", "Embed Mix (T5)", 10, 0.513, "baseline", None, PARAPHRASES),
    # The paper does not say which auxiliary task; sentiment is its better one.
    Row("mix-t5-aux", "Embed Mix (T5) + Aux Tasks", 10, 0.489, "baseline", "sentiment", PARAPHRASES),
    Row("mix-t5-label-embeds", "Embed Mix (T5) + Label Embeds", 10, 0.528, "label-embedding", None, PARAPHRASES),
)


@dataclass(frozen=True)
class Experiment:
    """How Table 2 is remade. The defaults are the paper's (§4).

    Attributes:
        data: A corpus, as `emograin.data.sources.load` reads it.
        encoder: As in `Training`.
        seeds: A run of every row for each.
        epochs_scale: What the paper's epochs are multiplied by, and rounded; at least 1 epoch is left.
        batch_size: Texts a step.
        learning_rate: Its peak.
        ema_decay: As in `Training`.
        max_document_tokens: As in `Training`.
        paraphrases: A file of candidates, {split} in its name, or else a key of `CANDIDATES`.
        paraphraser: The model of that source, or None for its default.
        rows: Names of rows; none is all of them.
    """

    data: str = "goemotions"
    encoder: str = "google-bert/bert-base-cased"
    seeds: tuple[int, ...] = (0,)
    epochs_scale: float = 1.0
    batch_size: int = 16
    learning_rate: float = 5e-5
    ema_decay: float = 0.0
    max_document_tokens: int = 50
    paraphrases: str = "paraphrase"
    paraphraser: str | None = None
    rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise EmograinError(f"seeds must be different numbers, one at least, got {list(self.seeds)}")
        if not 0 < self.epochs_scale <= 100:
            raise EmograinError(f"epochs_scale must lie in (0, 100], got {self.epochs_scale:g}")
        for name in self.rows:
            if name not in (names := [row.name for row in TABLE_2]):
                raise unknown_name("row of Table 2", name, names)

    def chosen(self) -> list[Row]:
        """The rows to make, and the baselines that they are compared with, in the table's order."""
        wanted = set(self.rows or (row.name for row in TABLE_2))
        wanted |= {row.baseline for row in TABLE_2 if row.name in wanted}
        return [row for row in TABLE_2 if row.name in wanted]

    def training(self, row: Row, seed: int) -> Training:
        """The training whose weights a row has."""
        return Training(
            method=row.method,
            data=self.data,
            encoder=self.encoder,
            auxiliary=row.auxiliary,
            epochs=max(1, round(row.epochs * self.epochs_scale)),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            ema_decay=self.ema_decay,
            max_document_tokens=self.max_document_tokens,
            seed=seed,
        )

    def trainings(self) -> list[Training]:
        """The different ones among all rows and seeds, a seed after another."""
        every = (self.training(row, seed) for seed in self.seeds for row in self.chosen())
        return list(dict.fromkeys(every))

    def mixing(self, row: Row) -> Mixing | None:
        """What a row's documents are mixed with, or None."""
        if row.candidates is None:
            return None
        if row.candidates != PARAPHRASES:
            return Mixing(row.candidates)
        if Path(self.paraphrases).suffix:
            return Mixing("file", file=self.paraphrases)
        return Mixing(self.paraphrases, model=self.paraphraser)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON; folders are left out of names."""
        values = asdict(self)
        for name in ("data", "encoder", "paraphrases", "paraphraser"):
            values[name] = values[name] and PurePath(values[name]).name
        del values["rows"]
        return values

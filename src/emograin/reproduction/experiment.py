"""Table 2 as data: 13 rows with the paper's macro F1, and rows beyond it. Mixing trains nothing (§3.5.2)."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..common.errors import EmograinError, unknown_name
from ..mixing.config import Mixing
from ..models.config import Training

if TYPE_CHECKING:
    from ..data.corpus import Corpus

EVALUATIONS_PER_EPOCH = 8
PARAPHRASES = "paraphrases"  # stands for the source that the experiment names


@dataclass(frozen=True)
class Row:
    """A row of Table 2, or one beyond it.

    Attributes:
        name: Name on the command line.
        title: Title in the paper.
        epochs: Number of epochs in the paper.
        paper: Macro F1 on test in the paper; None for rows beyond it.
        method: Key of `METHODS`.
        auxiliary: Grouping of the taxonomy, or None.
        candidates: Source of the candidates to mix with: a key of `CANDIDATES`, `PARAPHRASES`, or None.
        reference: Name of the row to compare with; None: the baseline of as many epochs.
    """

    name: str
    title: str
    epochs: int
    paper: float | None
    method: str
    auxiliary: str | None = None
    candidates: str | None = None
    reference: str | None = None

    @property
    def baseline(self) -> str:
        """Name of the row to compare with."""
        return self.reference or f"baseline-{self.epochs}"


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


POOLED = "pooled-baseline"
BEYOND = (
    # The paper has the other auxiliary task only.
    Row("label-embeds-ekman", "Label Embeds + Aux Tasks (ekman)", 10, None, "label-embedding", "ekman"),
    # Mixing where it does not equal averaging logits: the baseline's head in Table 2 is linear.
    Row("pooled-baseline-4", "Baseline with a pooler", 4, None, POOLED, reference="pooled-baseline-4"),
    Row("mix-train-pooled-4", "Embed Mix (Train), pooler", 4, None, POOLED, None, TRAIN, "pooled-baseline-4"),
    Row("mix-t5-pooled-4", "Embed Mix (T5), pooler", 4, None, POOLED, None, PARAPHRASES, "pooled-baseline-4"),
)
ROWS = (*TABLE_2, *BEYOND)


def paper_values() -> dict[str, float]:
    """Return the paper's macro F1 of each row of Table 2, by name."""
    return {row.name: row.paper for row in TABLE_2 if row.paper is not None}


def is_hub_name(name: str) -> bool:
    """Return whether a model is named as on the hub, OWNER/NAME, and is no folder.

    >>> is_hub_name("google-bert/bert-base-cased"), is_hub_name("minilm"), is_hub_name("/models/minilm")
    (True, False, False)
    """
    path = PurePath(name)
    return len(path.parts) == 2 and not path.is_absolute() and not Path(name).exists()


@dataclass(frozen=True)
class Experiment:
    """Settings of a reproduction of Table 2. The defaults are the paper's (§4).

    Attributes:
        data: Corpus: goemotions, quickstart, a folder of train, dev and test files, or one file.
        encoder: Pretrained encoder: minilm, a name on the Hugging Face hub, or a folder.
        seeds: Seeds, one run of every row for each.
        epochs_scale: Factor of the paper's 4 and 10 epochs: 0.4 makes them 2 and 4.
        batch_size: Texts per optimizer step.
        learning_rate: Peak learning rate, reached after warm-up.
        learning_rates: Peak learning rates of single methods, METHOD=RATE separated by commas.
        evaluate_every: Steps between evaluations on dev, the same in every training. By default an eighth of an epoch.
        ema_decay: Decay per step of an exponential moving average of the weights; 0 takes the trained weights.
        max_document_tokens: Word pieces read per document, without labels and special tokens.
        paraphrases: Source of the paraphrases in the T5 rows: paraphrase, back-translation, or a file with {split} in
            its name.
        paraphraser: Model that generates the paraphrases; by default the source's own.
        rows: Rows to make, with the baselines they are compared with; by default those of Table 2.
    """

    data: str = "goemotions"
    encoder: str = "google-bert/bert-base-cased"
    seeds: tuple[int, ...] = (0,)
    epochs_scale: float = 1.0
    batch_size: int = 16
    learning_rate: float = 5e-5
    learning_rates: str | None = None
    evaluate_every: int | None = None
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
        _ = self.rates_by_method  # raises where it is malformed
        for name in self.rows:
            if name not in (names := [row.name for row in ROWS]):
                raise unknown_name("row", name, names)

    @property
    def rates_by_method(self) -> dict[str, float]:
        """The learning rates of `learning_rates`, by method.

        Raises:
            EmograinError: It does not consist of METHOD=RATE pairs, or no row has such a method.

        >>> Experiment(learning_rates="baseline=2e-4,label-embedding=1e-4").rates_by_method
        {'baseline': 0.0002, 'label-embedding': 0.0001}
        """
        rates = {}
        for pair in filter(None, (self.learning_rates or "").split(",")):
            method, _, rate = pair.strip().partition("=")
            if method not in (methods := sorted({row.method for row in ROWS})):
                raise unknown_name("method", method, methods)
            try:
                rates[method] = float(rate)
            except ValueError:
                raise EmograinError(f"learning_rates must be METHOD=RATE pairs, got {pair!r}") from None
        return rates

    def selected_rows(self) -> list[Row]:
        """Return the rows to make and their baselines, in the order of the table."""
        selected = set(self.rows or (row.name for row in TABLE_2))
        selected |= {row.baseline for row in ROWS if row.name in selected}
        return [row for row in ROWS if row.name in selected]

    def training(self, row: Row, seed: int) -> Training:
        """Return the settings of the training that a row takes its weights from."""
        return Training(
            method=row.method,
            data=self.data,
            encoder=self.encoder,
            auxiliary=row.auxiliary,
            epochs=max(1, round(row.epochs * self.epochs_scale)),
            batch_size=self.batch_size,
            learning_rate=self.rates_by_method.get(row.method, self.learning_rate),
            evaluate_every=self.evaluate_every,
            ema_decay=self.ema_decay,
            emoji=False,  # the paper's encoder has no tokens for them
            max_document_tokens=self.max_document_tokens,
            seed=seed,
        )

    def for_corpus(self, corpus: "Corpus") -> "Experiment":
        """Return the experiment with its steps between evaluations: without them, an eighth of an epoch."""
        if self.evaluate_every is not None:
            return self
        texts = len(corpus.split("train").texts)
        return replace(self, evaluate_every=max(1, texts // (EVALUATIONS_PER_EPOCH * self.batch_size)))

    def trainings(self) -> list[Training]:
        """Return the distinct trainings of all rows and seeds, ordered by seed."""
        trainings = (self.training(row, seed) for seed in self.seeds for row in self.selected_rows())
        return list(dict.fromkeys(trainings))

    def mixing(self, row: Row) -> Mixing | None:
        """Return the settings of a row's mixing, or None."""
        if row.candidates is None:
            return None
        if row.candidates != PARAPHRASES:
            return Mixing(row.candidates)
        if Path(self.paraphrases).suffix:
            return Mixing("file", file=self.paraphrases)
        return Mixing(self.paraphrases, model=self.paraphraser)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON; paths become file names, and `rows` is left out.

        A name on the hub, such as that of the encoder, becomes OWNER--NAME: owners may have models of one name.
        """
        values = asdict(self)
        for name in ("data", "encoder", "paraphrases", "paraphraser"):
            value = values[name]
            values[name] = value and (value.replace("/", "--") if is_hub_name(value) else PurePath(value).name)
        del values["rows"]
        return values

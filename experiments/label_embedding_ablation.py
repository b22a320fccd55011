"""Ablation of label embeddings: without the words, their order, the slots or their attention; with other losses; and
with the words in the output layer only.

    python experiments/label_embedding_ablation.py --data goemotions

Every cell is one epoch on every fourth training text at one learning rate, evaluated on dev: macro average precision,
and macro F1 with cross-fitted per-label thresholds, over all labels and over the frequent ones. Cells with a low bias,
where the output layer's bias starts at the logit of 1 / labels, are compared with label words with a low bias, the
others with label words; what slots and words contribute on their own, also with cells that lack them. See
short_training.py for scores, seeds and intervals.
"""

from label_embedding_variants import METHODS, definitions, permuted_words, random_words
from short_training import Cell, Words, options_of, train_cells

from emograin.models import methods

WORDS, LOW = "label words", "label words, low bias"
NO_SLOTS, RANDOM_OUTPUT = "baseline, low bias", "output layer from random words, mean of tokens"


def cell(
    method: str,
    change: Words | None = None,
    reference: str = WORDS,
    loss: str = "bce",
    also: str | None = None,
) -> Cell:
    """Return a cell with a method and a loss."""
    return Cell(reference, {"method": method, "loss": loss}, change, () if also is None else (also,))


CELLS: dict[str, Cell] = {
    WORDS: cell("label-embedding"),
    "baseline": cell("baseline"),
    "order shuffled in every batch": cell("shuffled-labels"),
    "words of other labels": cell("label-embedding", permuted_words),
    "random words": cell("label-embedding", random_words),
    "unused tokens": cell("unused-tokens"),
    "slots that do not see each other": cell("separate-slots"),
    "one [CLS], a deep head per label": cell("head-per-label"),
    "baseline with a pooler": cell("pooled-baseline"),
    "baseline, weighted BCE": cell("baseline", loss="weighted-bce"),
    "baseline, focal loss": cell("baseline", loss="focal"),
    "baseline, asymmetric loss": cell("baseline", loss="asymmetric"),
    "label words, weighted BCE": cell("label-embedding", loss="weighted-bce"),
    "definitions": cell("label-embedding", definitions),
    "random output layer, mean of tokens": cell("mean-of-tokens"),
    LOW: cell("label-embedding-low-bias", reference=LOW),
    NO_SLOTS: cell("baseline-low-bias", reference=LOW),
    "words of other labels, low bias": cell("label-embedding-low-bias", permuted_words, LOW, also=NO_SLOTS),
    "random words, low bias": cell("label-embedding-low-bias", random_words, LOW, also=NO_SLOTS),
    "unused tokens, low bias": cell("unused-tokens-low-bias", reference=LOW, also=NO_SLOTS),
    "slots that do not see each other, low bias": cell("separate-slots-low-bias", reference=LOW),
    "one [CLS], a deep head per label, low bias": cell("head-per-label-low-bias", reference=LOW),
    "baseline with a pooler, low bias": cell("pooled-baseline-low-bias", reference=LOW),
    "random output layer, mean of tokens, low bias": cell("mean-of-tokens-low-bias", reference=LOW),
    RANDOM_OUTPUT: cell("label-initialized", random_words, LOW),
    "output layer from label words, mean of tokens": cell("label-initialized", reference=LOW, also=RANDOM_OUTPUT),
    "output layer from label words, [CLS]": cell("initialized-on-cls", reference=LOW),
}


def main() -> None:
    methods.METHODS.update(METHODS)
    train_cells(CELLS, options_of(__doc__, CELLS, "label_embedding_ablation"))


if __name__ == "__main__":
    main()

"""Do the words that a label attends to matter? Without them its score must fall more than without random ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..evaluation.significance import RESAMPLES, summary
from ..models.methods import Method
from ..models.scoring import score_documents
from .attention import attentions, words_of
from .attention_record import read_by_labels, word_shares

WORDS, DRAWS = 1, 20


@dataclass(frozen=True)
class Deletion:
    """Words to take out of a document.

    Attributes:
        document: Ids of its word pieces.
        word_of: (pieces,): the word of each, -1 for none.
        label: Index of the label whose score is watched.
        words: Indices of the words that it attends to.
    """

    document: list[int]
    word_of: np.ndarray
    label: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class Fall:
    """What became of a label's score.

    Attributes:
        score: With all words.
        attended: How much it falls without the words attended to; negative where it rises.
        random: The mean fall without as many random words.
        choices: How many choices of random words the mean is over.
        every_choice: Whether these are all there are.
    """

    score: float
    attended: float
    random: float
    choices: int
    every_choice: bool


def manner(method: Method) -> str:
    """How words are taken out: each piece becomes the mask token, or goes where the tokenizer has none."""
    token = method.tokenizer.mask_token
    return f"masked with {token}" if token else "removed"


def deletion_check(
    method: Method,
    texts: Sequence[str],
    thresholds: Sequence[float],
    words: int = WORDS,
    layer: int | None = None,
    head: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> dict[str, Any]:
    """Falls over many texts: attended words against random ones, for each text's best predicted label.

    Args:
        method: A trained method, in evaluation mode.
        texts: Documents; those without a predicted label, or of one word, are left out and counted.
        thresholds: One a label.
        words: Words taken out of a text, fewer where it has not one more.
        layer: Whose attention; by default the last.
        head: By default the mean over heads.
        draws: Choices of random words a text; all of them where there are no more.
        seed: Of the draws.
        on_progress: Called with the number of texts read.

    Returns:
        Plain values: mean falls, their `difference` with the 95 % interval of a bootstrap over texts, the share of
        texts where the attended words matter more, and the same means a label.

    Raises:
        EmograinError: No text is left.
    """
    spelled = [words_of(method, text) for text in texts]
    deletions = []
    for at, read in attentions(method, [document for document, *_ in spelled], on_progress):
        document, names, word_of, _ = spelled[at]
        label = _best_predicted(read.scores, thresholds)
        if label is None or len(names) < 2:
            continue
        places = np.full(read.reading.shape[1], -1)
        places[np.array(method.parts(document)) == "document"] = word_of
        shares = word_shares(read_by_labels(read.weights, read.reading, layer, head), places, len(names))[label]
        deletions.append(Deletion(document, word_of, label, most(shares, words)))
    if not deletions:
        raise EmograinError(f"expected texts with a predicted label and two words, got none in {len(texts)}")
    found = falls(method, deletions, draws, seed)
    attended, random = np.array([[fall.attended, fall.random] for fall in found]).T
    labels = np.array([deletion.label for deletion in deletions])
    resampled = _resampled_means(attended - random, seed)
    difference = summary(float((attended - random).mean()), resampled, seed)
    return {
        "texts": len(found),
        "left_out": len(texts) - len(found),
        "words": words,
        "by": manner(method),
        "layer": layer,
        "head": head,
        "draws": draws,
        "seed": seed,
        "score": float(np.mean([fall.score for fall in found])),
        "attended_drop": float(attended.mean()),
        "random_drop": float(random.mean()),
        "difference": difference.difference,
        "low": difference.low,
        "high": difference.high,
        "resamples": difference.resamples,
        "attended_drops_more": float((attended > random).mean()),
        "labels": {
            method.taxonomy.labels[label]: {
                "texts": int((labels == label).sum()),
                "attended_drop": float(attended[labels == label].mean()),
                "random_drop": float(random[labels == label].mean()),
            }
            for label in np.unique(labels).tolist()
        },
    }


def most(shares: np.ndarray, count: int) -> tuple[int, ...]:
    """The words attended to most (words,), highest first: `count` of them, but never all, and at least one.

    >>> most(np.array([0.1, 0.6, 0.3]), 2), most(np.array([0.1, 0.9]), 2)
    ((1, 2), (1,))
    """
    return tuple(np.argsort(-shares, kind="stable")[: max(1, min(count, len(shares) - 1))].tolist())


def random_choices(words: int, count: int, draws: int, random: np.random.Generator) -> list[tuple[int, ...]]:
    """Choices of `count` of `words` words: all of them where there are no more than `draws`, else so many at random.

    >>> random_choices(3, 2, draws=20, random=np.random.default_rng(0))
    [(0, 1), (0, 2), (1, 2)]
    """
    if comb(words, count) <= draws:
        return list(combinations(range(words), count))
    return [tuple(random.choice(words, count, replace=False).tolist()) for _ in range(draws)]


def falls(method: Method, deletions: Sequence[Deletion], draws: int = DRAWS, seed: int = 0) -> list[Fall]:
    """How much scores fall without the attended words, and on average without random ones, all in batches.

    Args:
        method: A trained method, in evaluation mode.
        deletions: What to take out.
        draws: Choices of random words for each.
        seed: Of the draws.
    """
    random = np.random.default_rng(seed)
    variants: list[list[int]] = []
    columns: list[int] = []
    sizes = []
    for deletion in deletions:
        words = int(deletion.word_of.max()) + 1
        chosen = random_choices(words, len(deletion.words), draws, random)
        sizes.append(len(chosen))
        columns += [deletion.label] * (2 + len(chosen))
        variants.append(deletion.document)
        variants += [without(method, deletion.document, deletion.word_of, each) for each in (deletion.words, *chosen)]
    scores = score_documents(method, variants)[np.arange(len(variants)), columns]
    found, start = [], 0
    for deletion, size in zip(deletions, sizes, strict=True):
        score, attended, *rest = scores[start : start + 2 + size].astype(float).tolist()
        every = comb(int(deletion.word_of.max()) + 1, len(deletion.words)) <= draws
        found.append(Fall(score, score - attended, score - float(np.mean(rest)), size, every))
        start += 2 + size
    return found


def without(method: Method, document: list[int], word_of: np.ndarray, words: Sequence[int]) -> list[int]:
    """A document's ids with some words masked, or removed where the tokenizer has no mask token."""
    gone, mask = set(words), method.tokenizer.mask_token_id
    masked = [mask if word in gone else each for each, word in zip(document, word_of.tolist(), strict=True)]
    return [each for each in masked if each is not None]


def _best_predicted(scores: np.ndarray, thresholds: Sequence[float]) -> int | None:
    reached = np.where(scores >= np.asarray(thresholds), scores, -1)
    return int(reached.argmax()) if reached.max() >= 0 else None


def _resampled_means(values: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])

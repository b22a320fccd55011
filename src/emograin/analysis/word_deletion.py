"""Deletion test (§5.2): removing attended words should lower a label's score more than removing random words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..evaluation.significance import RESAMPLES, summarize
from ..models.methods import Method
from ..models.scoring import score_documents
from .attention import align_word_ids, attend_documents, split_words
from .attention_record import label_attention, word_attention

WORDS, RANDOM_CHOICES = 1, 20


@dataclass(frozen=True)
class Deletion:
    """Words to delete from a document.

    Attributes:
        document: Ids of the document's word pieces.
        word_ids: Index of each piece's word, (pieces,); -1 for pieces outside words.
        label: Index of the label whose score is measured.
        words: Indices of the words that the label attends to.
    """

    document: list[int]
    word_ids: np.ndarray
    label: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class ScoreDrop:
    """The drop of a label's score when words are deleted.

    Attributes:
        score: Score with all words.
        attended: Drop without the attended words; negative if the score rises.
        random: Mean drop without as many random words.
        random_choices: Number of random word choices in the mean.
        exhaustive: Whether these are all possible choices.
    """

    score: float
    attended: float
    random: float
    random_choices: int
    exhaustive: bool


def describe_deletion(method: Method) -> str:
    """State how words are deleted: their pieces are masked, or removed if the tokenizer has no mask token."""
    token = method.tokenizer.mask_token
    return f"masked with {token}" if token else "removed"


def run_deletion_test(
    method: Method,
    texts: Sequence[str],
    thresholds: Sequence[float],
    words: int = WORDS,
    layer: int | None = None,
    head: int | None = None,
    random_choices: int = RANDOM_CHOICES,
    seed: int = 0,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> dict[str, Any]:
    """Run the deletion test on many texts, for the predicted label with the highest score of each.

    Args:
        method: A trained method, in evaluation mode.
        texts: Documents; those without a predicted label or with fewer than two words are left out and counted.
        thresholds: One threshold per label, (labels,).
        words: Number of words to delete per text; at most all but one.
        layer: Layer of the attention, counted from 0; None: the last.
        head: Head of the attention, counted from 0; None: the mean over heads.
        random_choices: Number of random word choices per text; all of them if there are fewer.
        seed: Seed of the random choices and of the bootstrap.
        on_progress: Called with a number of finished texts: first the documents, then their variants without words.

    Returns:
        Plain values: mean drops (`attended_drop`, `random_drop`), their `difference` with its 95 % bootstrap interval
        over texts (`low`, `high`), the share of texts where attended words matter more (`attended_drops_more`), and
        the mean drops per label (`labels`).

    Raises:
        EmograinError: No text is left, or the layer or the head does not exist.
    """
    documents = [split_words(method, text) for text in texts]
    deletions = []
    for at, attention in attend_documents(method, [document.pieces for document in documents], on_progress):
        document = documents[at]
        label = _top_predicted(attention.scores, thresholds)
        if label is None or len(document.words) < 2:
            continue
        by_label = label_attention(attention.weights, attention.readout, layer, head)  # (labels, tokens)
        shares = word_attention(by_label, align_word_ids(method, document), len(document.words))[label]
        deletions.append(Deletion(document.pieces, document.word_ids, label, top_words(shares, words)))
    if not deletions:
        raise EmograinError(f"expected texts with a predicted label and two words, got none in {len(texts)}")
    drops = score_drops(method, deletions, random_choices, seed, on_progress)
    attended, random = np.array([[drop.attended, drop.random] for drop in drops]).T
    labels = np.array([deletion.label for deletion in deletions])
    difference = summarize(float((attended - random).mean()), _resample_means(attended - random, seed), seed)
    return {
        "texts": len(drops),
        "left_out": len(texts) - len(drops),
        "words": words,
        "by": describe_deletion(method),
        "layer": layer,
        "head": head,
        "random_choices": random_choices,
        "seed": seed,
        "score": float(np.mean([drop.score for drop in drops])),
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


def top_words(word_attention: np.ndarray, count: int) -> tuple[int, ...]:
    """Return the words with the most attention, highest first: at most `count`, at least one, never all of several.

    Args:
        word_attention: Attention to each word, (words,).
        count: Number of words.

    >>> top_words(np.array([0.1, 0.6, 0.3]), 2), top_words(np.array([0.1, 0.9]), 2)
    ((1, 2), (1,))
    """
    order = np.argsort(-word_attention, kind="stable")
    return tuple(order[: max(1, min(count, len(order) - 1))].tolist())


def choose_random_words(words: int, count: int, choices: int, random: np.random.Generator) -> list[tuple[int, ...]]:
    """Return `choices` random choices of `count` of `words` words; all possible choices if there are no more.

    >>> choose_random_words(3, 2, choices=20, random=np.random.default_rng(0))
    [(0, 1), (0, 2), (1, 2)]
    """
    if comb(words, count) <= choices:
        return list(combinations(range(words), count))
    return [tuple(random.choice(words, count, replace=False).tolist()) for _ in range(choices)]


def score_drops(
    method: Method,
    deletions: Sequence[Deletion],
    random_choices: int = RANDOM_CHOICES,
    seed: int = 0,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> list[ScoreDrop]:
    """Compute how much scores drop without the attended words, and on average without random words.

    Args:
        method: A trained method, in evaluation mode.
        deletions: Words to delete, and the labels to score.
        random_choices: Number of random word choices per deletion; all of them if there are fewer.
        seed: Seed of the random choices.
        on_progress: Called with the number of texts scored, after each batch.
    """
    random = np.random.default_rng(seed)
    variants: list[list[int]] = []  # per deletion: the document, without the attended words, without random words
    columns: list[int] = []
    sizes = []
    for deletion in deletions:
        choices = choose_random_words(_count_words(deletion), len(deletion.words), random_choices, random)
        sizes.append(len(choices))
        columns += [deletion.label] * (2 + len(choices))
        variants.append(deletion.document)
        variants += [
            delete_words(method, deletion.document, deletion.word_ids, words) for words in (deletion.words, *choices)
        ]
    scores = score_documents(method, variants, on_progress=on_progress)[np.arange(len(variants)), columns]
    drops, start = [], 0
    for deletion, size in zip(deletions, sizes, strict=True):
        score, attended, *rest = scores[start : start + 2 + size].astype(float).tolist()
        exhaustive = comb(_count_words(deletion), len(deletion.words)) <= random_choices
        drops.append(ScoreDrop(score, score - attended, score - float(np.mean(rest)), size, exhaustive))
        start += 2 + size
    return drops


def delete_words(method: Method, document: list[int], word_ids: np.ndarray, words: Sequence[int]) -> list[int]:
    """Return a document's ids with some words masked, or removed if the tokenizer has no mask token.

    Args:
        method: Method whose tokenizer made the ids.
        document: Ids of the document's word pieces.
        word_ids: Index of each piece's word, (pieces,); -1 for pieces outside words.
        words: Indices of the words to delete.
    """
    deleted, mask = set(words), method.tokenizer.mask_token_id
    masked = [mask if word in deleted else piece for piece, word in zip(document, word_ids.tolist(), strict=True)]
    return [piece for piece in masked if piece is not None]


def _count_words(deletion: Deletion) -> int:
    return int(deletion.word_ids.max()) + 1


def _top_predicted(scores: np.ndarray, thresholds: Sequence[float]) -> int | None:
    predicted = np.where(scores >= np.asarray(thresholds), scores, -1)
    return int(predicted.argmax()) if predicted.max() >= 0 else None


def _resample_means(values: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])

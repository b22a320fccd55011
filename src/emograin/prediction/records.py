"""Output rows: the fields of an input row followed by its prediction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..common.json_text import to_json
from ..data.tabular.reader import Row
from .attributions import Word, top_words
from .predictor import Prediction
from .tables import score_columns

RESERVED = ("labels", "scores", "error", "note")  # output columns
MISFITS = "note"  # output column that also takes input values that do not fit the file's columns
WORDS = "words"  # an output column with `explain`
BAR = 20  # characters of a bar for a score of 1


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """Content of an output row.

    Attributes:
        labels: All labels of the model.
        all_scores: Include the scores of all labels, not only of the predicted ones.
        explain: Include the words of each predicted label.
    """

    labels: Sequence[str]
    all_scores: bool = False
    explain: bool = False


def to_record(row: Row, prediction: Prediction, settings: RecordSettings, flat: bool) -> dict[str, Any]:
    """Build an output row: the input's fields, then the prediction.

    Input fields with the name of an output column become `input_NAME`.

    Args:
        row: Input row.
        prediction: Prediction for the row.
        settings: Content of the row.
        flat: For formats with columns: labels and scores as lists or, with `all_scores`, one column `score_LABEL` per
            label; words as JSON. Otherwise scores and words are nested mappings.
    """
    fields = dict(row.fields)
    reserved = (*RESERVED, WORDS) if settings.explain else RESERVED
    for name in [name for name in fields if name in reserved or (settings.all_scores and name.startswith("score_"))]:
        other = f"input_{name}"
        while other in fields:
            other = f"input_{other}"
        fields[other] = fields.pop(name)
    added = score_columns(prediction, settings.labels, settings.all_scores, flat)
    if settings.explain:
        words = prediction.words and {
            label: [_rounded(word) for word in each] for label, each in prediction.words.items()
        }
        added[WORDS] = to_json(words) if flat and words is not None else words
    return fields | added | {"error": prediction.error, "note": prediction.note}


def example_record(settings: RecordSettings) -> dict[str, Any]:
    """Build the output columns of a prediction with values in all of them, for the types of Parquet columns."""
    scores = dict.fromkeys(settings.labels, 0.5)
    return to_record(Row({}, ""), Prediction(tuple(scores), scores, "error", "note", words={}), settings, flat=True)


def to_text_record(row: Row, prediction: Prediction, settings: RecordSettings) -> dict[str, Any]:
    """Build the record of the format `text`, which has one field."""
    return {"text": format_prediction(row.raw if row.text is None else row.text, prediction, settings.all_scores)}


def format_prediction(text: str | None, prediction: Prediction, all_scores: bool = False) -> str:
    """Format a prediction for people: the text, then per label its score, a bar and its most important words."""
    lines = [" ".join(text.split()) if text else "(no text)"]
    if prediction.error is not None:
        return "\n".join([*lines, f"  error: {prediction.error}"])
    if prediction.note is not None:
        lines.append(f"  note: {prediction.note}")
    ranked = sorted(prediction.scores.items(), key=lambda pair: -pair[1])
    for label, score in ranked:
        predicted = label in prediction.labels
        if predicted or all_scores:
            mark = "*" if predicted and all_scores else " "
            lines.append(f" {mark}{label:<15} {score:.2f} {'█' * round(score * BAR)}".rstrip())
        if prediction.words and label in prediction.words:
            top = top_words(text or "", prediction.words[label])
            lines.append(f"    {', '.join(f'{word} {weight:+.2f}' for word, weight in top)}")
    if not prediction.labels:
        label, score = ranked[0]
        lines.append(f"  (no label reaches its threshold; nearest: {label} {score:.2f})")
    return "\n".join(lines)


ToRecord = Callable[[Row, Prediction, RecordSettings], dict[str, Any]]
# Output format -> how a prediction becomes a record of it.
RECORDS: dict[str, ToRecord] = {
    "text": to_text_record,
    "jsonl": partial(to_record, flat=False),
    "csv": partial(to_record, flat=True),
    "tsv": partial(to_record, flat=True),
    "parquet": partial(to_record, flat=True),
}


def _rounded(word: Word) -> Word:
    return Word(start=word["start"], end=word["end"], weight=round(word["weight"], 4))

"""Output rows: the fields of an input row followed by its prediction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..common.json_text import to_json
from ..data.tabular.reader import Row
from .attributions import Word, top_words
from .predictor import Prediction
from .segments import Segment
from .tables import score_columns

RESERVED = ("labels", "scores", "error", "note")  # output columns
MISFITS = "note"  # output column that also takes input values that do not fit the file's columns
WORDS = "words"  # an output column with `explain`
SEGMENTS = "segments"  # an output column with `segments`
SEGMENT_WIDTH = 60  # characters of a sentence that the format `text` shows
BAR = 20  # characters of a bar for a score of 1


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """Content of an output row.

    Attributes:
        labels: All labels of the model.
        all_scores: Include the scores of all labels, not only of the predicted ones.
        explain: Include the words of each predicted label.
        segments: Include the sentences with their labels.
    """

    labels: Sequence[str]
    all_scores: bool = False
    explain: bool = False
    segments: bool = False

    @property
    def reserved(self) -> tuple[str, ...]:
        """The output columns, without those of `all_scores`."""
        return (*RESERVED, *([WORDS] if self.explain else []), *([SEGMENTS] if self.segments else []))


def to_record(row: Row, prediction: Prediction, settings: RecordSettings, flat: bool) -> dict[str, Any]:
    """Build an output row: the input's fields, then the prediction.

    Input fields with the name of an output column become `input_NAME`.

    Args:
        row: Input row.
        prediction: Prediction for the row.
        settings: Content of the row.
        flat: For formats with columns: labels and scores as lists or, with `all_scores`, one column `score_LABEL` per
            label; words and segments as JSON. Otherwise scores, words and segments are nested.
    """
    fields = dict(row.fields)
    score = "score_" if settings.all_scores else None
    for name in [name for name in fields if name in settings.reserved or (score and name.startswith(score))]:
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
    if settings.segments:
        found = prediction.segments
        segments = None if found is None else [_segment_record(each, settings.all_scores) for each in found]
        added[SEGMENTS] = to_json(segments) if flat and segments is not None else segments
    return fields | added | {"error": prediction.error, "note": prediction.note}


def example_record(settings: RecordSettings, columns: Sequence[str] = ()) -> dict[str, Any]:
    """Build an output row with a value in each column, for the types of Parquet columns and for files without rows.

    Args:
        settings: Content of the row.
        columns: Columns of the input, whose values are empty texts.
    """
    scores = dict.fromkeys(settings.labels, 0.5)
    row = Row(dict.fromkeys(columns, ""), "")
    record = to_record(row, Prediction(tuple(scores), scores, "error", "note", words={}), settings, flat=True)
    return record | ({SEGMENTS: "[]"} if settings.segments else {})


def add_input_columns(example: dict[str, Any], settings: RecordSettings, columns: Sequence[str]) -> None:
    """Put the columns of the input before those of an example row: the header of an output without rows."""
    example.clear()
    example.update(example_record(settings, columns))


def input_types(types: Mapping[str, Any], settings: RecordSettings) -> dict[str, Any]:
    """Return the types of the input's columns that keep their names in the output."""
    output = example_record(settings)
    return {name: type for name, type in types.items() if name not in output}


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
    for each in prediction.segments or ():
        sentence = " ".join((text or "")[each.start : each.end].split())
        shown = sentence if len(sentence) <= SEGMENT_WIDTH else f"{sentence[: SEGMENT_WIDTH - 1]}…"
        labels = ", ".join(f"{label} {each.scores[label]:.2f}" for label in each.labels)
        lines.append(f"  > {shown}\n      {labels or '(no label)'}")
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


def _segment_record(segment: Segment, all_scores: bool) -> dict[str, Any]:
    names = segment.scores if all_scores else segment.labels
    scores = {label: round(segment.scores[label], 6) for label in names}
    return {"start": segment.start, "end": segment.end, "labels": list(segment.labels), "scores": scores}

"""emograin calibrate: thresholds and calibrated scores for one's own texts, without training."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..data.tabular.formats import infer_format
from .corpus_flags import DEFAULT_COLUMNS, TextColumn, check_columns
from .label_flags import LabelFlags, load_corpus
from .mode_flags import reject_flags

if TYPE_CHECKING:
    from ..data.corpus import Split
    from ..prediction.model_source import ModelSource


def calibrate(
    *,
    data: str,
    output: Path,
    model: Path | None = None,
    labels: LabelFlags | None = None,
    split: Literal["train", "dev", "test", "all"] | None = None,
    text_column: TextColumn = "text",
    label_column: str = "labels",
    unlabelled: bool = False,
    adaptation: Literal["label-count", "em"] = "label-count",
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Calibrate a model for your own texts from a labelled sample of them, without training.

    Chooses per-label thresholds and a calibration of each label's scores, and writes a model folder for --model of
    predict, evaluate, serve and calibrate; the network in it is linked. Prints macro F1 before and after, cross-fitted,
    and how it depends on the number of texts. Use at least 30 labelled texts; with fewer, results can get worse.

    Parameters
    ----------
    data
        The sample: a corpus, as for --data of other commands; or texts alone, which is weaker: a .txt file, or any
        file with --unlabelled.
    output
        Folder to write: a new one, or a calibrated model to replace.
    model
        Folder of an exported model. [default: the bundled model]
    split
        Split to calibrate on. [default: all texts of a file without a column `split`; else all splits but test]
    text_column
        Column of the texts in your own file.
    label_column
        Column of the labels in your own file, or columns of 0 and 1, one per label, separated by commas.
    unlabelled
        Read the texts only.
    adaptation
        What is assumed of texts without labels: that they have as many labels on average as dev's (label-count), or
        that they differ from dev's in the share of each label only (em: Saerens et al. 2002).
    json
        Print JSON instead of tables.
    """
    from ..common.progress import Progress
    from ..evaluation.calibration.tables import calibration_tables
    from ..prediction.calibrate import calibrate_with_labels, calibrate_without_labels
    from ..prediction.calibrated_folder import require_writable, write_calibrated
    from ..prediction.predictor import score_texts

    check_columns(data, text_column=text_column, label_column=label_column)
    source = (labels or LabelFlags()).open_source(model)
    require_writable(output, source.path)
    sample = None
    if unlabelled or (Path(data).is_file() and infer_format(data) == "txt"):
        labels_changed = label_column != DEFAULT_COLUMNS["label_column"]
        reject_flags("a sample with labels", split=split is not None, label_column=labels_changed)
        texts = _read_texts(data, text_column)
    else:
        reject_flags("texts without labels", adaptation=adaptation != "label-count")
        sample = _load_sample(source, data, (text_column, label_column), split)
        texts = [*sample.texts]
    with Progress(len(texts), "texts") as progress:
        scores = score_texts(source, texts, progress.advance).astype("float64")
    if sample is None:
        found = calibrate_without_labels(source, scores, adaptation)
    else:
        found = calibrate_with_labels(source, scores, sample.labels, sample.texts)
    report = {"data": Path(data).name, "split": None if sample is None else sample.name, **found.report}
    write_calibrated(output, found.source, found.held_out, report)
    print(to_json(report, indent=1) if json else calibration_tables(report))
    print(f"\n{output}: emograin predict --model {output}", file=sys.stderr)


def _read_texts(data: str, column: str) -> list[str | None]:
    """Read the texts of a file; None for those that cannot be read."""
    from ..data.tabular.reader import read_rows

    if not Path(data).is_file():
        raise EmograinError(f"texts without labels are read from a file, there is none: {data!r}")
    return [row.text for row in read_rows(data, column=column)]


def _load_sample(model: "ModelSource", data: str, columns: tuple[str, str], split: str | None) -> "Split":
    """Load the texts to calibrate on: a split, or by default all that were not set apart as test texts.

    Raises:
        EmograinError: The corpus cannot be read, has other labels, or has no text but in its test split.
    """
    from ..evaluation.evaluation_split import evaluation_split

    apart = split is None and _has_splits(data, columns[0])
    corpus = load_corpus(model, data, columns, None if apart else [split or "all"])
    if not apart:
        return evaluation_split(model.taxonomy, corpus, split or "all")
    names = [name for name in corpus.split_names if name != "test"]
    if not names:
        raise EmograinError(f"{data!r} has a test split only", "--split test, and evaluate on other texts")
    return replace(evaluation_split(model.taxonomy, corpus.only(names), "all"), name="+".join(names))


def _has_splits(data: str, column: str) -> bool:
    """Return whether a corpus has a test split of its own: all have but files without a column `split`."""
    from ..data.tabular.reader import read_rows

    if not Path(data).is_file():
        return True
    try:
        return "split" in next((row.fields for row in read_rows(data, column=column)), {})
    except EmograinError:  # a file without a header
        return False

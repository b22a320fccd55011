"""emograin evaluate: metrics of a run or an exported model on a split."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.devices import Device
from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..common.optional import import_optional
from .corpus_flags import TEXT_COLUMN, check_columns
from .label_flags import LabelFlags
from .mixing_flags import MixingFlags, mixing_if_given

if TYPE_CHECKING:
    from ..data.corpus import Corpus
    from ..mixing.config import Mixing
    from ..models.run_folder import RunFolder
    from ..prediction.model_source import ModelSource


def evaluate(
    run: Path | None = None,
    *,
    split: Literal["train", "dev", "test", "all"] = "test",
    data: str | None = None,
    text_column: Annotated[str | None, TEXT_COLUMN] = None,
    label_column: str | None = None,
    at_least_one: bool = False,
    windows: Literal["on", "off"] | None = None,
    labels: LabelFlags | None = None,
    device: Device = "cpu",
    mixing: MixingFlags | None = None,
    mixing_weight: float | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Evaluate a model on a split at each of its threshold policies; with --candidates, a run with mixing (§3.4).

    Parameters
    ----------
    run
        Run folder, or exported model. [default: the bundled model]
    split
        Split to evaluate on.
    data
        Another corpus with the same labels; by default the one the run was trained on, or goemotions.
    text_column
        Column of the texts in your own file.
    label_column
        Column of the labels in your own file, or columns of 0 and 1, one per label, separated by commas. [default:
        labels, else the columns with the names of all labels]
    at_least_one
        Count the label with the highest score as predicted for a text that reaches no threshold.
    windows
        Read texts with more word pieces than the model reads at once sentence by sentence, or their beginning only.
        [default: on; off for a run folder, which is evaluated as it was trained]
    device
        Device of the network: cpu, or cuda: with torch for run folders, with onnxruntime-gpu for exported models.
    mixing_weight
        Weight of the document when mixing, in [0, 1]; 1 is no mixing. [default: 0.92, the paper's]
    json
        Print JSON instead of a table.
    """
    import_optional("sklearn", "sklearn")
    chosen = mixing_if_given(mixing, mixing_weight)
    for flag, wanted in {"--at-least-one": at_least_one, "--windows on": windows == "on"}.items():
        if chosen and wanted:
            raise EmograinError(f"{flag} is for a model alone, got also candidates to mix with")
    from ..evaluation.tables import evaluation_table
    from ..prediction.onnx.model import ExportedModel
    from ..prediction.shipped_model import named_model, shipped_model

    path, labels = named_model(run) if run else shipped_model(), labels or LabelFlags()
    if ExportedModel.is_at(path) or labels != LabelFlags() or windows == "on":
        if chosen:
            raise EmograinError("an exported model cannot be mixed with candidates", "evaluate the run it was made of")
        source = labels.open_source(path, device)
        own = _own_corpus(path)
        check_columns(data or own[0], text_column=text_column, label_column=label_column)
        chosen_corpus = (data or own[0], text_column or own[1], label_column or own[2])
        result = _evaluate_as_predicted(source, chosen_corpus, split, at_least_one, windows != "off")
        _note_own_sample(path, chosen_corpus[0], split)
        files = ""
    else:
        result, name = _evaluate_run(path, data, split, text_column, label_column, chosen, at_least_one, device)
        files = f"\nIn {path}: results/{name}.json and scores/{name}.npz"
    print(to_json(result, indent=1) if json else evaluation_table(result))
    if files:
        print(files, file=sys.stderr)


def _own_corpus(path: Path) -> tuple[str, str, str]:
    """Return the corpus of a model with its text and label column: of a run the one that it was trained on."""
    from ..prediction.onnx.model import ExportedModel

    if ExportedModel.is_at(path):
        return "goemotions", "text", "labels"
    from ..models.run_folder import RunFolder

    settings = RunFolder(path).settings
    return settings.data, settings.text_column, settings.label_column


def _note_own_sample(path: Path, data: str, split: str) -> None:
    """Say on standard error if a model was calibrated on a sample of the same name and split."""
    from ..models.run_folder import RunFolder
    from ..prediction.onnx.model import CALIBRATION_REPORT

    if not (path / CALIBRATION_REPORT).is_file():
        return
    report = RunFolder(path).read_json(CALIBRATION_REPORT)
    calibrated_on = (report.get("split") or "").split("+")
    if report.get("data") == Path(data).name and (split in calibrated_on or {"all"} & {split, *calibrated_on}):
        print(
            f"note: this model was calibrated on {report['data']}, split {report['split']}: on the same texts metrics "
            "are too high; emograin calibrate printed cross-fitted ones",
            file=sys.stderr,
        )


def _evaluate_as_predicted(
    model: "ModelSource", corpus_and_columns: tuple[str, str, str], split: str, at_least_one: bool, windows: bool
) -> dict[str, Any]:
    """Evaluate the scores of `emograin predict`: of an exported model, with windows, or in other labels."""
    from functools import partial

    from ..common.progress import Progress
    from ..evaluation.exported_evaluation import evaluate_exported
    from ..prediction.predictor import score_texts
    from .label_flags import load_corpus

    data, *columns = corpus_and_columns
    corpus = load_corpus(model, data, (columns[0], columns[1]), [split])
    with Progress(len(corpus.split(split)), "texts") as progress:
        score = partial(score_texts, model, windows=windows)
        result = evaluate_exported(model, score, corpus, split, progress.advance, at_least_one)
    del result["scores"]
    return result


def _evaluate_run(
    path: Path,
    data: str | None,
    split: str,
    text_column: str | None,
    label_column: str | None,
    chosen: "tuple[Mixing, float] | None",
    at_least_one: bool,
    device: str,
) -> tuple[dict[str, Any], str]:
    """Return the result and the name of its files."""
    import_optional("torch", "train")
    from ..common.progress import Progress
    from ..data.sources import load
    from ..evaluation.run_evaluation import evaluate_run
    from ..mixing.evaluation import evaluate_mixed
    from ..models.run_folder import RunFolder

    run = RunFolder(path)
    check_columns(data or run.settings.data, text_column=text_column, label_column=label_column)
    own_columns = (run.settings.text_column, run.settings.label_column)
    columns = (text_column or own_columns[0], label_column or own_columns[1])
    corpus = load(data or run.settings.data, run.taxonomy, *columns)
    end = "-at-least-one" if at_least_one else ""
    mixed_end = f"-{chosen[0].name}-{chosen[1]:g}" if chosen else ""
    name = f"{split}{end}"
    if data:
        name = _name_of_corpus(run, corpus, split, end, mixed_end)
    if chosen is None:
        with Progress(len(corpus.split(split)), "texts") as progress:
            return evaluate_run(run, corpus, split, name, progress.advance, at_least_one, device), name
    mixing, weight = chosen
    # The run's own corpus has the dev split for the thresholds and the training sentences.
    own = load(run.settings.data, run.taxonomy, *own_columns) if data else corpus
    with Progress(None, "texts") as progress:
        result = evaluate_mixed(run, corpus, mixing, weight, split, name, own, progress.advance, device)
    return result, f"{name}{mixed_end}"


def _name_of_corpus(run: "RunFolder", corpus: "Corpus", split: str, end: str, mixed_end: str) -> str:
    """Return the name of an evaluation on another corpus, which does not replace that of a corpus of the same name."""
    from ..data.corpus import fingerprint

    stem, mark = Path(corpus.name).stem, fingerprint(corpus.split(split))
    file = f"results/{stem}-{split}{end}{mixed_end}.json"
    same = not (run.path / file).exists() or run.read_json(file).get("fingerprint") == mark
    return f"{stem}-{split}{end}" if same else f"{stem}-{mark[:8]}-{split}{end}"

"""emograin evaluate: a run, an exported model or the shipped one on a split."""

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.optional import import_optional
from .mix import MixingFlags

if TYPE_CHECKING:
    from ..prediction.onnx.model import ExportedModel


def evaluate(
    run: Path | None = None,
    *,
    split: Literal["train", "dev", "test", "all"] = "test",
    data: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    mixing: MixingFlags | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Evaluate a model on a split, under its three threshold policies; a run, with --candidates, mixed with them.

    Parameters
    ----------
    run
        A run folder, or an exported model. [default: the model that the package carries]
    split
        Which split.
    data
        Another corpus of the same labels; by default the one it was trained on.
    text_column
        Its column of texts.
    label_column
        Its column of labels.
    json
        Print JSON instead of a table.
    """
    import_optional("sklearn", "train")
    mixed_with = mixing and mixing.settings()
    from ..prediction.onnx.model import ExportedModel
    from ..prediction.shipped_model import shipped_model

    run = run or shipped_model()
    if ExportedModel.is_at(run):
        if mixed_with:
            raise EmograinError("an exported model cannot be mixed with candidates", "evaluate the run it was made of")
        _evaluate_exported(ExportedModel(run), data, split, text_column, label_column, json)
        return
    import_optional("torch", "train")
    from ..common.progress import Progress
    from ..data.sources import load
    from ..evaluation.run_evaluation import evaluate_run
    from ..evaluation.tables import evaluation_table
    from ..models.run_folder import RunFolder

    folder = RunFolder(run)
    settings = folder.settings
    columns = (text_column or settings.text_column, label_column or settings.label_column)
    corpus = own = load(data or settings.data, folder.taxonomy, *columns)
    name = f"{Path(corpus.name).stem}-{split}" if data else split
    if mixing and mixed_with:
        from ..mixing.evaluation import evaluate_mixed

        if data:  # the run's own corpus chooses thresholds and gives training sentences
            own = load(settings.data, folder.taxonomy, settings.text_column, settings.label_column)
        with Progress(None, "texts") as progress:
            weight = mixing.weight
            result = evaluate_mixed(folder, corpus, mixed_with, weight, split, name, own, progress.advance)
        name = f"{name}-{mixed_with.name}-{weight:g}"
    else:
        with Progress(len(corpus.split(split)), "texts") as progress:
            result = evaluate_run(folder, corpus, split, name, progress.advance)
    print(dumps(result, indent=1, ensure_ascii=False) if json else evaluation_table(result))
    print(f"\nIn {folder.path}: results/{name}.json and scores/{name}.npz", file=sys.stderr)


def _evaluate_exported(
    model: "ExportedModel", data: str | None, split: str, text_column: str | None, label_column: str | None, json: bool
) -> None:
    from ..common.progress import Progress
    from ..data.sources import load
    from ..evaluation.run_evaluation import evaluate_exported
    from ..evaluation.tables import evaluation_table

    columns = (text_column or "text", label_column or "labels")
    corpus = load(data or "goemotions", model.taxonomy, *columns)
    with Progress(len(corpus.split(split)), "texts") as progress:
        result = evaluate_exported(model, corpus, split, progress.advance)
    del result["scores"]
    print(dumps(result, indent=1, ensure_ascii=False) if json else evaluation_table(result))

"""emograin train: fine-tune an encoder with one of the methods."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..common.errors import EmograinError
from ..common.optional import import_optional
from ..models.config import PACKAGED, Training, read_settings
from .corpus_flags import TEXT_COLUMN_NAMES, check_columns
from .mode_flags import reject_flags
from .settings_flags import SettingsFlags, flags_of

NEEDED = {"auxiliary": ("alpha", "temperature"), "teacher": ("distillation_weight",)}  # flag -> flags that need it

if TYPE_CHECKING:
    TrainingFlags = SettingsFlags
else:
    TrainingFlags = flags_of(Training, omit=["method"], names={"text_column": TEXT_COLUMN_NAMES})


def train(
    method: str | None = None,
    *,
    settings: TrainingFlags | None = None,
    taxonomy: Path | None = None,
    output: Path | None = None,
    resume: bool = False,
    config: Path | None = None,
    tracker: tuple[Literal["tensorboard", "mlflow", "wandb"], ...] = (),
) -> None:
    """Train a method; checkpoint and thresholds are chosen on dev. The test split is not read.

    Ctrl-C saves a checkpoint and stops; the same command with --resume continues. With several GPUs, or two processes
    on CPUs: accelerate launch --multi_gpu --num_processes 2 -m emograin train ...

    Parameters
    ----------
    method
        How labels are used: baseline, label-embedding, label-initialized, whose output layer starts from the labels'
        words, or pooled-baseline, whose head is not linear. [default: label-embedding]
    taxonomy
        TOML or JSON file with your own labels.
    output
        Run folder. [default: runs/METHOD[-AUXILIARY]-seedN]
    resume
        Continue the run in --output from its last checkpoint.
    config
        TOML file with these settings, their names as here with underscores; flags take precedence.
    tracker
        Tracker that also logs the training curve; may be repeated.
    """
    if resume and output is None:
        raise EmograinError("--resume continues the run in --output, got none")
    given = settings.given() if settings else {}
    if method is not None:
        given["method"] = method
    from ..data.sources import CORPORA, load
    from ..data.taxonomy import Taxonomy
    from ..models.run_folder import RunFolder
    from ..models.settings_check import check_encoder, check_names, check_teachers, check_unused

    before: dict[str, Any] = RunFolder(output).settings.to_dict() if resume and output else {}
    merged = before | (read_settings(config) if config else {}) | given
    names: Collection[str]
    for name, names in (("data", CORPORA), ("encoder", PACKAGED)):
        if name in merged and merged[name] not in names and Path(str(merged[name])).exists():
            merged[name] = str(Path(merged[name]).resolve())  # a run is evaluated from anywhere
    chosen = Training.from_dict(merged)
    run = RunFolder(
        output or Path("runs") / "-".join(filter(None, [chosen.method, chosen.auxiliary, f"seed{chosen.seed}"]))
    )
    # Everything that can be wrong is found before torch is imported and anything is loaded or downloaded.
    check_names(chosen, tracker)
    for needed, ignored in NEEDED.items():
        if merged.get(needed) is None:
            reject_flags(f"--{needed}", **{name: name in given for name in ignored})
    if not resume:
        check_unused(run)
        check_teachers(chosen)
        check_encoder(chosen)
    check_columns(chosen.data, text_column=chosen.text_column, label_column=chosen.label_column)
    labels = Taxonomy.from_file(taxonomy) if taxonomy else run.taxonomy if resume else None
    corpus = load(chosen.data, labels, chosen.text_column, chosen.label_column)
    check_names(chosen, tracker, corpus.taxonomy)
    import_optional("torch", "train")
    from ..evaluation.tables import evaluation_table
    from ..training.loop import train as train_method

    metrics = train_method(chosen, corpus, run, resume, tracker)
    if metrics:
        print(evaluation_table(metrics))
        print(f"\nThe run is in {run.path}. Next: emograin evaluate {run.path}", file=sys.stderr)

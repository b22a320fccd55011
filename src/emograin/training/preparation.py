"""The first part of a training: check settings and folder, build data, model and optimizer, restore a checkpoint."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ..common.errors import EmograinError
from ..common.files import disk_errors, sha256_file
from ..common.json_text import to_json
from ..common.progress import Progress
from ..data.corpus import Corpus, Split, fingerprint, training_fingerprint
from ..data.taxonomy import Taxonomy
from ..models.auxiliary_task import SCHEDULES
from ..models.classifier import Classifier, build, rebuild, run_description
from ..models.config import Training
from ..models.losses import LOSSES, Loss, build_loss
from ..models.methods import METHODS
from ..models.run_folder import RunFolder
from ..models.settings_check import check_names, check_unused
from ..prediction.exported_encoder import as_pretrained
from . import checkpoint
from .checkpoint import State
from .distillation import soft_targets
from .ema import build_ema
from .optimization import build_optimizer
from .precision import resolve_precision


@dataclass
class TrainingData:
    """Training and dev texts, tokenized.

    Attributes:
        train: The training split.
        documents: Token ids of each training text.
        targets: (texts, labels), in [0, 1]: gold labels or soft targets of the main task.
        group_targets: (texts, groups), 0 or 1: labels of the auxiliary task; None without one.
        dev: The dev split.
        dev_documents: Token ids of each dev text.
    """

    train: Split
    documents: list[list[int]]
    targets: Tensor
    group_targets: Tensor | None
    dev: Split
    dev_documents: list[list[int]]


@dataclass
class Prepared:
    """A training that is ready for its next step.

    Attributes:
        settings: Settings of the training.
        corpus: The corpus.
        run: The folder that everything is written to.
        accelerator: Device and processes.
        data: Training and dev texts.
        loss: Loss of the main task: logits and targets (batch, labels) -> (batch,).
        classifier: The classifier being trained.
        model: The same classifier, wrapped if several processes train it.
        ema: The EMA of the classifier, or None.
        optimizer: AdamW.
        state: Progress of the training; updated by every step.
        fingerprint: SHA-256 of settings and data.
        steps_per_epoch: Optimizer steps per epoch.
        steps: Optimizer steps of the whole training.
        evaluate_every: Steps between two evaluations on dev.
    """

    settings: Training
    corpus: Corpus
    run: RunFolder
    accelerator: Accelerator
    data: TrainingData
    loss: Loss
    classifier: Classifier
    model: nn.Module
    ema: AveragedModel | None
    optimizer: torch.optim.Optimizer
    state: State
    fingerprint: str
    steps_per_epoch: int
    steps: int
    evaluate_every: int

    @property
    def eval_model(self) -> Classifier:
        """The classifier that is evaluated and saved: the EMA if one is used."""
        return self.classifier if self.ema is None else cast(Classifier, self.ema.module)

    @property
    def is_main_process(self) -> bool:
        """True in the process that writes the files and shows the progress."""
        return self.accelerator.is_main_process


def prepare(
    settings: Training,
    corpus: Corpus,
    run: RunFolder,
    resume: bool = False,
    trackers: Sequence[str] = (),
    quiet: bool = False,
) -> Prepared:
    """Prepare a new training, or one that resumes from its last checkpoint. The arguments are those of `train`.

    Raises:
        EmograinError: A name in the settings is unknown, the folder holds another run, a file of it was changed, a
            teacher has other labels, or the auxiliary task has texts without labels.
    """
    check_names(settings, trackers, corpus.taxonomy, METHODS, SCHEDULES, LOSSES)
    # Without `cpu`, accelerate does not connect processes on a machine that has no accelerator.
    cpu = not torch.accelerator.is_available()
    accelerator = Accelerator(mixed_precision="no", cpu=cpu, log_with=list(trackers) or None, project_dir=run.path)
    train, dev = corpus.split("train"), corpus.split("dev")
    fingerprint = _check_folder(run, settings, corpus.taxonomy, [train, dev], resume)
    is_main = accelerator.is_main_process
    with accelerator.main_process_first(), Progress(None, "texts scored", 0, is_main and not quiet) as scoring:
        # The main process scores the texts; the others read its scores.
        targets = soft_targets(settings, train, corpus.taxonomy, run, resume or not is_main, scoring.advance)

    begun = resume and run.checkpoint.is_file()
    if begun:  # from the run's own description: the encoder's name may stand for another one by now
        classifier = rebuild(run)
    else:
        with as_pretrained(settings.encoder) as encoder:
            classifier = build(replace(settings, encoder=encoder), corpus.taxonomy)
    model = accelerator.prepare_model(classifier)
    optimizer = build_optimizer(classifier, settings)
    ema = build_ema(classifier, settings.ema_decay) if settings.ema_decay else None
    state = checkpoint.restore(run, classifier, ema, optimizer, fingerprint) if resume else State()
    # All processes take the main one's precision, and a resumed training that of its checkpoint.
    own_precision = state.precision or resolve_precision(settings.precision, accelerator.device.type)
    state.precision = gather_object([own_precision])[0]
    if is_main and not begun:
        _describe_run(run, settings, corpus, classifier, fingerprint)

    tokenize = classifier.method.tokenize
    group_targets: Tensor | None = None
    if settings.auxiliary is not None:
        _require_labels(train, settings)
        group_targets = torch.from_numpy(corpus.taxonomy.to_groups(train.labels, settings.auxiliary))
    data = TrainingData(
        train, tokenize(train.texts), torch.from_numpy(targets), group_targets, dev, tokenize(dev.texts)
    )
    if trackers:
        accelerator.init_trackers("emograin", config=settings.to_dict())
    steps_per_epoch = math.ceil(len(train) / settings.batch_size)
    return Prepared(
        settings=settings,
        corpus=corpus,
        run=run,
        accelerator=accelerator,
        data=data,
        loss=build_loss(settings.loss, data.targets),
        classifier=classifier,
        model=model,
        ema=ema,
        optimizer=optimizer,
        state=state,
        fingerprint=fingerprint,
        steps_per_epoch=steps_per_epoch,
        steps=settings.epochs * steps_per_epoch,
        evaluate_every=settings.evaluate_every or math.ceil(steps_per_epoch / 4),
    )


def _require_labels(split: Split, settings: Training) -> None:
    """Raise an error if the auxiliary task would learn from texts that teachers alone have labelled."""
    unlabelled = np.flatnonzero(~split.labels.any(axis=1))
    if settings.teacher is not None and settings.distillation_weight == 1 and len(unlabelled):
        raise EmograinError(
            f"{len(unlabelled):,} of {len(split):,} texts of {split.name} have no labels, which the auxiliary task "
            f"learns from, such as {split.ids[unlabelled[0]]!r}",
            "train without auxiliary, or without these texts",
        )


def _check_folder(run: RunFolder, settings: Training, taxonomy: Taxonomy, splits: Sequence[Split], resume: bool) -> str:
    """Check that the folder is free or, to resume, holds this very run. Return the fingerprint of settings and data."""
    splits_fingerprints = [fingerprint(split) for split in splits]
    if not resume:
        check_unused(run)
        return training_fingerprint(settings.to_dict(), splits_fingerprints)
    stored = run.settings.to_dict()
    differing = [
        f"{name} is {stored[name]!r} in the run, {value!r} now"
        for name, value in settings.to_dict().items()
        if stored[name] != value
    ]
    if differing:
        raise EmograinError(f"cannot resume {str(run.path)!r} with other settings: {'; '.join(differing)}")
    _check_taxonomy(run, taxonomy)
    # The settings as they were written, without newer ones: the fingerprint was computed from them.
    expected = training_fingerprint(run.description["settings"], splits_fingerprints)
    if run.description["fingerprint"] != expected:
        raise EmograinError(
            f"cannot resume {str(run.path)!r}: the texts or labels of {settings.data!r} have changed since"
        )
    return expected


def _check_taxonomy(run: RunFolder, taxonomy: Taxonomy) -> None:
    """Raise an error if a run has another taxonomy, whatever its name: words and groupings change inputs and heads."""
    stored, now = run.taxonomy.to_dict(), taxonomy.to_dict()
    # As JSON: the order of labels and groups is that of the heads' outputs.
    differing = [name for name in now if name != "name" and to_json(stored[name]) != to_json(now[name])]
    if differing:
        raise EmograinError(
            f"cannot resume {str(run.path)!r} with another taxonomy: other {', '.join(differing)}",
            f"the run's own: --taxonomy {run.path / 'taxonomy.json'}",
        )


def _describe_run(run: RunFolder, settings: Training, corpus: Corpus, classifier: Classifier, fingerprint: str) -> None:
    """Write the encoder's configuration, taxonomy.json and, last, run.json, which makes the folder a run."""
    with disk_errors(run.encoder):
        if run.encoder.exists():  # of a training that was killed before its first checkpoint
            shutil.rmtree(run.encoder)
        run.encoder.mkdir(parents=True)
        classifier.method.save_description(run.encoder)
    run.write_json("taxonomy.json", corpus.taxonomy.to_dict())
    sizes = {name: len(corpus.split(name)) for name in ("train", "dev")}
    versions = {name: version(name) for name in ("emograin", "torch", "transformers", "numpy")}
    written = [run.path / "taxonomy.json", *(path for path in run.encoder.rglob("*") if path.is_file())]
    files = {path.relative_to(run.path).as_posix(): sha256_file(path) for path in sorted(written)}
    metadata = {"data": sizes, "fingerprint": fingerprint, "versions": versions, "files": files}
    run.write_json("run.json", run_description(settings, classifier, **metadata))

"""The training loop: joint loss (eq. 1), evaluation on dev every N steps, checkpoint, resume.

Read `train` first; the functions after it follow in the order in which it calls them.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from accelerate.utils import gather_object
from torch import Tensor

from ..common.errors import EmograinError, Interrupted
from ..common.progress import Progress
from ..data.batching import training_batches
from ..data.corpus import Corpus
from ..evaluation.run_evaluation import auxiliary_metrics, save_evaluation
from ..evaluation.threshold_policies import choose, global_threshold
from ..evaluation.thresholds import FIXED, f1_at
from ..models.auxiliary_task import joint_loss, temperature_at
from ..models.classifier import load_weights
from ..models.config import Training
from ..models.losses import build_loss
from ..models.run_folder import RunFolder
from ..models.scoring import score_documents, score_tasks
from ..models.tensor_files import read_tensors, save_tensors
from . import checkpoint
from .allocation import kept_memory
from .checkpoint import State
from .fast_dropout import fast_dropout
from .interruption import StopRequest
from .only_writer import only_writer
from .optimization import clip_gradients, learning_rate_factor, set_learning_rate
from .precision import autocast
from .preparation import Prepared, prepare


def train(
    settings: Training,
    corpus: Corpus,
    run: RunFolder,
    resume: bool = False,
    trackers: Sequence[str] = (),
    quiet: bool = False,
) -> dict[str, Any]:
    """Train a classifier; choose its checkpoint and thresholds on dev. The test split is never loaded.

    Under `accelerate launch` or `torchrun` each process takes its share of every batch.

    Args:
        settings: Settings of the training.
        corpus: A corpus with the splits train and dev.
        run: The folder that everything is written to.
        resume: Resume from the run's last checkpoint.
        trackers: Names in `config.TRACKERS` to log the curve to, in addition to `curve.csv`.
        quiet: Show no progress.

    Returns:
        The metrics on dev, as in `results/dev.json`; empty in processes other than the main one.

    Raises:
        EmograinError: The folder holds another run, another training writes it, a loss is not finite, or a file cannot
            be written.
        Interrupted: The user stopped the training; a checkpoint is saved.
    """
    with only_writer(run, resume), kept_memory():
        prepared = prepare(settings, corpus, run, resume, trackers, quiet)
        state, steps = prepared.state, prepared.steps
        started = time.perf_counter() - state.seconds
        # The loop draws its own bar: with a callback every caller would need the steps, those already done, the rank.
        show = prepared.is_main_process and not quiet
        with StopRequest() as stop, Progress(steps, "steps", state.step, show) as progress:
            for batch in remaining_batches(prepared):
                stopped = train_step(prepared, batch, stop.requested)
                state.seconds = time.perf_counter() - started
                due = state.step % prepared.evaluate_every == 0 or state.step == steps
                if due:
                    progress.note(evaluate_dev(prepared))
                    state.seconds = time.perf_counter() - started
                if due or stopped:
                    save(prepared)
                if stopped and state.step < steps:
                    raise Interrupted(
                        f"stopped and saved at step {state.step} of {steps}",
                        f"resume with: emograin train --output {run.path} --resume",
                    )
                progress.advance(1, progress_values(state))
        return finish(prepared)


def remaining_batches(prepared: Prepared) -> Iterator[np.ndarray]:
    """Yield the batches from the next step to the last, each an array of indices of training texts (batch,)."""
    settings, first, steps_per_epoch = prepared.settings, prepared.state.step, prepared.steps_per_epoch
    lengths = [len(ids) for ids in prepared.data.documents]
    for epoch in range(first // steps_per_epoch, settings.epochs):
        batches = training_batches(lengths, settings.batch_size, settings.seed, epoch)
        yield from batches[max(first - epoch * steps_per_epoch, 0) :]


def train_step(prepared: Prepared, batch: np.ndarray, stop: bool) -> bool:
    """Take one optimizer step.

    Args:
        prepared: The training.
        batch: Indices of the training texts (batch,), the same in all processes.
        stop: Whether this process was asked to stop.

    Returns:
        Whether any process was asked to stop.

    Raises:
        EmograinError: A loss or the norm of the gradient is not finite.
    """
    settings, accelerator, state = prepared.settings, prepared.accelerator, prepared.state
    began = time.perf_counter()
    rank, world = accelerator.process_index, accelerator.num_processes
    torch.manual_seed(_step_seed(settings.seed, state.step, rank))
    factor = learning_rate_factor(state.step, prepared.steps, settings.warmup_ratio)
    set_learning_rate(prepared.optimizer, settings.learning_rate * factor)
    temperature = temperature_at(state.step, prepared.steps, settings.temperature, settings.alpha)

    prepared.model.train()
    share = batch[rank::world]
    size = settings.micro_batch_size or max(len(share), 1)
    # A process without texts still takes part in the sum of the gradients, with weight 0.
    micro_batches = [share[at : at + size] for at in range(0, len(share), size)] or [batch[:0]]
    totals = torch.zeros(3)  # main loss, auxiliary loss, processes asked to stop
    totals[2] = float(stop)
    for number, micro_batch in enumerate(micro_batches, start=1):
        with nullcontext() if number == len(micro_batches) else accelerator.no_sync(prepared.model):
            main, auxiliary = task_losses(prepared, micro_batch if len(micro_batch) else batch[:1])
            loss = main if auxiliary is None else joint_loss(main, auxiliary, temperature)  # eq. 1
            weight = world / len(batch) if len(micro_batch) else 0.0  # gradients are averaged over processes
            accelerator.backward(loss.sum() * weight)
        if len(micro_batch):
            sums = [main.sum().item(), 0.0 if auxiliary is None else auxiliary.sum().item()]
            totals[:2] += torch.tensor(sums) / len(batch)
    norm = clip_gradients(prepared.model.parameters(), settings.max_grad_norm)
    if world > 1:
        totals = accelerator.reduce(totals.to(accelerator.device), reduction="sum").cpu()
    _require_finite(prepared, totals, norm, batch)
    prepared.optimizer.step()
    prepared.optimizer.zero_grad()
    if prepared.ema is not None:
        prepared.ema.update_parameters(prepared.classifier)

    state.step += 1
    state.steps += 1
    state.losses = [state.losses[0] + totals[0].item(), state.losses[1] + totals[1].item()]
    state.texts += len(batch)
    state.training_seconds += time.perf_counter() - began
    return totals[2].item() > 0


def task_losses(prepared: Prepared, rows: np.ndarray) -> tuple[Tensor, Tensor | None]:
    """Compute main and auxiliary loss per text: (texts,) each, in nats; the latter None without an auxiliary task.

    Args:
        prepared: The training.
        rows: Indices of training texts (texts,).
    """
    data, device = prepared.data, prepared.accelerator.device
    inputs = prepared.classifier.method.assemble([data.documents[row] for row in rows])
    with autocast(prepared.state.precision, device.type), fast_dropout(device.type):
        logits, group_logits = prepared.model(inputs)
    main = prepared.loss(logits, data.targets[rows].to(device))
    if group_logits is None or data.group_targets is None:
        return main, None
    auxiliary_loss = build_loss("bce", data.group_targets)
    return main, auxiliary_loss(group_logits, data.group_targets[rows].to(device))


def evaluate_dev(prepared: Prepared) -> str:
    """Score dev, add a row to the curve, and save the weights if their macro F1 is the highest so far.

    Returns:
        The row, as a line of text.

    Raises:
        EmograinError: A score is not finite.
    """
    settings, state, labels = prepared.settings, prepared.state, prepared.data.dev.labels
    scores = score_dev(prepared)
    if not np.isfinite(scores).all():
        raise EmograinError(
            f"the scores on dev are not finite at step {state.step}",
            "the last checkpoint is intact; try a lower learning_rate or precision float32",
        )
    threshold = global_threshold(scores, labels)[0]
    macro_f1, macro_f1_fixed = (float(f1_at(scores, labels, np.array([at])).mean()) for at in (threshold, FIXED))
    temperature = temperature_at(state.step, prepared.steps, settings.temperature, settings.alpha)
    row: dict[str, Any] = {
        "step": state.step,
        "epoch": round(state.step / prepared.steps_per_epoch, 4),
        "loss": round(state.losses[0] / state.steps, 6),
        "auxiliary_loss": "" if settings.auxiliary is None else round(state.losses[1] / state.steps, 6),
        "temperature": round(temperature, 6),
        "macro_f1": round(macro_f1, 6),
        "macro_f1_fixed": round(macro_f1_fixed, 6),
        "seconds": round(state.seconds, 1),
        "texts_per_second": round(state.texts / state.training_seconds, 1),
    }
    state.curve.append(row)
    state.losses, state.steps, state.texts, state.training_seconds = [0.0, 0.0], 0, 0, 0.0
    if macro_f1 > state.best:
        state.best = macro_f1
        if prepared.is_main_process:
            save_tensors(prepared.run.weights, prepared.eval_model.state_dict())
    values = {name: value for name, value in row.items() if value != ""}
    prepared.accelerator.log(values, step=state.step)
    return "  ".join(f"{name} {value}" for name, value in values.items())


def score_dev(prepared: Prepared) -> np.ndarray:
    """Score the dev texts, each process its share: (texts, labels), float32, the same in all processes."""
    accelerator, documents = prepared.accelerator, prepared.data.dev_documents
    rank, world = accelerator.process_index, accelerator.num_processes
    model = prepared.eval_model.eval()
    with autocast(prepared.state.precision, accelerator.device.type):
        own = score_documents(model.method, documents[rank::world])
    scores = np.empty((len(documents), own.shape[1]), dtype=np.float32)
    for process, share in enumerate(gather_object([own])):
        scores[process::world] = share
    return scores


def save(prepared: Prepared) -> None:
    """Write the curve and the checkpoint, in the main process."""
    if prepared.is_main_process:
        run, state = prepared.run, prepared.state
        run.write_curve(state.curve)
        checkpointed = (prepared.classifier, prepared.ema, prepared.optimizer)
        checkpoint.save(run, *checkpointed, state, prepared.fingerprint)


def progress_values(state: State) -> dict[str, str]:
    """Return the values that the progress bar shows."""
    values = {"loss": f"{state.losses[0] / state.steps:.4f}"} if state.steps else {}
    if state.training_seconds:
        values["texts/s"] = f"{state.texts / state.training_seconds:.0f}"
    if state.best >= 0:
        values["dev macro F1"] = f"{state.best:.4f}"
    return values


def finish(prepared: Prepared) -> dict[str, Any]:
    """Choose thresholds on dev with the best weights, in float32; save them, scores and metrics; return the metrics."""
    prepared.accelerator.wait_for_everyone()
    prepared.accelerator.end_training()
    if not prepared.is_main_process:
        return {}
    run, classifier, data = prepared.run, prepared.classifier, prepared.data
    tensors, _ = read_tensors(run.weights)
    load_weights(classifier, tensors, run.weights)
    classifier.eval()
    scores, group_scores = score_tasks(classifier, data.dev_documents)
    thresholds = choose(scores, data.dev.labels)
    more = auxiliary_metrics(run, group_scores, scores, data.dev, thresholds)
    metrics = save_evaluation(run, prepared.corpus, data.dev, scores, thresholds, "dev", **more)
    run.write_json("thresholds.json", thresholds)
    return metrics


def _require_finite(prepared: Prepared, totals: Tensor, norm: float, batch: np.ndarray) -> None:
    """Raise an error that names the texts of the batch (batch,) if the losses (3,) or the norm are not finite."""
    if torch.isfinite(totals).all() and math.isfinite(norm):
        return
    ids = ", ".join(prepared.data.train.ids[at] for at in batch)
    raise EmograinError(
        f"the loss is not finite at step {prepared.state.step + 1}: main {totals[0]:.4g}, "
        f"auxiliary {totals[1]:.4g}, gradient norm {norm:.4g}; texts of the batch: {ids}",
        "the last checkpoint is intact; try a lower learning_rate or precision float32",
    )


def _step_seed(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence((seed, step, rank)).generate_state(1)[0])

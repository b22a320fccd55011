"""The training loop in plain view: joint loss, evaluation on dev every N steps, checkpoint, resume."""

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..common.errors import EmograinError, Interrupted, unknown_name
from ..common.files import disk_errors
from ..common.optional import import_optional
from ..common.progress import Progress
from ..data.batching import training_batches
from ..data.corpus import Corpus, Split, fingerprint, training_fingerprint
from ..evaluation.run_evaluation import save_evaluation
from ..evaluation.thresholds import choose, f1_at
from ..models.auxiliary_task import SCHEDULES, joint_loss, text_losses
from ..models.classifier import Classifier, build, describe, load_weights, read_tensors, save_tensors
from ..models.config import Training
from ..models.run_folder import RunFolder
from ..models.scoring import score_documents
from . import checkpoint
from .checkpoint import State
from .distillation import soft_targets
from .ema import average_of
from .interruption import StopRequest

TRACKERS = ("tensorboard", "mlflow", "wandb")


def train(
    settings: Training, corpus: Corpus, run: RunFolder, resume: bool = False, trackers: Sequence[str] = ()
) -> dict[str, Any]:
    """Train a classifier and choose its checkpoint and thresholds on dev. The test split is never asked for.

    Under `accelerate launch` or `torchrun` each process takes its share of every batch.

    Args:
        settings: What to train, and how.
        corpus: Its splits `train` and `dev` are read.
        run: Where everything is left.
        resume: Go on from the run's last checkpoint.
        trackers: Names of `TRACKERS` to log the curve to, beside `curve.csv`.

    Returns:
        The figures on dev, as in `results/dev.json`.

    Raises:
        EmograinError: The folder holds another run, a loss is not finite, or a file cannot be written.
        Interrupted: The user stopped it; a checkpoint is saved.
    """
    return _Loop(settings, corpus, run, resume, trackers).run_to_end()


class _Loop:
    """The state of one training; `run_to_end` is the loop."""

    def __init__(self, settings: Training, corpus: Corpus, run: RunFolder, resume: bool, trackers: Sequence[str]):
        self.settings, self.corpus, self.run = settings, corpus, run
        # Without an accelerator accelerate has to be told, or processes on CPUs do not find each other.
        cpu = not torch.accelerator.is_available()
        log_with = _trackers(trackers)
        self.accelerator = Accelerator(mixed_precision="no", cpu=cpu, log_with=log_with, project_dir=run.path)
        if settings.temperature not in SCHEDULES:
            raise unknown_name("temperature schedule", settings.temperature, SCHEDULES)
        self.train, self.dev = corpus.split("train"), corpus.split("dev")
        self.fingerprint = _start(run, settings, [self.train, self.dev], resume)
        with self.accelerator.main_process_first(), Progress(None, "texts scored", 0, self.main) as scoring:
            targets = soft_targets(settings, self.train, corpus.taxonomy, run, resume or not self.main, scoring.advance)
        self.targets = torch.from_numpy(targets)

        self.classifier = build(settings, corpus.taxonomy)
        self.model = self.accelerator.prepare_model(self.classifier)
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.classifier, settings), fused=True)
        self.average = average_of(self.classifier, settings.ema_decay) if settings.ema_decay else None
        self.kept = self.classifier if self.average is None else cast(Classifier, self.average.module)
        parts = (self.classifier, self.average, self.optimizer)
        self.state = checkpoint.restore(run, *parts, self.fingerprint) if resume else State()
        if self.main and not run.exists:
            self._describe(corpus)

        method = self.classifier.method
        self.documents = method.tokenize(self.train.texts)
        self.dev_documents = method.tokenize(self.dev.texts)
        self.groups: torch.Tensor | None = None
        if settings.auxiliary is not None:
            self.groups = torch.from_numpy(corpus.taxonomy.to_groups(self.train.labels, settings.auxiliary))
        self.steps_per_epoch = math.ceil(len(self.train) / settings.batch_size)
        self.steps = settings.epochs * self.steps_per_epoch
        self.evaluate_every = settings.evaluate_every or math.ceil(self.steps_per_epoch / 4)

        device = self.accelerator.device.type
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and computes_in_bf16(device))
        # The fused kernel's backward pass is the slowest part of a step on a CPU: docs/log.md.
        self.attention = SDPBackend.MATH if device == "cpu" else None
        if trackers:
            self.accelerator.init_trackers("emograin", config=settings.to_dict())

    @property
    def main(self) -> bool:
        return self.accelerator.is_main_process

    def run_to_end(self) -> dict[str, Any]:
        state = self.state
        started = time.perf_counter() - state.seconds
        with StopRequest() as stop, Progress(self.steps, "steps", state.step, self.main) as progress:
            for epoch in range(state.step // self.steps_per_epoch, self.settings.epochs):
                batches = training_batches(
                    [len(ids) for ids in self.documents], self.settings.batch_size, self.settings.seed, epoch
                )
                for batch in batches[state.step - epoch * self.steps_per_epoch :]:
                    stopped = self._step(batch, stop.requested)
                    state.seconds = time.perf_counter() - started
                    due = state.step % self.evaluate_every == 0 or state.step == self.steps
                    if due:
                        self._evaluate(progress)
                        state.seconds = time.perf_counter() - started
                    if due or stopped:
                        self._save()
                    if stopped and state.step < self.steps:
                        raise Interrupted(
                            f"stopped and saved at step {state.step} of {self.steps}",
                            f"go on with: emograin train --output {self.run.path} --resume",
                        )
                    progress.advance(1, self._shown())
        return self._finish()

    def _step(self, batch: np.ndarray, stop: bool) -> bool:
        """One optimizer step over a batch of indices; returns whether any process was asked to stop."""
        settings, state, accelerator = self.settings, self.state, self.accelerator
        began = time.perf_counter()
        rank, world = accelerator.process_index, accelerator.num_processes
        torch.manual_seed(_step_seed(settings.seed, state.step, rank))
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * _learning_rate_factor(state.step, self.steps, settings.warmup_ratio)
        temperature = self._temperature()

        self.model.train()
        share = batch[rank::world]
        size = settings.micro_batch_size or max(len(share), 1)
        # A process without a text still takes part in the gradients' sum, with weight 0.
        parts = [share[at : at + size] for at in range(0, len(share), size)] or [batch[:0]]
        totals = torch.zeros(3)  # main loss, auxiliary loss, asked to stop
        totals[2] = float(stop)
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            with nullcontext() if last else accelerator.no_sync(self.model):
                loss, main, auxiliary = self._loss(part if len(part) else batch[:1], temperature)
                weight = world / len(batch) if len(part) else 0.0  # processes' gradients are averaged
                accelerator.backward(loss.sum() * weight)
            if len(part):
                totals[:2] += torch.tensor([main, auxiliary]) / len(batch)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_grad_norm)
        if world > 1:
            totals = accelerator.reduce(totals.to(accelerator.device), reduction="sum").cpu()
        self._require_finite(totals, float(norm), batch)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update_parameters(self.classifier)

        state.step += 1
        state.steps += 1
        state.losses = [state.losses[0] + totals[0].item(), state.losses[1] + totals[1].item()]
        state.texts += len(batch)
        state.training_seconds += time.perf_counter() - began
        return totals[2].item() > 0

    def _loss(self, part: np.ndarray, temperature: float) -> tuple[torch.Tensor, float, float]:
        """Joint loss of each text (texts,), and the sums of main and auxiliary loss."""
        device = self.accelerator.device
        inputs = self.classifier.method.assemble([self.documents[at] for at in part])
        with self._precision(), sdpa_kernel(self.attention) if self.attention else nullcontext():
            logits, group_logits = self.model(inputs)
        main = text_losses(logits, self.targets[part].to(device))
        if group_logits is None or self.groups is None:
            return main, main.sum().item(), 0.0
        auxiliary = text_losses(group_logits, self.groups[part].to(device))
        return joint_loss(main, auxiliary, temperature), main.sum().item(), auxiliary.sum().item()

    def _require_finite(self, totals: torch.Tensor, norm: float, batch: np.ndarray) -> None:
        if torch.isfinite(totals).all() and math.isfinite(norm):
            return
        ids = ", ".join(self.train.ids[at] for at in batch)
        raise EmograinError(
            f"the loss is not finite at step {self.state.step + 1}: main {totals[0]:.4g}, auxiliary {totals[1]:.4g}, "
            f"gradient norm {norm:.4g}; texts of the batch: {ids}",
            "the last checkpoint is intact; try a lower learning_rate or precision float32",
        )

    def _evaluate(self, progress: Progress) -> None:
        """Score dev, add a row to the curve, keep the weights if they are the best so far."""
        state = self.state
        scores = self._dev_scores()
        if not np.isfinite(scores).all():
            raise EmograinError(
                f"the scores on dev are not finite at step {state.step}",
                "the last checkpoint is intact; try a lower learning_rate or precision float32",
            )
        curves = f1_at(scores, self.dev.labels, np.array([0.3]))
        best_threshold = choose(scores, self.dev.labels)["global"]
        macro_f1 = float(f1_at(scores, self.dev.labels, np.array(best_threshold[:1])).mean())
        row = {
            "step": state.step,
            "epoch": round(state.step / self.steps_per_epoch, 4),
            "loss": round(state.losses[0] / state.steps, 6),
            "auxiliary_loss": round(state.losses[1] / state.steps, 6) if self.groups is not None else "",
            "temperature": round(self._temperature(), 6),
            "macro_f1": round(macro_f1, 6),
            "macro_f1_fixed": round(float(curves.mean()), 6),
            "seconds": round(state.seconds, 1),
            "texts_per_second": round(state.texts / state.training_seconds, 1),
        }
        state.curve.append(row)
        state.losses, state.steps, state.texts, state.training_seconds = [0.0, 0.0], 0, 0, 0.0
        if macro_f1 > state.best:
            state.best = macro_f1
            if self.main:
                save_tensors(self.run.weights, self.kept.state_dict())
        progress.note("  ".join(f"{name} {value}" for name, value in row.items() if value != ""))
        self.accelerator.log({name: value for name, value in row.items() if value != ""}, step=state.step)

    def _dev_scores(self) -> np.ndarray:
        """Scores of dev (texts, labels), each process its share."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        self.kept.eval()
        with self._precision():
            mine = score_documents(self.kept.method, self.dev_documents[rank::world])
        scores = np.empty((len(self.dev), mine.shape[1]), dtype=np.float32)
        for at, share in enumerate(gather_object([mine])):
            scores[at::world] = share
        return scores

    def _save(self) -> None:
        if self.main:
            self.run.write_curve(self.state.curve)
            parts = (self.classifier, self.average, self.optimizer)
            checkpoint.save(self.run, *parts, self.state, self.fingerprint)

    def _finish(self) -> dict[str, Any]:
        """Scores, thresholds and figures on dev with the best weights, in float32."""
        self.accelerator.wait_for_everyone()
        self.accelerator.end_training()
        if not self.main:
            return {}
        tensors, _ = read_tensors(self.run.weights)
        load_weights(self.classifier, tensors, self.run.weights)
        self.classifier.eval()
        scores = score_documents(self.classifier.method, self.dev_documents)
        thresholds = choose(scores, self.dev.labels)
        figures = save_evaluation(self.run, self.corpus, self.dev, scores, thresholds, "dev")
        self.run.write_json("thresholds.json", thresholds)
        return figures

    def _describe(self, corpus: Corpus) -> None:
        with disk_errors(self.run.encoder):
            self.run.encoder.mkdir(parents=True, exist_ok=True)
            self.classifier.method.save_description(self.run.encoder)
        self.run.write_json("taxonomy.json", corpus.taxonomy.to_dict())
        versions = {name: version(name) for name in ("emograin", "torch", "transformers", "numpy")}
        facts = {"data": {"train": len(self.train), "dev": len(self.dev)}, "fingerprint": self.fingerprint}
        self.run.write_json("run.json", describe(self.settings, self.classifier, **facts, versions=versions))

    def _temperature(self) -> float:
        """T of the step to come, alpha at the first and 1 at the last (eq. 1)."""
        share = min(self.state.step / max(self.steps - 1, 1), 1.0)
        return SCHEDULES[self.settings.temperature](share, self.settings.alpha)

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=self.bf16)

    def _shown(self) -> dict[str, str]:
        state = self.state
        shown = {"loss": f"{state.losses[0] / state.steps:.4f}"} if state.steps else {}
        if state.training_seconds:
            shown["texts/s"] = f"{state.texts / state.training_seconds:.0f}"
        return shown | ({"dev macro F1": f"{state.best:.4f}"} if state.best >= 0 else {})


def _start(run: RunFolder, settings: Training, splits: Sequence[Split], resume: bool) -> str:
    """Check that the folder is free, or holds this very run; the fingerprint of settings and data."""
    marks = [fingerprint(split) for split in splits]
    if not resume:
        if run.exists:
            raise EmograinError(
                f"{str(run.path)!r} holds a run already", "--resume to go on with it, or another --output"
            )
        return training_fingerprint(settings.to_dict(), marks)
    described = run.description
    there = Training.from_dict(described["settings"]).to_dict()  # younger settings have their defaults
    differing = [
        f"{name} is {there[name]!r} there, {value!r} here"
        for name, value in settings.to_dict().items()
        if there[name] != value
    ]
    if differing:
        raise EmograinError(f"cannot resume {str(run.path)!r} with other settings: {'; '.join(differing)}")
    mark = training_fingerprint(described["settings"], marks)
    if described["fingerprint"] != mark:
        raise EmograinError(
            f"cannot resume {str(run.path)!r}: the texts or labels of {settings.data!r} have changed since"
        )
    return mark


def _parameter_groups(classifier: Classifier, settings: Training) -> list[dict[str, Any]]:
    parameters = list(classifier.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "lr": 0.0, "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "lr": 0.0, "weight_decay": 0.0},
    ]


def _learning_rate_factor(step: int, steps: int, warmup_ratio: float) -> float:
    """Share of the peak learning rate: a linear rise over the warm-up's share of all steps, then a linear fall to 0."""
    rising = max(round(warmup_ratio * steps), 1)
    return (step + 1) / rising if step < rising else (steps - step) / max(steps - rising, 1)


def _step_seed(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence((seed, step, rank)).generate_state(1)[0])


def computes_in_bf16(device: str) -> bool:
    """Whether the hardware has bf16 matrix products: others emulate them, slower than float32."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    return device == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _trackers(names: Sequence[str]) -> list[str] | None:
    for name in names:
        if name not in TRACKERS:
            raise unknown_name("tracker", name, TRACKERS)
        import_optional(name, name)
    return list(names) or None

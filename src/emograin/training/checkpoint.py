"""The checkpoint of a training: everything that resuming needs, in one safetensors file.

Batches and dropout are functions of (seed, step), the learning rate and T of the step alone. So a checkpoint has no
random state and no scheduler: weights, their EMA if one is used, AdamW's moments and a few numbers are enough.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from ..common.errors import EmograinError
from ..models.classifier import Classifier, load_weights
from ..models.run_folder import RunFolder
from ..models.tensor_files import read_tensors, save_tensors


@dataclass
class State:
    """The progress of a training.

    Attributes:
        step: Optimizer steps done.
        best: Highest macro F1 on dev so far; -1 before the first evaluation.
        curve: One row per evaluation on dev.
        losses: Sums of main and auxiliary loss over the steps since the last evaluation, in nats.
        steps: Steps since the last evaluation.
        texts: Texts since the last evaluation.
        training_seconds: Time spent in steps since the last evaluation.
        seconds: Time of the whole training so far, without interruptions.
        precision: bf16 or float32, what the setting `auto` stands for in this training; empty before it is resolved,
            and in checkpoints of earlier versions.
    """

    step: int = 0
    best: float = -1.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=lambda: [0.0, 0.0])
    steps: int = 0
    texts: int = 0
    training_seconds: float = 0.0
    seconds: float = 0.0
    precision: str = ""


def save(
    run: RunFolder,
    classifier: Classifier,
    ema: nn.Module | None,
    optimizer: torch.optim.Optimizer,
    state: State,
    fingerprint: str,
) -> None:
    """Write the checkpoint atomically.

    Raises:
        EmograinError: The file cannot be written, for example because the disk is full; the last checkpoint is intact.
    """
    tensors = {f"weights.{name}": value for name, value in classifier.state_dict().items()}
    if ema is not None:
        tensors |= {f"average.{name}": value for name, value in ema.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    try:
        save_tensors(run.checkpoint, tensors, {"state": json.dumps(asdict(state)), "fingerprint": fingerprint})
    except EmograinError as error:
        last = "the last good checkpoint is intact" if run.checkpoint.exists() else "no checkpoint was written yet"
        raise EmograinError(
            f"stopped at step {state.step}, {last}: {error}",
            f"resume with: emograin train --output {run.path} --resume",
        ) from error


def restore(
    run: RunFolder,
    classifier: Classifier,
    ema: nn.Module | None,
    optimizer: torch.optim.Optimizer,
    fingerprint: str,
) -> State:
    """Load the checkpoint into classifier, EMA and optimizer.

    Returns:
        The progress of the training; the initial state if the run was stopped before its first checkpoint.

    Raises:
        EmograinError: The checkpoint is truncated, or belongs to a run with other settings or data.
    """
    if not run.checkpoint.exists():
        return State()
    tensors, metadata = read_tensors(run.checkpoint)
    if metadata.get("fingerprint") != fingerprint:
        raise EmograinError(
            f"{str(run.checkpoint)!r} belongs to another run: its settings or data differ",
            "put the run's own checkpoint back, or delete this one to start the run again",
        )
    load_weights(classifier, _with_prefix(tensors, "weights."), run.checkpoint)
    if ema is not None:
        load_weights(ema, _with_prefix(tensors, "average."), run.checkpoint)
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in _with_prefix(tensors, "optimizer.").items():
        index, key = name.split(".")
        moments.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    return State(**json.loads(metadata["state"]))


def _with_prefix(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Select the tensors whose names start with a prefix, and remove it from their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

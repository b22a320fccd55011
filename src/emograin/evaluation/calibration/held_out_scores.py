"""Scores of a model on labelled texts that it was not trained on, in a small file without the texts.

They calibrate unions of labels when a model is loaded. A score takes one byte: its logit in steps of 1/16 from -8 to 8,
which changes the odds of a text by 3.2 % at most; gold labels take one bit.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...common.errors import EmograinError
from ...common.files import read_arrays
from ...models.run_folder import RunFolder
from .label_calibration import logit, sigmoid

STEPS = 16  # per unit of the logit
ZERO = 128  # byte of a logit of 0
FILE = "dev_scores.npz"


@dataclass(frozen=True)
class HeldOutScores:
    """Scores and gold labels of texts, in the order of a model's labels.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
    """

    scores: np.ndarray
    labels: np.ndarray

    @classmethod
    def of_run(cls, run: RunFolder) -> "HeldOutScores | None":
        """Read the scores on dev that a training wrote; None without them: an evaluation on other texts writes none.

        Raises:
            EmograinError: The file is damaged.
        """
        if not run.scores_path("dev").exists():
            return None
        _, labels, scores = run.read_scores("dev")
        return cls(scores, labels)

    def to_bytes(self) -> bytes:
        """Return the content of an .npz file. Texts without a score are left out."""
        scored = np.isfinite(self.scores).all(axis=1)
        scores, labels = self.scores[scored], self.labels[scored] > 0
        file = io.BytesIO()
        np.savez_compressed(
            file,
            logits=np.clip(np.rint(logit(scores) * STEPS) + ZERO, 0, 255).astype(np.uint8),
            labels=np.packbits(labels, axis=1),
        )
        return file.getvalue()

    @classmethod
    def from_file(cls, path: Path, labels: int) -> "HeldOutScores":
        """Read the file.

        Args:
            path: The file.
            labels: Number of labels of the model.

        Raises:
            FileNotFoundError: The file does not exist.
            EmograinError: The file is damaged, or is of another number of labels.
        """
        logits, packed = read_arrays(path, ("logits", "labels"))
        shapes = logits.ndim == packed.ndim == 2 and packed.shape == (len(logits), -(-labels // 8))
        if not shapes or logits.shape[1] != labels or logits.dtype != np.uint8 or packed.dtype != np.uint8:
            raise EmograinError(f"{str(path)!r} does not hold scores of {labels} labels")
        scores = sigmoid((logits.astype(np.float64) - ZERO) / STEPS)
        return cls(scores, np.unpackbits(packed, axis=1, count=labels))

"""Map network scores to label scores: unions of labels, then calibration, in one step or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from ...common.checks import Natural, Range, from_values
from ...common.errors import EmograinError
from ..calibration.label_calibration import Calibration
from .label_mapping import unite_scores

Number = Annotated[float, Range(-1e9, 1e9)]
Numbers = tuple[Number, ...]


@dataclass(frozen=True)
class Stage:
    """One step: labels that unite those of the step before, and their calibration.

    Args:
        labels: Names of the labels.
        members: Indices of the labels of the step before that each label unites.
        calibration: Calibration of the united scores.
    """

    labels: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    calibration: Calibration

    @classmethod
    def calibrated(cls, labels: Sequence[str], calibration: Calibration) -> "Stage":
        """Return a step that keeps its labels and calibrates their scores."""
        return cls(tuple(labels), tuple((at,) for at in range(len(labels))), calibration)


@dataclass(frozen=True)
class ScoreMap:
    """A chain of steps.

    Args:
        inputs: Labels of the network.
        stages: At least one step.
    """

    inputs: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the last step."""
        return self.stages[-1].labels

    @property
    def unions(self) -> dict[str, list[str]]:
        """The labels of the network that each label unites."""
        matrix = np.eye(len(self.inputs), dtype=bool)  # (inputs, labels so far)
        for stage in self.stages:
            matrix = np.stack([matrix[:, list(each)].any(axis=1) for each in stage.members], axis=1)
        return {
            label: [self.inputs[at] for at in np.flatnonzero(column)]
            for label, column in zip(self.labels, matrix.T, strict=True)
        }

    def then(self, stage: Stage) -> "ScoreMap":
        """Return the chain with one more step."""
        return ScoreMap(self.inputs, (*self.stages, stage))

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Map the network's scores (texts, inputs) to those of the labels (texts, labels), float32. NaN rows stay."""
        return self._exact(scores).astype(np.float32)

    def _exact(self, scores: np.ndarray) -> np.ndarray:
        """Map scores (texts, inputs) in float64."""
        values = np.asarray(scores, dtype=np.float64)
        for stage in self.stages:
            values = stage.calibration(unite_scores(values, stage.members))
        return values

    def derivatives(self, scores: np.ndarray) -> np.ndarray:
        """Compute how much each label's logit changes with each of the network's logits.

        The logit of a union by noisy-or has the derivative p / q with respect to the logit of a member, where p is the
        member's score and q the union's; Platt scaling multiplies it by its slope. Steps of an isotonic regression have
        no useful derivative; the slope of the Platt scaling that they are combined with is used instead.

        Args:
            scores: The network's scores of one text, (inputs,).

        Returns:
            (labels, inputs), float64.
        """
        values = np.asarray(scores, dtype=np.float64)[None]
        total = np.eye(len(self.inputs))
        for stage in self.stages:
            united = unite_scores(values, stage.members)[0]
            local = np.zeros((len(stage.labels), len(values[0])))
            for at, each in enumerate(stage.members):
                indices = list(each)
                one = len(each) == 1
                local[at, indices] = 1.0 if one else values[0, indices] / max(united[at], 1e-12)
            total = (stage.calibration.slopes[:, None] * local) @ total
            values = stage.calibration(united[None])
        return total

    def to_dict(self) -> dict[str, Any]:
        """Return the chain as JSON-able values, for `from_dict`."""
        stages = []
        for stage in self.stages:
            found = stage.calibration
            steps = {str(at): [places.tolist(), heights.tolist()] for at, (places, heights) in found.steps.items()}
            stages.append(
                {
                    "labels": list(stage.labels),
                    "members": [list(each) for each in stage.members],
                    "slopes": found.slopes.tolist(),
                    "intercepts": found.intercepts.tolist(),
                    "steps": steps,
                }
            )
        return {"inputs": list(self.inputs), "stages": stages}

    @classmethod
    def from_dict(cls, values: Any) -> "ScoreMap":
        """Create a chain from the values of `to_dict`.

        Raises:
            EmograinError: A value is missing, of the wrong type or out of its range, or the steps do not fit.
        """
        parsed = from_values(_Chain, values)
        width, stages = len(parsed.inputs), []
        for at, step in enumerate(parsed.stages):
            name = f"stages[{at}]"
            count = len(step.labels)
            for what in ("members", "slopes", "intercepts"):
                if len(getattr(step, what)) != count:
                    raise EmograinError(f"{name}.{what} must have {count} values, got {len(getattr(step, what))}")
            if any(not each or max(each) >= width for each in step.members):
                raise EmograinError(f"{name}.members must be indices below {width}, at least one per label")
            if any(each <= 0 for each in step.slopes):
                raise EmograinError(f"{name}.slopes must be positive")
            steps = {int(key): _read_steps(f"{name}.steps.{key}", key, pair, count) for key, pair in step.steps.items()}
            calibration = Calibration(np.array(step.slopes), np.array(step.intercepts), steps)
            stages.append(Stage(step.labels, step.members, calibration))
            width = count
        if not stages:
            raise EmograinError("stages must not be empty")
        return cls(parsed.inputs, tuple(stages))


@dataclass(frozen=True)
class _Step:
    """A step in a JSON file."""

    labels: tuple[str, ...]
    members: tuple[tuple[Natural, ...], ...]
    slopes: Numbers
    intercepts: Numbers
    steps: Mapping[str, tuple[Numbers, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Chain:
    """The content of a JSON file."""

    inputs: tuple[str, ...]
    stages: tuple[_Step, ...]


def _read_steps(name: str, key: str, pair: Sequence[Numbers], labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Check the steps of an isotonic regression: ascending logits, ascending probabilities.

    Raises:
        EmograinError: They are not.
    """
    if not key.isdecimal() or int(key) >= labels:
        raise EmograinError(f"{name} must be the index of one of {labels} labels")
    if len(pair) != 2 or len(pair[0]) != len(pair[1]) or not pair[0]:
        raise EmograinError(f"{name} must be two lists of the same length")
    places, heights = np.array(pair[0]), np.array(pair[1])
    if (np.diff(places) <= 0).any() or (np.diff(heights) < 0).any() or heights[0] < 0 or heights[-1] > 1:
        raise EmograinError(f"{name} must ascend, with probabilities in [0, 1]")
    return places, heights

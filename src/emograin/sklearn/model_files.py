"""The folder of a fitted model, which a pickle of the estimator carries as bytes."""

import shutil
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

from ..common.errors import EmograinError
from ..prediction.predictor import Predictor, load
from ..prediction.shipped_model import SHIPPED

# What a prediction reads of a run folder or of an exported model.
NEEDED = ("run.json", "taxonomy.json", "thresholds.json", "weights.safetensors", "encoder", "model.onnx", "model.json")
OPTIONAL = ("tokenizer.json", "score_map.json", "dev_scores.npz")


class ModelFiles:
    """A model's folder and its predictor, loaded at the first use.

    Args:
        path: A run folder or an exported model.
        policy: Threshold policy.
        temporary: Remove the folder with the last reference to it.
    """

    def __init__(self, path: Path, policy: str, temporary: bool = False):
        self.path, self.policy = path, policy
        self._predictor: Predictor | None = None
        if temporary:
            finalize(self, shutil.rmtree, str(path), True)

    @property
    def predictor(self) -> Predictor:
        """The predictor."""
        if self._predictor is None:
            self._predictor = load(self.path, self.policy)
        return self._predictor

    def __getstate__(self) -> dict[str, Any]:
        if self.path == SHIPPED:
            return {"policy": self.policy, "files": None}
        paths = [self.path / name for name in (*NEEDED, *OPTIONAL)]
        found = [each for path in paths for each in (path, *sorted(path.rglob("*"))) if each.is_file()]
        if not found:
            raise EmograinError(
                f"the model of the classifier is gone: {str(self.path)!r}", "keep its folder to pickle it"
            )
        return {
            "policy": self.policy,
            "files": {each.relative_to(self.path).as_posix(): each.read_bytes() for each in found},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["files"] is None:
            self.__init__(SHIPPED, state["policy"])  # type: ignore[misc]
            return
        path = Path(mkdtemp(prefix="emograin-"))
        for name, content in state["files"].items():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"a pickled model has a file outside its folder: {name!r}")
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        self.__init__(path, state["policy"], temporary=True)  # type: ignore[misc]

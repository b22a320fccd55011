"""Evaluate a run with mixing (§3.4, §3.5.2, §3.5.3): at one mixing weight, or at the best one of a sweep on dev.

Weight and thresholds are chosen on dev; the reported split is read only after that. Candidate sources get texts
without labels.

RUN/
  candidates/SOURCE/SPLIT/              files of the candidate source
  mixing/NAME/sweep.json                metrics and thresholds at every weight, on dev
  mixing/NAME/predictions.npz           predictions at every weight under the fixed threshold, on dev
  results/SPLIT-NAME-WEIGHT.json        as without mixing, with `mixing`
  scores/SPLIT-NAME-WEIGHT.npz
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ..common.devices import torch_device
from ..common.errors import EmograinError, unknown_name
from ..common.files import sha256_file, sha256_json
from ..data.corpus import Corpus, Split, fingerprint
from ..evaluation.evaluation_split import evaluation_split
from ..evaluation.run_evaluation import evaluate_run, run_metadata, save_evaluation
from ..evaluation.threshold_policies import choose
from ..models.classifier import load
from ..models.methods import Method
from ..models.run_folder import RunFolder
from .candidates import CANDIDATES, CandidateRequest, Candidates
from .config import Mixing, checked_weight
from .mixers import MIXERS, MixingInputs
from .weight_sweep import CHOOSING_POLICY, WEIGHTS, SweptPredictions, choose_weight, sweep

OnProgress = Callable[[int], Any]


def evaluate_mixed(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weight: float,
    split: str = "test",
    name: str | None = None,
    run_corpus: Corpus | None = None,
    on_progress: OnProgress = lambda _: None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Evaluate a run with mixing, under thresholds chosen on dev for this weight and these candidates.

    The thresholds come from a stored sweep of the same settings, or else dev is scored first.

    Args:
        run: A finished run.
        corpus: Corpus to evaluate on, with the run's labels.
        settings: Settings of the mixing.
        weight: Weight of the document, in [0, 1].
        split: Split of the corpus to evaluate on.
        name: Name of the evaluation, the first part of its file names; None: the split's name.
        run_corpus: Corpus whose dev split chooses the thresholds and whose training split gives candidates; None:
            `corpus`.
        on_progress: Called with a number of finished texts, those of dev included.
        device: cpu or cuda, for the network; candidates are searched and generated where their sources do it.

    Returns:
        The contents of the JSON file.

    Raises:
        EmograinError: The run is not finished; the weight lies outside [0, 1]; the candidates or the mix are unknown;
            or the corpus has other labels or lacks a split.
    """
    mixed = _MixedRun(run, run_corpus or corpus, settings, device)
    weight = checked_weight(weight)
    thresholds = mixed.read_stored_thresholds(weight)
    if thresholds is None:
        dev = mixed.dev_split()
        scores, _ = mixed.score(dev, "dev", [weight], on_progress)
        thresholds = choose(scores[0], dev.labels)
    return _evaluate(mixed, corpus, weight, thresholds, split, name, on_progress)


def sweep_dev(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weights: Sequence[float] = WEIGHTS,
    on_progress: OnProgress = lambda _: None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Compute the metrics at every weight on dev and save them in `mixing/NAME/`. Reads no other labels.

    Args:
        run: A finished run.
        corpus: The run's corpus.
        settings: Settings of the mixing.
        weights: Mixing weights, in [0, 1].
        on_progress: Called with a number of finished texts.
        device: cpu or cuda, for the network.

    Returns:
        The contents of `sweep.json`: the result of `weight_sweep.sweep`, and metadata of the run and the mixing.

    Raises:
        EmograinError: The run is not finished; a weight lies outside [0, 1]; the candidates or the mix are unknown; or
            the corpus has other labels or lacks a split.
    """
    return _sweep(_MixedRun(run, corpus, settings, device), weights, on_progress)


def stored_sweep(run: RunFolder, corpus: Corpus, settings: Mixing) -> dict[str, Any] | None:
    """Read the result of `sweep_dev`, if one is stored for the same dev split, settings and candidate file.

    Raises:
        EmograinError: The run is not finished; the candidates or the mix are unknown; or the corpus has other labels
            or no dev split.
    """
    return _MixedRun(run, corpus, settings).read_stored_sweep()


def stored_evaluation(
    run: RunFolder, corpus: Corpus, settings: Mixing, weight: float, split: str = "test"
) -> dict[str, Any] | None:
    """Read the result of `evaluate_mixed` at a weight of the stored sweep, if one is stored.

    It is that of the same texts, settings, candidate file and thresholds.

    Raises:
        EmograinError: As `evaluate_mixed`.
    """
    return _MixedRun(run, corpus, settings).read_stored_evaluation(corpus, weight, split)


def sweep_run(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weights: Sequence[float] = WEIGHTS,
    split: str = "test",
    on_progress: OnProgress = lambda _: None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Choose weight and thresholds on dev, then evaluate `split` once with them, and once without mixing.

    Args:
        run: A finished run.
        corpus: The run's corpus.
        settings: Settings of the mixing.
        weights: Mixing weights to choose from, in [0, 1].
        split: Split to evaluate on.
        on_progress: Called with a number of finished texts.
        device: cpu or cuda, for the network.

    Returns:
        `sweep` (of `sweep_dev`), `mixed` (of `evaluate_mixed`, at the best weight) and `plain` (of `evaluate_run`).

    Raises:
        EmograinError: The run is not finished; a weight lies outside [0, 1]; the candidates or the mix are unknown; or
            the corpus has other labels or lacks a split.
    """
    mixed = _MixedRun(run, corpus, settings, device)
    found = _sweep(mixed, weights, on_progress)
    weight, thresholds = found["best"]["weight"], found["best"]["thresholds"]
    result = _evaluate(mixed, corpus, weight, thresholds, split, None, on_progress)
    return {
        "sweep": found,
        "mixed": result,
        "plain": evaluate_run(run, corpus, split, on_progress=on_progress, device=device),
    }


class _MixedRun:
    """A run, the settings of its mixing, and the corpus whose dev split chooses.

    Raises:
        EmograinError: The run is not finished, or the candidates or the mix are unknown.
    """

    def __init__(self, run: RunFolder, corpus: Corpus, settings: Mixing, device: str = "cpu"):
        if settings.candidates not in CANDIDATES:
            raise unknown_name("candidates", settings.candidates, CANDIDATES)
        if settings.mix not in MIXERS:
            raise unknown_name("mix", settings.mix, MIXERS)
        _ = run.thresholds  # raises if the training has not finished
        self.run, self.corpus, self.settings, self.device = run, corpus, settings, device
        self._reads_training = False

    @cached_property
    def method(self) -> Method:
        """The run's method."""
        return load(self.run).to(torch_device(self.device)).method

    @cached_property
    def sweep_fingerprint(self) -> str:
        """Fingerprint of what a sweep depends on besides the run."""
        return self.fingerprint_of(self.dev_split())

    def fingerprint_of(self, texts: Split, *more: Any) -> str:
        """Return the SHA-256 of a split, the settings, the split's candidate file, and more, as JSON."""
        file = self._settings_for(texts.name).file
        settings = self.settings.to_dict() | {"file": sha256_file(file) if file and Path(file).is_file() else None}
        return sha256_json([fingerprint(texts), settings, *more])

    @property
    def training_fingerprint(self) -> str | None:
        """Fingerprint of the training split; None if nothing has read it so far."""
        return self._training_fingerprint if self._reads_training else None

    @cached_property
    def _training_fingerprint(self) -> str | None:
        return fingerprint(self.corpus.split("train")) if "train" in self.corpus.split_names else None

    def _has_training_texts(self, stored: Mapping[str, Any]) -> bool:
        """Return whether stored results were made from this training split, or without one."""
        found = stored.get("training_fingerprint")
        return found is None or found == self._training_fingerprint

    def dev_split(self) -> Split:
        """Load the dev split."""
        if "dev" not in self.corpus.split_names:
            raise EmograinError(
                f"thresholds of mixed scores are chosen on dev, and corpus {self.corpus.name!r} has no dev split"
            )
        return evaluation_split(self.run.taxonomy, self.corpus, "dev")

    def training_split(self) -> Split:
        """Load the training split, whose sentences candidates may be."""
        if "train" not in self.corpus.split_names:
            raise EmograinError(f"corpus {self.corpus.name!r} has no training split to take candidates from")
        self._reads_training = True
        return self.corpus.split("train")

    def score(
        self, texts: Split, name: str, weights: Sequence[float], on_progress: OnProgress
    ) -> tuple[np.ndarray, Candidates]:
        """Score a split at every weight, (weights, texts, labels); return the candidates as well."""
        folder = self.run.path / "candidates" / self.settings.source / name
        unlabelled = dataclasses.replace(texts, labels=np.zeros((len(texts), 0), dtype=np.uint8))
        encoder = self.run.settings.encoder
        chosen = self._settings_for(texts.name)
        request = CandidateRequest(unlabelled, self.training_split, encoder, chosen, folder, on_progress)
        candidates = CANDIDATES[self.settings.candidates](request)
        inputs = MixingInputs(self.method, texts.texts, candidates, self.training_split, self.settings)
        return MIXERS[self.settings.mix](inputs, weights, on_progress), candidates

    def mixing_metadata(self, texts: Split, candidates: Candidates) -> dict[str, Any]:
        """Return the settings, the candidates' metadata, and how well the candidates' labels agree, for a result.

        `agreement` is the share of (document, candidate) pairs with a common gold label; None if the candidates are
        not training sentences.
        """
        settings = self.settings.to_dict()
        for name in ("encoder", "file", "model"):
            settings[name] = settings[name] and PurePath(settings[name]).name
        agreement = None
        if candidates.rows is not None:
            shared = self.training_split().labels[candidates.rows] & texts.labels[:, None]  # (documents, top, labels)
            agreement = float(shared.any(axis=2).mean())
        return {**settings, "metadata": candidates.metadata, "agreement": agreement}

    def read_stored_sweep(self) -> dict[str, Any] | None:
        """Read the stored sweep, if its fingerprint is the current one."""
        name = f"mixing/{self.settings.name}/sweep.json"
        if not all((self.run.path / file).is_file() for file in (name, f"mixing/{self.settings.name}/predictions.npz")):
            return None
        found: dict[str, Any] = self.run.read_json(name)
        if found.get("sweep_fingerprint") != self.sweep_fingerprint or not self._has_training_texts(found):
            return None
        if found["chosen_by"] != CHOOSING_POLICY:  # of an earlier version: its metrics are of every policy
            found |= choose_weight(found["weights"])
            self.run.write_json(name, found)
        return found

    def read_stored_thresholds(self, weight: float) -> Mapping[str, Sequence[float]] | None:
        """Read the thresholds of the stored sweep at a weight, if it has them."""
        rows = (self.read_stored_sweep() or {"weights": []})["weights"]
        return next((row["thresholds"] for row in rows if row["weight"] == weight), None)

    def read_stored_evaluation(self, corpus: Corpus, weight: float, split: str) -> dict[str, Any] | None:
        """Read the stored evaluation at a weight of the stored sweep, if its fingerprint is the current one."""
        name = f"{split}-{self.settings.name}-{weight:g}"
        thresholds = self.read_stored_thresholds(weight)
        files = (f"results/{name}.json", f"scores/{name}.npz")
        if thresholds is None or not all((self.run.path / file).is_file() for file in files):
            return None
        found = self.run.read_json(files[0])
        expected = self.fingerprint_of(evaluation_split(self.run.taxonomy, corpus, split), weight, thresholds)
        same = found["mixing"].get("fingerprint") == expected and self._has_training_texts(found["mixing"])
        return found if same else None

    def _settings_for(self, split: str) -> Mixing:
        """Return the settings with the split's name in place of {split} in the candidate file's name."""
        file = self.settings.file
        return dataclasses.replace(self.settings, file=file and file.replace("{split}", split))


def _sweep(mixed: _MixedRun, weights: Sequence[float], on_progress: OnProgress) -> dict[str, Any]:
    """Sweep on dev and write the file."""
    dev = mixed.dev_split()
    scores, candidates = mixed.score(dev, "dev", weights, on_progress)
    result = {
        **run_metadata(mixed.run, mixed.corpus, dev),
        "texts": len(dev),
        "sweep_fingerprint": mixed.sweep_fingerprint,
        "mixing": mixed.mixing_metadata(dev, candidates),
        "training_fingerprint": mixed.training_fingerprint,
        **sweep(scores, dev.labels, weights),
    }
    predictions = SweptPredictions.of_scores(scores, dev.labels, dev.ids, weights)
    predictions.save(mixed.run.path / "mixing" / mixed.settings.name / "predictions.npz")
    mixed.run.write_json(f"mixing/{mixed.settings.name}/sweep.json", result)
    return result


def _evaluate(
    mixed: _MixedRun,
    corpus: Corpus,
    weight: float,
    thresholds: Mapping[str, Sequence[float]],
    split: str,
    name: str | None,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Evaluate at a given weight and thresholds, and write the files."""
    texts = evaluation_split(mixed.run.taxonomy, corpus, split)
    scores, candidates = mixed.score(texts, name or split, [weight], on_progress)
    metadata = {"weight": weight, **mixed.mixing_metadata(texts, candidates)}
    lists = {policy: [float(each) for each in values] for policy, values in thresholds.items()}
    metadata["fingerprint"] = mixed.fingerprint_of(texts, weight, lists)
    metadata["training_fingerprint"] = mixed.training_fingerprint
    file = f"{name or split}-{mixed.settings.name}-{weight:g}"
    return save_evaluation(mixed.run, corpus, texts, scores[0], thresholds, file, mixing=metadata)

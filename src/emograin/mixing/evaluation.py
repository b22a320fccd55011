"""A run with mixing (§3.4, §3.5.2, §3.5.3): evaluated at one mixing weight, or swept on dev and read once on test.

Dev chooses weight and thresholds; the split that is reported is asked for only after that. A candidate source gets
texts without labels.

RUN/
  candidates/SOURCE/SPLIT/              what a source keeps
  mixing/NAME/sweep.json .png .svg      figures and thresholds at every weight, on dev
  results/SPLIT-NAME-WEIGHT.json        as of plain evaluation, with `mixing`
  scores/SPLIT-NAME-WEIGHT.npz
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..common.files import sha256_file, sha256_json
from ..data.corpus import Corpus, Split, fingerprint
from ..evaluation.run_evaluation import evaluate_run, evaluation_split, run_metadata, save_evaluation
from ..evaluation.thresholds import choose
from ..models.classifier import load
from ..models.methods import Method
from ..models.run_folder import RunFolder
from .candidates import CANDIDATES, Candidates, Request
from .config import Mixing, checked_weight
from .mixers import MIXERS, Material
from .weight_sweep import WEIGHTS, sweep

Advance = Callable[[int], Any]


def evaluate_mixed(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weight: float,
    split: str = "test",
    name: str | None = None,
    own: Corpus | None = None,
    on_progress: Advance = lambda _: None,
) -> dict[str, Any]:
    """Evaluate a run with mixing, at thresholds chosen on dev for that very weight and those candidates.

    The thresholds come from a sweep where one has stored them, else dev is scored first.

    Args:
        run: A finished run.
        corpus: A corpus of the run's labels.
        settings: Which candidates, mixed how.
        weight: The document's, in [0, 1].
        split: Which split of the corpus.
        name: Of the evaluation, in front of the result files' names; by default the split's.
        own: Whose dev split chooses and whose training split gives candidates, if not those of `corpus`.
        on_progress: Called with a number of texts when they are done, those of dev included.

    Returns:
        What is in the JSON file.

    Raises:
        EmograinError: The run is not finished; the weight lies outside [0, 1]; unknown candidates or mix; the corpus
            has other labels, or not the splits that are needed.
    """
    mixed = _Mixed(run, own or corpus, settings)
    weight = checked_weight(weight)
    thresholds = mixed.stored_thresholds(weight)
    if thresholds is None:
        dev = mixed.chosen_on()
        scores, _ = mixed.scores(dev, "dev", [weight], on_progress)
        thresholds = choose(scores[0], dev.labels)
    return _evaluate(mixed, corpus, weight, thresholds, split, name, on_progress)


def sweep_dev(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weights: Sequence[float] = WEIGHTS,
    on_progress: Advance = lambda _: None,
) -> dict[str, Any]:
    """Figures of every weight on dev, kept with their picture in `mixing/NAME/`. Reads no other labels.

    Returns:
        What is in `sweep.json`: the result of `mixing_weight.sweep`, and of what it was made.

    Raises:
        EmograinError: As `evaluate_mixed`.
    """
    return _sweep(_Mixed(run, corpus, settings), weights, on_progress)


def stored_sweep(run: RunFolder, corpus: Corpus, settings: Mixing) -> dict[str, Any] | None:
    """What `sweep_dev` left, if it was of the same dev split, settings and file of candidates.

    Raises:
        EmograinError: As `evaluate_mixed`.
    """
    return _Mixed(run, corpus, settings).stored()


def sweep_run(
    run: RunFolder,
    corpus: Corpus,
    settings: Mixing,
    weights: Sequence[float] = WEIGHTS,
    split: str = "test",
    on_progress: Advance = lambda _: None,
) -> dict[str, Any]:
    """Choose weight and thresholds on dev, then read `split` once with them, and once without mixing.

    Returns:
        `sweep` (of `sweep_dev`), `mixed` (of `evaluate_mixed`, at the best weight) and `plain` (of `evaluate_run`).

    Raises:
        EmograinError: As `evaluate_mixed`.
    """
    mixed = _Mixed(run, corpus, settings)
    found = _sweep(mixed, weights, on_progress)
    weight, thresholds = found["best"]["weight"], found["best"]["thresholds"]
    result = _evaluate(mixed, corpus, weight, thresholds, split, None, on_progress)
    return {"sweep": found, "mixed": result, "plain": evaluate_run(run, corpus, split, on_progress=on_progress)}


class _Mixed:
    """A run, what it is mixed with, and the corpus that chooses.

    Raises:
        EmograinError: The run is not finished, or there are no such candidates or mix.
    """

    def __init__(self, run: RunFolder, own: Corpus, settings: Mixing):
        if settings.candidates not in CANDIDATES:
            raise unknown_name("candidates", settings.candidates, CANDIDATES)
        if settings.mix not in MIXERS:
            raise unknown_name("mix", settings.mix, MIXERS)
        _ = run.thresholds  # raises where the training has not finished
        self.run, self.own, self.settings = run, own, settings

    @cached_property
    def method(self) -> Method:
        return load(self.run).method

    @cached_property
    def mark(self) -> str:
        """A sha256 by which a stored sweep is known to be of the same dev split, settings and file of candidates."""
        file = self._settings("dev").file
        settings = self.settings.to_dict() | {"file": sha256_file(file) if file and Path(file).is_file() else None}
        return sha256_json([fingerprint(self.chosen_on()), settings])

    def chosen_on(self) -> Split:
        """The dev split."""
        if "dev" not in self.own.names:
            raise EmograinError(
                f"thresholds of mixed scores are chosen on dev, and corpus {self.own.name!r} has no dev split"
            )
        return evaluation_split(self.run.taxonomy, self.own, "dev")

    def training(self) -> Split:
        """The training split, whose sentences candidates may be."""
        if "train" not in self.own.names:
            raise EmograinError(f"corpus {self.own.name!r} has no training split to take candidates from")
        return self.own.split("train")

    def scores(
        self, texts: Split, name: str, weights: Sequence[float], on_progress: Advance
    ) -> tuple[np.ndarray, Candidates]:
        """Scores of a split at every weight (weights, texts, labels), and the candidates it was mixed with."""
        folder = self.run.path / "candidates" / self.settings.source / name
        unlabelled = dataclasses.replace(texts, labels=np.zeros((len(texts), 0), dtype=np.uint8))
        encoder = self.run.settings.encoder
        request = Request(unlabelled, self.training, encoder, self._settings(texts.name), folder)
        candidates = CANDIDATES[self.settings.candidates](request)
        material = Material(self.method, texts.texts, candidates, self.training, self.settings)
        return MIXERS[self.settings.mix](material, weights, on_progress), candidates

    def facts(self, texts: Split, candidates: Candidates) -> dict[str, Any]:
        """What a result tells of its mixing: settings, how candidates were made, and how well their labels fit.

        `agreement` is the share of (document, candidate) pairs that have a gold label in common; None where
        candidates are no training sentences.
        """
        settings = self.settings.to_dict()
        for name in ("encoder", "file", "model"):
            settings[name] = settings[name] and PurePath(settings[name]).name
        agreement = None
        if candidates.rows is not None:
            shared = self.training().labels[candidates.rows] & texts.labels[:, None]  # (documents, count, labels)
            agreement = float(shared.any(axis=2).mean())
        return {**settings, "metadata": candidates.facts, "agreement": agreement}

    def stored(self) -> dict[str, Any] | None:
        """A sweep of the same settings and the same dev split, if there is one."""
        name = f"mixing/{self.settings.name}/sweep.json"
        if not (self.run.path / name).is_file():
            return None
        found = self.run.read_json(name)
        return found if found.get("sweep_fingerprint") == self.mark else None

    def stored_thresholds(self, weight: float) -> Mapping[str, Sequence[float]] | None:
        """Those that such a sweep chose for a weight."""
        rows = (self.stored() or {"weights": []})["weights"]
        return next((row["thresholds"] for row in rows if row["weight"] == weight), None)

    def _settings(self, split: str) -> Mixing:
        """The settings for one split: {split} in the file's name is filled in."""
        file = self.settings.file
        return dataclasses.replace(self.settings, file=file and file.replace("{split}", split))


def _sweep(mixed: _Mixed, weights: Sequence[float], on_progress: Advance) -> dict[str, Any]:
    """Sweep on dev, and write the files."""
    dev = mixed.chosen_on()
    scores, candidates = mixed.scores(dev, "dev", weights, on_progress)
    result = {
        **run_metadata(mixed.run, mixed.own, dev),
        "texts": len(dev),
        "sweep_fingerprint": mixed.mark,
        "mixing": mixed.facts(dev, candidates),
        **sweep(scores, dev.labels, weights),
    }
    folder = f"mixing/{mixed.settings.name}"
    mixed.run.write_json(f"{folder}/sweep.json", result)  # last: where it is, all of the sweep is
    return result


def _evaluate(
    mixed: _Mixed,
    corpus: Corpus,
    weight: float,
    thresholds: Mapping[str, Sequence[float]],
    split: str,
    name: str | None,
    on_progress: Advance,
) -> dict[str, Any]:
    """Evaluate at a weight and thresholds that are chosen, and write the files."""
    texts = evaluation_split(mixed.run.taxonomy, corpus, split)
    scores, candidates = mixed.scores(texts, name or split, [weight], on_progress)
    facts = {"weight": weight, **mixed.facts(texts, candidates)}
    file = f"{name or split}-{mixed.settings.name}-{weight:g}"
    return save_evaluation(mixed.run, corpus, texts, scores[0], thresholds, file, mixing=facts)

"""Score the training texts by models that were not trained on them, as targets for a student (--teacher FILE.npz).

    python scripts/out_of_fold_scores.py label-embedding --data goemotions --encoder minilm --output runs/out_of_fold

The training texts are divided at random into folds; for each fold one run is trained on the others, with dev for its
checkpoint, and scores the fold. OUTPUT/fold-N is the run of a fold, OUTPUT/scores.npz has the scores of all texts. An
interrupted call resumes. To train folds in parallel, call it with --fold for each one, then without.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import emograin
from emograin.common.devices import torch_device
from emograin.common.errors import EmograinError
from emograin.common.files import read_arrays, write_atomically
from emograin.data.corpus import Corpus, Split, fingerprint, training_fingerprint
from emograin.models.classifier import load
from emograin.models.scoring import score_documents
from emograin.training.teacher_scores import write_teacher_scores


def assign_folds(texts: int, folds: int, seed: int) -> np.ndarray:
    """Return the fold of each text, (texts,): a random division into folds of equal size, up to one text."""
    return np.random.default_rng(seed).permutation(np.arange(texts) % folds)


def select(split: Split, kept: np.ndarray) -> Split:
    """Return the texts of a split with the given indices."""
    rows = kept.tolist()
    return Split(split.name, [split.ids[at] for at in rows], [split.texts[at] for at in rows], split.labels[kept])


def score_fold(
    settings: emograin.Training, corpus: Corpus, folds: np.ndarray, fold: int, folder: Path, device: str
) -> np.ndarray:
    """Train on the other folds, or resume, and return the scores of the fold's texts, (texts, labels).

    Raises:
        EmograinError: The folder is of other settings, texts or folds.
    """
    train, dev, run = corpus.split("train"), corpus.split("dev"), emograin.RunFolder(folder)
    own, others = select(train, np.flatnonzero(folds == fold)), select(train, np.flatnonzero(folds != fold))
    kept = folder / "fold.npz"
    expected = training_fingerprint(settings.to_dict(), [fingerprint(each) for each in (own, others, dev)])
    if kept.is_file():
        scores, found = read_arrays(kept, ("scores", "fingerprint"))
        if str(found) != expected:
            raise EmograinError(
                f"{str(kept)!r} holds scores with other settings, texts or folds", "name another --output, or delete it"
            )
        return np.asarray(scores)
    part = Corpus(corpus.name, corpus.taxonomy, {"train": lambda: others, "dev": lambda: dev})
    emograin.train(settings, part, run, resume=run.exists)
    method = load(run).to(torch_device(device)).method
    scores = score_documents(method, method.tokenize(own.texts))

    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, scores=scores, fingerprint=np.array(expected))

    write_atomically(kept, save)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--ema-decay", type=float, default=0.999)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--fold", type=int, help="train and score this fold only, counted from 0")
    parser.add_argument("--device", default="cpu", help="device of the scoring: cpu or cuda")
    parser.add_argument("--seed", type=int, default=0, help="of the folds and of the trainings")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    corpus = emograin.load_corpus(options.data)
    names = ("method", "data", "encoder", "epochs", "batch_size", "learning_rate", "ema_decay", "seed")
    given = {name: getattr(options, name) for name in names}
    settings = emograin.Training.from_dict(given)
    train = corpus.split("train")
    folds = assign_folds(len(train), options.folds, options.seed)
    scores = np.zeros(train.labels.shape, dtype=np.float32)
    for fold in range(options.folds) if options.fold is None else [options.fold]:
        own = replace(settings, seed=options.seed * options.folds + fold)
        scores[folds == fold] = score_fold(own, corpus, folds, fold, options.output / f"fold-{fold}", options.device)
        print(f"fold {fold + 1} of {options.folds}: {int((folds == fold).sum()):,} texts scored", flush=True)
    if options.fold is not None:
        return

    write_teacher_scores(options.output / "scores.npz", train, corpus.taxonomy, scores)
    print(f"{options.output / 'scores.npz'}: emograin train baseline --teacher {options.output / 'scores.npz'} ...")


if __name__ == "__main__":
    main()

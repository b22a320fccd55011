"""Fine-tune on few and on many texts of another corpus, from a plain encoder and from an emotion-tuned one, by method.

    python experiments/encoder_from_run.py --data xed.csv --taxonomy taxonomy.json --encoder minilm runs/goemotions

Each cell is a training on a random sample of the training split, with the weights and the thresholds chosen on a
sample of dev, and one evaluation on test. A seed draws the sample, the new layers and the order of batches. Cells that
the results already hold are skipped, so an interrupted experiment continues where it stopped. --xed adds
the bundled model without any training, its labels united to those of XED by name.
"""

import argparse
import itertools
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from calibrate_xed import MAPPING

import emograin
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.calibration_quality import average_precision
from emograin.evaluation.run_evaluation import evaluate_run
from emograin.evaluation.significance import per_label_f1
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds
from emograin.models.config import BUNDLED, METHODS

EPOCHS = {100: 20, 1000: 6}  # by number of texts; more texts get `--epochs`
EVALUATIONS = 4  # on dev, in a training


def sample(split: Split, size: int | None, seed: int) -> Split:
    """Draw `size` texts of a split without replacement, in their order; None: all."""
    if size is None or size >= len(split):
        return split
    kept = np.sort(np.random.default_rng(seed).permutation(len(split))[:size])
    return Split(split.name, [split.ids[at] for at in kept], [split.texts[at] for at in kept], split.labels[kept])


def run_cell(settings: emograin.Training, corpus: Corpus, texts: int | None, dev_texts: int) -> dict[str, Any]:
    """Train one cell and evaluate it on test.

    Args:
        settings: Settings of the training.
        corpus: The corpus.
        texts: Number of training texts; None: all.
        dev_texts: Number of dev texts.
    """
    train = sample(corpus.split("train"), texts, settings.seed)
    dev = sample(corpus.split("dev"), dev_texts, 0)
    steps = settings.epochs * -(-len(train) // settings.batch_size)
    settings = emograin.Training.from_dict(settings.to_dict() | {"evaluate_every": -(-steps // EVALUATIONS)})
    parts = {"train": lambda: train, "dev": lambda: dev, "test": lambda: corpus.split("test")}
    drawn = Corpus(corpus.name, corpus.taxonomy, parts)
    with TemporaryDirectory() as folder:
        run = emograin.RunFolder(Path(folder) / "run")
        on_dev = emograin.train(settings, drawn, run)
        result = evaluate_run(run, drawn, "test")
    return {
        "texts": len(train),
        "dev_texts": len(dev),
        "test_texts": result["texts"],
        "epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "dev_macro_f1": round(on_dev["policies"]["per-label"]["macro_f1"], 4),
        "macro_f1": round(result["policies"]["per-label"]["macro_f1"], 4),
        "macro_average_precision": round(result["macro_average_precision"], 4),
    }


def unite_labels(corpus: Corpus, dev_texts: int) -> dict[str, Any]:
    """Evaluate the bundled model with its labels united to XED's, and thresholds chosen on a sample of dev."""
    dev, test = sample(corpus.split("dev"), dev_texts, 0), corpus.split("test")
    model = emograin.load(mapping=MAPPING)
    if model.labels != corpus.taxonomy.labels:
        raise SystemExit(f"--xed is for the labels {', '.join(model.labels)}, got {', '.join(corpus.taxonomy.labels)}")
    thresholds = choose(model.predict(dev.texts).scores, dev.labels)["per-label"]
    scores = model.predict(test.texts).scores
    return {
        "texts": 0,
        "dev_texts": len(dev),
        "test_texts": len(test),
        "epochs": 0,
        "macro_f1": round(float(per_label_f1(apply_thresholds(scores, thresholds), test.labels).mean()), 4),
        "macro_average_precision": round(float(np.mean(average_precision(scores, test.labels))), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the corpus")
    parser.add_argument("--taxonomy", type=Path, required=True, help="its labels")
    parser.add_argument("--encoder", nargs="+", default=["minilm"], help="encoders to start from, as of emograin train")
    parser.add_argument("--methods", nargs="+", default=["baseline"], choices=METHODS)
    parser.add_argument("--texts", nargs="+", default=["100", "1000", "all"], help="numbers of training texts")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=3, help="epochs of trainings on all texts")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--dev-texts", type=int, default=500)
    parser.add_argument("--xed", action="store_true", help="the corpus is XED: also the bundled model, untrained")
    parser.add_argument("--output", type=Path, default=Path("results/encoder_from_run.json"))
    options = parser.parse_args()
    corpus = emograin.load_corpus(options.data, Taxonomy.from_file(options.taxonomy))
    before = json.loads(options.output.read_text(encoding="utf-8")) if options.output.exists() else None
    if before is not None and before["corpus"] != corpus.name:
        raise SystemExit(f"{options.output} is about {before['corpus']}, got {corpus.name}: another --output")
    rows = [] if before is None else before["rows"]

    def add(row: dict[str, Any]) -> None:
        rows.append(row)
        print(json.dumps(row), flush=True)
        written = json.dumps({"corpus": corpus.name, "rows": rows}, indent=1)
        options.output.write_text(written + "\n", encoding="utf-8")

    untrained = {"encoder": BUNDLED, "method": "none", "training": "0", "seed": 0}
    if options.xed and not any(untrained.items() <= row.items() for row in rows):
        add(untrained | unite_labels(corpus, options.dev_texts))
    for number in options.texts:
        texts = None if number == "all" else int(number)
        for seed in options.seeds:
            for encoder, method in itertools.product(options.encoder, options.methods):
                cell = {"encoder": Path(encoder).name, "method": method, "training": number, "seed": seed}
                epochs, rate = EPOCHS.get(texts or 0, options.epochs), options.learning_rate
                if done := [row for row in rows if cell.items() <= row.items()]:
                    if (done[0]["epochs"], done[0]["learning_rate"]) != (epochs, rate):
                        raise SystemExit(f"{options.output} has {cell} at other epochs or another learning rate")
                    continue
                settings = emograin.Training(
                    method=method,
                    data=options.data,
                    encoder=encoder,
                    epochs=epochs,
                    learning_rate=rate,
                    seed=seed,
                )
                add(cell | run_cell(settings, corpus, texts, options.dev_texts))


if __name__ == "__main__":
    main()

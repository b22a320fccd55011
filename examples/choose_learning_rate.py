"""Choose learning rate and batch size on dev: short runs on every Nth training text, one row each.

    python examples/choose_learning_rate.py METHOD --data DIR --encoder minilm --every 4 --output grid.csv

A run of one short epoch favours large learning rates; it tells 1e-4 from 3e-4, not from 1.2e-4.
"""

import argparse
import csv
import tempfile
from pathlib import Path

from emograin.config import Training
from emograin.data import Corpus, Split, load
from emograin.run_folder import RunFolder
from emograin.training import train


def thinned(corpus: Corpus, every: int) -> Corpus:
    """The corpus with every Nth training text; dev as it is, and no test split at all."""

    def train_split() -> Split:
        whole = corpus.split("train")
        return Split("train", whole.ids[::every], whole.texts[::every], whole.labels[::every])

    return Corpus(corpus.name, corpus.taxonomy, {"train": train_split, "dev": lambda: corpus.split("dev")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--every", type=int, default=4, help="take every Nth training text")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[32])
    parser.add_argument("--learning-rate", type=float, nargs="+", default=[5e-5, 1e-4, 2e-4])
    parser.add_argument("--output", type=Path, required=True, help="CSV file, rows are added")
    options = parser.parse_args()
    corpus = thinned(load(options.data), options.every)
    for batch_size in options.batch_size:
        for learning_rate in options.learning_rate:
            settings = Training(
                method=options.method,
                data=Path(options.data).name,
                encoder=options.encoder,
                epochs=1,
                batch_size=batch_size,
                learning_rate=learning_rate,
                evaluate_every=10**9,
            )
            with tempfile.TemporaryDirectory() as folder:
                figures = train(settings, corpus, RunFolder(folder))
            row = {
                "method": options.method,
                "texts": len(corpus.split("train")),
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "dev_macro_average_precision": round(figures["macro_average_precision"], 4),
                "dev_macro_f1_one_for_all": round(figures["policies"]["one-for-all"]["macro_f1"], 4),
                "dev_macro_f1_fixed": round(figures["policies"]["fixed"]["macro_f1"], 4),
            }
            new = not options.output.exists()
            with options.output.open("a", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)


if __name__ == "__main__":
    main()

"""Choose learning rate and batch size on dev: short runs on every Nth training text, one CSV row per run.

    python examples/choose_learning_rate.py METHOD --data DIR --encoder minilm --every 4 --output grid.csv

The same for alpha, at which an auxiliary task's weight starts (eq. 1; a file of its own, since it has more columns):

    python examples/choose_learning_rate.py METHOD --auxiliary sentiment --alpha 0.5 0.65 0.8 0.95 1 --output alpha.csv

Short runs favour large learning rates; they distinguish 1e-4 from 4e-4, not from 1.2e-4. Settings that already have
a row in the CSV file are skipped.
"""

import argparse
import csv
import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emograin.data.corpus import Corpus, Split
from emograin.data.sources import load
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train


def subsample(corpus: Corpus, every: int) -> Corpus:
    """Return the corpus with every Nth training text, all of dev, and no test split."""

    def every_nth() -> Split:
        whole = corpus.split("train")
        return Split("train", whole.ids[::every], whole.texts[::every], whole.labels[::every])

    return Corpus(corpus.name, corpus.taxonomy, {"train": every_nth, "dev": lambda: corpus.split("dev")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--auxiliary", help="grouping of the taxonomy for an auxiliary task")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--every", type=int, default=4, help="use every Nth training text")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[32])
    parser.add_argument("--learning-rate", type=float, nargs="+", default=[5e-5, 1e-4, 2e-4])
    parser.add_argument("--alpha", type=float, nargs="+", help="T at the first step (eq. 1), with --auxiliary")
    parser.add_argument("--no-emoji", action="store_true", help="leave emoji out, as the rows of Table 2 do")
    parser.add_argument("--output", type=Path, required=True, help="CSV file to append rows to")
    options = parser.parse_args()
    if options.alpha and not options.auxiliary:
        parser.error("--alpha needs an auxiliary task, got none: --auxiliary sentiment")
    corpus = subsample(load(options.data), options.every)
    alphas: list[dict[str, Any]] = [{"alpha": each} for each in options.alpha or []] or [{}]
    for batch_size, learning_rate, alpha in itertools.product(options.batch_size, options.learning_rate, alphas):
        chosen: dict[str, Any] = {"batch_size": batch_size, "learning_rate": learning_rate, **alpha}
        key = {
            "method": options.method,
            "auxiliary": options.auxiliary or "",
            "texts": len(corpus.split("train")),
            "epochs": options.epochs,
            "encoder": Path(options.encoder).name,
            "data": Path(options.data).name,
            "emoji": not options.no_emoji,
            **chosen,
        }
        if _has_row(options.output, key):
            continue
        settings = Training(
            method=options.method,
            auxiliary=options.auxiliary,
            data=Path(options.data).name,
            encoder=options.encoder,
            epochs=options.epochs,
            evaluate_every=10**9,
            emoji=not options.no_emoji,
            **chosen,
        )
        with tempfile.TemporaryDirectory() as folder:
            metrics = train(settings, corpus, RunFolder(folder))
        row = key | {
            "dev_macro_average_precision": round(metrics["macro_average_precision"], 4),
            "dev_macro_f1_global": round(metrics["policies"]["global"]["macro_f1"], 4),
            "dev_macro_f1_fixed": round(metrics["policies"]["fixed"]["macro_f1"], 4),
        }
        if alpha:
            head = metrics["auxiliary_task"]["policies"]["fixed"]["own_head"]
            row["dev_auxiliary_macro_f1_fixed"] = round(head["macro_f1"], 4)
        _append_row(options.output, row)


def _append_row(output: Path, row: Mapping[str, Any]) -> None:
    """Append a row to the CSV file, which gets a header if it is new."""
    new = not output.exists()
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def _has_row(output: Path, key: Mapping[str, Any]) -> bool:
    """Return whether the CSV file has a row with these settings."""
    if not output.exists():
        return False
    with output.open(newline="") as file:
        header = next(csv.reader(file), [])
        if not set(key) <= set(header) or ("alpha" in header) != ("alpha" in key):
            raise SystemExit(
                f"{output} has the columns {', '.join(header)}, expected {', '.join(key)}: another --output"
            )
        file.seek(0)
        return any(all(row.get(name) == str(value) for name, value in key.items()) for row in csv.DictReader(file))


if __name__ == "__main__":
    main()

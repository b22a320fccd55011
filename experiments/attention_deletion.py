"""Do the words that runs attend to matter? Falls in score without them and without random ones, on a sample of test.

    python experiments/attention_deletion.py runs/label-embedding-seed0 runs/baseline-seed0 --json falls.json

All runs read the same texts: a sample of those in which each of them predicts a label. Without runs, the table of what
--json holds goes into the page again:

    python experiments/attention_deletion.py --json results/attention_deletion.json --page docs/attention.md
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from emograin.analysis.word_deletion import DRAWS, deletion_check
from emograin.common.errors import EmograinError
from emograin.common.files import write_atomically
from emograin.common.progress import Progress
from emograin.common.text_table import aligned
from emograin.data.sources import load
from emograin.evaluation.results import check_same_texts, read_evaluated
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder

START, END = "<!-- deletion: made by experiments/attention_deletion.py -->", "<!-- end of deletion -->"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path, help="evaluated runs of one corpus")
    parser.add_argument("--data", help="by default what the first was trained on")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    parser.add_argument("--page", type=Path, help="a page to put the table into")
    parser.add_argument("--texts", type=int, default=300, help="how many")
    parser.add_argument("--words", type=int, nargs="+", default=[1, 3], help="words taken out of a text")
    parser.add_argument("--layers", type=int, nargs="*", default=[], help="other layers than the last, for one word")
    parser.add_argument("--draws", type=int, default=DRAWS, help="choices of random words a text")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--policy", default="per-label", help="thresholds of what is predicted")
    options = parser.parse_args(arguments)
    try:
        found = measured(options) if options.runs else json.loads(options.json.read_text(encoding="utf-8"))
    except EmograinError as mistake:
        raise SystemExit(str(mistake)) from None
    print(table(found))
    if options.json and options.runs:
        _write(options.json, json.dumps(found, indent=1) + "\n")
    if options.page:
        before, _, rest = options.page.read_text(encoding="utf-8").partition(START)
        _write(options.page, f"{before}{START}\n```text\n{table(found)}\n```\n{END}{rest.partition(END)[2]}")


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    texts, eligible = sampled(options.runs, options.data, options.texts, options.seed, options.policy)
    checks = [check for run in options.runs for check in checked(run, texts, options)]
    return {"policy": options.policy, "sampled": len(texts), "eligible": eligible, "checks": checks}


def sampled(runs: list[Path], data: str | None, count: int, seed: int, policy: str) -> tuple[list[str], int]:
    """Test texts in which every run predicts a label, drawn without replacement, and of how many they are drawn."""
    outcomes = [read_evaluated(str(run), "test", policy) for run in runs]
    check_same_texts(outcomes)
    good = np.flatnonzero(np.all([outcome.predictions.any(axis=1) for outcome in outcomes], axis=0))
    chosen = np.random.default_rng(seed).permutation(good)[:count]
    folder = RunFolder(runs[0])
    settings = folder.settings
    corpus = load(data or settings.data, folder.taxonomy, settings.text_column, settings.label_column)
    split = corpus.split("test")
    texts = dict(zip(split.ids, split.texts, strict=True))
    return [texts[outcomes[0].ids[at]] for at in chosen], len(good)


def checked(run: Path, texts: list[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """The checks of one run."""
    folder = RunFolder(run).require()
    method = load_classifier(folder).method
    thresholds = folder.read_json("thresholds.json")[options.policy]
    found = []
    for words, layer in [(words, None) for words in options.words] + [(1, layer) for layer in options.layers]:
        with Progress(len(texts), f"texts of {run.name}") as progress:
            given = {"draws": options.draws, "seed": options.seed, "on_progress": progress.advance}
            check = deletion_check(method, texts, thresholds, words, layer, **given)
        found.append({"run": run.resolve().name, **check})
    return found


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    rows = [
        ["run", "layer", "words", "texts", "score", "attended", "random", "difference", "95 % interval", "more often"]
    ]
    for check in found["checks"]:
        layer = "last" if check["layer"] is None else str(check["layer"])
        cells = [check["run"], layer, str(check["words"]), str(check["texts"]), f"{check['score']:.3f}"]
        cells += [f"{check[name]:.3f}" for name in ("attended_drop", "random_drop", "difference")]
        rows.append([*cells, f"{check['low']:.3f} to {check['high']:.3f}", f"{check['attended_drops_more']:.0%}"])
    return (
        f"{aligned(rows)}\n(attended, random: how much the score of the best predicted label falls without such words)"
    )


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()

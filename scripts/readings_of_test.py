"""How often the gold labels of GoEmotions' test split were read for what results/ and the docs hold.

Counts are those of files where there are files; the others are written here. `classes` says which file belongs to which
reading, and a test that every file of test scores in results/ belongs to one.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from emograin.common.text_table import markdown

RESULTS = Path(__file__).parents[1] / "results"
NOTHING = "nothing"
BUNDLED = 4  # the first bundled model and today's, before and after their emoji were trained


def classes(results: Path = RESULTS) -> dict[str, list[Path]]:
    """Return what was read -> the files of what came of it."""
    mixed: dict[str, list[Path]] = {"mixed, weight of dev": [], "mixed, weight of the paper": []}
    for path in sorted(results.glob("**/test-*.*")):
        candidates, _, weight = path.stem.removeprefix("test-").rpartition("-")
        swept = _read(path.parent / "mixing" / f"{candidates}.json")
        mixed["mixed, weight of dev" if float(weight) in _best_weights(swept) else "mixed, weight of the paper"].append(
            path
        )
    runs = sorted(results.glob("**/test.json"))
    return mixed | {
        "runs": [*runs, *(path.with_suffix(".npz") for path in runs)],
        "neighbours": [results / "neighbours" / name for name in ("agreement.json", "test.npz")],
        "per-label kNN": sorted(results.glob("**/label_state_knn.json")),
        "attention by layer": sorted(results.glob("**/attention_flow/*.json")),
        "attention of a document": sorted(results.glob("**/attention/*.npz")),
        "deleted words": [results / "attention_deletion.json"],
        "emoji": [results / "emoji.json"],
        "long texts": [results / "long_texts.json"],
        "tests of the recipe": sorted(results.glob("tried/*-bundled/card.json")),
        "differences in average precision": [results / "average_precision_differences.json"],
    }


def table() -> str:
    """Return the readings as a table."""
    files = classes()

    def count(name: str) -> int:
        """Number of evaluations, each of which has one JSON file."""
        return sum(path.suffix == ".json" for path in files[name])

    subsets = sum(name.startswith("test, ") for name in _read(files["emoji"][0]))
    compared = sum(each["split"] == "test" for each in _read(files["differences in average precision"][0]))
    cards = [_read(path) for path in files["tests of the recipe"]]
    networks = sum("test" in splits for card in cards for splits in card["metrics"].values())
    variants = len(_read(files["per-label kNN"][0])["variants"])
    in_docs = len(list(RESULTS.glob("*/test.json")))
    pairs = Counter(
        (path.parent, path.stem.rpartition("-")[0]) for path in files["mixed, weight of dev"] if path.suffix == ".json"
    )
    rows = [
        ("a run in results/, evaluated at the end of its training", f"{count('runs')}, once each"),
        (
            "a run with mixing, at the weight and thresholds chosen on dev (weight by the global threshold, later at "
            "the fixed one)",
            f"{count('mixed, weight of dev')}: {len(pairs)} pairs of run and candidates, "
            f"{sum(times > 1 for times in pairs.values())} of them at two weights",
        ),
        (
            "a run with mixing, at the paper's weight of 0.92 and thresholds chosen on dev",
            f"{count('mixed, weight of the paper')}, once each",
        ),
        (
            f"per-label kNN: runs, {variants} variants of each, settings chosen on dev",
            f"{count('per-label kNN')}, once each variant",
        ),
        ("share of nearest training sentences with a gold label of the text", f"{count('neighbours')}"),
        (
            "the first bundled model: float32, int8, each again when the network changed (int8 quantization twice, "
            "tokens for emoji, thresholds), the last times with long texts read whole",
            "6",
            "nothing; the changes were chosen on dev",
        ),
        ("the bundled model of six teachers: float32, int8", "2, once each"),
        (
            "models of an eighth and of a thirty-second of the training texts (tests of the recipe): float32, int8",
            f"{networks}, once each",
        ),
        (
            "saved scores of the runs in docs/results.md, with thresholds of the highest expected F1",
            f"{in_docs}, once each",
        ),
        ("saved scores again, for intervals of differences in average precision", f"{compared}"),
        (
            f"emoji: texts with emoji, texts with emoticons, all ({subsets} sets); each bundled model, before and "
            "after its emoji were trained",
            f"{BUNDLED * subsets}, once each",
        ),
        ("documents made of test texts: first bundled model before and after its emoji, today's", "3"),
        (
            "attention by layer over all test texts, slots of gold labels",
            f"{count('attention by layer')} runs, once each",
        ),
        (
            "attention of one document, found by its gold label",
            f"{_documents(files)}",
            "the document of Figures 6 to 8",
        ),
        ("deleted words (of two runs; predicted labels)", f"{count('deleted words')}"),
        ("counts, Table 3, raters (gold labels alone)", "1"),
        (
            "the paper's claims, from the rows above",
            "after one, two, three, four and five seeds",
            "revised rules and list of the claims ([how](#table-2))",
        ),
    ]
    titles = ["what read the gold labels of test", "times", "what was chosen by it"]
    return markdown([titles, *([*row, NOTHING][:3] for row in rows)])


def _best_weights(swept: dict[str, Any]) -> set[float]:
    """Return the weights that are best on dev at the policies that have chosen weights, of a sweep."""
    best = {swept["best"]["weight"]}
    for policy in ("global", "fixed"):
        found = max(swept["weights"], key=lambda entry: (entry["policies"][policy]["macro_f1"], entry["weight"]))
        best.add(found["weight"])
    return best


def _documents(files: dict[str, list[Path]]) -> int:
    """Number of archives that have the attention of a document."""
    return len({path.parent for path in files["attention of a document"]})


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

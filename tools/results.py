"""Keep runs' figures in results/, and write the README's table from them.

    python tools/results.py                 regenerate the tables
    python tools/results.py RUN [RUN ...]   first copy these runs' figures, scores and curves, without their weights
"""

import json
import shutil
import sys
from pathlib import Path

from emograin.tables import results_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
KEPT = ("results/dev.json", "results/test.json", "scores/dev.npz", "scores/test.npz", "thresholds.json", "curve.csv")


def collect(run: Path) -> None:
    """Copy what a table, a figure or a later comparison needs from a run folder."""
    for name in KEPT:
        target = RESULTS / run.name / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run / name, target)


def table() -> str:
    """The runs that were evaluated on test, as Markdown."""
    return results_table(json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*/test.json")))


def with_results(text: str) -> str:
    """A document with the lines between its two markers replaced."""
    start, end = "<!-- results: made by tools/results.py -->", "<!-- end of results -->"
    before, _, rest = text.partition(start)
    return f"{before}{start}\n{table()}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    for run in sys.argv[1:]:
        collect(Path(run))
    readme = ROOT / "README.md"
    readme.write_text(with_results(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

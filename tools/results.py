"""Keep runs' figures in results/, and write the README's tables from them.

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


def results() -> str:
    """The runs that were evaluated on test, as Markdown."""
    return results_table(json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*/test.json")))


def speed() -> str:
    """What benchmarks/training_speed.py measured, as Markdown."""
    measured = json.loads((RESULTS / "training_speed.json").read_text(encoding="utf-8"))
    lines = [
        f"Median ratio of texts a second to a plain fine-tuning loop (float32, padded to 50 word pieces) on the "
        f"same weights and texts, batch {measured['batch_size']}, {measured['rounds']} rounds in turn in one process, "
        f"{measured['threads']} CPU threads, {measured['encoder']}:",
        "",
        "| method | loop | ratio | min–max | peak memory, MiB |",
        "|---|---|---|---|---|",
    ]
    for method, loops in measured["methods"].items():
        for loop, figures in loops.items():
            ratio = figures["ratio"]
            peak = f"{figures['peak_mib']:,}" if "peak_mib" in figures else ""
            spread = f"{ratio['min']:.2f}–{ratio['max']:.2f}"
            lines.append(f"| {method} | {loop} | {ratio['median']:.2f} | {spread} | {peak} |")
    return "\n".join(lines)


def demo() -> str:
    """The end of what `make demo` printed, kept by hand in results/make_demo.txt."""
    return _console("make_demo.txt")


def test() -> str:
    """The end of what `make test` printed, kept by hand in results/make_test.txt."""
    return _console("make_test.txt")


def _console(name: str) -> str:
    return f"```text\n{(RESULTS / name).read_text(encoding='utf-8').strip()}\n```"


SECTIONS = {"demo": demo, "test": test, "results": results, "speed": speed}


def with_tables(text: str) -> str:
    """A document with the lines between each pair of markers replaced."""
    for name, make in SECTIONS.items():
        start, end = f"<!-- {name}: made by tools/results.py -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{make()}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    for run in sys.argv[1:]:
        collect(Path(run))
    readme = ROOT / "README.md"
    readme.write_text(with_tables(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

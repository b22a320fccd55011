"""Archive the results of runs in results/: metrics, scores, thresholds and curves, without weights.

    python scripts/archive_runs.py RUN [RUN ...]

Sweeps over mixing weights with their pictures, and the evaluations with mixing on test, are archived as well. Runs of
another encoder than that of results/table-2 go to results/encoders/NAME/. Next: python
scripts/update_tables.py writes the tables of README and docs/ from results/.
"""

import argparse
import dataclasses
import json
from pathlib import Path, PurePath
from typing import Any

from emograin.evaluation.results import read_evaluated
from emograin.evaluation.significance import paired_bootstrap, randomisation_test
from emograin.models.run_folder import RunFolder
from emograin.reproduction.results_archive import ENCODERS, archive_run

RESULTS = Path(__file__).parents[1] / "results"


def archive(run: RunFolder, folder: Path) -> None:
    """Archive a run, and in `mixing.json` what mixing changed on test."""
    archive_run(run, folder)
    names = sorted(path.stem for path in run.path.glob("results/test-*.json"))
    mixed = [mixing_differences(folder, name) for name in names if "mixing" in run.read_json(f"results/{name}.json")]
    if mixed:
        RunFolder(folder).write_json("mixing.json", mixed)


def folder_of(run: RunFolder, results: Path = RESULTS, table_2: Path = RESULTS / "table-2") -> Path:
    """Return the folder that a run is archived in: runs of different encoders may have one name."""
    encoder = PurePath(run.settings.encoder).name
    first = RunFolder(table_2).read_json("experiment.json")["settings"]["encoder"]
    return results / run.path.name if encoder == first else results / ENCODERS / encoder / run.path.name


def mixing_differences(folder: Path, name: str) -> dict[str, Any]:
    """Compare an archived evaluation with mixing to the same run without, at each threshold policy."""
    found, plain = (json.loads((folder / f"{each}.json").read_text(encoding="utf-8")) for each in (name, "test"))
    sweep = folder / "mixing" / f"{name.removeprefix('test-').rpartition('-')[0]}.json"
    best = json.loads(sweep.read_text(encoding="utf-8"))["best"]["weight"] if sweep.exists() else None
    differences = {}
    for policy in found["policies"]:
        mixed, without = (read_evaluated(f"{folder}{each}", "test", policy) for each in (f":{name}", ""))
        pair = (mixed.predictions, without.predictions, mixed.gold)
        differences[policy] = {
            "without": plain["policies"][policy]["macro_f1"],
            "mixed": found["policies"][policy]["macro_f1"],
            **dataclasses.asdict(paired_bootstrap(*pair)),
            "randomisation_p_value": randomisation_test(*pair),
        }
    return {
        "evaluation": name,
        "mixing": {key: value for key, value in found["mixing"].items() if key != "metadata"},
        "chosen_on_dev": best == found["mixing"]["weight"],
        "differences": differences,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    for run in parser.parse_args().runs:
        archive(RunFolder(run), folder_of(RunFolder(run)))


if __name__ == "__main__":
    main()

"""Run an experiment: train or resume what is missing, evaluate every row, archive the results without weights.

OUTPUT/
  runs/RUN/   run folders
  results/    the archive: see `results_archive`

The first encoder of an OUTPUT has these; the rows of another one are in runs/encoders/NAME/ and results/encoders/NAME/.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..analysis.attention_flow import measure_attention_flow
from ..analysis.attention_record import read_attention, write_attention
from ..analysis.contrasting_documents import attend_document, find_contrasts
from ..common.errors import EmograinError
from ..common.progress import Progress
from ..data.corpus import Corpus, Split, fingerprint
from ..evaluation.results import read_evaluated
from ..evaluation.run_evaluation import evaluate_run
from ..mixing.config import Mixing
from ..mixing.evaluation import evaluate_mixed, stored_evaluation, stored_sweep, sweep_dev
from ..models.classifier import load
from ..models.run_folder import RunFolder
from ..training.loop import train
from .experiment import Experiment, Row
from .figures import draw_weight_curves
from .plan import locate, plan
from .results_archive import ATTENTION_ROWS, archive_run, attention_flow_file
from .throughput import measure_throughput


def run_experiment(
    experiment: Experiment,
    corpus: Corpus,
    output: Path,
    log: Callable[[str], Any],
    document: str | None = None,
) -> None:
    """Train what is missing, evaluate every row, and archive the results. Finished work is not repeated.

    Args:
        experiment: Rows and settings.
        corpus: Corpus of the experiment.
        output: Folder of runs and results.
        log: Called with a line of text before each step.
        document: Id of the test document of Figures 6 to 8; None: the most contrasting one.

    Raises:
        EmograinError: The document does not exist; the archive is of another experiment; training or evaluation
            failed; or a file cannot be written.
        Interrupted: The user stopped the experiment; the same call resumes it.
    """
    if document is not None and document not in corpus.split("test").ids:
        raise EmograinError(f"the test split of {corpus.name} has no document {document!r}", "its id, as in the data")
    runs, archive = locate(experiment, output)
    results = RunFolder(archive)
    rows = []
    planned = plan(experiment, corpus, runs, archive)
    for number, training in enumerate(planned, start=1):
        run = training.run
        if training.state == "archived":
            log(f"archived, without weights: {run.path.name}")
            continue
        if training.state != "finished":
            log(f"training {number} of {len(planned)}: {run.path.name}")
            train(training.settings, corpus, run, resume=training.state == "begun")
        for row in experiment.selected_rows():
            if row.name in training.rows:
                log(f"evaluating {row.name}, seed {training.settings.seed}")
                evaluation = _evaluate_row(experiment, corpus, row, run)
                entry = {"row": row.name, "seed": training.settings.seed, "run": run.path.name}
                rows.append(entry | {"evaluation": evaluation})
        archive_run(run, results.path / run.path.name)
    merged = _merge_archived(results, experiment, rows)
    results.write_json("experiment.json", merged)
    present = [each for each in merged["rows"] if (runs / each["run"]).is_dir()]  # weights of others may be elsewhere
    names = {each["row"] for each in merged["rows"]}
    if names != set(merged["cost"].get("texts_per_second", {})):
        if names == {each["row"] for each in present}:
            log("measuring the throughput of each row")
            merged["cost"] = measure_throughput(corpus, runs, present)
            results.write_json("experiment.json", merged)
        else:
            log("the throughput of new rows is not measured: it is relative to other rows, whose weights are elsewhere")
    if results.path != output / "results":
        return  # attention is shown for the first encoder
    first_seeds = {each["row"]: each for each in sorted(present, key=lambda each: -each["seed"])}
    attended = {name: first_seeds[name] for name in ATTENTION_ROWS if name in first_seeds}
    _archive_attention({name: runs / each["run"] for name, each in attended.items()}, corpus, results.path, document)
    for entry in present:
        if entry["row"] in ATTENTION_ROWS and not (results.path / attention_flow_file(entry["run"])).is_file():
            log(f"measuring the attention of {entry['row']}, seed {entry['seed']}")
            _archive_attention_flow(entry, runs, corpus, results)


def _evaluate_row(experiment: Experiment, corpus: Corpus, row: Row, run: RunFolder) -> str:
    """Evaluate a row on dev and test unless that was done before, and return the name of its evaluation."""
    device = "cuda" if torch.cuda.is_available() else "cpu"  # as trainings choose it
    with Progress(None, "texts") as progress:
        advance = progress.advance
        for split in ("dev", "test"):
            if not _is_evaluated(run, split, corpus.split(split)):
                evaluate_run(run, corpus, split, on_progress=advance, device=device)
        settings = experiment.mixing(row)
        if settings is None:
            return "test"
        sweep = stored_sweep(run, corpus, settings) or sweep_dev(
            run, corpus, settings, on_progress=advance, device=device
        )
        _draw_sweep(run, settings, sweep)
        weight = sweep["best"]["weight"]
        if not stored_evaluation(run, corpus, settings, weight):
            evaluate_mixed(run, corpus, settings, weight, on_progress=advance, device=device)
        return f"test-{settings.name}-{weight:g}"


def _draw_sweep(run: RunFolder, settings: Mixing, sweep: Mapping[str, Any]) -> None:
    """Draw a sweep beside its JSON file, from where it is archived, unless the drawing is newer."""
    folder = run.path / "mixing" / settings.name
    picture, values = folder / "sweep.png", folder / "sweep.json"
    if not picture.is_file() or picture.stat().st_mtime_ns < values.stat().st_mtime_ns:
        draw_weight_curves(picture, [sweep])


def _is_evaluated(run: RunFolder, name: str, split: Split) -> bool:
    """Return whether a run was evaluated on exactly these texts."""
    if not all((run.path / file).is_file() for file in (f"results/{name}.json", f"scores/{name}.npz")):
        return False
    result = run.read_json(f"results/{name}.json")
    if name == "dev" and run.settings.auxiliary and "auxiliary_task" not in result:
        return False  # a run of an earlier version
    return bool(result.get("fingerprint") == fingerprint(split))


def _merge_archived(results: RunFolder, experiment: Experiment, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of `experiment.json`: new rows, and the rows and seeds of earlier calls.

    Args:
        results: Folder of the archive.
        experiment: Rows and settings.
        rows: New entries of rows; they replace those of the same row and seed.
    """
    settings = experiment.to_dict()
    seeds = settings.pop("seeds")
    archived: dict[str, Any] = {"seeds": [], "rows": [], "cost": {}}
    if (results.path / "experiment.json").is_file():
        archived = results.read_json("experiment.json")
    new = {(each["row"], each["seed"]) for each in rows}
    earlier = [each for each in archived["rows"] if (each["row"], each["seed"]) not in new]
    return {
        "settings": settings,
        "seeds": sorted({*archived["seeds"], *seeds}),
        "rows": sorted([*earlier, *rows], key=lambda each: (each["seed"], each["row"])),
        "cost": archived["cost"],
    }


def _archive_attention(runs: Mapping[str, Path], corpus: Corpus, folder: Path, document: str | None) -> None:
    """Archive the attention of label embeddings and baseline on one document (§5.2), for Figures 6 to 8.

    Nothing is archived without both rows, or if no document is labelled correctly by label embeddings only.

    Args:
        runs: Run folder of the first seed of each of `ATTENTION_ROWS` whose weights are there.
        corpus: Corpus of the experiment.
        folder: Folder of the archive.
        document: Id of the document; None: the most contrasting one.
    """
    target = folder / "attention"
    if set(runs) != set(ATTENTION_ROWS):
        return
    if document is None and (archived := [read_attention(file).text_id for file in target.glob("*.npz")]):
        if len(archived) == len(ATTENTION_ROWS) and len(set(archived)) == 1:
            return
        document = archived[0]  # the call was killed between the two files
    pair = [runs[name] for name in ATTENTION_ROWS]
    right, wrong = (read_evaluated(str(run), "test", "fixed") for run in pair)
    if document is None:
        contrasts = find_contrasts(right, wrong)
        if not contrasts:
            return
        document = contrasts[0].text_id
    texts = corpus.split("test")
    at = texts.ids.index(document)
    gold = [label for label, present in zip(corpus.taxonomy.labels, texts.labels[at], strict=True) if present]
    described = {"text": texts.texts[at], "id": document, "gold": gold}
    files = {target / f"{run.name}.npz": run for run in pair}
    for stale in set(target.glob("*.npz")) - set(files):  # of another seed
        stale.unlink()
    for file, run in files.items():
        write_attention(file, attend_document(run, described, "fixed")[1])


def _archive_attention_flow(entry: Mapping[str, Any], runs: Path, corpus: Corpus, results: RunFolder) -> None:
    """Archive the attention to and from the slots of a run, over all test texts (§5.2).

    Args:
        entry: Row, seed and run, from `experiment.json`.
        runs: Folder of the run folders.
        corpus: Corpus of the experiment.
        results: Folder of the archive.
    """
    method, split = load(RunFolder(runs / entry["run"]).require()).method, corpus.split("test")
    with Progress(len(split.texts), "texts") as progress:
        flow = measure_attention_flow(method, split.texts, split.labels, on_progress=progress.advance)
    described = {"row": entry["row"], "run": entry["run"], "seed_of_run": entry["seed"]}
    described |= {"corpus": corpus.name, "split": "test"}
    results.write_json(attention_flow_file(entry["run"]), described | flow)

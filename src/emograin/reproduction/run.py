"""Table 2 from nothing: every row trained or resumed, evaluated, and kept without weights.

OUTPUT/
  runs/RUN/             run folders
  results/              what tables and figures are made from
    experiment.json     settings, and of each row and seed its run and evaluation
    attention/          how two runs read one document
    RUN/                a run's figures, scores and curve
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from ..analysis.attention_record import write_attention
from ..analysis.contrasting_documents import contrasting_documents, read_document
from ..common.errors import EmograinError
from ..common.progress import Progress
from ..data.corpus import Corpus, Split, fingerprint
from ..evaluation.results import read_evaluated
from ..evaluation.run_evaluation import evaluate_run
from ..mixing.embedding_mixing import score_mixed
from ..mixing.evaluation import evaluate_mixed, stored_sweep, sweep_dev
from ..models.classifier import load
from ..models.run_folder import RunFolder
from ..models.scoring import score_documents
from ..training.loop import train
from .experiment import TABLE_2, Experiment, Row
from .plan import plan
from .results_archive import keep_run

COST_TEXTS, COST_ROUNDS = 512, 3
MIXED = 0.92  # a weight; its value costs nothing


def remake(
    experiment: Experiment,
    corpus: Corpus,
    output: Path,
    note: Callable[[str], Any],
    document: str | None = None,
) -> None:
    """Train what is missing, evaluate every row, and keep the results. What is there already is not done again.

    Args:
        experiment: Which rows, how.
        corpus: Its data.
        output: The folder for everything.
        note: Called with a line for people before each piece of work.
        document: The test document of Figures 6 to 8, by its id; the most contrasting one if None.

    Raises:
        EmograinError: As training and evaluation raise; there is no such document.
        Interrupted: The user stopped it; the same call goes on.
    """
    if document is not None and document not in corpus.split("test").ids:
        raise EmograinError(f"the test split of {corpus.name} has no document {document!r}", "its id, as in the data")
    results, runs = RunFolder(output / "results"), output / "runs"
    merged = _merged(results, experiment, [])  # before any work: are the results that are there of this experiment?
    kept = []
    planned = plan(experiment, corpus, runs)
    for at, each in enumerate(planned, start=1):
        if each.state != "finished":
            note(f"training {at} of {len(planned)}: {each.run.path.name}")
            train(each.settings, corpus, each.run, resume=each.state == "begun")
        for row in experiment.chosen():
            if row.name in each.rows:
                note(f"evaluating {row.name}, seed {each.settings.seed}")
                found = {"row": row.name, "seed": each.settings.seed, "run": each.run.path.name}
                kept.append(found | {"evaluation": _evaluated(experiment, corpus, row, each.run)})
        keep_run(each.run, results.path / each.run.path.name)
    merged = _merged(results, experiment, kept)
    if {each["row"] for each in merged["rows"]} != set(merged["cost"].get("texts_per_second", {})):
        note("measuring what each row costs")
        merged["cost"] = rates(corpus, runs, merged["rows"])
    results.write_json("experiment.json", merged)
    _keep_attention(merged["rows"], runs, corpus, results.path, document)


def _keep_attention(
    rows: Sequence[Mapping[str, Any]], runs: Path, corpus: Corpus, folder: Path, named: str | None
) -> None:
    """How both sides of §5.2 read one document, for Figures 6 to 8: the named, or one only the second gets right.

    Nothing is kept where the rows are not both there, or where there is no such document.
    """
    first = {each["row"]: runs / each["run"] for each in sorted(rows, key=lambda each: -each["seed"])}
    good, bad = first.get("label-embeds-4"), first.get("baseline-4")
    kept = folder / "attention"
    if good is None or bad is None or (kept.exists() and named is None):
        return
    right, wrong = (read_evaluated(str(run), "test", "fixed") for run in (good, bad))
    if named is None:
        contrasts = contrasting_documents(right, wrong)
        if not contrasts:
            return
        named = contrasts[0].text_id
    texts = corpus.split("test")
    at = texts.ids.index(named)
    gold = [label for label, has in zip(corpus.taxonomy.labels, texts.labels[at], strict=True) if has]
    document = {"text": texts.texts[at], "id": named, "gold": gold}
    for run in (good, bad):
        write_attention(kept / f"{run.name}.npz", read_document(run, document, "fixed")[1])


def _evaluated(experiment: Experiment, corpus: Corpus, row: Row, run: RunFolder) -> str:
    """Evaluate a row on test, if that was not done; the evaluation's name."""
    with Progress(None, "texts") as progress:
        for split in ("dev", "test"):
            if not _is_there(run, split, corpus.split(split)):
                evaluate_run(run, corpus, split, on_progress=progress.advance)
        settings = experiment.mixing(row)
        if settings is None:
            return "test"
        sweep = stored_sweep(run, corpus, settings) or sweep_dev(run, corpus, settings, on_progress=progress.advance)
        weight = sweep["best"]["weight"]
        name = f"test-{settings.name}-{weight:g}"
        if not _is_there(run, name, corpus.split("test")):
            evaluate_mixed(run, corpus, settings, weight, on_progress=progress.advance)
        return name


def _is_there(run: RunFolder, name: str, split: Split) -> bool:
    """Whether a run was evaluated on these very texts."""
    if not all((run.path / file).is_file() for file in (f"results/{name}.json", f"scores/{name}.npz")):
        return False
    return run.read_json(f"results/{name}.json").get("fingerprint") == fingerprint(split)


def _merged(results: RunFolder, experiment: Experiment, kept: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `experiment.json` holds, with the rows and seeds that stand there from earlier calls.

    Raises:
        EmograinError: Those were made with other settings.
    """
    settings = experiment.to_dict()
    seeds = settings.pop("seeds")
    before: dict[str, Any] = {"seeds": [], "rows": [], "cost": {}}
    if (results.path / "experiment.json").is_file():
        before = results.read_json("experiment.json")
        differing = [name for name in settings if before["settings"].get(name) != settings[name]]
        if differing:
            changes = ", ".join(f"{name} {before['settings'].get(name)!r}" for name in differing)
            raise EmograinError(f"{str(results.path)!r} holds results of another experiment: {changes}")
    new = {(each["row"], each["seed"]) for each in kept}
    rows = [each for each in before["rows"] if (each["row"], each["seed"]) not in new]
    return {
        "settings": settings,
        "seeds": sorted({*before["seeds"], *seeds}),
        "rows": sorted([*rows, *kept], key=lambda each: (each["seed"], each["row"])),
        "cost": before["cost"],
    }


def rates(corpus: Corpus, runs: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Texts a second at inference of every row, medians of rounds in turn, on one run of each.

    A mixing row's candidates count as embedded and scored with the document; finding or writing them does not count.
    Candidates are taken to be as long as documents.

    Args:
        corpus: Its first test texts are scored.
        runs: The folder of run folders.
        rows: Of `experiment.json`.

    Returns:
        `texts`, `rounds`, and `texts_per_second` by row.
    """
    texts = corpus.split("test").texts[:COST_TEXTS]
    mixes = {row.name: row.candidates is not None for row in TABLE_2}
    ways = {each["row"]: (each["run"], mixes[each["row"]]) for each in sorted(rows, key=lambda each: -each["seed"])}
    score: dict[tuple[str, bool], Callable[[], Any]] = {}
    for run, mixed in sorted(set(ways.values())):
        method = load(RunFolder(runs / run)).method
        documents = method.tokenize(texts)
        others = [[ids] for ids in [*documents[1:], documents[0]]]
        plain = partial(score_documents, method, documents)
        score[run, mixed] = partial(score_mixed, method, documents, others, [MIXED]) if mixed else plain
    seconds: dict[tuple[str, bool], list[float]] = {way: [] for way in score}
    for _ in range(COST_ROUNDS + 1):  # the first warms up
        for way, run_it in score.items():
            began = time.perf_counter()
            run_it()
            seconds[way].append(time.perf_counter() - began)
    found = {row: round(len(texts) / median(seconds[way][1:]), 1) for row, way in ways.items()}
    return {"texts": len(texts), "rounds": COST_ROUNDS, "texts_per_second": found}

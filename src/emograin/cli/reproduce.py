"""emograin reproduce: the paper's tables, figures and claims compared with ours."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..common.optional import import_optional
from ..evaluation.policies import Policy
from ..reproduction.experiment import Experiment
from .settings_flags import SettingsFlags, flags_of

if TYPE_CHECKING:
    from ..data.corpus import Corpus
    from ..reproduction.report import Section

    ExperimentFlags = SettingsFlags
else:
    ExperimentFlags = flags_of(Experiment, omit=["seeds", "rows"])

TABLES = {"table-2": ("table-2", "claims", "auxiliary-tasks"), "table-3": ("table-3",)}
TINY = {"epochs_scale": 0.2, "batch_size": 32, "learning_rate": 1e-3}  # 1 and 2 epochs


def reproduce(
    what: Literal["table-2", "table-3", "figures", "all"] = "all",
    *,
    results: Annotated[Path | None, Parameter(name="--from")] = None,
    output: Path = Path("reproduction"),
    experiment: ExperimentFlags | None = None,
    seeds: str | None = None,
    only: tuple[str, ...] = (),
    raters: str | None = None,
    document: str | None = None,
    thresholds: Policy = "fixed",
    tiny: bool = False,
    dry_run: bool = False,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Reproduce the paper's tables and figures, each next to the published one, and a page with all of them.

    Trainings that are missing or unfinished in OUTPUT/runs are run or resumed, every row of Table 2 is evaluated, and
    the results are archived without weights in OUTPUT/results; rows that are archived there need no training. With
    --from, everything is made from such an archive and nothing is trained. Called again with another --encoder, its
    rows get a table of their own.

    Parameters
    ----------
    what
        What to make.
    results
        Archived results to make everything from, such as OUTPUT/results of an earlier call.
    output
        Output folder.
    seeds
        Seeds, separated by commas; every row is trained once per seed. [default: 0]
    only
        Row of Table 2 to make, with the baseline it is compared with; may be repeated.
    raters
        Raters' rows for Figure 9: goemotions (from the hub), or a file with columns id and one per label.
    document
        Id of the test document in Figures 6 to 8. [default: one that label embeddings classify correctly and the
        baseline does not]
    thresholds
        Threshold policy at which rows are compared; the paper's is fixed, 0.3 for all labels.
    tiny
        Run every row with tiny random models on the quickstart corpus, in minutes; the numbers mean nothing.
    dry_run
        Show what would be trained, what exists, and an estimate of the time; do nothing.
    json
        Print JSON instead of tables.
    """
    given = experiment.given() if experiment else {}
    if results is not None and (given or seeds is not None or only or tiny or dry_run or document):
        raise EmograinError(
            "--from trains nothing, so it takes no settings, --seeds, --document, --only, --tiny or --dry-run"
        )
    for package in ("scipy", "matplotlib"):
        import_optional(package, "train")
    from ..reproduction.results_archive import archive_corpus, archive_raters

    if results is None:
        from ..reproduction.plan import locate

        planned, corpus = _experiment(given, _parse_seeds(seeds or "0"), only, tiny, output)
        runs, archive = locate(planned, output)  # raises before any work if the rows cannot be archived there
        if dry_run:
            _show_plan(planned, corpus, runs, archive, json)
            return
        results = output / "results"
        archive_corpus(corpus, results)
        if raters is not None:
            archive_raters(raters, results, corpus.taxonomy)
        if what != "table-3":
            import_optional("torch", "train")
            from ..reproduction.run import run_experiment

            run_experiment(planned, corpus, output, lambda line: print(line, file=sys.stderr, flush=True), document)
    elif raters is not None:
        archive_raters(raters, results)
    from ..reproduction.report import SECTIONS, render
    from ..reproduction.report_page import write_markdown, write_report

    tables = [name for names in TABLES.values() for name in names]
    figures = [name for name in SECTIONS if name not in tables]
    wanted: Sequence[str] = {"all": (), "figures": figures, **TABLES}[what]
    sections = render(results, output, wanted, thresholds)
    page = ""
    if what == "all":
        pages = [write_report(output / "report.html", sections), write_markdown(output / "reproduction.md", sections)]
        page = f"{pages[0].name} with everything, {pages[1].name} with all tables, and "
    print(_as_json(sections) if json else _as_text(sections))
    print(f"\nIn {output}: {page}the files of each table and figure", file=sys.stderr)


def _experiment(
    given: dict[str, Any], seeds: tuple[int, ...], only: tuple[str, ...], tiny: bool, output: Path
) -> "tuple[Experiment, Corpus]":
    from ..data.sources import load

    if not tiny:
        experiment = Experiment(**given, seeds=seeds, rows=only)
        corpus = load(experiment.data)
        return experiment.for_corpus(corpus), corpus
    from ..reproduction.tiny_models import tiny_encoder, tiny_paraphraser

    corpus = load(given.get("data", "quickstart"))
    texts = [*corpus.split("train").texts, *corpus.taxonomy.label_words()]
    models = {"data": "quickstart", "encoder": str(tiny_encoder(output / "tiny" / "encoder", texts))}
    if "paraphrases" not in given:
        models["paraphraser"] = str(tiny_paraphraser(output / "tiny" / "paraphraser", texts))
    return Experiment(**{**TINY, **models, **given}, seeds=seeds, rows=only).for_corpus(corpus), corpus


def _parse_seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise EmograinError(f"seeds must be numbers separated by commas, got {text!r}", "--seeds 0,1,2") from None


def _show_plan(experiment: "Experiment", corpus: "Corpus", runs: Path, archive: Path, json: bool) -> None:
    from ..common.text_table import aligned
    from ..reproduction.plan import DONE, describe_plan, plan

    found = describe_plan(plan(experiment, corpus, runs, archive), corpus)
    if json:
        print(to_json(found, indent=1))
        return
    rows = [["training", "state", "texts to train on", "texts/s, measured", "minutes left", "rows"]]
    for each in found["trainings"]:
        rate, left = each["texts_per_second"], each["minutes_left"]
        estimates = ["-" if rate is None else f"{rate:,.0f}", "-" if left is None else f"{left:,.0f}"]
        rows.append([each["run"], each["state"], f"{each['texts_left']:,}", *estimates, ", ".join(each["rows"])])
    print(aligned(rows))
    total, to_run = found["minutes_left"], sum(each["state"] not in DONE for each in found["trainings"])
    print(
        f"\nTrainings to run: {to_run} of {len(found['trainings'])}. "
        + (
            f"About {total:,.0f} minutes are left."
            if total is not None
            else "Cannot estimate the time: some of these methods have no finished evaluation yet."
        )
    )


def _as_text(sections: "Sequence[Section]") -> str:
    from ..common.text_table import aligned

    shown = []
    for section in sections:
        body = [aligned([list(cells) for cells in section.table])] if section.table else []
        body += [f"{len(section.pictures)} picture{'s' * (len(section.pictures) != 1)}"] if section.pictures else []
        shown.append("\n\n".join([section.title, *body, *filter(None, [section.text])]))
    return "\n\n\n".join(shown)


def _as_json(sections: "Sequence[Section]") -> str:
    made = [
        {"name": section.name, "title": section.title, "table": section.table, "text": section.text}
        | {"pictures": [path.name for path in section.pictures]}
        for section in sections
    ]
    return to_json(made, indent=1)

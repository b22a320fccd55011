"""emograin reproduce: the paper's tables, figures and claims beside ours."""

import sys
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.optional import import_optional

if TYPE_CHECKING:
    from ..data.corpus import Corpus
    from ..reproduction.experiment import Experiment
    from ..reproduction.kept import Part

TABLES = {"table-2": ("table-2", "claims"), "table-3": ("table-3",)}
TINY = {"epochs_scale": 0.2, "batch_size": 32, "learning_rate": 1e-3}  # 1 and 2 epochs


def reproduce(
    what: Literal["table-2", "table-3", "figures", "all"] = "all",
    *,
    results: Annotated[Path | None, Parameter(name="--from")] = None,
    output: Path = Path("reproduction"),
    data: str | None = None,
    encoder: str | None = None,
    seeds: str = "0",
    epochs_scale: float | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    ema_decay: float | None = None,
    paraphrases: str | None = None,
    paraphraser: str | None = None,
    raters: str | None = None,
    document: str | None = None,
    only: tuple[str, ...] = (),
    policy: Literal["fixed", "global", "per-label"] = "fixed",
    tiny: bool = False,
    dry_run: bool = False,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Remake the paper's tables and figures, each beside the published one, and a page with all of them.

    Trains what is missing in OUTPUT/runs, or resumes it, evaluates every row of Table 2, and keeps results without
    weights in OUTPUT/results. With --from, everything is made from such a folder and nothing is trained.

    Parameters
    ----------
    what
        table-2, table-3, figures, or all.
    results
        Kept results to make everything from, such as OUTPUT/results of an earlier call.
    output
        Where everything goes.
    data
        goemotions, quickstart, a folder of train, dev and test files, or a file. [default: goemotions]
    encoder
        minilm, a name on the Hugging Face hub, or a folder. [default: google-bert/bert-base-cased]
    seeds
        Numbers, with commas between them: a run of every row for each.
    epochs_scale
        What the paper's 4 and 10 epochs are multiplied by: 0.4 makes them 2 and 4. [default: 1]
    batch_size
        Texts a step. [default: 16]
    learning_rate
        Its peak. [default: 5e-5]
    ema_decay
        As of emograin train. [default: 0]
    paraphrases
        Where those of the T5 rows come from: paraphrase, back-translation, or a file with {split} in its name.
        [default: paraphrase]
    paraphraser
        The model that writes them.
    raters
        Raters' rows for Figure 9: goemotions, for the hub's, or a file with columns id and one a label.
    document
        Id of the test document of Figures 6 to 8. [default: one that label embeddings get right and the baseline wrong]
    only
        Rows of Table 2, with their baselines; may be repeated.
    policy
        Of the thresholds at which rows are compared; the paper has 0.3 for all.
    tiny
        Random tiny models on the quickstart corpus: every row in minutes, no meaning in the figures.
    dry_run
        Show what would be trained, what is there, and how long it would take; do nothing.
    json
        Print JSON instead of tables.
    """
    given = {
        "data": data,
        "encoder": encoder,
        "epochs_scale": epochs_scale,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "ema_decay": ema_decay,
        "paraphrases": paraphrases,
        "paraphraser": paraphraser,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if results is not None and (given or only or tiny or dry_run or raters or document):
        raise EmograinError(
            "--from trains nothing, so it takes no settings, --raters, --document, --only, --tiny or --dry-run"
        )
    from ..reproduction.results_archive import keep_corpus, keep_raters

    if results is None:
        experiment, corpus = _experiment(given, _numbers(seeds), only, tiny, output)
        if dry_run:
            _show_plan(experiment, corpus, output, json)
            return
        results = output / "results"
        keep_corpus(corpus, results)
        if raters is not None:
            keep_raters(raters, corpus, results)
        if what != "table-3":
            import_optional("torch", "train")
            from ..reproduction.run import remake

            remake(experiment, corpus, output, lambda line: print(line, file=sys.stderr, flush=True), document)
    from ..reproduction.report import PARTS, render
    from ..reproduction.report_page import write_markdown, write_report

    tables = [name for names in TABLES.values() for name in names]
    figures = [name for name in PARTS if name not in tables]
    wanted: Sequence[str] = {"all": (), "figures": figures, **TABLES}[what]
    parts = render(results, output, wanted, policy)
    page = ""
    if what == "all":
        pages = [write_report(output / "report.html", parts), write_markdown(output / "reproduction.md", parts)]
        page = f"{pages[0].name} with all of it, {pages[1].name} with all tables, and "
    print(_as_json(parts) if json else _as_text(parts))
    print(f"\nIn {output}: {page}files of each table and figure", file=sys.stderr)


def _experiment(
    given: dict[str, Any], seeds: tuple[int, ...], only: tuple[str, ...], tiny: bool, output: Path
) -> "tuple[Experiment, Corpus]":
    from ..data.sources import load
    from ..reproduction.experiment import Experiment

    if not tiny:
        experiment = Experiment(**given, seeds=seeds, rows=only)
        return experiment, load(experiment.data)
    from ..reproduction.tiny_models import tiny_encoder, tiny_paraphraser

    corpus = load(given.get("data", "quickstart"))
    texts = [*corpus.split("train").texts, *corpus.taxonomy.label_words()]
    models = {"data": "quickstart", "encoder": str(tiny_encoder(output / "tiny" / "encoder", texts))}
    if "paraphrases" not in given:
        models["paraphraser"] = str(tiny_paraphraser(output / "tiny" / "paraphraser", texts))
    return Experiment(**{**TINY, **models, **given}, seeds=seeds, rows=only), corpus


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise EmograinError(f"seeds must be numbers with commas between them, got {text!r}", "--seeds 0,1,2") from None


def _show_plan(experiment: "Experiment", corpus: "Corpus", output: Path, json: bool) -> None:
    from ..common.text_table import aligned
    from ..reproduction.plan import describe, plan

    found = describe(plan(experiment, corpus, output / "runs"), corpus)
    if json:
        print(dumps(found, indent=1, ensure_ascii=False))
        return
    rows = [["training", "state", "texts to train on", "texts/s, measured", "minutes left", "rows"]]
    for each in found["trainings"]:
        rate, left = each["texts_per_second"], each["minutes_left"]
        figures = ["-" if rate is None else f"{rate:,.0f}", "-" if left is None else f"{left:,.0f}"]
        rows.append([each["run"], each["state"], f"{each['texts_left']:,}", *figures, ", ".join(each["rows"])])
    print(aligned(rows))
    total = found["minutes_left"]
    print(
        f"\n{found['rows']} rows need {len(found['trainings'])} trainings. "
        + (
            f"About {total:,.0f} minutes are left."
            if total is not None
            else "How long it takes is told from the curves of runs that are there: none yet for some of these methods."
        )
    )


def _as_text(parts: "Sequence[Part]") -> str:
    from ..common.text_table import aligned

    shown = []
    for part in parts:
        body = [aligned([list(cells) for cells in part.table])] if part.table else []
        body += [f"{len(part.pictures)} picture{'s' * (len(part.pictures) != 1)}"] if part.pictures else []
        shown.append("\n\n".join([part.title, *body, *filter(None, [part.text])]))
    return "\n\n\n".join(shown)


def _as_json(parts: "Sequence[Part]") -> str:
    made = [
        {"name": part.name, "title": part.title, "table": part.table, "text": part.text}
        | {"pictures": [path.name for path in part.pictures]}
        for part in parts
    ]
    return dumps(made, indent=1, ensure_ascii=False)

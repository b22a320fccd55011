"""The sections of the report: every table and figure, made from the archive without runs, weights or corpus."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..analysis.attention_flow_tables import attention_flow_cells, attention_flow_remarks
from ..analysis.attention_record import Attention
from ..analysis.task_similarity_tables import remarks, table_3_cells, table_3_records
from ..common.files import write_text
from ..common.text_table import markdown
from ..evaluation.comparison import Comparison
from ..evaluation.results import read_curve, read_result
from ..evaluation.significance import RESAMPLES, Difference
from . import figures
from .auxiliary_tasks import auxiliary_task_cells, measure_auxiliary_tasks, remark_on_auxiliary_tasks
from .claims import check_claims
from .evidence import Claim, collect_evidence
from .experiment import ROWS
from .results_archive import ATTENTION_ROWS, WEIGHT_RESAMPLES, MissingResult, ResultsArchive
from .table_2 import (
    LABEL_EMBEDDING_ROWS,
    build_table_2,
    describe_commands,
    remark_on_frequent_labels,
    remark_on_policies,
    table_2_cells,
)
from .table_2_intervals import measure_rows
from .verdicts import MARGIN, MIN_SEEDS, NO, NOT_SHOWN, YES

LINEAR_HEAD = "The baseline's head is one linear layer, so that mixing its embeddings equals averaging its logits."
ABOUT_MIXING = (
    "Mixing weights were chosen on dev at the fixed threshold; a weight of 1 is no mixing. The throughput of mixing "
    "does not include the search for candidates or their generation."
)
FIGURE_3_PAIRS = (("baseline-4", "label-embeds-4"), ("baseline-10", "label-embeds-10"))  # §5.2 compares the first
FIGURE_5_ROWS = ("baseline-10", "aux-ekman", "aux-senti", "label-embeds-10", "label-embeds-aux")


@dataclass(frozen=True)
class Section:
    """A table or figure of the report.

    Attributes:
        name: Name of its files, such as table-2.
        title: Title in the report.
        table: Rows of cells, titles first; empty for a figure.
        pictures: SVG files; they come before the table.
        text: Explanation; blank lines separate paragraphs.
    """

    name: str
    title: str
    table: Sequence[Sequence[str]] = ()
    pictures: Sequence[Path] = ()
    text: str = ""


def render(results: Path, output: Path, names: Sequence[str] = (), policy: str = "fixed") -> list[Section]:
    """Make tables and figures, and write their files.

    Args:
        results: Folder of the archive.
        output: Folder for the files.
        names: Keys of `SECTIONS`; none: all.
        policy: Threshold policy at which rows are compared.

    Returns:
        The sections; after Table 2 one more for each other encoder, whose rows are in no other section. A section whose
        results are not in the archive says so and has no files.

    Raises:
        EmograinError: The folder is not an archive, a file of it is damaged, or a file cannot be written.
    """
    archive = ResultsArchive(results, policy)
    sections = []
    for name in names or SECTIONS:
        title, make = SECTIONS[name]
        try:
            sections.append(make(archive, output / name, title))
        except MissingResult as missing:
            sections.append(Section(name, title, text=f"Not made: the results hold no {missing}."))
        if name == "table-2":
            for encoder, other in archive.other_encoders().items():
                sections.append(make_table_2(other, output / f"{name}-{encoder}", f"{title}, {encoder}"))
    return sections


def make_table_2(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Table 2: 13 rows compared with the paper's."""
    table = build_table_2(archive.systems, archive.comparison, archive.experiment, archive.policy)
    settings = table["settings"]
    text = (
        f"{settings['data']}, {table['texts']:,} test texts; {settings['encoder']}, batches of "
        f"{settings['batch_size']}, learning rate {settings['learning_rate']:g} (the paper: BERT-base, 16, 5e-05). "
        f"Ours is at the threshold policy {archive.policy}; means over seeds, ± one standard deviation. Differences "
        f"are to the baseline of as many epochs, with intervals over documents (percentiles of {RESAMPLES:,} bootstrap "
        "resamples) and seeds (Student's t); the interval of a single seed lacks the spread between trainings. p is "
        "the larger one of that interval and of approximate randomisation over the seeds that both rows have, which is "
        "right for rare labels, too; Holm's p is over all rows. Throughput is at inference and relative to that "
        "baseline."
    )
    on_mixing = [ABOUT_MIXING, LINEAR_HEAD, *_name_candidates(table)] if _is_mixed(archive) else []
    remarks_on_gains = [remark_on_frequent_labels(table), remark_on_policies(table, _gains_by_policy(archive))]
    made = describe_commands(settings, {name: archive.seeds(name) for name in archive.systems})
    text = " ".join([text, *on_mixing])
    text = "\n\n".join(filter(None, [text, " ".join(remarks_on_gains).strip(), made]))
    several = any(len(archive.seeds(name)) > 1 for name in archive.systems)
    average, spread = ("means over seeds", " and seeds") if several else ("one seed", "")
    note = (
        f"Ours: {settings['encoder']}, {average}, 95 % intervals over texts ({table['texts']:,}){spread}; "
        f"the paper: BERT-base, one run per row. Threshold policy: {archive.policy}. Change: to our baseline of as "
        "many epochs; its interval is in the table: it is paired by text, so it is narrower than those of two rows."
    )
    pictures = figures.draw_table_2(_png(path), measure_rows(archive.systems), [note, *_name_candidates(table)])
    return _write_table(path, title, table_2_cells(table), table, text, pictures)


def _gains_by_policy(archive: ResultsArchive) -> dict[str, dict[str, tuple[Difference, Difference | None]]]:
    """Return the gain of label embeddings under each threshold policy, and its change from that of the archive.

    Returns:
        Row -> policy -> the gain, and its difference to the gain at `archive.policy` (None at that policy).
    """
    gains: dict[str, dict[str, tuple[Difference, Difference | None]]] = {}
    for row in (name for name in LABEL_EMBEDDING_ROWS if name in archive.systems):
        first = archive.systems[row]
        pair = (row, first.row.baseline)
        if pair[1] not in archive.systems:
            continue
        policies = [archive.policy, *(each for each in first.results[0]["policies"] if each != archive.policy)]
        comparison = Comparison(
            {(policy, name): archive.at(policy).systems[name].runs for policy in policies for name in pair}
        )
        own, *others = ([(policy, name) for name in pair] for policy in policies)
        found: dict[str, tuple[Difference, Difference | None]] = {archive.policy: (comparison.difference(*own), None)}
        for policy, other in zip(policies[1:], others, strict=True):
            paired = archive.seeds(pair[0]) == archive.seeds(pair[1])
            change = comparison.difference_of_gains((other[0], other[1]), (own[0], own[1])) if paired else None
            found[policy] = comparison.difference(*other), change
        gains[row] = found
    return gains


def make_auxiliary_tasks(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make the table of the auxiliary tasks' own F1 on dev (§3.2.2)."""
    trained = {name: system for name, system in archive.systems.items() if system.mixing is None}
    titles = {name: system.title for name, system in trained.items()}
    rows = measure_auxiliary_tasks(titles, {name: archive.dev_results(name) for name in trained}, archive.policy)
    if not rows:
        raise MissingResult("row with an auxiliary task")
    text = (
        f"On dev, at the threshold policy {archive.policy} for both heads; means over seeds. The head was trained on "
        "the groups; the groups of the predicted labels need no head. The paper assumes that the auxiliary tasks are "
        "easier than the main task; an F1 over fewer and more frequent groups is higher for that alone. "
        f"{' '.join(remark_on_auxiliary_tasks(rows))}"
    ).strip()
    return _write_table(path, title, auxiliary_task_cells(rows), rows, text)


def make_table_3(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Table 3: NMI of each auxiliary task with the emotions."""
    similarity = archive.read_json("task_similarity.json")
    text = " ".join(remarks(similarity))
    return _write_table(path, title, table_3_cells(similarity), table_3_records(similarity), text)


def make_claims(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make the table of the paper's claims, and whether our results confirm them."""
    claims = check_claims(collect_evidence(archive))
    titles = {"section": "§", "interval": "95 % interval", "holds": "does it hold", "command": "command"}
    names = [field.name for field in fields(Claim) if field.name != "in_paper"]
    rows = [[getattr(row, name) for name in names] for row in claims]
    for row, claim in zip(rows, claims, strict=True):
        row[0] += "" if claim.in_paper else ", ours"
    table = [[titles.get(name, name) for name in names], *rows]
    answers = {YES: "hold", NO: "do not", NOT_SHOWN: "are not shown"}
    papers = [row for row in claims if row.in_paper]
    counts = [f"{sum(row.holds == answer for row in papers)} {verb}" for answer, verb in answers.items()]
    beyond = len(claims) - len(papers)
    text = (
        f"Of {len(papers)} claims {', '.join(counts)}; a sentence of the paper about several rows, or with several "
        "readings, is one claim for each. "
        f"{f'{beyond} more, marked as ours, are not in the paper.' if beyond else ''}\n\n"
        f"Differences are in macro F1 on test at the threshold policy {archive.policy}, those of mixing weights on dev "
        f"under the fixed threshold. Intervals are over texts (percentiles of {RESAMPLES:,} bootstrap resamples; of "
        f"mixing weights {WEIGHT_RESAMPLES:,}) and seeds (Student's t). A claimed difference holds if its 95 % "
        "interval lies beyond the bound and, if it is one of macro F1 over all labels, approximate randomisation has "
        "p below 0.05, too. It does not hold if a one-sided test at 5 % shows that it is below the bound; for the "
        f"bound 0, that it is below {MARGIN}, or half of the paper's difference if that is smaller (of attention and "
        "of the first evaluation, below 0). A claim that something does not help holds if a gain of "
        f"{MARGIN} or more is excluded in this way; a claim that a weight is the best holds if a gain of {MARGIN} or "
        "more by any other weight is excluded, and does not hold if another weight is better (Holm's correction). A "
        "claim about several labels, rows, weights or layers holds if it holds for each; it does not hold if the "
        "opposite is shown for one of them (Holm's correction) or, of weights, if the highest one fails as above. "
        f"A claim about trained models needs {MIN_SEEDS} seeds: with fewer it is not shown, whatever its "
        "interval over texts. Each claim is tested on its own; the p of Holm in Table 2 is over all rows. Checkpoints "
        "were chosen on dev without mixing, which favours a weight of 1 there. All rows are with "
        f"{archive.experiment['settings']['encoder']}."
    )
    return _write_table(path, title, table, [asdict(row) for row in claims], text)


def make_figure_3(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 3: F1 per label, baseline and label embeddings."""
    pair = next((pair for pair in FIGURE_3_PAIRS if set(pair) <= set(archive.systems)), FIGURE_3_PAIRS[0])
    results = [result for row in pair for result in archive.results(row)]
    counts = archive.read_json("label_counts.json")
    return _figure(path, title, figures.draw_label_f1(_png(path), results, archive.policy, counts))


def make_figure_4(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 4: training texts per label."""
    return _figure(path, title, figures.draw_label_counts(_png(path), archive.read_json("label_counts.json")))


def make_figure_5(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 5: macro F1 on dev over training."""
    runs = [run for row in FIGURE_5_ROWS for run in archive.runs(row)]
    if not runs:
        raise MissingResult(f"row of {', '.join(FIGURE_5_ROWS)}")
    curves = [(read_result(run, "dev"), read_curve(run)) for run in runs]
    return _figure(path, title, figures.draw_training_curves(_png(path), curves))


def make_figure_6(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 6: attention between a document and the labels."""
    return _figure(path, title, figures.draw_document_and_labels(_png(path), _attention(archive, of_labels=True)))


def make_figure_7(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 7: all heads of the first and the last layers."""
    return _figure(path, title, figures.draw_all_heads(_png(path), _attention(archive, of_labels=True)))


def make_figure_8(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 8: attention to and from the baseline's [CLS]."""
    return _figure(path, title, figures.draw_readout_attention(_png(path), _attention(archive, of_labels=False)))


def make_attention_flow(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make the table and the picture of attention to and from slots over all test texts (§5.2)."""
    flows = {row: found[0] for row, found in archive.attention_flows().items()}
    if not flows:
        raise MissingResult(f"attention_flow of {ATTENTION_ROWS[0]}")
    text = " ".join(["Of the first seed; the claims are over all seeds.", *attention_flow_remarks(flows)])
    about = [f"{name}: seed {flow['seed_of_run']}, {flow['texts']:,} test texts" for name, flow in flows.items()]
    note = (
        "Slots are the tokens that labels are scored from. Received: mean over attending tokens. Means over heads and "
        "texts, bands: 95 % bootstrap intervals over texts. Same labels in other texts: their slots in texts without "
        f"them. {'; '.join(about)}."
    )
    pictures = figures.draw_attention_flow(_png(path), flows, [note])
    return _write_table(path, title, attention_flow_cells(flows), flows, text, pictures)


def make_figure_9(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make Figure 9: correlation of the raters' labels."""
    return _figure(path, title, figures.draw_rater_correlation(_png(path), archive.read_json("rater_correlation.json")))


def make_mixing_weights(archive: ResultsArchive, path: Path, title: str) -> Section:
    """Make the curves of macro F1 on dev over the mixing weight (§4.4), one picture per mixing row."""
    rows = [name for name, system in archive.systems.items() if system.mixing is not None]
    if not rows:
        raise MissingResult("row with mixing")
    files = (
        figures.draw_weight_curves(_png(path.with_name(f"{path.name}-{row}")), [archive.sweep(row)]) for row in rows
    )
    return _figure(path, title, [file for pair in files for file in pair], LINEAR_HEAD)


SECTIONS: Mapping[str, tuple[str, Callable[[ResultsArchive, Path, str], Section]]] = {
    "table-2": ("Table 2: macro F1 on test", make_table_2),
    "claims": ("The paper's claims", make_claims),
    "auxiliary-tasks": ("§3.2.2: the auxiliary tasks' own F1", make_auxiliary_tasks),
    "table-3": ("Table 3: similarity of the tasks", make_table_3),
    "figure-3": ("Figure 3: F1 of each label", make_figure_3),
    "figure-4": ("Figure 4: training texts of each label", make_figure_4),
    "figure-5": ("Figure 5: macro F1 over training", make_figure_5),
    "figure-6": ("Figure 6: attention between a document and the labels", make_figure_6),
    "figure-7": ("Figure 7: attention in all heads, label embeddings", make_figure_7),
    "figure-8": ("Figure 8: attention into the baseline's [CLS]", make_figure_8),
    "attention-flow": ("§5.2: attention by layer over all test texts", make_attention_flow),
    "figure-9": ("Figure 9: correlation of the raters' labels", make_figure_9),
    "mixing-weights": ("§4.4: macro F1 by mixing weight", make_mixing_weights),
}


def _is_mixed(archive: ResultsArchive) -> bool:
    return any(system.mixing is not None for system in archive.systems.values())


def _attention(archive: ResultsArchive, of_labels: bool) -> Attention:
    """Return the archived attention of a method with one embedding per label, or of one with a single embedding."""
    found = [each for each in archive.attention() if (each.slots > 1) == of_labels]
    if not found:
        raise MissingResult(f"attention of a method with {'an embedding per label' if of_labels else 'one embedding'}")
    return found[0]


def _name_candidates(table: Mapping[str, Any]) -> list[str]:
    """State which rows are compared with the paper's rows with T5, where ours have candidates from another source."""
    papers = {row.name: row.title for row in ROWS}
    renamed = {row["with"] for row in table["rows"] if row["title"] != papers[row["row"]]}
    return [f"The paper's T5 rows are ours with candidates from {', '.join(sorted(renamed))}."] if renamed else []


def _write_table(
    path: Path, title: str, table: Sequence[Sequence[str]], data: Any, text: str, pictures: Iterable[Path] = ()
) -> Section:
    """Write a table as Markdown with its text, as CSV, and as JSON; return its section, with the SVG of each picture.

    Args:
        path: Path of the files, without suffix.
        title: Title of the section.
        table: Rows of cells, titles first.
        data: The table as plain values.
        text: Explanation.
        pictures: Files of its pictures.
    """
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(table)
    write_text(path.with_suffix(".md"), f"# {title}\n\n{text}\n\n{markdown(table)}\n")
    write_text(path.with_suffix(".csv"), lines.getvalue())
    write_text(path.with_suffix(".json"), json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return Section(path.name, title, table, [file for file in pictures if file.suffix == ".svg"], text)


def _png(path: Path) -> Path:
    return path.with_name(f"{path.name}.png")


def _figure(path: Path, title: str, files: Iterable[Path], text: str = "") -> Section:
    """Return a section with the SVG of each picture."""
    return Section(path.name, title, pictures=[file for file in files if file.suffix == ".svg"], text=text)

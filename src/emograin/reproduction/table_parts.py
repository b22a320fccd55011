"""Tables and claims from kept results: their files, and what the report shows of them."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..analysis.task_similarity_tables import remarks, table_3_cells, table_3_records
from ..evaluation.results import read_curve
from .claims import Claim, Evidence, claims
from .kept import Kept, Missing, Part, write_text
from .table_2 import table_2, table_2_cells


def table_2_part(kept: Kept, path: Path, title: str) -> Part:
    """The 13 rows beside the paper's."""
    table = table_2(kept.compared, kept.experiment, kept.policy)
    settings = table["settings"]
    text = (
        f"{settings['data']}, {table['texts']:,} test texts; {settings['encoder']}, batches of "
        f"{settings['batch_size']}, learning rate {settings['learning_rate']:g} (the paper: BERT-base, 16, 5e-05). "
        f"Ours is at the policy {kept.policy}; means over seeds, ± one standard deviation. Differences are to the "
        "baseline of as many epochs, intervals by bootstrap over documents and seeds, Holm's p over all rows. Mixing "
        "weights were chosen on dev. Speed is at inference; finding or writing candidates does not count."
    )
    return _written(path, title, table_2_cells(table), table, text)


def table_3_part(kept: Kept, path: Path, title: str) -> Part:
    """NMI of each auxiliary task with the emotions."""
    found = kept.file("task_similarity.json")
    return _written(path, title, table_3_cells(found), table_3_records(found), " ".join(remarks(found)))


def claims_part(kept: Kept, path: Path, title: str) -> Part:
    """What the paper says of its results, and whether ours agree."""
    found = claims(_evidence(kept))
    titles = {"section": "§", "interval": "95 % interval", "holds": "does it hold", "command": "remade by"}
    names = [field.name for field in fields(Claim)]
    table = [[titles.get(name, name) for name in names], *([getattr(row, name) for name in names] for row in found)]
    answers = {"yes": "hold", "no": "do not", "within noise": "are within noise"}
    counts = [f"{sum(row.holds == answer for row in found)} {what}" for answer, what in answers.items()]
    text = (
        f"Of {len(found)} claims {', '.join(counts)}. Differences are in macro F1 on test at the policy {kept.policy}; "
        "a claim of more holds if its interval lies above, and is within noise if the interval has the bound inside."
    )
    return _written(path, title, table, [asdict(row) for row in found], text)


def _evidence(kept: Kept) -> Evidence:
    curves, sweeps = {}, {}
    for name, system in kept.systems.items():
        if "mixing" in system.results[0]:
            sweeps[name] = kept.sweep(name)
        else:
            curves[name] = read_curve(kept.run(name))
    try:
        similarity = kept.file("task_similarity.json")
    except Missing:
        similarity = None
    return Evidence(kept.compared, curves, sweeps, similarity, kept.attention())


def _written(path: Path, title: str, table: Sequence[Sequence[str]], data: Any, text: str) -> Part:
    """Write a table as Markdown with its text, as CSV, and as JSON."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(table)
    write_text(path.with_suffix(".md"), f"# {title}\n\n{text}\n\n{as_markdown(table)}")
    write_text(path.with_suffix(".csv"), lines.getvalue())
    write_text(path.with_suffix(".json"), json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return Part(path.name, title, table, text=text)


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    """Rows of cells, titles first, as a Markdown table."""
    rows = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)

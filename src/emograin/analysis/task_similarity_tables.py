"""Tables 1 and 3 for a corpus (§3.2.3, §5.1): its task similarity compared with the published values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..common.errors import EmograinError
from ..common.text_table import aligned, markdown
from ..data.corpus import Corpus, fingerprint
from ..data.taxonomy import GOEMOTIONS
from .task_similarity import compute_measures, contingency, estimate_chance_nmi

# Table 3: NMI_joint of each auxiliary task with the 28 emotions; the paper calls dev "val".
PUBLISHED = {
    "sentiment": {"train": 3.44e-17, "dev": 0.00460, "test": 0.00010},
    "ekman": {"train": 1.78e-05, "dev": 0.00833, "test": 0.00028},
}
DOCUMENTS = {"train": 43_410, "dev": 5_426, "test": 5_427}  # §4.1
ROUNDING_ERROR = 1e-15  # error of float64; a smaller NMI is 0


def measure_similarity(
    corpus: Corpus, auxiliary: Sequence[str] = (), shuffles: int = 100, seed: int = 0
) -> dict[str, Any]:
    """Measure how much a corpus's labels share with their groups, in every split.

    Args:
        corpus: Corpus to measure; all of its splits are read.
        auxiliary: Groupings of its taxonomy; empty: all of them.
        shuffles: Number of shuffles of the auxiliary labels.
        seed: Seed of the shuffles, the same for every row of Table 3.

    Returns:
        Plain values. `contingency`: counts of Table 1 per auxiliary task, of the first split, which is train.
        `table_3`: one row per auxiliary task and split, with all measures of the `aligned` labels and of the
        `document_weighted` ones, the NMI of `shuffled` labels, and the `published` NMI_joint, or None.
        `papers_corpus`: whether the splits have the paper's sizes.

    Raises:
        EmograinError: A grouping is unknown, the taxonomy has none, there are fewer than 1 shuffle, or NMI is
            undefined for the labels.
    """
    taxonomy = corpus.taxonomy
    names = list(dict.fromkeys(auxiliary)) or list(taxonomy.groupings)
    if not names:
        raise EmograinError(
            f"taxonomy {taxonomy.name!r} has no groupings, expected one for an auxiliary task",
            "put [groupings.NAME] into a taxonomy.toml beside the data",
        )
    groups = {name: list(taxonomy.groups(name)) for name in names}
    splits = {name: corpus.split(name) for name in corpus.split_names}
    tables: dict[str, Any] = {}
    rows = []
    for name in names:
        is_papers = taxonomy.groupings[name] == GOEMOTIONS.groupings.get(name)
        for split in splits.values():
            coarse = taxonomy.to_groups(split.labels, name)
            try:
                counts = contingency(split.labels, coarse)
                row = {
                    "aligned": compute_measures(counts),
                    "document_weighted": compute_measures(contingency(split.labels, coarse, weigh_documents=True)),
                    "shuffled": estimate_chance_nmi(split.labels, coarse, shuffles, seed),
                    "published": PUBLISHED.get(name, {}).get(split.name) if is_papers else None,
                }
            except EmograinError as error:
                raise EmograinError(f"{name} in {split.name} of {corpus.name}: {error}") from error
            rows.append({"auxiliary": name, "split": split.name, "pairs": int(counts.sum()), **row})
            table = {"split": split.name, "groups": groups[name], "counts": counts.astype(int).tolist()}
            tables.setdefault(name, table)
    return {
        "corpus": corpus.name,
        "papers_corpus": {name: len(split) for name, split in splits.items()} == DOCUMENTS,
        "taxonomy": taxonomy.name,
        "labels": list(taxonomy.labels),
        "shuffles": shuffles,
        "seed": seed,
        "splits": {
            name: {
                "documents": len(split),
                "documents_of_one_label": int((split.labels.sum(axis=1, dtype=int) == 1).sum()),
                "fingerprint": fingerprint(split),
            }
            for name, split in splits.items()
        },
        "contingency": tables,
        "table_3": rows,
    }


def format_report(found: Mapping[str, Any]) -> str:
    """Format Table 1, Table 3 and the remarks on them.

    Args:
        found: Result of `measure_similarity`.
    """
    return "\n\n".join([table_1(found), table_3(found), "\n".join(remarks(found))])


def table_1(found: Mapping[str, Any]) -> str:
    """Format the contingency table of each auxiliary task, with sums (Table 1)."""
    parts = []
    for name, table in found["contingency"].items():
        counts = table["counts"]
        sums = [sum(column) for column in zip(*counts, strict=True)]
        rows = [["", *table["groups"], "sum"]]
        for label, row in zip([*found["labels"], "sum"], [*counts, sums], strict=True):
            rows.append([label, *(f"{count:,}" for count in [*row, sum(row)])])
        title = f"Table 1: pairs of a label and a group of {name} in {found['corpus']}, {table['split']}"
        parts.append(f"{title}\n\n{aligned(rows)}")
    return "\n\n".join(parts)


def table_3_records(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return Table 3 as flat records, for a CSV file: one per measure, auxiliary task and split."""
    return [
        {
            "measure": title,
            "auxiliary": row["auxiliary"],
            "split": row["split"],
            "documents": found["splits"][row["split"]]["documents"],
            "pairs": row["pairs"],
            "published": row["published"] if measure == "nmi_joint" else None,  # §3.2.3: the paper's is NMI_joint
            "aligned": row["aligned"][measure],
            "document_weighted": row["document_weighted"][measure],
            **{f"shuffled_{name}": value for name, value in row["shuffled"][measure].items()},
        }
        for measure, title in {"nmi_joint": "NMI_joint", "nmi_max": "NMI_max"}.items()
        for row in found["table_3"]
    ]


def table_3_cells(found: Mapping[str, Any]) -> list[list[str]]:
    """Return Table 3 as cells: titles, then one row per measure, auxiliary task and split."""
    titles = ["measure", "auxiliary", "split", "published", "aligned", "each document once"]
    rows = [[*titles, f"shuffled, mean of {found['shuffles']}", "lowest", "highest"]]
    for row in table_3_records(found):
        columns = ["published", "aligned", "document_weighted", "shuffled_mean", "shuffled_low", "shuffled_high"]
        rows.append([row["measure"], row["auxiliary"], row["split"], *(_three_digits(row[name]) for name in columns)])
    return rows


def table_3(found: Mapping[str, Any]) -> str:
    """Format Table 3 as aligned text."""
    return f"Table 3: NMI of the labels and their groups in {found['corpus']}\n\n{aligned(table_3_cells(found))}"


def table_3_markdown(found: Mapping[str, Any]) -> str:
    """Format Table 3 as Markdown."""
    return markdown(table_3_cells(found))


def remarks(found: Mapping[str, Any]) -> list[str]:
    """Return sentences on what Table 3 shows (§5.1)."""
    rows = table_3_records(found)[: len(found["table_3"])]  # the rows of NMI_joint
    published = [row for row in rows if row["published"] is not None]
    comparable = bool(published) and found["papers_corpus"]
    single, documents = (
        sum(split[key] for split in found["splits"].values()) for key in ("documents_of_one_label", "documents")
    )
    ours = _range(row["aligned"] for row in rows)
    theirs = _range(row["published"] for row in published) if published else ""
    sentences = [
        f"A document's groups are functions of its labels, and {single / documents:.0%} of the documents have one "
        f"label, which determines its groups: aligned NMI_joint is {ours}"
        + (f", so the published {theirs} cannot be" if comparable else "")
        + "."
    ]
    chance = _range(row[f"shuffled_{end}"] for row in rows for end in ("low", "high"))
    sentences.append(f"With shuffled labels, NMI is due to chance alone: {chance}, larger for smaller splits.")
    if comparable:
        low = [row["published"] for row in published if row["published"] < row["shuffled_low"]]
        high = [row["published"] for row in published if row["published"] > row["shuffled_high"]]
        inside = len(published) - len(low) - len(high)
        sentences.append(
            f"Of the {len(published)} published values {inside} lie within the range of their shuffles, {len(high)} "
            f"above and {len(low)} below"
            + (", so shuffled labels do not give the paper's Table 3 either" if inside < len(published) else "")
            + "".join(f"; {_three_digits(each)} is 0 up to rounding" for each in low if each < ROUNDING_ERROR)
            + "."
        )
    elif published:
        sentences.append("The published values are of GoEmotions, not of these documents.")
    return sentences


def _range(values: Iterable[float]) -> str:
    values = list(values)
    return f"{_three_digits(min(values))} to {_three_digits(max(values))}"


def _three_digits(value: float | None) -> str:
    return "-" if value is None else f"{value:#.3g}"

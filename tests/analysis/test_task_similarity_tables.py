"""Tables 1 and 3 for a corpus, and the archived ones for GoEmotions."""

import json
from pathlib import Path

import numpy as np
import pytest

from emograin import data
from emograin.analysis.task_similarity import compute_measures, contingency, estimate_chance_nmi
from emograin.analysis.task_similarity_tables import (
    PUBLISHED,
    format_report,
    measure_similarity,
    remarks,
    table_3_cells,
    table_3_markdown,
    table_3_records,
)
from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy

ROOT = Path(__file__).parents[2]
ARCHIVED = json.loads((ROOT / "results" / "task_similarity.json").read_text(encoding="utf-8"))


def test_every_row_of_table_3_is_what_the_functions_give(corpus):
    found = measure_similarity(corpus, shuffles=7, seed=3)
    assert [(row["auxiliary"], row["split"]) for row in found["table_3"]] == [
        (name, split) for name in ("tone", "arousal") for split in ("train", "dev", "test")
    ]
    for row in found["table_3"]:
        labels = corpus.split(row["split"]).labels
        groups = corpus.taxonomy.to_groups(labels, row["auxiliary"])
        assert row["aligned"] == compute_measures(contingency(labels, groups))
        assert row["document_weighted"] == compute_measures(contingency(labels, groups, weigh_documents=True))
        assert row["shuffled"] == estimate_chance_nmi(labels, groups, 7, seed=3)
        assert row["pairs"] == contingency(labels, groups).sum()
        assert row["published"] is None
    train = corpus.split("train").labels
    assert found["contingency"]["tone"] == {
        "split": "train",
        "groups": ["good", "bad", "plain"],
        "counts": contingency(train, corpus.taxonomy.to_groups(train, "tone")).tolist(),
    }
    assert found["splits"]["train"]["documents_of_one_label"] == (train.sum(axis=1) == 1).sum()
    assert not found["papers_corpus"]
    assert json.loads(json.dumps(found)) == found


def test_one_auxiliary_task_has_the_same_values_alone_and_among_all(corpus):
    everything = measure_similarity(corpus, shuffles=3)["table_3"]
    one = measure_similarity(corpus, ["arousal", "arousal"], shuffles=3)
    assert one["table_3"] == [row for row in everything if row["auxiliary"] == "arousal"]
    assert list(one["contingency"]) == ["arousal"]


def test_missing_groupings_and_undefined_nmi_are_errors(corpus, tmp_path):
    with pytest.raises(EmograinError, match="grouping 'tones', did you mean 'tone'"):
        measure_similarity(corpus, ["tones"])
    with pytest.raises(EmograinError, match="shuffles must be at least 1, got 0"):
        measure_similarity(corpus, shuffles=0)
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["yes"]}\n')
    with pytest.raises(EmograinError, match=r"'bare' has no groupings.*\[groupings.NAME\]"):
        measure_similarity(data.load(tmp_path, Taxonomy("bare", ("yes", "no"))))
    grouped = Taxonomy("answers", ("yes", "no"), {"kind": {"answer": ("yes", "no")}})
    with pytest.raises(EmograinError, match="kind in train of .*: NMI is undefined"):
        measure_similarity(data.load(tmp_path, grouped))


def test_published_values_are_shown_for_the_papers_groups_only(tmp_path):
    quick = measure_similarity(data.load("quickstart"), shuffles=1)
    assert {(row["auxiliary"], row["split"]): row["published"] for row in quick["table_3"]} == {
        (name, split): value for name, values in PUBLISHED.items() for split, value in values.items()
    }
    assert remarks(quick)[-1] == "The published values are of GoEmotions, not of these documents."
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["joy"]}\n{"text": "b", "labels": ["fear"]}\n')
    others = Taxonomy("mine", ("joy", "fear"), {"sentiment": {"good": ("joy",), "bad": ("fear",)}})
    found = measure_similarity(data.load(tmp_path, others), shuffles=1)
    assert [row["published"] for row in found["table_3"]] == [None]
    assert [row["aligned"]["nmi_joint"] for row in found["table_3"]] == [1]
    assert "published" not in " ".join(remarks(found))


def test_the_published_values_are_those_of_the_papers_text(shared):
    text = next(shared.glob("paper/*.txt")).read_text(encoding="utf-8")
    for line, name in (("Aux (senti)", "sentiment"), ("Aux (ekman)", "ekman")):
        (row,) = [each.split("\t") for each in text.splitlines() if each.startswith(line) and each.count("\t") == 3]
        assert [float(cell) for cell in row[1:]] == list(PUBLISHED[name].values())


def test_the_archived_results_are_those_of_goemotions(shared):
    corpus = data.load(shared / "goemotions")
    found = measure_similarity(corpus, shuffles=ARCHIVED["shuffles"], seed=ARCHIVED["seed"])
    assert found["papers_corpus"]
    assert json.dumps({**found, "table_3": None}) == json.dumps(
        {key: ARCHIVED[key] for key in found} | {"table_3": None}
    )
    for row, archived_row in zip(table_3_records(found), table_3_records(ARCHIVED), strict=True):
        ours, theirs = list(row.values()), list(archived_row.values())
        assert ours[:6] == theirs[:6]  # measure, task, split, documents, pairs, published
        assert ours[6:] == pytest.approx(theirs[6:], rel=1e-9)
    groups = json.loads((shared / "goemotions" / "sentiment_mapping.json").read_text())  # Google's own
    train = corpus.split("train").labels.astype(int)
    positive = train[:, [GOEMOTIONS.index(label) for label in groups["positive"]]].any(axis=1)
    counts = ARCHIVED["contingency"]["sentiment"]["counts"]
    assert [row[0] for row in counts] == (train[positive].sum(axis=0)).tolist()


def test_records_cells_and_markdown_have_the_same_values():
    records, cells = table_3_records(ARCHIVED), table_3_cells(ARCHIVED)
    assert len(records) == len(cells) - 1 == 12
    first = ARCHIVED["table_3"][0]
    assert records[0] == {
        "measure": "NMI_joint",
        "auxiliary": "sentiment",
        "split": "train",
        "documents": 43410,
        "pairs": first["pairs"],
        "published": 3.44e-17,
        "aligned": first["aligned"]["nmi_joint"],
        "document_weighted": first["document_weighted"]["nmi_joint"],
        "shuffled_mean": first["shuffled"]["nmi_joint"]["mean"],
        "shuffled_low": first["shuffled"]["nmi_joint"]["low"],
        "shuffled_high": first["shuffled"]["nmi_joint"]["high"],
    }
    assert records[6]["measure"] == "NMI_max"
    assert (records[6]["aligned"], records[6]["published"]) == (first["aligned"]["nmi_max"], None)
    assert cells[2][:4] == ["NMI_joint", "sentiment", "dev", "0.00460"]
    for row, record in zip(cells[1:], records, strict=True):
        assert [float(cell) for cell in row[4:]] == pytest.approx(list(record.values())[6:], rel=0.01)
    lines = table_3_markdown(ARCHIVED).splitlines()
    assert [line.strip("| ").split(" | ") for line in lines[:1] + lines[2:]] == cells


def test_the_report_shows_table_1_with_its_sums(corpus):
    report = format_report(measure_similarity(corpus, ["tone"], shuffles=2))
    rows = [line.split() for line in report.splitlines()]
    counts = {
        row[0]: [int(cell) for cell in row[1:]] for row in rows if row and row[0] in (*corpus.taxonomy.labels, "sum")
    }
    table = np.array([counts[label] for label in corpus.taxonomy.labels])
    train = corpus.split("train").labels
    assert np.array_equal(table[:, :-1], contingency(train, corpus.taxonomy.to_groups(train, "tone")))
    assert table[:, -1].tolist() == table[:, :-1].sum(axis=1).tolist()
    assert counts["sum"] == table.sum(axis=0).tolist()


def test_remarks_follow_from_the_values():
    made = json.loads(json.dumps(ARCHIVED))
    assert remarks(made) == ARCHIVED["remarks"]
    for row in made["table_3"]:
        row["published"] = row["shuffled"]["nmi_joint"]["mean"]
    assert (
        remarks(made)[-1] == "Of the 6 published values 6 lie within the range of their shuffles, 0 above and 0 below."
    )
    made["table_3"][0]["published"] = 1e-17
    made["table_3"][1]["published"] = 0.5
    assert "4 lie within the range of their shuffles, 1 above and 1 below, so" in remarks(made)[-1]
    assert remarks(made)[-1].endswith("; 1.00e-17 is 0 up to rounding.")

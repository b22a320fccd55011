"""§3.2.3 against scikit-learn and scipy, and `emograin similarity`, which prints Tables 1 and 3."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn import metrics
from sklearn.metrics.cluster import expected_mutual_information

from emograin import data
from emograin.analysis.task_similarity import (
    contingency,
    entropy,
    measures,
    mutual_information,
    nmi_joint,
    nmi_max,
    shuffled,
)
from emograin.analysis.task_similarity_tables import (
    PUBLISHED,
    remarks,
    similarity_of,
    similarity_report,
    table_3_cells,
    table_3_markdown,
    table_3_records,
)
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS, Taxonomy

ROOT = Path(__file__).parents[2]
KEPT = json.loads((ROOT / "results" / "task_similarity.json").read_text(encoding="utf-8"))
HEAVY = ("torch", "transformers", "sklearn", "scipy", "matplotlib", "datasets", "pyarrow")

counts = arrays.arrays(np.int64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.integers(0, 9))
several = counts.filter(lambda table: (table.any(axis=1).sum() > 1) or (table.any(axis=0).sum() > 1))
chosen = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=60)


def one_hot(choices, labels):
    return np.eye(labels, dtype=np.uint8)[list(choices)]


@st.composite
def label_sets(draw):
    """Two multi-hot label sets of the same documents, some of which have no label; at least one has both."""
    shape = st.tuples(st.just(draw(st.integers(1, 12))), st.integers(1, 5))
    both = [draw(arrays.arrays(np.uint8, draw(shape), elements=st.integers(0, 1))) for _ in range(2)]
    for labels in both:
        labels[0, 0] = 1
    return both


# The contingency table


@given(label_sets())
def test_each_pair_of_a_document_counts_once_or_shares_the_documents_weight(both):
    plain, weighted = (np.zeros((both[0].shape[1], both[1].shape[1])) for _ in range(2))
    for document in zip(*both, strict=True):
        pairs = [(i, j) for i in np.flatnonzero(document[0]) for j in np.flatnonzero(document[1])]
        for pair in pairs:
            plain[pair] += 1
            weighted[pair] += 1 / len(pairs)
    assert np.array_equal(contingency(*both), plain)
    np.testing.assert_allclose(contingency(*both, weigh_documents=True), weighted, atol=1e-12)


@given(label_sets())
def test_a_documents_weight_is_1_and_one_without_labels_counts_nothing(both):
    with_pairs = (both[0].any(axis=1) & both[1].any(axis=1)).sum()
    assert contingency(*both, weigh_documents=True).sum() == pytest.approx(with_pairs)


@given(chosen)
def test_of_single_labels_both_countings_are_scikit_learns(choices):
    first, second = zip(*choices, strict=True)
    table = contingency(one_hot(first, 5), one_hot(second, 4))
    used = table[table.any(axis=1)][:, table.any(axis=0)]
    assert np.array_equal(used, metrics.cluster.contingency_matrix(first, second))
    assert np.array_equal(table, contingency(one_hot(first, 5), one_hot(second, 4), weigh_documents=True))


def test_counts_do_not_overflow_the_type_of_the_labels():
    ones = np.ones((70_000, 2), dtype=np.uint8)
    assert contingency(ones, ones).tolist() == [[70_000, 70_000]] * 2
    assert contingency(ones.astype(bool), ones).sum() == 280_000


# Entropies, mutual information, NMI


@given(counts.filter(np.any))
def test_entropies_are_scipys_in_bits(table):
    assert entropy(table) == pytest.approx(stats.entropy(table.ravel(), base=2), abs=1e-9)
    assert entropy(table.sum(axis=0)) == pytest.approx(stats.entropy(table.sum(axis=0), base=2), abs=1e-9)


@given(counts.filter(np.any))
def test_mutual_information_is_scikit_learns_in_bits_and_what_entropies_leave(table):
    found = mutual_information(table)
    nats = metrics.mutual_info_score(None, None, contingency=table)
    assert found == pytest.approx(nats / math.log(2), abs=1e-9)
    apart = entropy(table.sum(axis=1)) + entropy(table.sum(axis=0))
    assert found == pytest.approx(apart - entropy(table), abs=1e-9)


@given(chosen.filter(lambda choices: any(len(set(side)) > 1 for side in zip(*choices, strict=True))))
def test_nmi_max_is_scikit_learns(choices):
    first, second = zip(*choices, strict=True)
    found = nmi_max(contingency(one_hot(first, 5), one_hot(second, 4)))
    expected = metrics.normalized_mutual_info_score(first, second, average_method="max")
    assert found == pytest.approx(expected, abs=1e-9)


@given(several)
def test_nmi_joint_divides_by_the_joint_entropy(table):
    nats = metrics.mutual_info_score(None, None, contingency=table)
    assert nmi_joint(table) == pytest.approx(nats / stats.entropy(table.ravel()), abs=1e-9)


@given(several)
def test_both_nmi_are_symmetric_and_in_bounds_the_joint_one_the_smaller(table):
    assert nmi_joint(table) == pytest.approx(nmi_joint(table.T), abs=1e-12)
    assert nmi_max(table) == pytest.approx(nmi_max(table.T), abs=1e-12)
    assert 0 <= nmi_joint(table) <= nmi_max(table) + 1e-12
    assert nmi_max(table) <= 1


@given(several, st.integers(2, 1000))
def test_nmi_has_no_unit(table, times):
    assert nmi_joint(table * times) == pytest.approx(nmi_joint(table), abs=1e-9)


weights = st.lists(st.integers(1, 50), min_size=1, max_size=5)


@given(weights, weights.filter(lambda each: len(each) > 1))
def test_independent_tasks_share_nothing(first, second):
    table = np.outer(first, second)
    assert mutual_information(table) == pytest.approx(0, abs=1e-12)
    assert (nmi_joint(table), nmi_max(table)) == pytest.approx((0, 0), abs=1e-12)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda each: len(set(each)) > 1), st.randoms())
def test_a_single_label_task_shares_all_with_itself_whatever_its_labels_are_called(choices, random):
    renamed = random.sample(range(5), 5)
    table = contingency(one_hot(choices, 5), one_hot([renamed[each] for each in choices], 5))
    assert (nmi_joint(table), nmi_max(table)) == pytest.approx((1, 1))


def test_rounding_leads_out_of_no_bound():
    outer = [np.outer(first, second) for first in ([5, 8], [3, 7], [2, 9]) for second in ([3, 7, 6], [1, 5, 7], [4, 9])]
    assert min(mutual_information(table) for table in outer) >= 0  # -4e-17 for [5, 8] and [3, 7, 6]
    same = [np.diag([first, second]) for first in range(1, 9) for second in range(1, 9)]
    assert max(measure(table) for table in same for measure in (nmi_joint, nmi_max)) <= 1  # 1 + 2e-16 for 3 and 8


def test_equation_7_by_hand():
    table = np.array([[4, 0], [2, 2]])  # c = 8; rows 4, 4; columns 6, 2
    shared = (
        4 / 8 * math.log2(4 * 8 / (4 * 6)) + 2 / 8 * math.log2(2 * 8 / (4 * 6)) + 2 / 8 * math.log2(2 * 8 / (4 * 2))
    )
    joint = -(4 / 8 * math.log2(4 / 8) + 2 * (2 / 8 * math.log2(2 / 8)))
    assert measures(table) == pytest.approx(
        {
            "entropy": 1,
            "auxiliary_entropy": -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)),
            "joint_entropy": joint,
            "mutual_information": shared,
            "nmi_joint": shared / joint,
            "nmi_max": shared / 1,
        }
    )


def test_groups_of_single_labels_share_the_whole_entropy_of_the_groups():
    labels = one_hot(np.random.default_rng(0).integers(0, 28, 500), 28)
    found = measures(contingency(labels, GOEMOTIONS.to_groups(labels, "ekman")))
    assert found["mutual_information"] == pytest.approx(found["auxiliary_entropy"])
    assert found["joint_entropy"] == pytest.approx(found["entropy"])


# Shuffles


def test_shuffles_of_single_labels_leave_what_is_expected_of_chance():
    random = np.random.default_rng(1)
    first, second = random.integers(0, 4, 300), random.integers(0, 3, 300)
    table = contingency(one_hot(first, 4), one_hot(second, 3))
    chance = expected_mutual_information(table.astype(np.int64), 300) / math.log(2)
    found = shuffled(one_hot(first, 4), one_hot(second, 3), shuffles=400)["nmi_max"]
    biggest = max(entropy(table.sum(axis=0)), entropy(table.sum(axis=1)))  # shuffles keep it
    assert found["mean"] * biggest == pytest.approx(chance, rel=0.1)
    assert 0 <= found["low"] < found["mean"] < found["high"] < 0.1


def test_shuffles_depend_on_the_seed_alone_and_leave_the_labels_as_they_are():
    random = np.random.default_rng(2)
    first, second = random.integers(0, 2, (40, 3)), random.integers(0, 2, (40, 2))
    before = second.copy()
    assert shuffled(first, second, 5, seed=1) == shuffled(first, second, 5, seed=1)
    assert shuffled(first, second, 5, seed=1) != shuffled(first, second, 5, seed=2)
    assert np.array_equal(second, before)
    once = shuffled(first, second, 1)["nmi_joint"]
    assert once["low"] == once["mean"] == once["high"]


# What cannot be


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.ones((3, 2)), np.ones((2, 2)), "same documents, got 3 documents and 2"),
        (np.ones((0, 2)), np.ones((0, 2)), r"at least one of each, got \(0, 2\)"),
        (np.ones((2, 0)), np.ones((2, 1)), r"at least one of each, got \(2, 0\)"),
        (np.ones((2, 1)), np.ones(2), r"auxiliary labels must be of shape .* got \(2,\)"),
        (np.array([[2, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got 2"),
        (np.array([[0.3, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got 0.3"),
        (np.array([[np.nan, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got nan"),
        (np.array([[1], [0]]), np.array([[0], [1]]), "no document of 2 has a label in both sets"),
    ],
)
def test_label_sets_that_cannot_be_compared(first, second, message):
    for weigh in (False, True):
        with pytest.raises(EmograinError, match=message):
            contingency(first, second, weigh)


@pytest.mark.parametrize(
    "table", [np.zeros((2, 2)), np.array([[1, -1]]), np.array([[np.inf, 1]]), np.array([[np.nan]])]
)
def test_counts_that_are_none(table):
    for measure in (entropy, mutual_information, nmi_joint, nmi_max, measures):
        with pytest.raises(EmograinError, match="counts must be finite, at least 0"):
            measure(table)


def test_nmi_is_undefined_of_one_label_against_one_and_0_of_one_against_several():
    for undefined in (nmi_joint, nmi_max, measures):
        with pytest.raises(EmograinError, match="undefined.*only one label.*entropy is 0"):
            undefined(np.array([[0, 7], [0, 0]]))
    assert (nmi_joint(np.array([[3, 4]])), nmi_max(np.array([[3, 4]]))) == (0, 0)


# A corpus


def test_every_row_of_table_3_is_what_the_functions_give(corpus):
    found = similarity_of(corpus, shuffles=7, seed=3)
    assert [(row["auxiliary"], row["split"]) for row in found["table_3"]] == [
        (name, split) for name in ("tone", "arousal") for split in ("train", "dev", "test")
    ]
    for row in found["table_3"]:
        labels = corpus.split(row["split"]).labels
        groups = corpus.taxonomy.to_groups(labels, row["auxiliary"])
        assert row["aligned"] == measures(contingency(labels, groups))
        assert row["document_weighted"] == measures(contingency(labels, groups, weigh_documents=True))
        assert row["shuffled"] == shuffled(labels, groups, 7, seed=3)
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


def test_one_auxiliary_task_has_the_figures_it_has_among_all(corpus):
    everything = similarity_of(corpus, shuffles=3)["table_3"]
    one = similarity_of(corpus, ["arousal", "arousal"], shuffles=3)
    assert one["table_3"] == [row for row in everything if row["auxiliary"] == "arousal"]
    assert list(one["contingency"]) == ["arousal"]


def test_a_corpus_without_groupings_or_with_labels_without_nmi(corpus, tmp_path):
    with pytest.raises(EmograinError, match="grouping 'tones', did you mean 'tone'"):
        similarity_of(corpus, ["tones"])
    with pytest.raises(EmograinError, match="shuffles must be at least 1, got 0"):
        similarity_of(corpus, shuffles=0)
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["yes"]}\n')
    with pytest.raises(EmograinError, match=r"'bare' has no groupings.*\[groupings.NAME\]"):
        similarity_of(data.load(tmp_path, Taxonomy("bare", ("yes", "no"))))
    grouped = Taxonomy("answers", ("yes", "no"), {"kind": {"answer": ("yes", "no")}})
    with pytest.raises(EmograinError, match="kind in train of .*: NMI is undefined"):
        similarity_of(data.load(tmp_path, grouped))


def test_published_values_stand_beside_the_papers_groups_only(tmp_path):
    quick = similarity_of(data.load("quickstart"), shuffles=1)
    assert {(row["auxiliary"], row["split"]): row["published"] for row in quick["table_3"]} == {
        (name, split): value for name, values in PUBLISHED.items() for split, value in values.items()
    }
    assert remarks(quick)[-1] == "The published values are of GoEmotions, not of these documents."
    (tmp_path / "train.jsonl").write_text('{"text": "a", "labels": ["joy"]}\n{"text": "b", "labels": ["fear"]}\n')
    others = Taxonomy("mine", ("joy", "fear"), {"sentiment": {"good": ("joy",), "bad": ("fear",)}})
    found = similarity_of(data.load(tmp_path, others), shuffles=1)
    assert [row["published"] for row in found["table_3"]] == [None]
    assert [row["aligned"]["nmi_joint"] for row in found["table_3"]] == [1]
    assert "published" not in " ".join(remarks(found))


def test_the_published_values_are_those_of_the_papers_text(shared):
    text = next(shared.glob("paper/*.txt")).read_text(encoding="utf-8")
    for line, name in (("Aux (senti)", "sentiment"), ("Aux (ekman)", "ekman")):
        (row,) = [each.split("\t") for each in text.splitlines() if each.startswith(line) and each.count("\t") == 3]
        assert [float(cell) for cell in row[1:]] == list(PUBLISHED[name].values())


def test_the_kept_results_are_those_of_goemotions(shared):
    corpus = data.load(shared / "goemotions")
    found = similarity_of(corpus, shuffles=KEPT["shuffles"], seed=KEPT["seed"])
    assert found["papers_corpus"]
    assert json.dumps({**found, "table_3": None}) == json.dumps({key: KEPT[key] for key in found} | {"table_3": None})
    for row, kept in zip(table_3_records(found), table_3_records(KEPT), strict=True):
        ours, theirs = list(row.values()), list(kept.values())
        assert ours[:6] == theirs[:6]  # measure, task, split, documents, pairs, published
        assert ours[6:] == pytest.approx(theirs[6:], rel=1e-9)
    groups = json.loads((shared / "goemotions" / "sentiment_mapping.json").read_text())  # Google's own
    train = corpus.split("train").labels.astype(int)
    positive = train[:, [GOEMOTIONS.index(label) for label in groups["positive"]]].any(axis=1)
    counts = KEPT["contingency"]["sentiment"]["counts"]
    assert [row[0] for row in counts] == (train[positive].sum(axis=0)).tolist()


# What people read


def test_records_cells_and_markdown_hold_the_same_figures():
    records, cells = table_3_records(KEPT), table_3_cells(KEPT)
    assert len(records) == len(cells) - 1 == 12
    first = KEPT["table_3"][0]
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
    lines = table_3_markdown(KEPT).splitlines()
    assert [line.strip("| ").split(" | ") for line in lines[:1] + lines[2:]] == cells


def test_the_report_shows_table_1_with_its_sums(corpus):
    report = similarity_report(similarity_of(corpus, ["tone"], shuffles=2))
    rows = [line.split() for line in report.splitlines()]
    counts = {
        row[0]: [int(cell) for cell in row[1:]] for row in rows if row and row[0] in (*corpus.taxonomy.labels, "sum")
    }
    table = np.array([counts[label] for label in corpus.taxonomy.labels])
    train = corpus.split("train").labels
    assert np.array_equal(table[:, :-1], contingency(train, corpus.taxonomy.to_groups(train, "tone")))
    assert table[:, -1].tolist() == table[:, :-1].sum(axis=1).tolist()
    assert counts["sum"] == table.sum(axis=0).tolist()


def test_remarks_follow_from_the_figures():
    made = json.loads(json.dumps(KEPT))
    assert remarks(made) == KEPT["remarks"]
    for row in made["table_3"]:
        row["published"] = row["shuffled"]["nmi_joint"]["mean"]
    assert (
        remarks(made)[-1] == "Of the 6 published values 6 lie within the range of their shuffles, 0 above and 0 below."
    )
    made["table_3"][0]["published"] = 1e-17
    made["table_3"][1]["published"] = 0.5
    assert "4 lie within the range of their shuffles, 1 above and 1 below, so" in remarks(made)[-1]
    assert remarks(made)[-1].endswith("; 1.00e-17 is 0 up to rounding.")


# The command


def test_the_command_prints_tables_and_json(corpus_folder, corpus, capsys):
    words = ["similarity", "--data", str(corpus_folder), "--auxiliary", "tone", "--shuffles", "2", "--seed", "5"]
    expected = similarity_of(corpus, ["tone"], 2, 5)
    assert main(words) == 0
    assert capsys.readouterr().out == similarity_report(expected) + "\n"
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**expected, "remarks": remarks(expected)}
    assert main([*words, "--auxiliary", "arousal", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["contingency"]) == ["tone", "arousal"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["quickstart", "--auxiliary", "sentimnt"], "unknown grouping 'sentimnt', did you mean 'sentiment'"),
        (["quickstart", "--shuffles", "-1"], "shuffles must be at least 1, got -1"),
        (["quickstart", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["quickstrt"], "unknown corpus 'quickstrt', did you mean 'quickstart'"),
    ],
)
def test_the_users_mistakes_take_one_line(words, message, capsys):
    assert main(["similarity", "--data", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert (printed.out, printed.err.count("\n")) == ("", 1)


def test_the_command_needs_numpy_only():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({HEAVY}))"  # None: importing them fails
    run = "from emograin.cli.app import main; sys.exit(main(['similarity', '--data', 'quickstart', '--shuffles', '1']))"
    done = subprocess.run([sys.executable, "-c", f"{blocked}; {run}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Table 3" in done.stdout

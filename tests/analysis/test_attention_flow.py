"""Attention to and from slots over many texts, against a computation token by token."""

import numpy as np
import pytest
from helpers.attention import build
from hypothesis import given
from hypothesis import strategies as st

from emograin.analysis.attention import attend, attend_documents
from emograin.analysis.attention_flow import QUANTITIES, measure_attention_flow, slot_flow
from emograin.analysis.attention_flow_intervals import compared_layers, label_flow_intervals, resample_sums
from emograin.analysis.attention_flow_tables import attention_flow_cells, format_attention_flow
from emograin.common.errors import EmograinError
from emograin.models.methods import METHODS

# Lengths differ much, so that a batch is mostly padding.
TEXTS = ["so happy today", "I hate it and I am furious about the long letter of last week", "exam", "glad, worried"]
GOLD = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0]])


@pytest.fixture(scope="module", params=["label-embedding", "baseline"])
def method(request, encoders, taxonomy):
    return build(METHODS[request.param], encoders["bert"], taxonomy)


def slow_flow(weights, own, in_slots, document):
    """Return the six quantities of one layer (tokens, tokens) and one slot, token by token."""
    tokens = range(len(weights))
    received = [sum(weights[at][to] for to in own) for at in tokens]
    shares = dict.fromkeys(["document", "itself", "other", "special"], 0.0)
    for at in own:
        for to in tokens:
            where = (
                "itself" if to in own else "other" if to in in_slots else "document" if to in document else "special"
            )
            shares[where] += weights[at][to] / len(own)
    from_document = sum(received[at] for at in document) / len(document)
    return [sum(received) / len(received), from_document, *shares.values()]


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 99))
def test_quantities_of_a_slot_are_those_token_by_token(slots, words, seed):
    random = np.random.default_rng(seed)
    pieces = random.integers(1, 3, slots)
    total = int(pieces.sum()) + words + 2
    weights = random.dirichlet(np.ones(total), (2, total))
    ends = np.cumsum(pieces) + 1
    own = [list(range(end - count, end)) for end, count in zip(ends, pieces, strict=True)]
    table = np.array([[at in each for at in range(total)] for each in own])
    document = list(range(total - words - 1, total - 1))
    found = slot_flow(weights, table, np.isin(np.arange(total), document))
    in_slots = {at for each in own for at in each}
    for layer in range(2):
        for slot in range(slots):
            expected = slow_flow(weights[layer], own[slot], in_slots, document)
            np.testing.assert_allclose(found[:, layer, slot], expected, atol=1e-12)
    np.testing.assert_allclose(found[2:].sum(axis=0), 1)


def expected_means(method):
    """Return means over the texts, each attended to on its own: {quantity: (own, compared)}, (layers,) each."""
    rows = {quantity: ([], []) for quantity in QUANTITIES}
    for text, gold in zip(TEXTS, GOLD, strict=True):
        seen = attend(method, text, [0] * 4)
        in_batch = seen.weights.mean(axis=1)
        owned = [np.flatnonzero(row > row.max() / 2).tolist() for row in seen.readout]
        slots = owned if method.slots > 1 else owned[:1]
        in_slots = {at for each in slots for at in each}
        document, tokens = seen.document.tolist(), len(seen.tokens)
        flow = np.array([[slow_flow(layer, own, in_slots, document) for own in slots] for layer in in_batch])
        if method.slots > 1:
            own, other = flow[:, gold > 0].mean(axis=1), flow[:, gold == 0].mean(axis=1)
        else:
            even = slow_flow(np.full((tokens, tokens), 1 / tokens), slots[0], in_slots, document)
            own, other = flow[:, 0], np.tile(even, (seen.layers, 1))
        for at, quantity in enumerate(QUANTITIES):
            rows[quantity][0].append(own[:, at])
            rows[quantity][1].append(other[:, at])
    return {name: [np.mean(part, axis=0) for part in parts] for name, parts in rows.items()}


def test_means_are_those_of_single_texts_and_padding_does_not_count(method):
    found = measure_attention_flow(method, TEXTS, GOLD, resamples=50)
    names = ("gold", "other_labels", "gold_minus_other_labels")
    if method.slots == 1:
        names = ("slot", "even", "slot_minus_even")
    for (kind, name), (own, other) in expected_means(method).items():
        if method.slots == 1 and name == "to_other_slots":
            assert name not in found[kind]
            continue
        for part, values in zip(names, (own, other, own - other), strict=True):
            entry = found[kind][name][part]
            np.testing.assert_allclose([each["mean"] for each in entry["layers"]], values, atol=2e-6)
            assert all(each["low"] - 1e-5 <= each["mean"] <= each["high"] + 1e-5 for each in entry["layers"])
            assert entry["last_minus_first"]["mean"] == pytest.approx(values[1] - values[0], abs=2e-6)
    assert (found["texts"], found["left_out"], found["layers"], found["compared_layers"]) == (4, 0, 2, 1)
    assert (found["slots"], found["heads"]) == (method.slots, 2)


def test_gold_slots_are_compared_with_the_same_labels_in_other_texts(encoders, taxonomy):
    method = build(METHODS["label-embedding"], encoders["bert"], taxonomy)
    found = measure_attention_flow(method, TEXTS, GOLD, resamples=200)
    received = np.zeros((4, 2, 4))  # texts, layers, labels
    for at, seen in attend_documents(method, method.tokenize(TEXTS)):
        received[at] = seen.weights.mean(axis=1).mean(axis=1) @ (seen.readout > seen.readout.max() / 4).T
    above = []
    for text, gold in enumerate(GOLD):
        others = [received[GOLD[:, label] == 0][:, :, label].mean(axis=0) for label in np.flatnonzero(gold)]
        above.append(np.mean([received[text, :, label] for label in np.flatnonzero(gold)], axis=0) - np.mean(others, 0))
    entry = found["as_key"]["from_all_tokens"]["gold_minus_same_labels"]
    np.testing.assert_allclose([each["mean"] for each in entry["layers"]], np.mean(above, axis=0), atol=1e-5)
    joy = found["labels"]["joy"]
    own = [received[at, 1, 0] - received[at, 1, GOLD[at] == 0].mean() for at in (0, 3)]
    assert joy["texts"] == 2
    assert joy["as_key"]["mean"] == pytest.approx(np.mean(own), abs=1e-5)
    assert found["labels"]["neutral"] == {"texts": 0, "as_key": None, "as_query": None}


def test_texts_without_words_or_gold_labels_are_left_out_and_counted(method):
    gold = np.concatenate([GOLD, [[1, 0, 0, 0], [0] * 4, [1] * 4]])
    found = measure_attention_flow(method, [*TEXTS, "", "so mad", "page"], gold)
    few = measure_attention_flow(method, TEXTS, GOLD)
    assert found | {"left_out": 0} == few
    assert found["left_out"] == 3
    with pytest.raises(EmograinError, match="got none in 1"):
        measure_attention_flow(method, ["so mad"], np.zeros((1, 4)))


def test_intervals_are_those_of_resampled_texts():
    random = np.random.default_rng(5)
    flows = random.random((60, 6, 12, 3)).astype(np.float32)
    gold = np.eye(3, dtype=bool)[random.integers(0, 3, 60)]
    found = label_flow_intervals(flows, gold, resamples=400, seed=3)
    draws = np.random.default_rng(3).integers(0, 60, (400, 60))
    own = np.array([flows[at, 2][:, gold[at]].mean(axis=1) for at in range(60)])  # (texts, layers)
    rest = np.array([flows[at, 2][:, ~gold[at]].mean(axis=1) for at in range(60)])
    assert found["compared_layers"] == compared_layers(12) == 3
    change = (own - rest)[:, -3:].mean(axis=1) - (own - rest)[:, :3].mean(axis=1)
    low, high = np.percentile(change[draws].mean(axis=1), (2.5, 97.5))
    entry = found["quantities"][2]["gold_minus_other_labels"]["last_minus_first"]
    assert (entry["low"], entry["high"]) == (pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5))
    alike = flows[:, 2, :, :]
    differences = []
    for draw in draws:
        absent = [alike[draw][~gold[draw][:, label]][:, :, label].mean(axis=0) for label in range(3)]
        differences.append(np.mean([own[at] - absent[int(gold[at].argmax())] for at in draw], axis=0))
    ends = np.percentile(np.array(differences)[:, 7], (2.5, 97.5))
    entry = found["quantities"][2]["gold_minus_same_labels"]["layers"][7]
    assert (entry["low"], entry["high"]) == (pytest.approx(ends[0], abs=1e-5), pytest.approx(ends[1], abs=1e-5))


def test_sums_share_their_resamples():
    values = np.arange(10.0)
    sums = resample_sums({"one": values, "two": np.stack([values, 2 * values], axis=1)}, resamples=30, seed=1)
    assert sums["one"][0] == 45
    np.testing.assert_allclose(sums["two"], np.stack([sums["one"], 2 * sums["one"]], axis=1))
    assert len(set(sums["one"][1:].tolist())) > 5


def test_a_single_layer_has_no_first_and_last_ones():
    flows = np.random.default_rng(0).random((9, 6, 1, 2))
    found = label_flow_intervals(flows, np.eye(2, dtype=bool)[np.arange(9) % 2], 20, 0)
    gold = found["quantities"][0]["gold"]
    assert (gold["first"], gold["last"], gold["last_minus_first"]) == (None, None, None)
    assert gold["layers"][0]["mean"] == pytest.approx(flows[np.arange(9), 0, 0, np.arange(9) % 2].mean(), abs=1e-5)


def test_the_table_has_a_row_per_layer_and_the_compared_ones(method):
    found = measure_attention_flow(method, TEXTS, GOLD, resamples=50)
    titles, *rows = attention_flow_cells({"a run": found})
    assert [row[1] for row in rows] == ["0", "1", "first 1", "last 1", "last - first"]
    part = "gold" if method.slots > 1 else "slot"
    assert rows[1][2] == f"{found['as_key']['from_all_tokens'][part]['layers'][1]['mean']:.4f}"
    assert rows[1][5] == f"{found['as_key']['from_document'][part]['layers'][1]['mean']:.4f}"
    assert rows[4][8] == f"{found['as_query']['to_document'][part]['last_minus_first']['mean']:.4f}"
    assert all(len(row) == len(titles) for row in rows)
    assert (rows[0][4] == "") == (method.slots == 1)  # a single slot has no labels to compare
    text = format_attention_flow("a run", found)
    assert "a run: slots of a text's gold labels" in text if method.slots > 1 else "even attention" in text

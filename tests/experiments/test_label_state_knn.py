"""Per-label kNN against brute force, the choice of the interpolation, and the whole experiment."""

import dataclasses
import json
import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import knn
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from interpolation import SHRINKAGE, WEIGHTS, choose_interpolation, interpolate
from knn import compute_states, fingerprint, load_or_compute_states, nearest, neighbour_scores
from torch.utils._python_dispatch import TorchDispatchMode

from emograin import data
from emograin.common.errors import EmograinError
from emograin.evaluation.thresholds import f1_at
from emograin.models import encoder
from emograin.models.methods import METHODS
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.training.loop import train

TEMPERATURES = (0.02, 0.1, 1.0)
TEXTS = ["so happy today", "", "I hate it, I am furious", "the train leaves at nine", "page 3"]


def states(seed, slots, texts, hidden=6):
    random = np.random.default_rng(seed)
    common = random.normal(size=hidden)  # common to all states; centring removes it
    return (random.normal(size=(slots, texts, hidden)) + common).astype(np.float16)


def brute_force(queries, keys, gold, k, temperatures, centre):
    """One text, one label, one temperature at a time, in float64, by sorting all similarities."""
    found = np.empty((len(temperatures), queries.shape[1], gold.shape[1]))
    for label in range(gold.shape[1]):
        slot = label if len(keys) > 1 else 0
        index = keys[slot].astype(np.float64)
        mean = index.mean(axis=0) if centre else 0
        for text, query in enumerate(queries[slot].astype(np.float64) - mean):
            cosines = [
                query @ key / np.linalg.norm(query) / np.linalg.norm(key) if np.linalg.norm(key) else 0
                for key in index - mean
            ]
            rows = np.argsort(cosines)[::-1][:k]
            for at, temperature in enumerate(temperatures):
                powers = np.exp((np.array(cosines)[rows] - 1) / temperature)
                found[at, text, label] = (powers * gold[rows, label]).sum() / powers.sum()
    return found


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
    st.integers(1, 12),
    st.integers(2, 40),
    st.sampled_from([1, 200, 2**20]),
)
def test_scores_are_those_of_brute_force(seed, shared, centre, k, texts, memory):
    labels = 3
    slots = 1 if shared else labels
    queries, keys = states(seed, slots, 5), states(seed + 1, slots, texts)
    gold = (np.random.default_rng(seed).random((texts, labels)) < 0.4).astype(np.uint8)
    found = neighbour_scores(queries, keys, gold, k, TEMPERATURES, centre, memory)
    assert (found.shape, found.dtype) == ((3, 5, 3), np.float32)
    assert found == pytest.approx(brute_force(queries, keys, gold, k, TEMPERATURES, centre), abs=1e-3)


def test_nearest_gives_cosines_and_rows_highest_first():
    keys = np.array([[0, 2], [3, 0], [1, 1], [-1, 0]], dtype=np.float16)
    cosines, rows = nearest(np.array([[5, 0.5]], dtype=np.float16), keys, k=3)
    assert rows.tolist() == [[1, 2, 0]]
    assert cosines[0] == pytest.approx([5 / 25.25**0.5, 5.5 / 50.5**0.5, 0.5 / 25.25**0.5], abs=1e-6)
    assert nearest(keys, keys, k=9)[1].shape == (4, 4)


def test_each_label_searches_its_own_index():
    keys = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], dtype=np.float16)  # labels see the texts the other way round
    gold = np.array([[1, 1], [0, 0]], dtype=np.uint8)
    found = neighbour_scores(np.ones((2, 1, 2), np.float16) * [1, 0], keys, gold, k=1, temperatures=[1])
    assert found.tolist() == [[[1, 0]]]


class Largest(TorchDispatchMode):
    """Record the size of the largest tensor that any operation returns, in bytes."""

    bytes = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        made = operation(*arguments, **(keywords or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.bytes = max(self.bytes, tensor.numel() * tensor.element_size())
        return made


def test_memory_is_bounded():
    queries, keys = states(0, 1, 300, 32)[0], states(1, 1, 900, 32)[0]
    with Largest() as small:
        blocked = nearest(queries, keys, k=4, memory=20_000)
    with Largest() as large:
        whole = nearest(queries, keys, k=4, memory=10**9)
    assert large.bytes == 300 * 900 * 4
    assert small.bytes <= 40_000  # of which 38,400 are the queries as float32 and what is found for them
    assert (blocked[1] == whole[1]).all()
    assert blocked[0] == pytest.approx(whole[0], abs=1e-6)


@pytest.mark.parametrize(
    ("queries", "keys", "gold", "options"),
    [
        ((2, 4, 3), (2, 5, 3), (5, 4), {}),
        ((1, 4, 3), (4, 5, 3), (5, 4), {}),
        ((4, 4, 3), (4, 5, 3), (6, 4), {}),
        ((4, 4, 3), (4, 0, 3), (0, 4), {}),
        ((4, 4, 3), (4, 5, 3), (5, 4), {"k": 0}),
        ((4, 4, 3), (4, 5, 3), (5, 4), {"temperatures": (0.1, 0)}),
    ],
)
def test_arguments_that_do_not_fit_are_errors(queries, keys, gold, options):
    with pytest.raises(EmograinError, match=r"expected one slot|k must be at least 1"):
        neighbour_scores(np.ones(queries), np.ones(keys), np.ones(gold), **options)


@pytest.fixture(scope="module", params=METHODS)
def method(request, encoders, taxonomy):
    torch.manual_seed(0)
    pretrained = encoder.load(str(encoders["bert"]), taxonomy.placeholders)
    return METHODS[request.param](pretrained, taxonomy, 20).eval()


def test_states_are_the_methods_own_embeddings_and_scores(method):
    documents = method.tokenize(TEXTS)
    done = []
    found = compute_states(method, documents, done.append, batch_size=2)
    assert (found.embeddings.shape, found.embeddings.dtype) == ((method.slots, len(TEXTS), method.hidden), np.float16)
    assert sum(done) == len(TEXTS)
    for at, text in enumerate(TEXTS):
        with torch.inference_mode():
            alone = method.embed(method.inputs([text]))[0]
        assert found.embeddings[:, at] == pytest.approx(alone.numpy(), abs=5e-3)
    assert found.scores == pytest.approx(score_documents(method, documents), abs=1e-6)


def test_states_are_computed_once_per_model_and_documents(method, tmp_path, monkeypatch):
    documents = method.tokenize(TEXTS)
    here = np.array(load_or_compute_states(tmp_path, method, documents))
    assert (here == compute_states(method, documents).embeddings).all()
    assert len(list(tmp_path.iterdir())) == 1
    with monkeypatch.context() as patched:
        patched.setattr(knn, "compute_states", lambda *_, **__: pytest.fail("embedded again"))
        assert (load_or_compute_states(tmp_path, method, documents) == here).all()
    assert load_or_compute_states(tmp_path, method, documents[::-1])[:, 0] == pytest.approx(here[:, -1], abs=5e-3)
    before = fingerprint(method, documents)
    bias = next(method.encoder.parameters())
    with torch.no_grad():
        bias[0, 0] += 1e-3
    assert fingerprint(method, documents) != before
    with torch.no_grad():
        bias[0, 0] -= 1e-3
    assert fingerprint(method, [[1], [2, 3]]) != fingerprint(method, [[1, 2], [3]])


def test_disk_space_for_the_states_is_allocated_first(method, tmp_path):
    """A full disk under a memory-mapped file would kill the process without a message."""
    documents = method.tokenize(TEXTS * 200)

    def check(_):
        (part,) = tmp_path.glob("*.part")
        assert part.stat().st_blocks * 512 >= part.stat().st_size

    load_or_compute_states(tmp_path, method, documents, check)


def test_an_interrupted_or_damaged_cache_file_is_not_used(method, tmp_path):
    documents = method.tokenize(TEXTS * 20)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_or_compute_states(tmp_path, method, documents, stop)
    assert list(tmp_path.iterdir()) == []
    load_or_compute_states(tmp_path, method, documents)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EmograinError, match="delete it"):
        load_or_compute_states(tmp_path, method, documents)


def scored(seed, texts=200, labels=3):
    """Model scores, kNN scores at two temperatures of which the second are better, and gold labels."""
    random = np.random.default_rng(seed)
    gold = random.random((texts, labels)) < [0.4, 0.3, 0.05][:labels]
    noisy = [np.clip(gold * 0.4 + random.random(gold.shape) * size, 0, 1) for size in (0.7, 0.8, 0.6)]
    return noisy[0], np.stack(noisy[1:]), gold


def best(scores, gold):
    return f1_at(scores, gold).mean(axis=1).max()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["global", "agreement"])
def test_the_chosen_weight_and_temperature_are_the_best_of_all(seed, kind):
    model, neighbours, gold = scored(seed)
    chosen = choose_interpolation(model, neighbours, gold, kind)
    every = {
        (at, weight): best(model * (1 - weight * share(scores, kind)) + scores * weight * share(scores, kind), gold)
        for at, scores in enumerate(neighbours)
        for weight in np.arange(0, 1.01, 0.05).round(2)
    }
    assert len(set(chosen.weights.tolist())) == 1
    assert chosen.macro_f1 == pytest.approx(max(every.values()))
    assert every[chosen.temperature, chosen.weights[0]] == pytest.approx(max(every.values()))
    assert max(every.values()) > every[0, 0.0]


def share(scores, kind):
    return np.abs(scores - (1 - scores)) if kind == "agreement" else 1


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["global", "agreement"]))
def test_interpolation_is_never_worse_on_dev_and_useless_neighbours_get_no_weight(seed, kind):
    model, neighbours, gold = scored(seed)
    assert choose_interpolation(model, neighbours, gold, kind).macro_f1 >= best(model, gold) - 1e-9
    perfect = gold * 0.9
    assert choose_interpolation(perfect, neighbours, gold, kind).weights.tolist() == [0, 0, 0]


def test_the_neighbours_alone_are_a_grid_of_one_weight():
    model, neighbours, gold = scored(0)
    alone = choose_interpolation(model, neighbours, gold, grid=np.array([1.0]))
    assert alone.weights.tolist() == [1, 1, 1]
    assert alone.temperature == int(np.argmax([best(scores, gold) for scores in neighbours]))
    assert interpolate(model, neighbours[0], alone.weights) == pytest.approx(neighbours[0])
    assert (interpolate(model, neighbours[0], np.zeros(3)) == model).all()


def test_weights_per_label_are_shrunk_towards_the_global_one():
    random = np.random.default_rng(0)
    gold = random.random((400, 3)) < [0.5, 0.5, 0.0]
    clear, noise = gold * 0.5 + 0.2, random.random(gold.shape)
    model, neighbours = clear.copy(), clear.copy()
    model[:, 0], neighbours[:, 1] = (
        noise[:, 0],
        noise[:, 1],
    )  # label 0 needs its neighbours, label 1 has no use for them
    common = choose_interpolation(model, neighbours[None], gold).weights[0]
    chosen = choose_interpolation(model, neighbours[None], gold, "per-label")
    assert 0.2 < common < 0.8
    own = [1 if label == 0 else 0 for label in range(2)]
    for label in range(2):
        examples = gold[:, label].sum()
        pull = examples / (examples + SHRINKAGE)
        assert abs(chosen.weights[label] - own[label]) < abs(common - own[label])
        reached = (chosen.weights[label] - common) / pull + common  # the weight that was best for the label alone
        assert np.isclose(reached, WEIGHTS).any()
    assert chosen.weights[2] == common  # without an example there is nothing to choose by
    assert chosen.macro_f1 > choose_interpolation(model, neighbours[None], gold).macro_f1


def test_an_unknown_variant_and_no_temperature_are_errors():
    model, neighbours, gold = scored(0)
    with pytest.raises(EmograinError, match="did you mean 'agreement'.*global"):
        choose_interpolation(model, neighbours, gold, "agreements")
    with pytest.raises(EmograinError, match="expected at least one temperature"):
        choose_interpolation(model, neighbours[:0], gold)


@pytest.fixture(scope="module")
def tool():
    path = Path(__file__).parents[2] / "experiments" / "label_state_knn" / "evaluate.py"
    specification = spec_from_file_location("label_state_knn_tool", path)
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", METHODS)
def test_the_tool_chooses_on_dev_and_measures_on_test(tool, name, settings, corpus, corpus_folder, tmp_path, capsys):
    run = RunFolder(tmp_path / "run")
    train(dataclasses.replace(settings, method=name, epochs=1, evaluate_every=4), corpus, run)
    other = tmp_path / "other"
    shutil.copytree(corpus_folder, other)
    rows = [json.loads(line) for line in (other / "test.jsonl").read_text().splitlines()]
    turned = [{**row, "labels": after["labels"]} for row, after in zip(rows, [*rows[1:], rows[0]], strict=True)]
    (other / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in turned))
    found = []
    for folder in (corpus_folder, other):
        kept = tmp_path / "kept" / folder.name
        tool.main([str(run.path), "--data", str(folder), "--output", str(kept), "--k", "5"])
        found.append(json.loads((kept / "label_state_knn.json").read_text()))
    here = found[0]
    assert list(here["variants"]) == ["unmixed", "neighbours alone", "mixed", "a weight per label", "by agreement"]
    test = data.load(corpus_folder).split("test")
    unmixed = here["variants"]["unmixed"]
    assert unmixed["threshold"] == run.read_json("thresholds.json")["global"][0]
    assert unmixed["all"]["to_unmixed"]["difference"] == 0
    assert here["test_texts"] == len(test)
    for way in here["variants"].values():
        assert way["all"]["to_unmixed"]["difference"] == pytest.approx(
            way["all"]["macro_f1"] - unmixed["all"]["macro_f1"]
        )
        assert way["frequent"] is None
    assert here["seconds_per_text"]["ratio"] > 1
    # Other labels of test change what is measured and nothing that is chosen.
    chosen = [{name: [way[key] for key in CHOSEN] for name, way in each["variants"].items()} for each in found]
    assert chosen[0] == chosen[1]
    figures = [[way["all"]["macro_f1"] for way in each["variants"].values()] for each in found]
    assert figures[0] != figures[1]
    assert len(list((run.path / "cache").iterdir())) == 1
    assert "times as long" in capsys.readouterr().out


def test_seeds_are_taken_together(tool, settings, corpus, corpus_folder, tmp_path, capsys):
    folders = []
    for seed in (0, 1):
        run = RunFolder(tmp_path / f"run{seed}")
        train(dataclasses.replace(settings, method="label-embedding", epochs=2, seed=seed), corpus, run)
        folders.append(tmp_path / f"kept{seed}")
        tool.main([str(run.path), "--data", str(corpus_folder), "--output", str(folders[-1]), "--k", "5"])
    alone = [json.loads((folder / "label_state_knn.json").read_text())["variants"] for folder in folders]
    tool.main(["--together", *map(str, folders), "--output", str(tmp_path)])
    found = json.loads((tmp_path / "label_state_knn_of_seeds.json").read_text())
    for name, way in found["variants"].items():
        each = [ways[name]["all"] for ways in alone]
        assert way["all"]["macro_f1"] == pytest.approx([figures["macro_f1"] for figures in each])
        mean = sum(figures["to_unmixed"]["difference"] for figures in each) / 2
        assert way["all"]["to_unmixed"]["difference"] == pytest.approx(mean)
    assert found["variants"]["unmixed"]["all"]["to_unmixed"]["low"] == 0
    assert "neighbours alone" in capsys.readouterr().out


CHOSEN = ("temperature", "weights", "threshold", "dev_macro_f1")

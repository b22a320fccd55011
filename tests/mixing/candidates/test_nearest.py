"""Neighbours from texts: the source for mixing, its similarities, the command, and what they say of bad input."""

import csv
import dataclasses
import io
import json
import resource
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.mixing.bertscore.search import nearest
from emograin.mixing.bertscore.token_embeddings import embed_tokens
from emograin.mixing.candidates import Request
from emograin.mixing.candidates.nearest_training_sentence import SIMILARITIES, nearest_training_sentence
from emograin.mixing.candidates.text_similarity import nearest_by_cosine, nearest_by_rouge_l
from emograin.mixing.config import Mixing
from emograin.models import encoder

words = st.lists(st.sampled_from("so glad and sad we are not".split()), max_size=7).map(" ".join)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOGRAIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def ask(corpus, encoders, tmp_path):
    """The source's answer to a setting, for the dev split."""

    def asked(training=corpus, **settings):
        mixing = Mixing(candidates="nearest-training-sentence", **settings)
        request = Request(corpus.split("dev"), lambda: training.split("train"), str(encoders["bert"]), mixing, tmp_path)
        return nearest_training_sentence(request)

    return asked


def longest_common_subsequence(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    return table[-1, -1]


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=3, max_size=9))
def test_rouge_l_is_the_longest_common_subsequence(queries, corpus):
    found = nearest_by_rouge_l(queries, corpus, top=3)
    for query, rows, scores in zip(queries, found.rows, found.scores, strict=True):
        a = query.split()
        every = np.array(
            [2 * longest_common_subsequence(a, b) / max(len(a) + len(b), 1) for b in map(str.split, corpus)]
        )
        best = np.lexsort((np.arange(len(every)), -every.round(6)))[:3]
        assert rows.tolist() == best.tolist()
        assert scores == pytest.approx(every[best], abs=1e-6)


def test_words_of_rouge_l_are_case_folded_and_without_punctuation():
    found = nearest_by_rouge_l(["So GLAD!", "?!"], ["so, glad", "so sad", ""], top=2)
    assert found.rows.tolist() == [[0, 1], [0, 1]]
    assert found.scores.tolist() == [[1, 0.5], [0, 0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_cosine_finds_the_highest_of_those_not_excluded(seed, top):
    random = np.random.default_rng(seed)
    queries, corpus = (random.normal(size=(count, 4)).astype(np.float32) for count in (3, 9))
    excluded = [[], [0, 8], [4]]
    found = nearest_by_cosine(queries, corpus, top, excluded)
    for at in range(3):
        kept = [row for row in range(9) if row not in excluded[at]]
        assert found.rows[at].tolist() == sorted(kept, key=lambda row: -float(queries[at] @ corpus[row]))[:top]


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_source_gives_training_sentences_and_their_rows(similarity, ask, corpus):
    found = ask(similarity=similarity, count=3)
    train = corpus.split("train").texts
    assert found.rows.shape == found.similarities.shape == (20, 3)
    assert found.texts == [[train[row] for row in rows] for rows in found.rows]
    assert (np.diff(found.similarities) <= 1e-6).all()
    assert (found.similarities.std(axis=0) > 0).all()
    assert found.facts["similarity"] == similarity
    json.dumps(found.facts)


def test_mean_embeddings_are_those_of_a_plain_forward_pass(corpus, encoders, tmp_path):
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("dev").texts
    means = embed_tokens(loaded, texts, tmp_path).mean()
    for text, mean in zip(texts, means, strict=True):
        with torch.inference_mode():
            states = loaded.model.eval()(**loaded.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        expected = torch.nn.functional.normalize(states, dim=-1).mean(dim=0)
        assert mean == pytest.approx((expected / expected.norm()).numpy(), abs=1e-5)


def test_copies_of_a_document_are_counted_and_left_out_on_demand(ask, corpus, monkeypatch):
    train, dev = corpus.split("train"), corpus.split("dev")
    copied = f"  {dev.texts[4].upper()} "
    changed = dataclasses.replace(train, texts=[copied, *train.texts[1:]])
    monkeypatch.setitem(corpus._loaded, "train", changed)
    kept, without = ask(), ask(without_duplicates=True)
    assert kept.facts["documents_that_are_training_sentences"] == 1
    assert kept.texts[4] == [copied]
    assert without.texts[4] != [copied]
    others = [at for at in range(20) if at != 4]
    assert [without.texts[at] for at in others] == [kept.texts[at] for at in others]


def test_what_the_source_refuses(ask, corpus, monkeypatch):
    with pytest.raises(EmograinError, match="unknown similarity 'rouge', did you mean 'rouge-l'"):
        ask(similarity="rouge")
    with pytest.raises(EmograinError, match=r"count must be at most 60, the training sentences, got 61"):
        ask(count=61)
    monkeypatch.delitem(corpus._loaders, "train")
    monkeypatch.delitem(corpus._loaded, "train", raising=False)
    with pytest.raises(EmograinError, match="unknown split of corpus .* 'train'"):
        ask()


def test_the_cache_is_used_and_anything_wrong_with_it_is_said(encoders, cache, monkeypatch):
    loaded = encoder.load(str(encoders["bert"]))
    queries, corpus = ["so happy", "sad"], ["so glad", "the table", "mad"]
    first = nearest(queries, corpus, loaded, cache, top=2)
    folders = sorted((cache / "embeddings").iterdir())
    assert len(folders) == 2
    monkeypatch.setattr("emograin.mixing.bertscore.token_embeddings._encode", None)
    assert (nearest(queries, corpus, loaded, cache, top=2).scores == first.scores).all()
    assert (nearest(queries, corpus, loaded, cache, top=1).rows == first.rows[:, :1]).all()  # other search, same tokens
    monkeypatch.undo()
    changed = encoder.load(str(encoders["bert"]))
    changed.model.get_input_embeddings().weight.data += 0.3
    nearest(queries, corpus, changed, cache, top=2)
    assert len(list((cache / "embeddings").iterdir())) == 4  # other weights, other embeddings
    described = folders[0] / "embeddings.json"
    described.write_text(described.read_text().replace('"layer": 2', '"layer": 1'))
    with pytest.raises(EmograinError, match=r"holds embeddings of other layer \(delete it, or name another cache"):
        nearest(queries, corpus, loaded, cache, top=1, measure="recall")
    described.write_text("{")
    with pytest.raises(EmograinError, match="cannot read .*embeddings.json"):
        nearest(queries, corpus, loaded, cache, top=1, measure="recall")


def test_embeddings_that_were_broken_off_go_on_and_damaged_ones_are_named(encoders, cache, corpus, monkeypatch):
    monkeypatch.setattr("emograin.mixing.bertscore.token_embeddings.FILE_TOKENS", 200)
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("train").texts
    whole = embed_tokens(loaded, texts, cache / "whole")
    from emograin.mixing.bertscore import token_embeddings

    encode, calls = token_embeddings._encode, []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return encode(*arguments)

    monkeypatch.setattr(token_embeddings, "_encode", full)
    with pytest.raises(OSError, match="No space"):
        embed_tokens(loaded, texts, cache / "broken")
    embeddings = embed_tokens(loaded, texts, cache / "broken")
    assert len(calls) == len(whole.files) + 1  # none twice but the one that failed
    for row in range(len(texts)):
        assert (embeddings.sentence(row) == whole.sentence(row)).all()
    path = embeddings.folder / "tokens-00000.npy"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(EmograinError, match=r"cannot read .*tokens-00000.npy.*delete it"):
        embed_tokens(loaded, texts, cache / "broken").sentence(int(embeddings.files[0][0]))


def test_a_disk_without_room_is_the_error_and_leaves_no_half_file(encoders, cache, corpus):
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("train").texts
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(EmograinError, match=r"cannot write .*tokens-00000.npy': File too large \(.*make room"):
            embed_tokens(loaded, texts, cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["embeddings.json"]
    assert len(embed_tokens(loaded, texts, cache)) == len(texts)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "queries.txt").write_text("so happy today\n\nI am furious\n")
    with (tmp_path / "corpus.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "said"], [1, "so happy today"], [2, ""], [3, "mad, furious"], [4, "the table"]]
        )
    return tmp_path


def test_the_command_answers_every_row_in_order(files, encoders, capsys):
    (files / "corpus.txt").write_text("so happy today\n\nmad, furious\nthe table\n")
    flags = ["neighbours", "--query", str(files / "queries.txt"), "--corpus", str(files / "corpus.txt")]
    flags += ["--top", "2", "--encoder", str(encoders["bert"])]
    assert main(flags) == 0
    text = capsys.readouterr()
    lines = text.out.splitlines()
    assert lines[:2] == ["so happy today", "  1.0000  so happy today"]
    assert lines[3] == "(the text is empty)"
    assert len(lines) == 7
    assert "queries.txt: 1 of 3 rows have no usable text" in text.err
    assert main([*flags, "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["query"], row["rank"]) for row in rows] == [(0, 1), (0, 2), (1, None), (2, 1), (2, 2)]
    assert rows[0]["row"] == 0
    assert rows[0]["score"] == pytest.approx(1, abs=1e-5)
    assert rows[2]["error"] == "the text is empty"
    assert {row["row"] for row in rows} <= {0, 2, 3, None}
    assert main([*flags, "--without-duplicates", "--output", str(files / "out.csv")]) == 0
    found = list(csv.DictReader(io.StringIO((files / "out.csv").read_text())))
    assert "1 queries are in the corpus themselves" in capsys.readouterr().err
    assert found[0]["text"] != "so happy today"


def test_the_command_reads_other_columns_and_refuses_in_one_line(files, encoders, capsys):
    (files / "queries.csv").write_text("said\nso happy\n")
    flags = ["neighbours", "--query", str(files / "queries.csv"), "--corpus", str(files / "corpus.csv")]
    flags += ["--encoder", str(encoders["bert"])]
    assert main([*flags, "--column", "said", "--top", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    for more, message in {
        ("--column", "said"): "top must lie in [1, 3], the corpus's sentences, got 5",
        ("--column", "sayd"): "unknown column 'sayd', did you mean 'said'?",
        ("--column", "said", "--top", "0"): "top must be at least 1, got 0",
        ("--column", "said", "--top", "1", "--memory", "0"): "memory must be positive, got 0",
        ("--column", "said", "--top", "1", "--layer", "9"): "layer must lie in [1, 2], got 9",
    }.items():
        assert main([*flags, *more]) == 2
        error = capsys.readouterr().err.splitlines()
        assert message in error[-1], more
    assert "torch" in sys.modules

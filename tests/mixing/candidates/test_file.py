"""Candidates from the user's own file."""

import gzip
import json

import pytest
from helpers.candidate_sources import TEXTS, candidates, refused, split, write
from hypothesis import given
from hypothesis import strategies as st


def test_a_tsv_gives_the_candidates_of_each_document_by_id(tmp_path):
    rows = [f"t{at}\tcandidate {text}" for at, text in reversed(list(enumerate(TEXTS)))]
    found = candidates(tmp_path, "file", file=write(tmp_path, "\ufeff" + "\r\n".join(rows)))
    assert found.texts == [[f"candidate {text}"] for text in TEXTS]
    assert found.metadata["rows"] == 6
    assert found.metadata["unchanged"] == 0


@pytest.mark.parametrize("form", ["texts", "rows", "both"])
def test_the_first_candidates_of_several_are_taken_in_their_order(tmp_path, form):
    lines = []
    for at in range(2):
        texts = [f"{number} of {at}" for number in range(4)]
        lists = {"texts": [texts], "rows": [], "both": [texts[:2]]}[form]
        singles = texts[2:] if form == "both" else texts if form == "rows" else []
        lines += [{"id": f"t{at}", "texts": each} for each in lists]
        lines += [{"id": f"t{at}", "text": each} for each in singles]
    file = write(tmp_path, "\n".join(map(json.dumps, lines)), "candidates.jsonl")
    found = candidates(tmp_path, "file", split(TEXTS[:2]), file=file, top=3)
    assert found.texts == [[f"{number} of {at}" for number in range(3)] for at in range(2)]


def test_numeric_json_ids_and_compressed_files_are_read(tmp_path):
    file = write(tmp_path, gzip.compress(b'{"id": 7, "text": "x"}\n'), "candidates.jsonl.gz")
    assert candidates(tmp_path, "file", split(["a"], ["7"]), file=file).texts == [["x"]]


LINE = st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(st.lists(LINE, min_size=2, max_size=4), min_size=1, max_size=5), st.booleans(), st.randoms())
def test_any_texts_are_read_back_for_their_documents(tmp_path_factory, texts, as_json, random):
    folder = tmp_path_factory.mktemp("file")
    rows = [(f"t{at}", text) for at, each in enumerate(texts) for text in each]
    places = [at for at, _ in rows]
    random.shuffle(places)  # rows of one id keep their order, those of different ids mix
    queues = {id: [text for other, text in rows if other == id] for id in set(places)}
    rows = [(id, queues[id].pop(0)) for id in places]
    lines = [json.dumps({"id": id, "text": text}) if as_json else f"{id}\t{text}" for id, text in rows]
    file = write(folder, "\n".join(lines), f"candidates.{'jsonl' if as_json else 'tsv'}")
    found = candidates(folder, "file", split([str(at) for at in range(len(texts))]), file=file, top=2)
    assert found.texts == [each[:2] for each in texts]


BAD_ROWS = {
    "one cell": ("tsv", b"t0 no tab", "line 1: 1 cells, expected 2: id<TAB>text"),
    "three cells": ("txt", b"t0\ta\nt1\ta\tb", "line 2: 3 cells, expected 2"),
    "a blank line": ("tsv", b"t0\ta\n\nt1\tb", "line 2: 1 cells"),
    "an empty text": ("tsv", b"t0\ta\nt1\t  ", "line 2: the text of id 't1' is empty"),
    "bytes that are no UTF-8": ("tsv", b"t0\ta\nt1\tcaf\xe9", "line 2: not valid UTF-8"),
    "bytes in JSON that are no UTF-8": ("jsonl", b'{"id": "t0", "text": "caf\xe9"}', "line 1: not valid UTF-8"),
    "half a character": ("jsonl", rb'{"id": "t0", "text": "\ud83d"}', "line 1: .* 't0' is not valid Unicode"),
    "no JSON": ("jsonl", b"t0\ta", "line 1: not JSON"),
    "JSON that is no object": ("jsonl", b'["t0", "a"]', "line 1: expected an object with id and either text or texts"),
    "no id": ("jsonl", b'{"text": "a"}', "line 1: expected an object with id"),
    "no text": ("jsonl", b'{"id": "t0", "sentence": "a"}', "line 1: expected an object with id"),
    "text and texts": ("jsonl", b'{"id": "t0", "text": "a", "texts": ["a"]}', "either text or texts"),
    "an id that is a list": ("jsonl", b'{"id": ["t0"], "text": "a"}', "id must be a string, got"),
    "a text that is a number": ("jsonl", b'{"id": "t0", "text": 3}', "expected a string as text"),
    "texts that are a string": ("jsonl", b'{"id": "t0", "texts": "abc"}', "strings as texts, got 'abc'"),
    "no texts": ("jsonl", b'{"id": "t0", "texts": []}', "strings as texts, got"),
    "an empty one of texts": ("jsonl", b'{"id": "t0", "texts": ["a", ""]}', "the text of id 't0' is empty"),
}


@pytest.mark.parametrize(("kind", "content", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_malformed_row_is_named(tmp_path, kind, content, message):
    file = write(tmp_path, content, f"candidates.{kind}")
    assert file in refused(message, tmp_path, "file", file=file)


def test_missing_empty_and_unknown_files_are_refused(tmp_path):
    refused("candidates 'file' need a file, got none", tmp_path, "file")
    refused("cannot read .*nowhere.tsv: No such file", tmp_path, "file", file=str(tmp_path / "nowhere.tsv"))
    refused("unknown kind of file", tmp_path, "file", file=write(tmp_path, "", "candidates.docx"))
    refused(r"cannot be read from .* \(expected id<TAB>text", tmp_path, "file", file=write(tmp_path, "", "c.csv"))
    refused("no candidate for 6 ids", tmp_path, "file", file=write(tmp_path, ""))
    (tmp_path / "folder.tsv").mkdir()
    refused("Is a directory", tmp_path, "file", file=str(tmp_path / "folder.tsv"))


def test_missing_unknown_and_too_few_candidates_are_counted_and_named(tmp_path):
    rows = [f"t{at}\tc" for at in range(6)]
    file = write(tmp_path, "\n".join(rows[:1]))
    message = r"no candidate for 5 ids \('t1', 't2', 't3', ...\) of 6 documents \(.*'dev'"
    refused(message, tmp_path, "file", file=file)
    file = write(tmp_path, "\n".join([*rows, "x1\ta", "x2\ta", "x1\tb"]))
    refused(r"candidates for 2 ids \('x1', 'x2'\) that no document has", tmp_path, "file", file=file)
    file = write(tmp_path, "\n".join([*rows, *rows[:5]]))
    refused(r"fewer than 2 candidates for 1 id \('t5'\): as few as 1", tmp_path, "file", file=file, top=2)


def test_documents_of_one_id_share_candidates_unless_their_texts_differ(tmp_path):
    file = write(tmp_path, "same\tx\nother\ty")
    twice = split(["a", "b", "a"], ["same", "other", "same"])
    assert candidates(tmp_path, "file", twice, file=file).texts == [["x"], ["y"], ["x"]]
    refused(r"1 id \('same'\) have different texts", tmp_path, "file", split(["a", "b"], ["same", "same"]), file=file)


@pytest.mark.parametrize("name", ["dev", "test"])
def test_real_back_translations_are_read(shared, tmp_path, name):
    file = shared / "paraphrases" / f"back_translation_pt.{name}.tsv"
    source = (shared / "goemotions" / f"{name}.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    texts, _, ids = zip(*(line.split("\t") for line in source), strict=True)
    found = candidates(tmp_path, "file", split(texts, ids, name), file=str(file))
    assert [f"{id}\t{row[0]}" for id, row in zip(ids, found.texts, strict=True)] == file.read_text().split("\n")[:-1]
    assert 400 < found.metadata["unchanged"] < 500

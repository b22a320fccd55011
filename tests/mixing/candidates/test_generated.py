"""The file of generated candidates: readable, intact after any interruption, and resumed."""

import json
import os
import re
import resource
import signal

import pytest
from helpers.candidate_sources import RecordingGenerator, cache_path, generate, no_load, split
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.mixing.candidates.generated import Generator


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    generate(folder)
    return cache_path(folder).read_bytes()


def test_candidates_are_saved_readably_and_read_back_without_the_model(tmp_path):
    load = RecordingGenerator({"version": 1}, [])
    made = generate(tmp_path / "new", load)
    assert [len(batch) for batch in load.batches] == [4, 4, 2]
    assert made.texts[5] == ["1 of 4 document é 5", "second"]  # white space is normalized
    header, *lines = map(json.loads, cache_path(tmp_path / "new").read_text(encoding="utf-8").splitlines())
    assert header["settings"] == {"source": "paraphrase", "model": "m", "top": 2}
    assert header["made_with"] == {"version": 1}
    assert re.fullmatch("[0-9a-f]{64}", header["documents"])
    assert lines[5] == {"id": "t5", "text": "document é 5", "candidates": made.texts[5]}
    assert [line["id"] for line in lines] == [f"t{at}" for at in range(10)]
    assert "document é 5" in cache_path(tmp_path / "new").read_text(encoding="utf-8")  # for people, not \u00e9
    again = generate(tmp_path / "new", no_load)
    assert again == made
    assert made.metadata["made_with"] == {"version": 1}


@settings(max_examples=60)
@given(st.data())
def test_a_file_truncated_anywhere_is_resumed_to_the_same_file(tmp_path_factory, uninterrupted, data):
    folder = tmp_path_factory.mktemp("cut")
    end = data.draw(st.integers(uninterrupted.index(b"\n") + 1, len(uninterrupted)))
    cache_path(folder).write_bytes(uninterrupted[:end])
    load = RecordingGenerator({"version": 1}, [])
    assert len(generate(folder, load).texts) == 10
    assert cache_path(folder).read_bytes() == uninterrupted
    whole = uninterrupted[:end].count(b"\n") - 1
    assert [len(batch) for batch in load.batches] == [4, 4, 2][whole // 4 if whole < 10 else 3 :]  # finished: not again


def test_a_partial_last_line_is_dropped(tmp_path, uninterrupted):
    lines = uninterrupted.splitlines(keepends=True)
    cache_path(tmp_path).write_bytes(b"".join(lines[:6]) + bytes(50))
    generate(tmp_path)
    assert cache_path(tmp_path).read_bytes() == uninterrupted


def in_a_child(work):
    """Run in a forked process; return its exit code, or minus its signal, and the message of its error."""
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
def test_candidates_generated_before_a_kill_are_saved(tmp_path, uninterrupted, batch):
    load = RecordingGenerator({"version": 1}, [])

    def die(texts):
        if len(load.batches) == batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return load.generate(texts)

    assert in_a_child(lambda: generate(tmp_path, lambda: Generator(die, load.metadata))) == (-signal.SIGKILL, "")
    assert cache_path(tmp_path).read_bytes() == b"".join(uninterrupted.splitlines(keepends=True)[: 1 + 4 * batch])
    after = RecordingGenerator({"version": 1}, [])
    generate(tmp_path, after)
    assert len(after.batches) == 3 - batch
    assert cache_path(tmp_path).read_bytes() == uninterrupted


def test_a_file_is_resumed_after_a_kill_in_the_middle_of_writing(tmp_path, uninterrupted):
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(uninterrupted) // 2, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the kernel ends the process where the file may not grow
        generate(tmp_path)

    assert in_a_child(work)[0] == -signal.SIGXFSZ
    assert cache_path(tmp_path).read_bytes() == uninterrupted[: len(uninterrupted) // 2]
    generate(tmp_path)
    assert cache_path(tmp_path).read_bytes() == uninterrupted


def test_a_full_disk_is_an_error_and_leaves_the_finished_part(tmp_path, uninterrupted):
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(len(uninterrupted) * 0.8), resource.RLIM_INFINITY))
        generate(tmp_path)

    ended, message = in_a_child(work)
    assert ended == 2
    assert "stopped; 4 of 10 documents are done and saved: cannot write" in message or "8 of 10" in message
    assert "free disk space" in message
    assert cache_path(tmp_path).read_bytes() == uninterrupted[: int(len(uninterrupted) * 0.8)]
    after = RecordingGenerator({"version": 1}, [])
    generate(tmp_path, after)
    assert len(after.batches) < 3
    assert cache_path(tmp_path).read_bytes() == uninterrupted


def test_the_document_replaces_an_empty_candidate(tmp_path):
    rows = [["  ", "b"], ["x", ""], ["a c", "c"]]
    found = generate(tmp_path, lambda: Generator(lambda _: rows, {}), split(["a", "x ", "a  c"]))
    assert found.texts == [["a", "b"], ["x", "x "], ["a c", "c"]]
    assert found.metadata["empty"] == 2
    assert found.metadata["unchanged"] == 3
    assert json.loads(cache_path(tmp_path).read_text().splitlines()[1])["candidates"] == ["", "b"]


# Nearly every character may stand in a document: line separators, control characters, quotes.
@settings(max_examples=40)
@given(st.lists(st.text(), max_size=8), st.integers(0, 10_000))
def test_documents_of_any_characters_are_saved_and_resumed(tmp_path_factory, texts, cut):
    folder = tmp_path_factory.mktemp("characters")
    copy = lambda: Generator(lambda batch: [[text, text[::-1]] for text in batch], {})  # noqa: E731
    documents = split(texts)
    made = generate(folder, copy, documents)
    content = cache_path(folder).read_bytes()
    content.decode("utf-8")
    cache_path(folder).write_bytes(content[: max(content.index(b"\n") + 1, cut)])
    assert generate(folder, copy, documents) == made
    assert cache_path(folder).read_bytes() == content


def test_two_processes_do_not_write_to_one_file(tmp_path):
    load = RecordingGenerator({"version": 1}, [])

    def make(texts):
        if len(load.batches) == 1:
            generate(tmp_path)  # another process is faster
        return load.generate(texts)

    with pytest.raises(EmograinError, match="4 of 10 documents are done and saved: another process is writing .*"):
        generate(tmp_path, lambda: Generator(make, load.metadata))
    assert len(generate(tmp_path, no_load).texts) == 10


def test_each_split_has_its_own_file(tmp_path):
    generate(tmp_path)
    generate(tmp_path, documents=split(["another"], name="test"))
    assert generate(tmp_path, no_load, split(["another"], name="test")).texts[0][0] == "0 of 1 another"
    assert generate(tmp_path, no_load).texts[0][0] == "0 of 4 document é 0"

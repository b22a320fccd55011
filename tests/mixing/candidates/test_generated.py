"""How generated candidates are kept: readable, whole after any end, and continued."""

import json
import os
import re
import resource
import signal

import pytest
from helpers.candidate_sources import Counting, kept, no_load, run, split
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.mixing.candidates.generated import Maker


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(folder)
    return kept(folder).read_bytes()


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

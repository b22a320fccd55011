"""Outputs: never one of the inputs, one writer at a time, complete or absent."""

import errno
import io
import json
import os
import sys
from itertools import islice
from pathlib import Path

import pytest
from helpers.counting_scorer import CountingScorer

from emograin.cli.app import main
from emograin.common.errors import EmograinError, Interrupted
from emograin.common.files import part_description_path, partial_path
from emograin.common.locks import lock_path, locked
from emograin.data.tabular.reader import Row, notice_no_rows, read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.stream import write_predictions

CSV = "id,text\n1,so glad\n2,so mad\n3\n"
TXT = "so glad\nso mad\n"
JSONL = '{"id": 1, "text": "so glad"}\n{"broken\n'


@pytest.fixture
def predictor(monkeypatch) -> Predictor:
    """A predictor that every command loads."""
    made = Predictor(Taxonomy("three", ("joy", "anger", "neutral")), [0.5] * 3, CountingScorer())
    for module in ("predictor", "folder"):
        monkeypatch.setattr(f"emograin.prediction.{module}.load", lambda *_, **__: made)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(capsys, folder: Path, *arguments: str) -> str:
    """Run a command that must end in one line with exit code 2 and change no file; return the line."""
    before = contents(folder)
    assert main(["predict", *arguments]) == 2
    assert contents(folder) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1, captured.err
    return captured.err


@pytest.mark.parametrize("link", ["same", "hard", "soft", "of links", "folder link"])
@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("own.txt", TXT, ()),
        ("own.csv", CSV, ()),
        ("own.csv", CSV, ("--format", "text")),
        ("own.csv", CSV, ("--resume",)),
        ("own.csv", CSV, ("--format", "parquet")),
        ("own.jsonl", JSONL, ()),
        ("own.jsonl", JSONL, ("--format", "text", "--input-format", "jsonl")),
    ],
)
@pytest.mark.usefixtures("predictor")
def test_an_input_is_never_the_output(tmp_path, capsys, name, content, more, link):
    source = tmp_path / name
    source.write_text(content)
    output = source if link == "same" else tmp_path / f"other{source.suffix}"
    if link == "hard":
        output.hardlink_to(source)
    elif link == "soft":
        output.symlink_to(source.name)
    elif link == "of links":
        (tmp_path / "middle").symlink_to(source)
        output.symlink_to(tmp_path / "middle")
    elif link == "folder link":
        (tmp_path / "link").symlink_to(tmp_path)
        output = tmp_path / "link" / name
    said = refused(capsys, tmp_path, "--input", str(source), "--output", str(output), *more)
    assert "is the input" in said


@pytest.mark.parametrize("helper", [partial_path, part_description_path, lock_path])
@pytest.mark.parametrize("name", ["o.jsonl", "o.txt", "o.parquet", "o.jsonl.gz"])
@pytest.mark.usefixtures("predictor")
def test_an_input_is_never_a_temporary_file_of_the_output(tmp_path, capsys, name, helper):
    output = tmp_path / name
    source = helper(output)
    source.write_text(JSONL)
    said = refused(capsys, tmp_path, "--input", str(source), "--input-format", "jsonl", "--output", str(output))
    assert f"is written through {str(source)!r}, which is the input" in said


@pytest.mark.usefixtures("predictor")
def test_standard_streams_are_no_way_around(tmp_path, capsys, monkeypatch):
    source = tmp_path / "own.txt"
    source.write_text(TXT)
    with source.open("r+") as stream:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stream)
            assert "is the input" in refused(capsys, tmp_path, "--output", str(source))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            assert main(["predict", "--input", str(source)]) == 2
    assert "is the input" in capsys.readouterr().err
    assert source.read_text() == TXT


@pytest.mark.parametrize(
    ("inputs", "output", "said"),
    [
        (["data"], "data", "is inside the input"),
        (["data"], "data/new", "is inside the input"),
        (["data/more"], "data", "holds the input"),
        (["link"], "data", "is inside the input"),
        (["data"], "link/new", "is inside the input"),
        (["data/a.csv", "data/more/b.csv"], "data", "is the input"),
        (["data/a.csv", "data/more/b.csv"], "hard", "is the input"),
    ],
)
@pytest.mark.usefixtures("predictor")
def test_a_folder_is_never_predicted_into_itself(tmp_path, capsys, monkeypatch, inputs, output, said):
    monkeypatch.chdir(tmp_path)
    Path("data/more").mkdir(parents=True)
    for name in ("data/a.csv", "data/more/b.csv"):
        Path(name).write_text(CSV)
    Path("link").symlink_to("data")
    Path("hard").mkdir()
    Path("hard/b.csv").hardlink_to("data/a.csv")
    arguments = [part for each in inputs for part in ("--input", each)]
    assert said in refused(capsys, tmp_path, *arguments, "--output", output)


@pytest.mark.usefixtures("predictor")
def test_files_may_be_predicted_into_their_folder_under_other_names(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(CSV)
    inputs = [part for name in ("a.csv", "b.csv") for part in ("--input", str(tmp_path / name))]
    assert main(["predict", *inputs, "--output", str(tmp_path), "--format", "jsonl"]) == 0
    assert sorted(contents(tmp_path)) == [".emograin.json", "a.csv", "a.jsonl", "b.csv", "b.jsonl"]


@pytest.mark.parametrize("name", ["query.csv", "corpus.csv"])
def test_neighbours_never_replaces_its_files(tmp_path, capsys, name):
    for each in ("query.csv", "corpus.csv"):
        (tmp_path / each).write_text(CSV)
    arguments = ["--query", str(tmp_path / "query.csv"), "--corpus", str(tmp_path / "corpus.csv")]
    assert main(["neighbours", *arguments, "--output", str(tmp_path / name)]) == 2
    assert "is the input" in capsys.readouterr().err
    assert set(contents(tmp_path).values()) == {CSV.encode()}


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.tsv", "o.txt", "o.parquet", "o.jsonl.gz"])
@pytest.mark.usefixtures("predictor")
def test_a_second_writer_is_refused_and_the_first_is_not_disturbed(tmp_path, capsys, name):
    source, output = tmp_path / "in.csv", tmp_path / name
    source.write_text(CSV)
    (tmp_path / f"link-{name}").symlink_to(output)
    partial_path(output).write_text("rows of the first writer")
    with locked(output):
        for target in (output, tmp_path / f"link-{name}"):
            said = refused(capsys, tmp_path, "--input", str(source), "--output", str(target))
            assert "is being written by another process" in said
    assert main(["predict", "--input", str(source), "--output", str(output)]) == 0
    assert sorted(contents(tmp_path)) == sorted(["in.csv", f"link-{name}", name])  # leftovers are gone


@pytest.mark.usefixtures("predictor")
def test_a_second_writer_of_a_folder_is_refused(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text(CSV)
    output = tmp_path / "out"
    (output / ".emograin-dead").mkdir(parents=True)
    (output / ".emograin-dead" / "a.csv").write_text("half")
    arguments = ["--input", str(tmp_path / "data"), "--output", str(output)]
    with locked(output):
        assert "is being written by another process" in refused(capsys, tmp_path, *arguments)
    assert main(["predict", *arguments]) == 0
    assert sorted(contents(output)) == [".emograin.json", "a.csv"]


class Full(io.FileIO):
    """A file on a disk that is full after 100 bytes."""

    def write(self, data):
        if self.tell() + len(data) > 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("name", ["o.txt", "o.jsonl", "o.csv"])
def test_a_full_disk_leaves_no_half_file_under_the_final_name(predictor, tmp_path, monkeypatch, name):
    output = tmp_path / name

    def open_full(path, mode="r", *_, **__):
        return io.BufferedWriter(Full(str(path), mode.replace("b", ""))) if "w" in mode else io.FileIO(str(path), "r")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        rows = read_rows(io.StringIO("text\n" + "so glad\n" * 100), "csv")
        with pytest.raises(EmograinError, match="No space left on device"):
            write_predictions(predictor, rows, output)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("first", [1, 1500])
@pytest.mark.parametrize("format", ["csv", "tsv", "parquet"])
def test_jsonl_rows_with_further_columns_are_kept(predictor, tmp_path, capsys, format, first):
    """Rows after the first block, which fixes the columns, and rows within it."""
    rows = [{"id": at, "text": "so glad"} for at in range(2000)]
    rows[first] |= {"stars": 5, "error": "old"}
    source, output = "".join(json.dumps(row) + "\n" for row in rows), tmp_path / f"out.{format}"
    write_predictions(predictor, read_rows(io.StringIO(source), "jsonl"), output)
    found = list(read_rows(output))
    assert len(found) == 2000
    fields = found[first].fields
    if first == 1:
        assert (str(fields["stars"]), fields["input_error"], fields["note"] or "") == ("5", "old", "")
    else:
        assert fields["note"] == 'does not fit the columns of the first rows: {"stars": 5, "input_error": "old"}'
        assert "2,000 rows: 0 with an error, 1 with a note" in capsys.readouterr().err
    assert "stars" in found[0].fields or first == 1500


def test_an_output_with_further_columns_is_resumed(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 512)
    rows = [{"text": "so glad", "stars": None} if at % 9 == 8 and at > 1100 else {"text": "so"} for at in range(3000)]
    source, output = "".join(json.dumps(row) + "\n" for row in rows), tmp_path / "out.csv"
    write_predictions(predictor, read_rows(io.StringIO(source), "jsonl"), output)
    whole = output.read_bytes()
    output.unlink()

    def interrupted():
        yield from islice(read_rows(io.StringIO(source), "jsonl"), 2500)
        raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        write_predictions(predictor, interrupted(), output)
    write_predictions(predictor, read_rows(io.StringIO(source), "jsonl"), output, resume=True)
    assert output.read_bytes() == whole


@pytest.mark.parametrize("more", [(), ("--all-scores", "--segments")])
@pytest.mark.parametrize("format", ["csv", "tsv", "parquet"])
@pytest.mark.usefixtures("predictor")
def test_an_input_without_rows_gives_the_columns_of_one_with_rows(tmp_path, format, more):
    inputs = []
    for name, rows in (("none", ""), ("one", "1,so glad,\n")):
        inputs += ["--input", str(tmp_path / f"{name}.csv")]
        (tmp_path / f"{name}.csv").write_text(f"id,text,note\n{rows}")
    assert main(["predict", *inputs, "--output", str(tmp_path / "folder"), "--format", format, *more]) == 0
    single = tmp_path / f"single.{format}"
    assert main(["predict", *inputs[:2], "--output", str(single), *more]) == 0
    (row,) = read_rows(tmp_path / "folder" / f"one.{format}")
    for path in (tmp_path / "folder" / f"none.{format}", single):
        columns = []
        assert list(notice_no_rows(read_rows(path), columns.extend)) == []
        assert columns == list(row.fields)


@pytest.mark.parametrize(("bad", "listed"), [(2, 2), (25, 20)])
@pytest.mark.usefixtures("predictor")
def test_files_that_cannot_be_read_are_listed(tmp_path, capsys, bad, listed):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text(TXT)
    for at in range(bad):
        (tmp_path / "in" / f"bad{at:02}.csv").write_text("no_text\nso glad\n")
    assert main(["predict", "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 2
    summary, head, *names, last = capsys.readouterr().err.splitlines()
    assert summary.startswith("1 files, 2 rows: 0 with an error")
    assert head == "not predicted:"
    assert [f"bad{at:02}.csv: unknown column 'text'" in name for at, name in enumerate(names)][:listed] == [
        True
    ] * listed
    assert names[listed:] == (["  and 5 more"] if bad > listed else [])
    assert f"{bad} of {bad + 1} files could not be predicted (they are listed above" in last


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl.gz", "out.TXT"])
def test_several_files_are_not_written_to_a_folder_named_as_a_file(tmp_path, capsys, name):
    inputs = []
    for source in ("a.txt", "b.txt"):
        (tmp_path / source).write_text(TXT)
        inputs += ["--input", str(tmp_path / source)]
    said = refused(capsys, tmp_path, *inputs, "--output", str(tmp_path / name))
    assert "need an output folder, got the file name" in said


def test_standard_output_for_people_has_no_control_characters(predictor, tmp_path, capsys):
    text = "\x1b[31mred\x1b[0m \x07 \u202eleft \u2066x\u2069 \x9b"
    kept = "\U0001f468\u200d\U0001f469 \u2764\ufe0f \u05e9\u05dc\u05d5\u05dd caf\xe9"
    row = Row({"text": f"{text} {kept}"}, f"{text} {kept}")
    write_predictions(predictor, iter([row]))
    first, *_ = capsys.readouterr().out.split("\n")
    assert first == rf"\x1b[31mred\x1b[0m \x07 \u202eleft \u2066x\u2069 \x9b {kept}"
    write_predictions(predictor, iter([row]), tmp_path / "o.txt")
    assert (tmp_path / "o.txt").read_text().startswith(row.text)
    write_predictions(predictor, iter([row]), format="jsonl")
    assert json.loads(capsys.readouterr().out)["text"] == row.text


def test_a_text_file_without_lines_gives_a_table_that_can_be_read(predictor, tmp_path):
    write_predictions(predictor, read_rows(io.BytesIO(b""), "txt"), tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "text,labels,scores,error,note\n"


@pytest.mark.parametrize("all_scores", [False, True])
def test_json_holds_no_nan_and_no_infinity(predictor, tmp_path, all_scores):
    def strict(text):
        return json.loads(text, parse_constant=lambda name: pytest.fail(name))

    class Broken(CountingScorer):
        def score(self, documents, on_progress=lambda _: None):
            return super().score(documents, on_progress) * float("nan")

    source = '{"text": "so glad", "x": NaN, "y": [Infinity, {"z": -1e999}]}\n{"text": ""}\n{"text": null}\n{\n'
    for scorer in (CountingScorer(), Broken()):
        made = Predictor(predictor.taxonomy, [0.5] * 3, scorer)
        for name in ("o.jsonl", "o.csv"):
            rows = read_rows(io.StringIO(source), "jsonl")
            write_predictions(made, rows, tmp_path / name, all_scores=all_scores)
        rows = [strict(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
        assert (rows[0]["x"], rows[0]["y"]) == (None, [None, {"z": None}])
        assert strict(next(iter(read_rows(tmp_path / "o.csv"))).fields["y"]) == [None, {"z": None}]

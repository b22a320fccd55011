"""Output files that grow by complete rows and can be resumed, and files compressed as .gz and .zst."""

import csv
import io
import json
import sys
from itertools import islice

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer

from emograin.cli.app import main
from emograin.common.errors import EmograinError, Interrupted
from emograin.common.files import part_description_path, partial_path
from emograin.data.tabular.reader import read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.resumable_output import append_to
from emograin.prediction.stream import describe, write_predictions


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Taxonomy("three", ("joy", "anger", "neutral")), [0.5] * 3, CountingScorer())


SOURCE = "id,text,labels\n" + "".join(f'{at},"text, {at}\n of ""two"" lines é",gold\n' for at in range(3000)) + "1,2\n"


class WindowScorer(CountingScorer):
    """A scorer whose scores depend on the other texts of a call, as torch's do in the last digits."""

    def score(self, documents, on_progress=lambda _: None):
        return super().score(documents, on_progress) + np.float32(sum(map(sum, documents)) % 1009 / 2000)


class Stopped(Exception):
    """Interrupts a test."""


def interrupt(rows, after: int, error: type[BaseException]):
    yield from islice(rows, after)
    raise error


def predict(predictor, output, stop: int | None = None, error=Stopped, resume=False, source=SOURCE, **options):
    rows = read_rows(io.StringIO(source), "csv")
    if stop is not None:
        rows = interrupt(rows, stop, error)
    write_predictions(predictor, rows, output, **{"windows": False} | options, resume=resume)


def keep_part(output, size: int) -> None:
    """Make a finished output a partial one, with the first `size` bytes of it, as a killed process leaves it."""
    whole = output.read_bytes()
    output.unlink()
    partial_path(output).write_bytes(whole[:size])


def write_description(predictor, output, **options) -> None:
    """Write the description of a partial output."""
    defaults = dict.fromkeys(("all_scores", "explain", "at_least_one", "segments"), False)
    options = defaults | {"windows": False, "column": "text"} | options
    text = json.dumps(describe(predictor, output.suffix[1:], **options))
    part_description_path(output).write_text(text)


@pytest.mark.parametrize("options", [{}, {"all_scores": True}])
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_an_interrupted_output_has_complete_rows_and_is_resumed(predictor, tmp_path, monkeypatch, name, options):
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 512)
    predict(predictor, tmp_path / f"whole-{name}", **options)
    whole = (tmp_path / f"whole-{name}").read_bytes()
    output = tmp_path / name
    with pytest.raises(Stopped):
        predict(predictor, output, stop=2500, **options)
    assert not output.exists()
    part = partial_path(output).read_bytes()
    assert whole.startswith(part)
    assert len(list(read_rows(io.BytesIO(part), output.suffix[1:]))) == 2048
    calls = predictor.scorer.calls.copy()
    predict(predictor, output, resume=True, **options)
    assert output.read_bytes() == whole
    assert sum(predictor.scorer.calls[len(calls) :]) == 3000 - 2048
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"whole-{name}"])


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
@pytest.mark.parametrize("rows", [0, 1, 499, 500, 501, 1750, 3001])
def test_a_resumed_output_has_the_bytes_of_an_undisturbed_one(predictor, tmp_path, monkeypatch, name, rows):
    """With a scorer whose scores depend on the texts of a window, wherever the process was killed."""
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 500)
    predictor = Predictor(predictor.taxonomy, [0.5] * 3, WindowScorer())
    output = tmp_path / name
    predict(predictor, output, all_scores=True)
    whole = output.read_bytes()
    lines = whole.splitlines(keepends=True)
    keep_part(output, len(b"".join(lines[: rows if name == "out.jsonl" else 1 + 2 * rows])))
    write_description(predictor, output, all_scores=True)
    predict(predictor, output, resume=True, all_scores=True)
    assert output.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_a_row_that_a_crash_truncated_anywhere_is_written_again(predictor, tmp_path, monkeypatch, name):
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 4)
    short = "".join(SOURCE.splitlines(keepends=True)[:19])
    output = tmp_path / name
    predict(predictor, output, source=short)
    whole = output.read_bytes()
    for size in range(0, len(whole), 3):
        keep_part(output, size)
        write_description(predictor, output)
        predict(predictor, output, resume=True, source=short)
        assert output.read_bytes() == whole, size


def test_ctrl_c_says_where_the_rows_are_and_how_to_resume(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 512)
    with pytest.raises(Interrupted, match=r"out\.jsonl\.part \(continue with --resume\)"):
        predict(predictor, tmp_path / "out.jsonl", stop=2500, error=KeyboardInterrupt)


def test_rows_of_another_input_are_rejected(predictor, tmp_path):
    output = tmp_path / "out.csv"
    predict(predictor, output)
    content = output.read_bytes()
    keep_part(output, len(content))
    write_description(predictor, output)
    with pytest.raises(EmograinError, match="does not fit the input at row 8"):
        predict(predictor, output, resume=True, source=SOURCE.replace("text, 7", "other"))
    with pytest.raises(EmograinError, match="does not fit the input at row 1"):
        predict(predictor, output, resume=True, source=SOURCE.replace("id,", "key,", 1))
    with pytest.raises(EmograinError, match="has more rows than the input"):
        predict(predictor, output, resume=True, source="".join(SOURCE.splitlines(keepends=True)[:21]))
    assert partial_path(output).read_bytes() == content


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_an_output_of_another_model_or_with_other_options_is_rejected(predictor, tmp_path, monkeypatch, name):
    def make(digest: str, thresholds: list[float]) -> Predictor:
        return Predictor(predictor.taxonomy, thresholds, CountingScorer(), digest)

    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 512)
    same, output = make("one", [0.5] * 3), tmp_path / name
    with pytest.raises(Stopped):
        predict(same, output, stop=2500)
    content = partial_path(output).read_bytes()
    for other, options, difference in (
        (make("two", [0.5] * 3), {}, 'model: "one", now "two"'),
        (make("one", [0.5, 0.5, 0.6]), {}, "thresholds: "),
        (same, {"all_scores": True}, "all_scores: false, now true"),
        (same, {"column": "body"}, 'column: "text", now "body"'),
    ):
        with pytest.raises(EmograinError, match=rf"{name}\.part was written with another {difference}"):
            predict(other, output, resume=True, **options)
    monkeypatch.setattr("emograin.prediction.stream.BLOCK_SIZE", 256)
    with pytest.raises(EmograinError, match="another block_size: 512, now 256"):
        predict(same, output, resume=True)
    assert partial_path(output).read_bytes() == content


@pytest.mark.parametrize("description", [None, "{"])
def test_an_output_of_an_unknown_model_is_rejected(predictor, tmp_path, description):
    output = tmp_path / "out.jsonl"
    predict(predictor, output)
    keep_part(output, 1000)
    if description is not None:
        part_description_path(output).write_text(description)
    with pytest.raises(EmograinError, match=r"the model of .* is unknown"):
        predict(predictor, output, resume=True)
    assert len(partial_path(output).read_bytes()) == 1000
    predict(predictor, output)
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_finished_output_is_left_alone_and_a_new_one_is_started(predictor, tmp_path, capsys):
    output = tmp_path / "out.jsonl"
    predict(predictor, output, resume=True)
    content = output.read_bytes()
    write_description(predictor, output)  # of a process that was killed right at the end
    predict(predictor, output, resume=True, source="id,text\n1,x\n")
    assert output.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert "is already complete" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.gz", "out.csv.GZ", "out.txt"])
def test_an_output_that_cannot_be_appended_to_cannot_be_resumed(predictor, tmp_path, name):
    with pytest.raises(EmograinError, match="--resume needs an output that can be appended to"):
        predict(predictor, tmp_path / name, resume=True)


def test_resume_needs_two_files(capsys):
    assert main(["predict", "--model", "x", "--resume", "--output", "out.jsonl"]) == 2
    assert "--input FILE --output FILE" in capsys.readouterr().err


def test_zst_and_gz_files_are_read_and_written(predictor, tmp_path):
    zstandard = pytest.importorskip("zstandard")
    text = "id,text\n" + "".join(f"{at},text {at}\n" for at in range(5000))
    half = len(text) // 2
    frames = [zstandard.ZstdCompressor().compress(part.encode()) for part in (text[:half], text[half:])]
    (tmp_path / "in.csv.zst").write_bytes(b"".join(frames))
    write_predictions(predictor, read_rows(tmp_path / "in.csv.zst"), tmp_path / "out.csv.zst")
    write_predictions(predictor, read_rows(tmp_path / "out.csv.zst"), tmp_path / "again.jsonl.gz")
    assert [row.fields["id"] for row in read_rows(tmp_path / "again.jsonl.gz")] == [str(at) for at in range(5000)]
    (tmp_path / "short.csv.zst").write_bytes(b"".join(frames)[:-20])
    with pytest.raises(EmograinError, match="the file is truncated"):
        list(read_rows(tmp_path / "short.csv.zst"))
    (tmp_path / "bad.csv.zst").write_bytes(b"no zstandard at all")
    with pytest.raises(EmograinError, match="not readable as Zstandard"):
        list(read_rows(tmp_path / "bad.csv.zst"))


@pytest.mark.parametrize("name", ["out.txt.gz", "out.txt.ZST"])
def test_text_is_compressed_and_appears_once_complete(predictor, tmp_path, name):
    pytest.importorskip("zstandard")
    predict(predictor, tmp_path / "out.txt")
    predict(predictor, tmp_path / name)
    assert [row.text for row in read_rows(tmp_path / name)] == (tmp_path / "out.txt").read_text().splitlines()
    (tmp_path / name).write_bytes(b"before")
    with pytest.raises(Stopped):
        predict(predictor, tmp_path / name, stop=2500)
    assert (tmp_path / name).read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.txt"])


def test_zst_without_its_package_is_one_line(tmp_path, monkeypatch):
    if sys.version_info >= (3, 14):
        pytest.skip("the standard library reads .zst")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "in.csv.zst").write_bytes(b"")
    with pytest.raises(EmograinError, match=r"pip install 'emograin\[zst\]'"):
        list(read_rows(tmp_path / "in.csv.zst"))


def test_a_csv_output_reads_back_as_its_input(predictor, tmp_path):
    predict(predictor, tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open(newline="")))
    assert len(rows) == 3001
    assert rows[5]["text"] == 'text, 5\n of "two" lines é'
    assert "2 cells, expected 3" in rows[3000]["error"]


def write_half(output, whole: bytes, half: bytes):
    """Write rows, commit them, and be interrupted in the next one."""
    with append_to(output, resume=False) as (stream, commit):
        stream.write(whole)
        commit()
        stream.write(half)
        raise KeyboardInterrupt


def test_an_incomplete_row_at_an_interruption_is_removed(tmp_path):
    output = tmp_path / "out.jsonl"
    with pytest.raises(Interrupted, match="continue with --resume"):
        write_half(output, b'{"text": "whole"}\n', b'{"text": "ha')
    assert partial_path(output).read_bytes() == b'{"text": "whole"}\n'
    with pytest.raises(Interrupted, match="^interrupted$"):
        write_half(output, b"", b'{"te')
    assert not partial_path(output).exists()

"""Output files that grow by complete rows and can be resumed, and files compressed as .gz and .zst."""

import csv
import io
import sys
from itertools import islice

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer

from emograin.cli.app import main
from emograin.common.errors import EmograinError, Interrupted
from emograin.data.tabular.reader import read_rows
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.resumable_output import VERIFIED_ROWS, append_to, partial_path
from emograin.prediction.stream import write_predictions


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Taxonomy("three", ("joy", "anger", "neutral")), [0.5] * 3, CountingScorer())


SOURCE = "id,text,labels\n" + "".join(f'{at},"text, {at}\n of ""two"" lines é",gold\n' for at in range(3000)) + "1,2\n"


class Stopped(Exception):
    """Interrupts a test."""


def interrupt(rows, after: int, error: type[BaseException]):
    yield from islice(rows, after)
    raise error


def predict(predictor, output, stop: int | None = None, error=Stopped, resume=False, source=SOURCE, **options):
    rows = read_rows(io.StringIO(source), "csv")
    if stop is not None:
        rows = interrupt(rows, stop, error)
    write_predictions(predictor, rows, output, **options, resume=resume)


@pytest.mark.parametrize("options", [{}, {"all_scores": True}])
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_an_interrupted_output_has_complete_rows_and_is_resumed(predictor, tmp_path, monkeypatch, name, options):
    monkeypatch.setattr("emograin.prediction.stream.WINDOW", 512)
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
    assert sum(predictor.scorer.calls[len(calls) :]) == 3000 - 2048 + VERIFIED_ROWS
    assert not partial_path(output).exists()


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_a_row_that_a_crash_truncated_anywhere_is_written_again(predictor, tmp_path, name):
    short = "".join(SOURCE.splitlines(keepends=True)[:9])
    predict(predictor, tmp_path / name, source=short)
    whole = (tmp_path / name).read_bytes()
    output = tmp_path / f"again-{name}"
    for size in range(0, len(whole), 3):
        partial_path(output).write_bytes(whole[:size])
        predict(predictor, output, resume=True, source=short)
        assert output.read_bytes() == whole, size
        output.unlink()


def test_ctrl_c_says_where_the_rows_are_and_how_to_resume(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr("emograin.prediction.stream.WINDOW", 512)
    with pytest.raises(Interrupted, match=r"out\.jsonl\.part \(continue with --resume\)"):
        predict(predictor, tmp_path / "out.jsonl", stop=2500, error=KeyboardInterrupt)


def test_rows_of_another_input_or_with_other_options_are_rejected(predictor, tmp_path):
    output = tmp_path / "out.csv"
    predict(predictor, output)
    content = output.read_bytes()
    output.rename(partial_path(output))
    with pytest.raises(EmograinError, match="does not fit the input at row 8"):
        predict(predictor, output, resume=True, source=SOURCE.replace("text, 7", "other"))
    with pytest.raises(EmograinError, match="does not fit the input at row 1"):
        predict(predictor, output, resume=True, all_scores=True)
    with pytest.raises(EmograinError, match="has more rows than the input"):
        predict(predictor, output, resume=True, source="".join(SOURCE.splitlines(keepends=True)[:21]))
    assert partial_path(output).read_bytes() == content


@pytest.mark.parametrize("options", [{}, {"all_scores": True}])
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_an_output_of_another_model_or_with_other_thresholds_is_rejected(predictor, tmp_path, name, options):
    class OtherScorer(CountingScorer):
        def __init__(self, moved):
            super().__init__()
            self.moved = moved

        def __call__(self, texts, on_progress):
            scores, cut = super().__call__(texts, on_progress)
            return scores + np.float32(self.moved), cut

    def make(moved: float, thresholds: list[float]) -> Predictor:
        return Predictor(predictor.taxonomy, thresholds, OtherScorer(moved))

    options |= {"source": "text\n" + "".join(f"{'word ' * (at % 7)}end\n" for at in range(20))}
    output = tmp_path / name
    predict(predictor, output, **options)
    content = output.read_bytes()
    output.rename(partial_path(output))
    for other in (make(0.01, [0.5] * 3), make(0, [0.99] * 3)):
        with pytest.raises(
            EmograinError, match=rf"{name}\.part was written by another model or with other thresholds: '"
        ):
            predict(other, output, resume=True, **options)
    assert partial_path(output).read_bytes() == content
    predict(make(1e-6, [0.5] * 3), output, resume=True, **options)  # another machine's last digits
    assert output.read_bytes() == content


def test_a_finished_output_is_left_alone_and_a_new_one_is_started(predictor, tmp_path, capsys):
    output = tmp_path / "out.jsonl"
    predict(predictor, output, resume=True)
    content = output.read_bytes()
    predict(predictor, output, resume=True, source="id,text\n1,x\n")
    assert output.read_bytes() == content
    assert "nothing to resume" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.gz", "out.txt"])
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
